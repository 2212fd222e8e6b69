//go:build e2e

package e2e

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// Users of the controllers that the configurations exempt and do not.
const (
	exemptController = "system:serviceaccount:kube-system:replicaset-controller"
	otherController  = "system:serviceaccount:kube-system:job-controller"
)

// everyKind is a configuration with defaults that differ from the built-in ones, and exemptions of every kind.
func everyKind() *truth {
	return &truth{
		Enforce: "baseline:v1.23", Audit: "restricted:v1.22", Warn: "restricted:v1.21",
		Namespaces: []string{"exempt-a", "exempt-b"}, RuntimeClasses: []string{"trusted"}, Users: []string{exemptController, "boss-" + suite.id},
	}
}

// claims compares what is said to be known with the file, and returns the rest.
func claims(t *testing.T, c *truth, r *report.ConfigReport) (unknown []string) {
	t.Helper()
	for _, f := range r.Facts {
		switch {
		case f.Value == report.ConfigUnknown:
			if f.Source != report.SourceAssumed || f.How == "" {
				t.Errorf("not known, without a reason: %+v", f)
			}
			unknown = append(unknown, strings.TrimSpace(f.Subject+" "+strings.TrimSuffix(f.Name, "-"+suite.id)))
		case f.Source != report.SourceProbed || f.Needs == "" && f.Subject != report.SubjectPodSecurity:
			t.Errorf("known, and nobody knows how: %+v", f)
		case f.Value != c.of(f) && f.Value+":" != c.of(f)[:strings.Index(c.of(f)+":", ":")+1]:
			t.Errorf("%s %s is %s, and said to be %s: %s", f.Subject, f.Name, c.of(f), f.Value, f.How)
		}
		compared.Add(1)
	}
	return unknown
}

func (s *server) users() []string {
	return []string{"--probe-user", strings.Join([]string{exemptController, otherController, "boss-" + suite.id, "clerk-" + suite.id}, ",")}
}

// TestConfig: everything that the newest release reveals is found, and nothing else is claimed.
func TestConfig(t *testing.T) {
	t.Parallel()
	c := everyKind()
	file := c.file(t, "v1")
	s := upAlone(t, "config", "--no-controllers", "--admission-config", file)
	s.furnish(t)
	s.expectUnknown(t, c, map[string][]string{
		"admin":   nil,
		"creator": {"default audit", "default warn", "exemptUser"},
		"reader": {
			"podSecurity", "default enforce", "default audit", "default warn", "exemptNamespace default", "exemptNamespace exempt-a",
			"exemptNamespace free", "exemptNamespace held", "exemptNamespace kube-node-lease", "exemptNamespace kube-public",
			"exemptNamespace kube-system", "exemptRuntimeClass other", "exemptRuntimeClass trusted", "exemptUser",
		},
	})
	s.likeTheFile(t, file)
	for seed := range uint64(3) {
		c := drawTruth(rand.New(rand.NewPCG(seed, 20)))
		s.restart(t, c.file(t, "v1"))
		t.Logf("%+v, not known: %q", *c, claims(t, c, s.config(t, s.users()...)))
	}
	s.onlyDryRuns(t)
}

// TestConfigOld: the oldest release hides exempt namespaces and the audit default, and is said to.
func TestConfigOld(t *testing.T) {
	t.Parallel()
	c := everyKind()
	s := upAlone(t, "config-old", "--no-controllers", "--release", oldRelease, "--admission-config", c.file(t, "v1beta1"))
	s.furnish(t)
	s.expectUnknown(t, c, map[string][]string{
		"admin":   {"default audit"},
		"creator": {"default audit", "default warn", "exemptUser"},
		"reader": {
			"podSecurity", "default enforce", "default audit", "default warn", "exemptNamespace default", "exemptNamespace exempt-a",
			"exemptNamespace free", "exemptNamespace held", "exemptNamespace kube-node-lease", "exemptNamespace kube-public",
			"exemptNamespace kube-system", "exemptRuntimeClass other", "exemptRuntimeClass trusted", "exemptUser",
		},
	})
	c.Enforce, c.Warn = "privileged:latest", "privileged:latest"
	s.restart(t, c.file(t, "v1beta1"))
	// Of namespaces whose policy asks nothing, that release says nothing, exempt or not.
	s.expectUnknown(t, c, map[string][]string{"admin": {
		"default enforce", "default audit", "default warn", "exemptNamespace default", "exemptNamespace exempt-a", "exemptNamespace free",
		"exemptNamespace kube-node-lease", "exemptNamespace kube-public", "exemptNamespace kube-system",
	}})
	s.onlyDryRuns(t)
}

