package cli

import (
	"context"
	"fmt"

	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/binaries"
	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/progress"
	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/release"
)

// build prints the folder of the binaries alone, so that scripts can take it from there.
func (a *app) build(ctx context.Context, args []string) error {
	set := a.flags("build [--release RELEASE]")
	text := set.String("release", release.Newest, "Kubernetes release")
	if err := parse(set, args); err != nil {
		return err
	}
	rel, err := release.Parse(*text)
	if err != nil {
		return usageError{err}
	}
	line := progress.Start(a.err)
	built, err := binaries.Builder{Root: binaries.CacheRoot(a.getenv), Line: line}.Ensure(ctx, rel)
	line.Stop()
	if err != nil {
		return err
	}
	fmt.Fprintln(a.out, built.BinDir())

	return nil
}
