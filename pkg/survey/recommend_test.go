package survey

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// short are the labels of Pod Security without their prefix.
func short(labels map[string]string) map[string]string {
	own := map[string]string{}
	for key, value := range PodSecurityLabels(labels) {
		own[key[len("pod-security.kubernetes.io/"):]] = value
	}
	return own
}

func recommendation(t *testing.T, source *fakeSource, admission *simulate.Admission) (*Foresight, Proposed) {
	t.Helper()
	o := options(t, Options{Admission: admission, Recommend: &Recommend{Pin: api.MajorMinorVersion(1, 37)}, Judged: []Mode{Enforce}})
	f, err := Foresee(t.Context(), source, o)
	if err != nil {
		t.Fatal(err)
	}
	return f, f.Namespaces[0]
}

func TestRecommend(t *testing.T) {
	type labels = map[string]string
	const latest, v37 = "latest", "v1.37"
	for name, tc := range map[string]struct {
		today []string
		spec  *corev1.PodSpec
		want  labels
	}{
		"empty": {nil, nil, labels{
			"enforce": "restricted", "enforce-version": v37, "audit": "restricted", "audit-version": latest, "warn": "restricted", "warn-version": latest,
		}},
		"plain": {nil, new(plain()), labels{
			"enforce": "baseline", "enforce-version": v37, "audit": "restricted", "audit-version": latest, "warn": "restricted", "warn-version": latest,
		}},
		"privileged": {nil, new(hostPath()), labels{"audit": "baseline", "audit-version": latest, "warn": "baseline", "warn-version": latest}},
		"never looser": {
			[]string{"enforce", "restricted", "warn", "restricted", "warn-version", "v1.20"},
			new(hostPath()),
			labels{"enforce": "restricted", "warn": "restricted", "warn-version": "v1.20", "audit": "restricted", "audit-version": latest},
		},
		"a level that is there keeps its version": {
			[]string{"enforce", "baseline", "enforce-version", "v1.20", "audit", "restricted", "warn", "restricted"},
			new(plain()),
			labels{"enforce": "baseline", "enforce-version": "v1.20", "audit": "restricted", "warn": "restricted"},
		},
		"an older version is taken over": {
			[]string{"enforce", "baseline", "enforce-version", "v1.20"},
			nil,
			labels{
				"enforce": "restricted", "enforce-version": v37, "audit": "restricted", "audit-version": latest, "warn": "restricted", "warn-version": latest,
			},
		},
		"implied warn counts": {
			[]string{"enforce", "restricted", "audit", "restricted"},
			new(plain()),
			labels{"enforce": "restricted", "audit": "restricted"},
		},
		"an invalid level is as strict as the server takes it": {
			[]string{"enforce", "Restricted", "audit", "restricted", "warn", "restricted"},
			new(hardened()),
			labels{"enforce": "Restricted", "audit": "restricted", "warn": "restricted"},
		},
	} {
		source := &fakeSource{namespaces: []corev1.Namespace{namespace("shop", tc.today...)}}
		if tc.spec != nil {
			source.pod("shop", "p", nil, *tc.spec)
		}
		_, ns := recommendation(t, source, nil)
		if diff := cmp.Diff(tc.want, short(ns.NewLabels)); diff != "" || ns.Held != "" {
			t.Errorf("%s: %s (-want +got):\n%s", name, ns.Held, diff)
		}
	}
}

func TestRecommendForesees(t *testing.T) {
	source := &fakeSource{namespaces: []corev1.Namespace{namespace("shop")}}
	source.deployment("shop", "web", plain(), "1")
	done := source.pod("shop", "done", nil, hostPath())
	done.Status.Phase = corev1.PodSucceeded
	f, _ := recommendation(t, source, nil)
	item := f.Report.Items[0]
	if item.Candidate == nil || item.Candidate.Enforce.String() != "baseline:v1.37" || item.Verdict != report.Complies {
		t.Errorf("%+v", item)
	}
	want := []string{`existing pods in namespace "shop" violate the new PodSecurity enforce level "baseline:v1.37"`, "done: hostPath volumes"}
	if diff := cmp.Diff(want, item.LabelChange.Warnings); diff != "" {
		t.Errorf("the server's answer (-want +got):\n%s", diff)
	}
	web := item.Workloads[len(item.Workloads)-1]
	if len(web.Evidence[0].Outcome.Workload.Warnings) != 1 || web.Evidence[0].Now == nil || len(web.Evidence[0].Now.Workload.Warnings) != 0 {
		t.Errorf("what people are told: %+v", web.Evidence[0])
	}
}

func TestRecommendHolds(t *testing.T) {
	source := &fakeSource{namespaces: []corev1.Namespace{namespace("shop")}, gaps: []workload.Gap{{Resource: "pods"}, {Resource: "jobs.batch", Namespace: "other"}}}
	f, ns := recommendation(t, source, nil)
	if ns.Held != "not everything could be read (pods)" || len(short(ns.NewLabels)) > 0 || f.Report.Items[0].Verdict != report.Incomplete {
		t.Errorf("with a gap: %q, %v", ns.Held, ns.NewLabels)
	}
	config, err := simulate.DefaultConfig()
	if err != nil {
		t.Fatal(err)
	}
	config.Exemptions.Namespaces = []string{"shop"}
	exempt, err := simulate.New(config)
	if err != nil {
		t.Fatal(err)
	}
	source.gaps = nil
	if _, ns := recommendation(t, source, exempt); ns.Held != "exempt: Pod Security ignores its labels" || len(short(ns.NewLabels)) > 0 {
		t.Errorf("exempt: %q, %v", ns.Held, ns.NewLabels)
	}
}

func TestLabelsOfAPlan(t *testing.T) {
	source := &fakeSource{namespaces: []corev1.Namespace{namespace("shop", "warn", "baseline"), namespace("web")}}
	source.namespaces[0].Labels["team"] = "x"
	source.pod("shop", "p", nil, hostPath())
	f, err := Foresee(t.Context(), source, options(t, Options{
		Labels: map[string]map[string]string{"shop": {api.EnforceLevelLabel: "baseline"}}, Judged: []Mode{Enforce},
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"team": "x", api.EnforceLevelLabel: "baseline"}
	if diff := cmp.Diff(want, f.Namespaces[0].NewLabels); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	if e := f.Report.Items[0].Workloads[0].Evidence[0]; e.Outcome.Pod.Allowed || e.Now == nil || !e.Now.Pod.Allowed {
		t.Errorf("%+v", e)
	}
	if diff := cmp.Diff(f.Namespaces[1].Labels, f.Namespaces[1].NewLabels); diff != "" {
		t.Errorf("a namespace that the plan does not name (-before +after):\n%s", diff)
	}
}
