package standard

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

func newEvaluator(tb testing.TB, minor int) *Evaluator {
	tb.Helper()
	e, err := NewEvaluator(minor)
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

func rawEvaluator(tb testing.TB, minor int) policy.Evaluator {
	tb.Helper()
	latest := api.MajorMinorVersion(1, minor)
	e, err := policy.NewEvaluator(policy.DefaultChecks(), &latest)
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

// expected are the denials that upstream's checks give when each is run alone, in the order of their IDs: the same
// answer as the evaluator's, got without it.
func expected(checks []policy.Check, lv api.LevelVersion, p *corev1.Pod) []Denial {
	overridden := map[policy.CheckID]bool{}
	for _, check := range checks {
		if r := pick(check, lv.Version); r != nil && lv.Level == api.LevelRestricted {
			for _, id := range r.OverrideCheckIDs {
				overridden[id] = true
			}
		}
	}
	var denials []Denial
	for _, level := range []api.Level{api.LevelBaseline, api.LevelRestricted} {
		for _, check := range checks {
			r := pick(check, lv.Version)
			if check.Level != level || r == nil || overridden[check.ID] || api.CompareLevels(level, lv.Level) > 0 {
				continue
			}
			if result := r.CheckPod(&p.ObjectMeta, &p.Spec); !result.Allowed {
				denials = append(denials, Denial{check.ID, result.ForbiddenReason, result.ForbiddenDetail})
			}
		}
	}
	return denials
}

// Texts must be byte-identical to upstream's, reasons and details alike, and IDs right.
func TestDenialsAreUpstreams(t *testing.T) {
	ours, raw := newEvaluator(t, NewestMinor), rawEvaluator(t, NewestMinor)
	checks := policy.DefaultChecks()
	slices.SortFunc(checks, func(a, b policy.Check) int { return strings.Compare(string(a.ID), string(b.ID)) })
	count := 0
	type question struct {
		pod *corev1.Pod
		lv  api.LevelVersion
	}
	asked := map[question]bool{}
	for _, f := range allFixtures(t) {
		for _, v := range append(classes(), f.version, api.LatestVersion(), api.MajorMinorVersion(1, 99)) {
			for _, level := range []api.Level{api.LevelPrivileged, api.LevelBaseline, api.LevelRestricted} {
				lv := api.LevelVersion{Level: level, Version: v}
				if asked[question{f.pod, lv}] {
					continue
				}
				asked[question{f.pod, lv}] = true
				count++
				want := policy.AggregateCheckResults(raw.EvaluatePod(lv, &f.pod.ObjectMeta, &f.pod.Spec))
				denials := ours.Denials(lv, &f.pod.ObjectMeta, &f.pod.Spec)
				got := policy.AggregateCheckResults(Results(denials))
				if got.Allowed != want.Allowed || got.ForbiddenDetail() != want.ForbiddenDetail() ||
					got.ForbiddenReason() != want.ForbiddenReason() {
					t.Errorf("%s at %s: %q, upstream %q", f.name, lv, got.ForbiddenDetail(), want.ForbiddenDetail())
				}
				if diff := cmp.Diff(ours.EvaluatePod(lv, &f.pod.ObjectMeta, &f.pod.Spec), Results(denials)); diff != "" {
					t.Errorf("%s at %s: EvaluatePod (-EvaluatePod +Denials):\n%s", f.name, lv, diff)
				}
				if diff := cmp.Diff(expected(checks, lv, f.pod), denials); diff != "" && level != api.LevelPrivileged {
					t.Errorf("%s at %s: denials (-want +got):\n%s", f.name, lv, diff)
				}
			}
		}
	}
	t.Logf("%d pods with levels and versions", count)
}

// The folders say which pods pass and which check the others fail.
func TestFixturesVerdicts(t *testing.T) {
	e := newEvaluator(t, NewestMinor)
	for _, f := range allFixtures(t) {
		denials := e.Denials(api.LevelVersion{Level: f.level, Version: f.version}, &f.pod.ObjectMeta, &f.pod.Spec)
		ids := make([]string, len(denials))
		for i, d := range denials {
			ids[i] = strings.ToLower(string(d.Check))
		}
		switch {
		case f.pass && f.check == "restrictedvolumes":
			// One volume of this fixture has no source, which only a server turns into an emptyDir.
			if !slices.Equal(ids, []string{"restrictedvolumes"}) || !strings.Contains(denials[0].Detail, `type "unknown"`) {
				t.Errorf("%s: %v", f.name, denials)
			}
		case f.pass && len(denials) > 0:
			t.Errorf("%s: %v", f.name, denials)
		case !f.pass && !slices.Contains(ids, override(f)):
			t.Errorf("%s: denied by %v", f.name, ids)
		}
	}
}

// override is the check that denies a fixture: at the restricted level, the one that takes the baseline check's place.
func override(f fixture) string {
	if f.level == api.LevelBaseline {
		return f.check
	}
	for _, check := range policy.DefaultChecks() {
		if r := pick(check, f.version); r != nil {
			for _, id := range r.OverrideCheckIDs {
				if strings.ToLower(string(id)) == f.check {
					return strings.ToLower(string(check.ID))
				}
			}
		}
	}
	return f.check
}

// A server judges as its own minor does, whatever version it is asked for.
func TestDenialsOfOlderAndNewerServers(t *testing.T) {
	// One pod that every revision of every check has something against, or would have.
	p := podOf(t, `
spec:
  hostUsers: false
  securityContext:
    seLinuxOptions: {type: container_engine_t}
    sysctls:
    - {name: net.ipv4.ip_local_reserved_ports, value: "1"}
    - {name: net.ipv4.tcp_fin_timeout, value: "1"}
    - {name: net.ipv4.tcp_rmem, value: "1"}
    - {name: net.ipv4.tcp_notsent_lowat, value: "1"}
  containers: [{name: a, livenessProbe: {httpGet: {host: h, port: 80}}, securityContext: {runAsUser: 0, procMount: Unmasked}}]`)
	for minor := 22; minor <= NewestMinor+2; minor++ {
		ours, raw, own := newEvaluator(t, minor), rawEvaluator(t, minor), api.MajorMinorVersion(1, minor)
		if ours.Latest() != own {
			t.Errorf("Latest of 1.%d is %s", minor, ours.Latest())
		}
		for _, level := range []api.Level{api.LevelBaseline, api.LevelRestricted} {
			latest := ours.Denials(api.LevelVersion{Level: level, Version: api.LatestVersion()}, &p.ObjectMeta, &p.Spec)
			for asked := 0; asked <= NewestMinor+3; asked++ {
				lv := api.LevelVersion{Level: level, Version: api.MajorMinorVersion(1, asked)}
				want := policy.AggregateCheckResults(raw.EvaluatePod(lv, &p.ObjectMeta, &p.Spec))
				got := ours.Denials(lv, &p.ObjectMeta, &p.Spec)
				text := policy.AggregateCheckResults(Results(got))
				if text.ForbiddenDetail() != want.ForbiddenDetail() {
					t.Errorf("1.%d, %s: %s, upstream %s", minor, lv, text.ForbiddenDetail(), want.ForbiddenDetail())
				}
				if diff := cmp.Diff(latest, got); diff != "" && asked >= minor {
					t.Errorf("1.%d, %s is not its latest (-latest +got):\n%s", minor, lv, diff)
				}
				// What upstream denied at a version, Locate finds at the version as evaluated.
				for _, d := range got {
					if len(ours.Locate(d.Check, ours.EvaluatedAs(lv.Version), &p.ObjectMeta, &p.Spec)) == 0 {
						t.Errorf("1.%d, %s: %s denies, but nothing is located", minor, lv, d.Check)
					}
				}
			}
		}
	}
}

func TestEvaluatedAs(t *testing.T) {
	v := func(minor int) api.Version { return api.MajorMinorVersion(1, minor) }
	for _, c := range []struct {
		server      int
		asked, want api.Version
	}{
		{30, api.LatestVersion(), v(30)},
		{30, v(31), v(30)},
		{30, v(99), v(30)},
		{30, v(30), v(30)},
		{30, v(29), v(29)},
		{30, v(0), v(0)},
		{NewestMinor + 1, api.LatestVersion(), v(NewestMinor + 1)},
	} {
		if got := newEvaluator(t, c.server).EvaluatedAs(c.asked); got != c.want {
			t.Errorf("1.%d evaluates %s as %s, want %s", c.server, c.asked, got, c.want)
		}
	}
}

func TestLevelOf(t *testing.T) {
	e := newEvaluator(t, NewestMinor)
	for _, check := range policy.DefaultChecks() {
		if got := e.LevelOf(check.ID); got != check.Level {
			t.Errorf("%s is of level %q, want %q", check.ID, got, check.Level)
		}
	}
	if got := e.LevelOf("noSuchCheck"); got != "" {
		t.Errorf("an unknown check is of level %q", got)
	}
}

// The separator that carries the ID must not show in a text, whatever the pod's own strings hold.
func TestDenialsKeepForeignSeparators(t *testing.T) {
	p := &corev1.Pod{Spec: corev1.PodSpec{
		SecurityContext: &corev1.PodSecurityContext{Sysctls: []corev1.Sysctl{{Name: "a" + idSeparator + "b"}}},
	}}
	got := newEvaluator(t, NewestMinor).Denials(
		api.LevelVersion{Level: api.LevelBaseline, Version: api.LatestVersion()}, &p.ObjectMeta, &p.Spec)
	want := []Denial{{"sysctls", "forbidden sysctls", "a" + idSeparator + "b"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("denials (-want +got):\n%s", diff)
	}
}

func TestEvaluatorIsConcurrent(t *testing.T) {
	e := newEvaluator(t, NewestMinor)
	lv := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	p := podOf(t, violating)
	want := e.Denials(lv, &p.ObjectMeta, &p.Spec)
	var group sync.WaitGroup
	for range 1000 {
		group.Go(func() {
			got := e.Denials(lv, &p.ObjectMeta, &p.Spec)
			if !slices.Equal(got, want) {
				t.Errorf("denials: %v, want %v", got, want)
			}
			for _, d := range got {
				if len(e.Locate(d.Check, e.EvaluatedAs(lv.Version), &p.ObjectMeta, &p.Spec)) == 0 {
					t.Errorf("%s: nothing located", d.Check)
				}
			}
		})
	}
	group.Wait()
}
