package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"

	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/binaries"
	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/cluster"
	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/progress"
	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/release"
)

const (
	defaultNodes   = 3
	maxNodes       = 5000
	defaultTimeout = 2 * time.Minute
)

// upFlags is what the command line says of the cluster to start.
type upFlags struct {
	name, release, dir, admissionConfig string
	port, nodes                         int
	audit, noKWOK, noControllers        bool
	apiserverArgs, controllerArgs       []string
	users                               []string
	timeout                             time.Duration
}

func (f *upFlags) add(set *pflag.FlagSet) {
	set.StringVar(&f.name, "name", defaultName, "name of the cluster")
	set.StringVar(&f.release, "release", release.Newest, "Kubernetes release")
	set.StringVar(&f.dir, "dir", "", "new or empty folder for the cluster's files (default: one for the name)")
	set.IntVar(&f.port, "port", 0, "port of the API server on 127.0.0.1, 0 for any free one")
	set.StringVar(&f.admissionConfig, "admission-config", "", "file with an AdmissionConfiguration for the API server")
	set.BoolVar(&f.audit, "audit-log", false, "write an audit log with the metadata of all requests")
	set.StringArrayVar(&f.users, "user", nil, "further user as NAME[,GROUP...]=TOKEN (repeatable)")
	set.IntVar(&f.nodes, "nodes", defaultNodes, "number of nodes")
	set.BoolVar(&f.noKWOK, "no-kwok", false, "no nodes: pods stay Pending")
	set.BoolVar(&f.noControllers, "no-controllers", false, "only the API server and etcd: nobody makes pods or accounts")
	set.StringArrayVar(&f.apiserverArgs, "apiserver-arg", nil, "argument for kube-apiserver (repeatable)")
	set.StringArrayVar(&f.controllerArgs, "controller-arg", nil, "argument for kube-controller-manager (repeatable)")
	set.DurationVar(&f.timeout, "timeout", defaultTimeout, "how long to wait for each step of the start")
}

// options says what is wrong with the flags before anything is built or started.
func (f *upFlags) options() (cluster.Options, error) {
	fail := func(err error) (cluster.Options, error) { return cluster.Options{}, usageError{err} }
	if err := cluster.CheckName(f.name); err != nil {
		return fail(err)
	}
	rel, err := release.Parse(f.release)
	if err != nil {
		return fail(err)
	}
	if f.nodes < 1 || f.nodes > maxNodes {
		return fail(fmt.Errorf("invalid argument \"%d\" for \"--nodes\" flag: must be 1 to %d, or use --no-kwok",
			f.nodes, maxNodes))
	}
	opts := cluster.Options{
		Name: f.name, Port: f.port, Release: rel, Nodes: f.nodes, Audit: f.audit,
		NoControllers: f.noControllers, APIServerArgs: f.apiserverArgs, ControllerArgs: f.controllerArgs, Timeout: f.timeout,
	}
	if f.noKWOK || f.noControllers {
		opts.Nodes = 0
	}
	if f.dir != "" {
		if opts.Dir, err = filepath.Abs(f.dir); err != nil {
			return fail(err)
		}
	}
	for _, text := range f.users {
		user, err := cluster.ParseUser(text)
		if err != nil {
			return fail(err)
		}
		opts.Users = append(opts.Users, user)
	}
	if opts.AdmissionConfig, err = cluster.CheckAdmissionConfig(f.admissionConfig); err != nil {
		return cluster.Options{}, err
	}

	return opts, cluster.CheckPort(f.port)
}

func (a *app) up(ctx context.Context, args []string) error {
	var flags upFlags
	set := a.flags("up [flags]")
	flags.add(set)
	if err := parse(set, args); err != nil {
		return err
	}
	opts, err := flags.options()
	if err != nil {
		return err
	}
	// Asked again when the folder is made; here it is asked so that nobody waits minutes for this answer.
	if err := a.store.CheckFree(opts.Name); err != nil {
		return err
	}
	line := progress.Start(a.err)
	status, err := a.buildAndStart(ctx, opts, line)
	line.Stop()
	if err != nil {
		return err
	}
	a.printUp(status)

	return nil
}

func (a *app) buildAndStart(ctx context.Context, opts cluster.Options, line *progress.Line) (cluster.Status, error) {
	builder := binaries.Builder{Root: binaries.CacheRoot(a.getenv), Line: line}
	built, err := builder.Ensure(ctx, opts.Release)
	if err != nil {
		return cluster.Status{}, err
	}
	opts.BinDir, opts.StageDir = built.BinDir(), built.StageDir()

	return a.store.Up(ctx, opts, line.Phase)
}

func (a *app) printUp(status cluster.Status) {
	fmt.Fprintf(a.out, "cluster %q runs Kubernetes %s at %s\n\n", status.Name, status.Release, status.Server)
	fmt.Fprintf(a.out, "export KUBECONFIG=%s\n\n", status.Kubeconfig)
	fmt.Fprintf(a.out, "kubectl:    %s\n", status.Kubectl)
	if status.AuditLog != "" {
		fmt.Fprintf(a.out, "audit log:  %s\n", status.AuditLog)
	}
	fmt.Fprintf(a.out, "end it:     localkube down --name %s\n", status.Name)
}
