package cel

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	upstream "k8s.io/pod-security-admission/policy"

	"github.com/kubectl-pss/kubectl-pss/pkg/export"
	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// agent is the workload that is excepted.
func agent() export.Exception {
	return export.Exception{Level: api.LevelPrivileged, Workloads: []export.ExceptedWorkload{{
		Ref:            workload.Ref{Group: "apps", Kind: "DaemonSet", Name: "agent"},
		Namespace:      "n",
		ServiceAccount: "agent", Labels: map[string]string{"app.kubernetes.io/name": "agent", "empty": ""},
	}}}
}

// excepted is a pod of the agent's with the spec of another.
func excepted(pod *corev1.Pod) *corev1.Pod {
	pod = pod.DeepCopy()
	pod.Labels = map[string]string{"app.kubernetes.io/name": "agent", "empty": "", "pod-template-hash": "5"}
	pod.Spec.ServiceAccountName = "agent"
	return pod
}

// court judges pods by the rules of a level and version, and by upstream's checks.
type court struct {
	checks   map[string]upstream.CheckID // by the name of the rule
	policies Policies
	// as is the level and version that the texts name.
	as       api.LevelVersion
	upstream *standard.Evaluator
}

// courts are compiled once for all versions at which the rules are the same but for the version in their texts.
type courts map[string]*court

func (all courts) of(t *testing.T, lv api.LevelVersion) *court {
	t.Helper()
	set, err := export.FromStandard(lv.Level, lv.Version, agent())
	if err != nil {
		t.Fatal(err)
	}
	key := strings.ReplaceAll(fmt.Sprintf("%s %+v", lv.Level, set.Rules), lv.String(), "LEVEL:VERSION")
	if all[key] != nil {
		return all[key]
	}
	c := &court{as: lv, checks: map[string]upstream.CheckID{}}
	for _, r := range set.Rules {
		id, _, _ := strings.Cut(strings.TrimPrefix(r.Source, "check "), " ")
		c.checks[r.Name] = upstream.CheckID(id)
	}
	if c.policies, err = Compile(set); err != nil {
		t.Fatal(err)
	}
	if c.upstream, err = standard.NewEvaluator(standard.NewestMinor); err != nil {
		t.Fatal(err)
	}
	all[key] = c
	return c
}

// tally counts refusals of each check, and those among them whose text is upstream's.
type tally map[upstream.CheckID]*struct{ all, alike int }

func (n tally) count(id upstream.CheckID, alike bool) {
	if n[id] == nil {
		n[id] = &struct{ all, alike int }{}
	}
	n[id].all++
	if alike {
		n[id].alike++
	}
}

// judge compares the two, check by check, and says whether the pod was let in.
func (c *court) judge(t *testing.T, lv api.LevelVersion, name string, pod *corev1.Pod, n tally) bool {
	t.Helper()
	refusals, err := c.policies.Judge(t.Context(), Request{Pod: pod})
	if err != nil {
		t.Errorf("%s: %s: %v", lv, name, err)
		return false
	}
	denials := c.upstream.Denials(lv, &pod.ObjectMeta, &pod.Spec)
	var got, want []upstream.CheckID
	for i, r := range refusals {
		got = append(got, c.checks[r.Rule])
		if i < len(denials) {
			n.count(c.checks[r.Rule], r.Message == fmt.Sprintf("violates %s: %s (%s)", c.as, denials[i].Reason, denials[i].Detail))
		}
	}
	for _, d := range denials {
		want = append(want, d.Check)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s: %s: rules refuse %v, upstream denies %v", lv, name, got, want)
	}
	return len(got) == 0
}

// Every fixture of every level and revision: the rules refuse what upstream denies, check by check, and nothing of the
// workload that is excepted. (5 s)
func TestExceptFixtures(t *testing.T) {
	pass, fail, told, all := 0, 0, tally{}, courts{}
	for _, class := range classes(t) {
		c := all.of(t, class.lv)
		for file, pod := range class.pods {
			if c.judge(t, class.lv, file, pod, told) != class.pass {
				t.Errorf("%s is let in: %t", file, !class.pass)
			}
			refusals, err := c.policies.Judge(t.Context(), Request{Pod: excepted(pod)})
			if err != nil || len(refusals) > 0 {
				t.Errorf("%s: the workload excepted is refused: %v, %v", file, refusals, err)
			}
		}
		if class.pass {
			pass += len(class.pods)
		} else {
			fail += len(class.pods)
		}
	}
	if pass != wantPass || fail != wantFail {
		t.Errorf("%d fixtures pass and %d fail, want %d and %d", pass, fail, wantPass, wantFail)
	}
	t.Logf("compiled %d times", len(all))
	for id, n := range told {
		// Names come as often as they stand in the pod, and in its order; a type of volume is not named.
		loose := slices.Contains([]upstream.CheckID{"hostPorts", "capabilities_restricted", "restrictedVolumes"}, id)
		if n.alike < n.all && !loose || n.alike == n.all && loose {
			t.Errorf("%s: %d of %d texts are upstream's", id, n.alike, n.all)
		}
	}
}

// A pod that lacks any one of the things that the excepted pods are told by is judged.
func TestExceptionIsNarrow(t *testing.T) {
	c := courts{}.of(t, api.LevelVersion{Level: api.LevelBaseline, Version: api.LatestVersion()})
	for name, tt := range map[string]struct {
		change func(*corev1.Pod)
		want   int
	}{
		"excepted":                {change: func(*corev1.Pod) {}},
		"excepted, more labels":   {change: func(p *corev1.Pod) { p.Labels["more"] = "x" }},
		"other namespace":         {change: func(p *corev1.Pod) { p.Namespace = "other" }, want: 1},
		"no service account":      {change: func(p *corev1.Pod) { p.Spec.ServiceAccountName = "" }, want: 1},
		"other service account":   {change: func(p *corev1.Pod) { p.Spec.ServiceAccountName = "agent2" }, want: 1},
		"other label":             {change: func(p *corev1.Pod) { p.Labels["app.kubernetes.io/name"] = "agent2" }, want: 1},
		"label missing":           {change: func(p *corev1.Pod) { delete(p.Labels, "app.kubernetes.io/name") }, want: 1},
		"empty label missing":     {change: func(p *corev1.Pod) { delete(p.Labels, "empty") }, want: 1},
		"empty label that is not": {change: func(p *corev1.Pod) { p.Labels["empty"] = "x" }, want: 1},
		"no labels":               {change: func(p *corev1.Pod) { p.Labels = nil }, want: 1},
	} {
		p := excepted(pod(true, nil, "a"))
		tt.change(p)
		refusals, err := c.policies.Judge(t.Context(), Request{Pod: p})
		if err != nil || len(refusals) != tt.want {
			t.Errorf("%s: %d refusals, want %d; error is %v", name, len(refusals), tt.want, err)
		}
	}
}