// expectUnknown holds what each user learns to the file, and what they do not to a list.
func (s *server) expectUnknown(t *testing.T, c *truth, want map[string][]string) {
	t.Helper()
	for user, unknown := range want {
		args := s.users()
		if user != "admin" {
			args = []string{"--as", user + "-" + suite.id}
		}
		r := s.config(t, args...)
		got := slices.DeleteFunc(claims(t, c, r), func(fact string) bool { return strings.HasPrefix(fact, report.SubjectFeatureGate) })
		if diff := cmp.Diff(unknown, got); diff != "" {
			t.Errorf("%s: what is not known:\n%s", user, diff)
		}
		if user == "reader" && r.Asked > 0 {
			t.Errorf("a reader sent %d dry runs", r.Asked)
		}
	}
}

// likeTheFile: a check that asks the server says what a check with the server's file says.
func (s *server) likeTheFile(t *testing.T, file string) {
	t.Helper()
	create(t, s, deployment(plainPod("free", "d", hostPID), 0))
	create(t, s, deployment(plainPod("exempt-a", "d", hostPID), 0))
	create(t, s, statefulSet(plainPod("held", "s", hostPID), 0))
	told := s.pss(t, "check", "ns", "--probe", "--probe-user", exemptController, "-o", "json")
	passed := s.pss(t, "check", "ns", "--admission-config", file, "-o", "json")
	if told.exit != passed.exit || !strings.HasPrefix(told.stderr, "Sending up to ") {
		t.Errorf("exit code %d instead of %d: %s", told.exit, passed.exit, told.stderr)
	}
	probed, config := decode(t, told.stdout), decode(t, passed.stdout)
	if probed.Defaults.Source != report.SourceProbed || probed.Defaults.Assumed != nil {
		t.Errorf("the defaults: %+v", probed.Defaults)
	}
	if diff := cmp.Diff(gist(config), gist(probed)); diff != "" {
		t.Errorf("with the file (-) and by dry run (+):\n%s", diff)
	}
	if r := s.pss(t, "check", "ns", "--probe", "--as", "reader-"+suite.id, "-q"); r.exit != 3 || r.stderr != "" {
		t.Errorf("somebody who may read namespaces alone: exit code %d: %s", r.exit, r.stderr)
	}
}

// gist is what a check says, without how it is known.
func gist(r *report.CheckReport) []string {
	list := []string{fmt.Sprint(r.Defaults.Enforce, r.Defaults.Audit, r.Defaults.Warn, r.Summary)}
	for i := range r.Items {
		item := &r.Items[i]
		list = append(list, fmt.Sprint(item.Namespace, item.Current, item.Exempt.By, item.Verdict))
		for k := range item.Workloads {
			w := &item.Workloads[k]
			list = append(list, fmt.Sprint(w.Kind, w.Name, w.Blocks, w.Evidence[0].Exempt.By, w.Evidence[0].Outcome.Pod, *w.Evidence[0].Outcome.Workload))
		}
	}
	return list
}

// drawTruth is a configuration at random.
func drawTruth(r *rand.Rand) *truth {
	one := func(of ...string) string { return of[r.IntN(len(of))] }
	policy := func() string {
		return one("privileged", "baseline", "restricted") + ":" + one("latest", "v1.0", "v1.31")
	}
	some := func(of ...string) []string {
		return slices.DeleteFunc(of, func(string) bool { return r.IntN(2) == 0 })
	}
	return &truth{
		Enforce: policy(), Audit: policy(), Warn: policy(), Namespaces: some("exempt-a", "free", "held", "kube-public"),
		RuntimeClasses: some("trusted", "other"), Users: some(exemptController, otherController, "boss-"+suite.id),
	}
}
