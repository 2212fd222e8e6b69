package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/cluster"
)

// statusList is what status --all -o json prints.
type statusList struct {
	Clusters []cluster.Status `json:"clusters"`
}

func (a *app) status(_ context.Context, args []string) error {
	set := a.flags("status [--name NAME | --all] [-o json]")
	name := nameFlag(set)
	all := set.Bool("all", false, "show all clusters; 3 is the exit code when none runs")
	output := set.StringP("output", "o", "", "output format: json")
	if err := parse(set, args); err != nil {
		return err
	}
	if *output != "" && *output != "json" {
		return usageError{fmt.Errorf("invalid argument %q for \"--output\" flag: must be json", *output)}
	}
	if *all && set.Changed("name") {
		return usageError{errors.New("--all cannot be used together with --name")}
	}
	if err := checkName(*name); err != nil {
		return err
	}
	names := []string{*name}
	if *all {
		var err error
		if names, err = a.store.Names(); err != nil {
			return err
		}
	}
	list := statusList{Clusters: []cluster.Status{}}
	running := false
	for _, name := range names {
		status, err := a.store.Status(name)
		if err != nil {
			return fmt.Errorf("cluster %q: %w", name, err)
		}
		list.Clusters = append(list.Clusters, status)
		running = running || status.Running
	}
	if err := a.printStatus(list, *all, *output == "json"); err != nil {
		return err
	}
	if !running {
		return errNotRunning
	}

	return nil
}

func (a *app) printStatus(list statusList, all, asJSON bool) error {
	if !asJSON {
		for _, status := range list.Clusters {
			describe(a.out, status)
		}
		if len(list.Clusters) == 0 {
			fmt.Fprintln(a.out, "no cluster")
		}

		return nil
	}
	encoder := json.NewEncoder(a.out)
	encoder.SetIndent("", "  ")
	if all {
		return encoder.Encode(list)
	}

	return encoder.Encode(list.Clusters[0])
}

// describe prints a cluster for people.
func describe(out io.Writer, status cluster.Status) {
	if status.Phase == cluster.Absent {
		fmt.Fprintf(out, "no cluster named %q\n", status.Name)

		return
	}
	fmt.Fprintf(out, "cluster %q: %s\n", status.Name, condition(status))
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, row := range [][2]string{
		{"release", status.Release},
		{"server", status.Server},
		{"kubeconfig", status.Kubeconfig},
		{"kubectl", status.Kubectl},
		{"audit log", status.AuditLog},
		{"folder", status.Dir},
	} {
		if row[1] != "" {
			fmt.Fprintf(table, "  %s\t%s\n", row[0], row[1])
		}
	}
	for _, p := range status.Processes {
		life := "alive"
		if !p.Alive {
			life = "dead, see " + p.Log
		}
		fmt.Fprintf(table, "  %s\tprocess %d, %s\n", p.Name, p.PID, life)
	}
	// The writer only fails when out does, and there is nobody left to tell then.
	_ = table.Flush()
}

func condition(status cluster.Status) string {
	switch {
	case status.Running:
		return "running"
	case status.Phase == cluster.Starting && status.Starter.Alive():
		return "starting"
	case status.Busy():
		return "broken, end it with \"localkube down --name " + status.Name + "\""
	default:
		return "not running, clear it with \"localkube down --name " + status.Name + "\""
	}
}
