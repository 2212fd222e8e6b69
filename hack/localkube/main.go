// Command localkube runs real Kubernetes control planes on this machine, built from source, for tests and demos.
package main

import (
	"context"
	"os"

	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/cli"
)

func main() {
	os.Exit(cli.Main(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}
