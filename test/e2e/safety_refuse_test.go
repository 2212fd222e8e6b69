//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corev1apply "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// TestSafetyUnasked runs without a terminal and without --yes, whatever stdin says: nothing is written, and that is told.
func TestSafetyUnasked(t *testing.T) {
	t.Parallel()
	s := plain(t)
	_, selector := s.group(t, "unasked", 4)
	a := newAdmin(t, s.Kubeconfig)
	label := []string{"label", "ns", "-l", selector, "--enforce", "baseline"}
	file := filepath.Join(t.TempDir(), "plan.yaml")
	plan := a.must(t, 0, append(label, "--dry-run=client", "-o", "yaml")...).stdout
	if err := os.WriteFile(file, []byte(plan), 0o600); err != nil {
		t.Fatal(err)
	}
	refused := func(args []string, inputs ...string) {
		t.Helper()
		before := s.stored(t, selector)
		runs, _ := a.journals()
		for _, input := range inputs {
			r := a.start(t, input, args...).wait(t)
			if r.exit != 2 || r.stdout != "" {
				t.Errorf("%q, stdin %.10q: %+v", args, input, r)
			}
			r.says(t, "error: refusing to change 4 namespaces without confirmation: pass --yes, or --dry-run to preview\n")
		}
		untouched(t, strings.Join(args, " "), before, s.stored(t, selector))
		if now, temporary := a.journals(); !slices.Equal(now, runs) || len(temporary) > 0 {
			t.Errorf("%q began a journal: %q %q", args, now, temporary)
		}
	}
	answers := []string{"", "\n", "n\n", "y\n", "yes\n", "y"}
	refused(label, answers...)
	refused([]string{"label", "-f", file}, answers...)
	refused([]string{"label", "-f", "-"}, plan)
	a.must(t, 0, append(label, "--yes")...)
	refused([]string{"rollback"}, answers...)
	a.must(t, 0, "rollback", "--yes")
}

// TestSafetyConsequences: --yes answers the question only, and each consequence has to be accepted by its own flag.
func TestSafetyConsequences(t *testing.T) {
	t.Parallel()
	s := plain(t)
	names, selector := s.group(t, "consequences", 3)
	violates, owned := names[0], names[1]
	if err := s.account(t.Context(), violates, "default"); err != nil {
		t.Fatal(err)
	}
	create(t, s, deployment(plainPod(violates, "d", hostPID), 1))
	s.eventuallyPods(t, violates, 1)
	applied := corev1apply.Namespace(owned).WithLabels(map[string]string{api.EnforceLevelLabel: "privileged"})
	if _, err := s.client.CoreV1().Namespaces().Apply(t.Context(), applied, metav1.ApplyOptions{FieldManager: "argocd-controller"}); err != nil {
		t.Fatal(err)
	}
	reader := s.grant(t, "halfblind", "", []rbacv1.PolicyRule{
		{APIGroups: []string{""}, Resources: []string{"namespaces"}, Verbs: []string{"get", "list", "patch"}},
		{APIGroups: []string{"*"}, Resources: []string{"pods", "deployments", "replicasets"}, Verbs: []string{"get", "list", "watch"}},
	})
	a := newAdmin(t, s.Kubeconfig)
	before := s.stored(t, selector)
	label := []string{"label", "ns", "-l", selector, "--enforce", "baseline", "--yes"}
	for _, test := range []struct {
		exit int
		args []string
		says string
	}{
		{1, []string{"--force-conflicts", "--allow-gaps"}, "error: the next pods of 1 workload would be refused, in " + violates + "\n"},
		{2, []string{"--allow-violations", "--allow-gaps"}, "error: somebody else sets these labels, in " + owned + "\n"},
		{3, []string{"--allow-violations", "--force-conflicts", "--as", reader}, "error: not everything could be read, in " + strings.Join(names, ", ") + "\n"},
	} {
		r := a.must(t, test.exit, append(label, test.args...)...)
		r.says(t, test.says, "\nnothing was written\n")
	}
	untouched(t, "refused", before, s.stored(t, selector))
	if runs, temporary := a.journals(); len(runs)+len(temporary) > 0 {
		t.Errorf("a refused plan left journals: %q %q", runs, temporary)
	}
	a.must(t, 0, append(label, "--allow-violations", "--force-conflicts")...)
	labelled(t, "all accepted", modes{enforce: "baseline"}.planned(before), s.stored(t, selector))
	a.must(t, 0, "rollback", "--yes")
	restored(t, "rolled back", before, s.stored(t, selector))
}

