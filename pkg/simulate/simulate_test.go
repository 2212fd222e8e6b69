package simulate

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	admissionapi "k8s.io/pod-security-admission/admission/api"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// never fails the test if a pod's checks are asked for.
func never(t *testing.T) Recall {
	return func(lv api.LevelVersion) []policy.CheckResult {
		t.Helper()
		t.Errorf("asked for %s", lv)
		return nil
	}
}

// hostPath denies everything but privileged.
func hostPath(lv api.LevelVersion) []policy.CheckResult {
	if lv.Level == api.LevelPrivileged {
		return nil
	}
	return []policy.CheckResult{{ForbiddenReason: "hostPath volumes", ForbiddenDetail: `volume "v"`}}
}

func newAdmission(t *testing.T, change func(*admissionapi.PodSecurityConfiguration)) *Admission {
	t.Helper()
	config, err := DefaultConfig()
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(config)
	}
	a, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func labels(pairs ...string) map[string]string {
	m := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		m["pod-security.kubernetes.io/"+pairs[i]] = pairs[i+1]
	}
	return m
}

func TestCreatePod(t *testing.T) {
	exempting := func(c *admissionapi.PodSecurityConfiguration) {
		c.Exemptions = admissionapi.PodSecurityExemptions{
			Namespaces: []string{"free"}, Usernames: []string{"root"}, RuntimeClasses: []string{"vm"},
		}
	}
	vm := "vm"
	tests := map[string]struct {
		labels    map[string]string
		namespace string
		user      string
		class     *string
		want      Answer
	}{
		"no labels": {want: Answer{Allowed: true, Audit: map[string]string{"enforce-policy": "privileged:latest"}}},
		"denied without a warning (case 17)": {
			labels: labels("enforce", "baseline", "audit", "restricted", "audit-version", "v1.30", "warn", "restricted"),
			want: Answer{
				Message: `violates PodSecurity "baseline:latest": hostPath volumes (volume "v")`,
				Audit: map[string]string{
					"enforce-policy":   "baseline:latest",
					"audit-violations": `would violate PodSecurity "restricted:v1.30": hostPath volumes (volume "v")`,
				},
			},
		},
		"warned": {
			labels: labels("warn", "baseline"),
			want: Answer{
				Allowed: true, Audit: map[string]string{"enforce-policy": "privileged:latest"},
				Warnings: []string{`would violate PodSecurity "baseline:latest": hostPath volumes (volume "v")`},
			},
		},
		"exempt namespace": {labels: labels("enforce", "baseline"), namespace: "free", want: Answer{Allowed: true, Audit: map[string]string{"exempt": "namespace"}}},
		"exempt user":      {labels: labels("enforce", "baseline"), user: "root", want: Answer{Allowed: true, Audit: map[string]string{"exempt": "user"}}},
		"exempt runtime":   {labels: labels("enforce", "baseline"), class: &vm, want: Answer{Allowed: true, Audit: map[string]string{"exempt": "runtimeClass"}}},
	}
	a := newAdmission(t, exempting)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			namespace := "ns"
			if tt.namespace != "" {
				namespace = tt.namespace
			}
			pod := &corev1.Pod{
				ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: namespace},
				Spec:       corev1.PodSpec{RuntimeClassName: tt.class},
			}
			if diff := cmp.Diff(tt.want, a.CreatePod(tt.labels, pod, tt.user, hostPath)); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCreateWorkloadIsNeverDenied(t *testing.T) { // case 16
	a := newAdmission(t, nil)
	got := a.CreateWorkload(labels("enforce", "restricted", "warn", "privileged"), "ns", &corev1.PodTemplateSpec{}, hostPath)
	if diff := cmp.Diff(Answer{Allowed: true}, got); diff != "" {
		t.Errorf("enforce only (-want +got):\n%s", diff)
	}
	got = a.CreateWorkload(labels("enforce", "restricted"), "ns", &corev1.PodTemplateSpec{}, hostPath)
	want := []string{`would violate PodSecurity "restricted:latest": hostPath volumes (volume "v")`}
	if diff := cmp.Diff(want, got.Warnings); !got.Allowed || diff != "" {
		t.Errorf("implied warn (-want +got):\n%s", diff)
	}
}

func TestChangeLabels(t *testing.T) {
	existing := []Skeleton{
		{Name: "b", UID: "2", Controller: "rs", Found: hostPath},
		{Name: "a", UID: "1", Controller: "rs", Found: hostPath},
		{Name: "fine", UID: "3", Found: func(api.LevelVersion) []policy.CheckResult { return nil }},
	}
	listed := []string{
		`existing pods in namespace "ns" violate the new PodSecurity enforce level "baseline:latest"`,
		"a (and 1 other pod): hostPath volumes",
	}
	tests := map[string]struct {
		from, to map[string]string
		want     LabelAnswer
	}{
		"tightened":               {nil, labels("enforce", "baseline"), LabelAnswer{Answer{Allowed: true, Warnings: listed}, true}},
		"unchanged":               {labels("enforce", "baseline"), labels("enforce", "baseline"), LabelAnswer{Answer{Allowed: true}, true}},
		"relaxed (case 5)":        {labels("enforce", "restricted"), labels("enforce", "baseline"), LabelAnswer{Answer{Allowed: true}, true}},
		"warn and audit (case 4)": {nil, labels("warn", "baseline", "audit", "restricted"), LabelAnswer{Answer{Allowed: true}, true}},
		"bad level (case 9)": {nil, labels("enforce", ""), LabelAnswer{Answer{
			Message: `Namespace "ns" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "": must be one of privileged, baseline, restricted`,
		}, true}},
	}
	a := newAdmission(t, nil)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, a.ChangeLabels("ns", tt.from, tt.to, existing)); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}

func TestChangeLabelsOfExempt(t *testing.T) { // cases 13, 14
	a := newAdmission(t, func(c *admissionapi.PodSecurityConfiguration) { c.Exemptions.Namespaces = []string{"ns"} })
	pod := []Skeleton{{Name: "p", UID: "1", Found: never(t)}}
	got := a.ChangeLabels("ns", nil, labels("enforce", "restricted"), pod)
	want := []string{`namespace "ns" is exempt from Pod Security, and the policy (enforce=restricted:latest) will be ignored`}
	if diff := cmp.Diff(want, got.Warnings); diff != "" {
		t.Errorf("enforce (-want +got):\n%s", diff)
	}
	if got := a.ChangeLabels("ns", nil, labels("warn", "restricted"), pod); len(got.Warnings) > 0 {
		t.Errorf("warn only: %q", got.Warnings)
	}
}

func TestChangeLabelsSamplesAboveTheServersLimit(t *testing.T) { // case 11
	a := newAdmission(t, nil)
	var existing []Skeleton
	for i := range MaxPods + 10 {
		existing = append(existing, Skeleton{Name: fmt.Sprint("p", i), UID: types.UID(strconv.Itoa(i)), Found: hostPath})
	}
	got := a.ChangeLabels("ns", nil, labels("enforce", "baseline"), existing)
	if got.Exact || !strings.HasPrefix(got.Warnings[0], "new PodSecurity enforce level only checked against the first 3000 of 3010") {
		t.Errorf("exact %t, warnings %q", got.Exact, got.Warnings)
	}
	got = a.ChangeLabels("ns", nil, labels("enforce", "baseline"), existing[:MaxPods])
	if !got.Exact || len(got.Warnings) != 2 {
		t.Errorf("at the limit: exact %t, warnings %q", got.Exact, got.Warnings)
	}
}
