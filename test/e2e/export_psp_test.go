//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	nodev1 "k8s.io/api/node/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
)

// exported is a policy that was exported for a namespace of its own, which enforces the level.
type exported struct {
	policy *psp.Policy
	level  string
	ns     string
}

// handedOver are the policies of the matrix that are exported: those of the demo, and for each field that no level has the
// first that says something of it.
func handedOver(policies []*psp.Policy) []*psp.Policy {
	says := []func(*psp.Spec) bool{
		func(s *psp.Spec) bool { return s.SELinux.Rule == psp.MustRunAs },
		func(s *psp.Spec) bool { return len(s.AllowedHostPaths) > 0 },
		func(s *psp.Spec) bool { return len(s.AllowedCSIDrivers) > 0 },
		func(s *psp.Spec) bool { return len(s.ForbiddenSysctls) > 0 },
		func(s *psp.Spec) bool { return len(s.AllowedUnsafeSysctls) > 0 },
		func(s *psp.Spec) bool { return s.RuntimeClass != nil },
		func(s *psp.Spec) bool { return s.RunAsUser.Rule == psp.MustRunAs },
		func(s *psp.Spec) bool { return s.RunAsGroup != nil },
		func(s *psp.Spec) bool { return len(s.HostPorts) == 1 && s.HostPorts[0].Max < 1024 },
		func(s *psp.Spec) bool { return s.ReadOnlyRootFilesystem },
		func(s *psp.Spec) bool { return len(s.AllowedCapabilities) > 0 && s.AllowedCapabilities[0] != psp.All },
	}
	var some []*psp.Policy
	for _, p := range policies {
		if strings.HasPrefix(p.Name, "matrix-estate-") || strings.Contains(p.Annotations[psp.SeccompAllowedAnnotation], ",") {
			some = append(some, p)
			continue
		}
		if i := slices.IndexFunc(says, func(says func(*psp.Spec) bool) bool { return says(&p.Spec) }); i >= 0 {
			says = slices.Delete(says, i, i+1)
			some = append(some, p)
		}
	}
	return some
}

// holdExports holds what is exported of the matrix's policies against what they did: on the newest server, the policies and
// the level together refuse the probes that the old server refused. Where the level is privileged that is all there is, and
// where it is the one that the policy amounts to, it may refuse more, in its own words.
func (m *matrix) holdExports(t *testing.T, policies []*psp.Policy) {
	t.Helper()
	s := spare(t)
	class := &nodev1.RuntimeClass{ObjectMeta: metav1.ObjectMeta{Name: "sandboxed"}, Handler: "sandboxed"}
	if _, err := s.client.NodeV1().RuntimeClasses().Create(t.Context(), class, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		t.Fatal(err)
	}
	var all []exported
	for i, p := range handedOver(policies) {
		all = append(all, exported{p, "privileged", fmt.Sprintf("loose-%d", i)})
		if level := string(p.Assess().Level); strings.HasPrefix(p.Name, "matrix-estate-") && level != "privileged" {
			all = append(all, exported{p, level, fmt.Sprintf("level-%d", i)})
		}
	}
	const atOnce = 8 // every pod on the server is held against all policies that there are
	d := &differences{seen: map[string]int{}}
	for from := 0; from < len(all); from += atOnce {
		to := min(from+atOnce, len(all))
		t.Run(fmt.Sprintf("%d to %d", from, to-1), func(t *testing.T) { m.holdExported(t, s, d, all, from, to) })
	}
	d.report(t, len(all))
}