// TestSafetyInterrupted sends an interrupt in the middle: what is done is told, and how to go on.
func TestSafetyInterrupted(t *testing.T) {
	t.Parallel()
	s := plain(t)
	_, selector := s.group(t, "interrupted", 40)
	before := s.stored(t, selector)
	m := s.middleman(t)
	a := newAdmin(t, m.kubeconfig)
	started := make(chan *process, 1)
	const eleventh, slow = 11, time.Second
	m.use(func(at boundary, n int, _ string) bool {
		switch {
		case at == atApplied && n == eleventh:
			p := <-started
			if err := p.command.Process.Signal(syscall.SIGINT); err != nil {
				t.Error(err)
			}
		case at == atArrival && n > eleventh:
			time.Sleep(slow) // a busy machine may deliver the signal late
		}
		return true
	})
	p := a.start(t, "", "label", "ns", "-l", selector, "--enforce", "baseline", "--yes", "-o", "json")
	started <- p
	r := p.wait(t)
	m.settle(t)
	m.use(nil)
	if r.exit != 130 {
		t.Fatalf("interrupted: %+v", r)
	}
	run := a.onlyRun(t)
	now := s.stored(t, selector)
	written := 0
	for name, ending := range outcomes(decodePlan(t, r.stdout)) {
		want := map[string]string{}
		if ending == report.EndingWritten {
			written++
			want[api.EnforceLevelLabel] = "baseline"
		}
		if diff := cmp.Diff(want, now[name].Labels); diff != "" {
			t.Errorf("%s was %s (- want, + got):\n%s", name, ending, diff)
		}
	}
	if written < eleventh || written == 40 {
		t.Errorf("%d of 40 namespaces were written when the eleventh was interrupted", written)
	}
	r.says(t, "kubectl pss label --continue "+run, "kubectl pss rollback "+run)
	a.must(t, 0, "label", "--continue", run, "--yes")
	labelled(t, "continued", modes{enforce: "baseline"}.planned(before), s.stored(t, selector))
	a.must(t, 0, "rollback", "--yes")
	restored(t, "rolled back", before, s.stored(t, selector))
}

// TestSafetyStalePlan carries out a plan file when not everything is any more as the plan saw it.
func TestSafetyStalePlan(t *testing.T) {
	t.Parallel()
	s := plain(t)
	names, selector := s.group(t, "stale", 6)
	a := newAdmin(t, s.Kubeconfig)
	file := filepath.Join(t.TempDir(), "plan.yaml")
	plan := a.must(t, 0, "label", "ns", "-l", selector, "--enforce", "baseline", "--dry-run=client", "-o", "yaml").stdout
	if err := os.WriteFile(file, []byte(plan), 0o600); err != nil {
		t.Fatal(err)
	}
	deleted, recreated, moved, violating := names[0], names[1], names[2], names[3]
	s.remove(t, deleted)
	s.recreate(t, recreated, map[string]string{crowdLabel: strings.TrimPrefix(selector, crowdLabel+"=")})
	if err := s.setLabels(t.Context(), moved, map[string]*string{api.EnforceLevelLabel: new("restricted")}); err != nil {
		t.Fatal(err)
	}
	if err := s.account(t.Context(), violating, "default"); err != nil {
		t.Fatal(err)
	}
	create(t, s, deployment(plainPod(violating, "d", hostPID), 1))
	s.eventuallyPods(t, violating, 1)
	before := s.stored(t, selector)

	dry := a.must(t, 2, "label", "-f", file, "--dry-run=server")
	untouched(t, "dry run of a stale plan", before, s.stored(t, selector))
	// Flags that allow consequences do not make what moved stand.
	r := a.must(t, 2, "label", "-f", file, "--yes", "--allow-violations", "--force-conflicts", "-o", "json")
	ended(t, names, map[string]report.Ending{
		deleted: report.EndingGone, recreated: report.EndingGone, moved: report.EndingMoved, violating: report.EndingMoved,
	}, decodePlan(t, r.stdout))
	for _, text := range []string{
		api.EnforceLevelLabel + ": the plan saw no label, now it is restricted",
		"Deployment/d would be refused, which the plan did not see: ",
	} {
		r.says(t, text)
		if !strings.Contains(dry.stdout+dry.stderr, text) {
			t.Errorf("the dry run does not say %q: %+v", text, dry)
		}
	}
	r.says(t, "labeled 2 of 6 namespaces (run "+a.onlyRun(t)+"); 2 moved, 2 gone\n")
	now := s.stored(t, selector)
	for _, name := range names[4:] {
		if diff := cmp.Diff(map[string]string{api.EnforceLevelLabel: "baseline"}, now[name].Labels); diff != "" {
			t.Errorf("%s (- want, + got):\n%s", name, diff)
		}
		delete(before, name)
		delete(now, name)
	}
	untouched(t, "what moved", before, now)
}

// TestSafetyRunUnderWay has others look at a run, go on with it and take it back while it is being written.
func TestSafetyRunUnderWay(t *testing.T) {
	t.Parallel()
	s := plain(t)
	names, selector := s.group(t, "underway", 4)
	before := s.stored(t, selector)
	m := s.middleman(t)
	a := newAdmin(t, m.kubeconfig)
	reached, goOn := make(chan struct{}), make(chan struct{})
	release := sync.OnceFunc(func() { close(goOn) })
	t.Cleanup(release)
	m.use(func(at boundary, _ int, namespace string) bool {
		if at == atArrival && namespace == names[3] {
			close(reached)
			<-goOn
		}
		return true
	})
	p := a.start(t, "", "label", "ns", "-l", selector, "--enforce", "baseline", "--yes")
	<-reached
	run := a.onlyRun(t)
	other := &admin{kubeconfig: s.Kubeconfig, state: a.state}
	if list := other.must(t, 0, "rollback", "--list"); !strings.Contains(list.stdout, "active") {
		t.Errorf("a run under way is listed so:\n%s", list.stdout)
	}
	busy := "run " + run + " is being written by another process"
	other.must(t, 2, "label", "--continue", run, "--yes").says(t, busy)
	other.must(t, 2, "rollback", run, "--yes").says(t, busy)
	other.must(t, 2, "rollback", "--yes").says(t, busy)
	release()
	if r := p.wait(t); r.exit != 0 {
		t.Errorf("the run itself: %+v", r)
	}
	labelled(t, "the run itself", modes{enforce: "baseline"}.planned(before), s.stored(t, selector))
	other.must(t, 0, "rollback", "--yes")
	restored(t, "rolled back", before, s.stored(t, selector))
}
