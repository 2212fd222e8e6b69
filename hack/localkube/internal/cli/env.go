package cli

import (
	"context"
	"fmt"
)

// env prints settings that a shell can export: export $(localkube env).
func (a *app) env(_ context.Context, args []string) error {
	set := a.flags("env [--name NAME]")
	name := nameFlag(set)
	if err := parse(set, args); err != nil {
		return err
	}
	if err := checkName(*name); err != nil {
		return err
	}
	status, err := a.store.Status(*name)
	if err != nil {
		return err
	}
	if !status.Running {
		fmt.Fprintf(a.err, "error: cluster %q is not running: start it with \"localkube up --name %s\"\n", *name, *name)

		return errNotRunning
	}
	fmt.Fprintf(a.out, "KUBECONFIG=%s\nKUBECTL=%s\n", status.Kubeconfig, status.Kubectl)

	return nil
}
