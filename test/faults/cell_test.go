package faults

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/cmd"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

const (
	// patience is when a command is ended that goes on for ever. Nothing that is tested here may come near it.
	patience = 5 * time.Minute
	// busy is what a command may take, beside what it waits for, on a machine that has much else to do: for what is not
	// broken, for client-go's ten attempts and ours with their pauses. Quiet, that is three seconds.
	busy = 45 * time.Second
	// inTurn is how many requests a command sends one after the other, at most, of which each may take all of
	// --request-timeout: the version, namespaces, the lists side by side, what is read again before and after the patch.
	inTurn = 8
)

// outcome is what a command left behind.
type outcome struct {
	code           int
	stdout, stderr string
	took           time.Duration
}

// session is a server of its own, and the command run against it.
type session struct {
	server     *fakeapi.Server
	kubeconfig string
	// before is what labels the namespaces had at first.
	before map[string]map[string]string
}

func newSession(dir string, c *command) (*session, error) {
	s := &session{server: fakeapi.New(estate()...), kubeconfig: filepath.Join(dir, "kubeconfig")}
	if c.injected {
		s.server.SetAdmit(func(pod *corev1.Pod) string {
			if pod.Namespace == "beta" { // as somebody did with the pods that run
				pod.Spec.Volumes = hostPath().Volumes
			}
			return ""
		})
	}
	if c.prepare != nil {
		c.prepare(s.server)
	}
	for name := range s.labels() { // so that there is an older state of each
		s.server.Change(name, func(ns *corev1.Namespace) { ns.Annotations = map[string]string{"example.com/note": "changed"} })
	}
	if err := os.WriteFile(s.kubeconfig, s.server.Kubeconfig(), 0o600); err != nil {
		s.server.Close()
		return nil, err
	}
	s.before = s.labels()
	return s, nil
}

// run runs a command line in this process.
func (s *session) run(ctx context.Context, args ...string) outcome {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	streams, _, out, errOut := terminal.NewTest()
	begin := time.Now()
	code := cmd.Run(ctx, streams, append([]string{"--kubeconfig", s.kubeconfig}, args...))
	return outcome{code, out.String(), errOut.String(), time.Since(begin)}
}

// cell is one fault in one phase of one command.
type cell struct {
	fault   *fault
	command *command
	phase   *phase

	met     int64         // requests that the fault happened to
	timeout time.Duration // --request-timeout, 0 for none
	got     outcome
	class   string
	wrongs  []string
}

func (c *cell) wrong(text string) { c.wrongs = append(c.wrongs, text) }

// line is the command line, in the format that is compared.
func (c *command) line(run string) []string {
	args := append([]string{}, c.args...)
	if run != "" {
		args = append(args, run)
	}
	return append(args, "-o", "json")
}

var runID = regexp.MustCompile(`\b\d{8}-\d{6}-[a-z2-7]{4}\b`)

// perform runs a command from beginning to end; breakIt is called right before what is tested.
func perform(ctx context.Context, s *session, c *command, timeout time.Duration, breakIt func()) outcome {
	run := ""
	if c.before != nil {
		if c.failing != nil {
			s.server.Inject(*c.failing)
		}
		run = runID.FindString(s.run(ctx, c.before...).stderr)
		s.server.Calm()
	}
	breakIt()
	if c.meanwhile != nil {
		s.server.Inject(fakeapi.Fault{Method: http.MethodPatch, Path: namespacePath + "*", Do: fakeapi.After(fakeapi.Call(func() { c.meanwhile(s.server) }))})
	}
	line := c.line(run)
	if timeout > 0 {
		line = append(line, "--request-timeout", timeout.String())
	}
	return s.run(ctx, line...)
}

// run fills in what became of the cell. Where there is a timeout, a machine that is busy may run into it before the fault,
// and gets twice the time then.
func (c *cell) run(t *testing.T, dir string, truth *truth) {
	const tries = 6
	_, c.timeout = c.fault.on(c.phase)
	for range tries {
		c.met, c.wrongs = 0, nil
		if c.try(t, dir, truth); c.met > 0 || c.timeout == 0 {
			return
		}
		c.timeout *= 2
	}
}

// mostTime is how long the command may take. Whatever retries there are, client-go's and ours, one request has no more than
// the timeout with all of them; so requests that meet the fault and come in turn take as many timeouts, and those side by
// side one. Where there is no timeout nothing is waited for but pauses between attempts.
func (c *cell) mostTime() time.Duration {
	return busy + min(time.Duration(c.met), inTurn)*c.timeout
}

func (c *cell) try(t *testing.T, dir string, truth *truth) {
	s, err := newSession(dir, c.command)
	if err != nil {
		c.wrong(err.Error())
		return
	}
	defer s.close()
	var met atomic.Int64
	c.got = perform(t.Context(), s, c.command, c.timeout, func() {
		do, _ := c.fault.on(c.phase)
		s.server.Inject(c.phase.fault(c.fault, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			met.Add(1)
			do(w, r, next)
		}))
	})
	c.met = met.Load()
	c.judge(truth)
	for _, text := range s.server.Panics() {
		c.wrong("the server panicked: " + text)
	}
	if c.command.writes {
		c.judgeWrites(t.Context(), s, truth)
	}
}

// truth is what a command says where nothing is broken.
type truth struct {
	outcome
	labels map[string]map[string]string
}

func findTruth(ctx context.Context, dir string, c *command) (*truth, error) {
	s, err := newSession(dir, c)
	if err != nil {
		return nil, err
	}
	defer s.close()
	got := perform(ctx, s, c, 0, func() {})
	return &truth{got, s.labels()}, nil
}

// labels are those of all namespaces.
func (s *session) labels() map[string]map[string]string {
	labels := map[string]map[string]string{}
	for name := range strings.FieldsSeq("alpha beta kube-system ready shop") {
		labels[name] = s.server.Namespace(name).Labels
	}
	return labels
}