// holdExported exports some of the policies, and tries the probes that are worth it.
func (m *matrix) holdExported(t *testing.T, s *server, d *differences, all []exported, from, to int) {
	t.Helper()
	var objects strings.Builder
	for i := from; i < to; i++ {
		objects.WriteString(s.exportFor(t, &all[i]))
	}
	began := time.Now()
	s.inForce(t, objects.String())
	t.Logf("in force after %s", time.Since(began))
	s.typeChecked(t)
	t.Logf("checked after %s", time.Since(began))
	var group errgroup.Group
	group.SetLimit(4)
	for i := from; i < to; i++ {
		e := all[i]
		for _, probe := range pspProbes(e.ns) {
			if full() || m.worth(all[:i], e, probe) {
				was := m.answers[e.policy.Name][probe.name]
				group.Go(func() error { return d.hold(t.Context(), s, e, probe, was) })
			}
		}
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}

// worth says that a probe tells something of an export that it has not told of the one before. The policies of the matrix
// differ in a field each: what comes out otherwise than under the policy before is tried, and of all the rest one of the
// two pods that ask for the same, taking turns. Those of the demo, and where a level has its say, are tried with all.
func (m *matrix) worth(before []exported, e exported, probe pspProbe) bool {
	if len(before) == 0 || e.level != "privileged" || strings.HasPrefix(e.policy.Name, "matrix-estate-") {
		return true
	}
	last := before[len(before)-1].policy.Name
	return m.answers[last][probe.name] != m.answers[e.policy.Name][probe.name] ||
		strings.HasPrefix(probe.name, "bare-") == (len(before)%2 == 0)
}

// exportFor exports a policy for a new namespace that has the level.
func (s *server) exportFor(t *testing.T, e *exported) string {
	t.Helper()
	e.ns = s.namespace(t, e.ns, modes{enforce: e.level}.labels())
	text, err := json.Marshal(e.policy)
	if err != nil {
		t.Fatal(err)
	}
	r := s.pss(t, "export", e.ns, "-f", file(t, e.policy.Name+".json", string(text)), "--level", e.level, "--enforce")
	if r.exit != 0 {
		t.Fatalf("export of %s: %+v", e.policy.Name, r)
	}
	if r.stdout == "" {
		return ""
	}
	return r.stdout + "---\n"
}

// differences are the probes that got through, or did not, other than on the old server, by the reason that is known for it.
type differences struct {
	mu          sync.Mutex
	tried, same int
	seen        map[string]int
	unknown     []string
}

// hold makes a probe.
func (d *differences) hold(ctx context.Context, s *server, e exported, probe pspProbe, was fate) error {
	a := s.dryCreate(ctx, "", probe.pod)
	is := letThrough
	switch text := a.message(); {
	case a.err == nil:
	case strings.Contains(text, "ValidatingAdmissionPolicy '") || strings.Contains(text, "violates PodSecurity"):
		is = turnedAway
	case a.code() == 422:
		is = notValid
	default:
		return fmt.Errorf("%s under %s: %w", probe.name, e.policy.Name, a.err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tried++
	if is == was || strings.Contains(a.message(), "violates PodSecurity") && was == letThrough {
		d.same++
		return nil
	}
	if why := knownDifference(probe.name, was, is); why != "" {
		d.seen[why]++
		return nil
	}
	d.unknown = append(d.unknown, fmt.Sprintf("%s under %s at %s: %s, was %s: %s", probe.name, e.policy.Name, e.level, is, was, a.message()))
	return nil
}

// String is what became of a probe, in words.
func (f fate) String() string { return []string{"refused", "admitted", "invalid"}[f] }

// knownDifferences are why probes are treated otherwise than they were. Each has to occur.
const (
	deadAnnotation = "the seccomp annotation of pods, which servers from 1.27 on take for nothing: what it asked for is neither refused nor given"
	writtenInvalid = "spec.privileged: what is written into a privileged container makes it one that no server takes, which refuses it in other words"
)

// knownDifference is why a probe is treated otherwise; empty where it should not be.
func knownDifference(probe string, was, is fate) string {
	switch {
	case strings.HasSuffix(probe, "-seccomp-annotation"):
		return deadAnnotation
	case strings.HasSuffix(probe, "-privileged") && was == turnedAway && is == notValid:
		return writtenInvalid
	default:
		return ""
	}
}

func (d *differences) report(t *testing.T, exports int) {
	t.Helper()
	const fewest = 2000
	t.Logf("%d exports, %d answers, %d of them as they were", exports, d.tried, d.same)
	for _, why := range []string{deadAnnotation, writtenInvalid} {
		t.Logf("%d differ: %s", d.seen[why], why)
		if d.seen[why] == 0 {
			t.Errorf("nothing differs by %s", why)
		}
	}
	slices.Sort(d.unknown)
	for _, text := range d.unknown {
		t.Error(text)
	}
	if d.tried < fewest {
		t.Errorf("only %d answers, fewer than %d", d.tried, fewest)
	}
	compared.Add(int64(d.tried))
}
