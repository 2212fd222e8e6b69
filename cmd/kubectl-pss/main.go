// Command kubectl-pss is the kubectl plugin `kubectl pss`.
package main

import (
	"os"

	"github.com/kubectl-pss/kubectl-pss/pkg/cmd"
)

func main() {
	os.Exit(cmd.Main(os.Stdin, os.Stdout, os.Stderr, os.Args[1:], os.Getenv))
}
