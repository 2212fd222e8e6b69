package cli

import (
	"context"
	"errors"
	"fmt"
)

func (a *app) down(_ context.Context, args []string) error {
	set := a.flags("down [--name NAME | --all]")
	name := nameFlag(set)
	all := set.Bool("all", false, "end all clusters")
	if err := parse(set, args); err != nil {
		return err
	}
	if *all && set.Changed("name") {
		return usageError{errors.New("--all cannot be used together with --name")}
	}
	if !*all {
		if err := checkName(*name); err != nil {
			return err
		}

		return a.end(*name)
	}
	names, err := a.store.Names()
	if err != nil {
		return err
	}
	if len(names) == 0 {
		fmt.Fprintln(a.out, "no cluster")
	}
	var errs []error
	for _, name := range names {
		errs = append(errs, a.end(name))
	}

	return errors.Join(errs...)
}

func (a *app) end(name string) error {
	found, err := a.store.Down(name)
	switch {
	case err != nil:
		return fmt.Errorf("cluster %q: %w", name, err)
	case found:
		fmt.Fprintf(a.out, "cluster %q is gone\n", name)
	default:
		fmt.Fprintf(a.out, "no cluster named %q\n", name)
	}

	return nil
}
