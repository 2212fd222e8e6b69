package cli

import (
	"context"
	"fmt"

	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/cluster"
	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/progress"
)

func (a *app) restart(ctx context.Context, args []string) error {
	set := a.flags("restart [flags]")
	name := nameFlag(set)
	config := set.String("admission-config", "", "file with an AdmissionConfiguration for the API server")
	apiserverArgs := set.StringArray("apiserver-arg", nil, "argument for kube-apiserver (repeatable)")
	timeout := set.Duration("timeout", defaultTimeout, "how long to wait for the API server")
	if err := parse(set, args); err != nil {
		return err
	}
	if err := checkName(*name); err != nil {
		return err
	}
	path, err := cluster.CheckAdmissionConfig(*config)
	if err != nil {
		return err
	}
	line := progress.Start(a.err)
	err = a.store.Restart(ctx, cluster.Restart{
		Name: *name, AdmissionConfig: path, APIServerArgs: *apiserverArgs, Timeout: *timeout,
	}, line.Phase)
	line.Stop()
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "the API server of cluster %q runs again\n", *name)

	return nil
}
