package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/process"
)

const pollEvery = 100 * time.Millisecond

// Progress is told what is being waited for; it may be called many times a second.
type Progress func(phase string)

// CheckFree says why there cannot be a new cluster of that name, if so.
func (s Store) CheckFree(name string) error {
	status, err := s.Status(name)
	if err != nil {
		return err
	}
	switch {
	case status.Phase == Absent:
		return nil
	case status.Running:
		return fmt.Errorf("cluster %q is already running at %s: stop it with \"localkube down --name %s\", "+
			"or start another one with --name", name, status.Server, name)
	case status.Phase == Starting && status.Starter.Alive():
		return fmt.Errorf("cluster %q is just being started by process %d: wait for it, or end it with "+
			"\"localkube down --name %s\"", name, status.Starter.PID, name)
	default:
		return fmt.Errorf("cluster %q is there but not running: clear it with \"localkube down --name %s\"", name, name)
	}
}

// Up starts a cluster and returns once pods can be created and run. When that fails, or ctx ends, nothing is left.
func (s Store) Up(ctx context.Context, opts Options, progress Progress) (Status, error) {
	if err := s.CheckFree(opts.Name); err != nil {
		return Status{}, err
	}
	if err := CheckPort(opts.Port); err != nil {
		return Status{}, err
	}
	dir, err := s.reserve(opts.Name, opts.Dir)
	if errors.Is(err, fs.ErrExist) {
		return Status{}, cmp.Or(s.CheckFree(opts.Name), fmt.Errorf("cluster %q was there just now: try again", opts.Name))
	}
	if err != nil {
		return Status{}, err
	}
	if err := start(ctx, opts, dir, progress); err != nil {
		return Status{}, errors.Join(err, s.clear(opts.Name))
	}

	return s.Status(opts.Name)
}

// start does the work of Up in a folder that is already reserved.
func start(ctx context.Context, opts Options, dir string, progress Progress) error {
	p, err := newPlan(opts, dir)
	if err != nil {
		return err
	}
	self, err := process.Identify(os.Getpid())
	if err != nil {
		return err
	}
	state := State{
		Name: opts.Name, Phase: Starting, Release: opts.Release.String(), Server: p.server(), Dir: dir,
		Kubeconfig: kubeconfigPath(dir, adminUser), Kubectl: p.spec("kubectl", nil).Path,
		Nodes: opts.Nodes, Created: time.Now().UTC().Truncate(time.Second), APIServer: p.apiserverBase(), Starter: self,
	}
	if opts.Audit {
		state.AuditLog = p.auditLog()
	}
	if err := state.write(); err != nil {
		return err
	}
	people, err := p.writeFiles()
	if err != nil {
		return err
	}
	if err := (&starter{plan: p, progress: progress, began: time.Now()}).run(ctx, people); err != nil {
		return err
	}
	state.Phase = Started

	return state.write()
}

// starter starts one component after the other and watches over those that run.
type starter struct {
	plan

	progress Progress
	running  []*process.Running
	began    time.Time
}

func (s *starter) run(ctx context.Context, people access) error {
	if err := s.start(s.etcd()); err != nil {
		return err
	}
	err := s.await(ctx, "etcd", func(ctx context.Context) error { return dial(ctx, s.etcdPort) })
	if err != nil {
		return err
	}
	if err := s.start(s.apiserver()); err != nil {
		return err
	}
	client, err := newAPI(s.dir, people)
	if err != nil {
		return err
	}
	err = s.await(ctx, "the API server", func(ctx context.Context) error { return client.get(ctx, "/readyz", nil) })
	if err != nil {
		return err
	}
	if s.NoControllers {
		return nil
	}
	if err := s.startRest(ctx, client); err != nil {
		return err
	}

	return s.await(ctx, "the default service account", func(ctx context.Context) error {
		return client.get(ctx, "/api/v1/namespaces/default/serviceaccounts/default", nil)
	})
}

// startRest starts what needs an API server that answers, and waits for the nodes.
func (s *starter) startRest(ctx context.Context, client *api) error {
	if err := s.start(s.controllerManager()); err != nil {
		return err
	}
	if !s.servesPods() {
		return nil // nor is there anything to schedule: all that a scheduler did would be to write so into every pod
	}
	if err := s.start(s.scheduler()); err != nil {
		return err
	}
	spec, err := s.kwok()
	if err != nil {
		return err
	}
	if err := s.start(spec); err != nil {
		return err
	}
	if err := createStorageClass(ctx, client); err != nil {
		return err
	}
	if err := createNodes(ctx, client, s.Nodes, s.Release.String()); err != nil {
		return err
	}

	return s.await(ctx, "the nodes", func(ctx context.Context) error {
		var nodes nodeList
		if err := client.get(ctx, "/api/v1/nodes", &nodes); err != nil {
			return err
		}
		if ready := nodes.ready(); ready < s.Nodes {
			return fmt.Errorf("%d of %d nodes are ready", ready, s.Nodes)
		}

		return nil
	})
}

func (s *starter) start(spec process.Spec) error {
	running, err := process.Start(spec)
	if err != nil {
		return err
	}
	s.running = append(s.running, running)

	return nil
}

// await asks until the answer is no error. It gives up when a component ends, for then the answer will not come.
func (s *starter) await(ctx context.Context, what string, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, s.Timeout, errTooLong)
	defer cancel()
	for {
		s.progress("waiting for " + what)
		err := ask(ctx)
		// An answer does not count if it could be that of a stranger who was faster to take the port.
		for _, component := range s.running {
			select {
			case <-component.Done():
				return ended(component)
			default:
			}
		}
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("gave up waiting for %s: %w (last: %w)", what, context.Cause(ctx), err)
		case <-time.After(pollEvery):
		}
	}
}

var errTooLong = errors.New("not there within --timeout")

func dial(ctx context.Context, port int) error {
	var dialer net.Dialer
	connection, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return err
	}

	return connection.Close()
}
