package simulate

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	admissionapi "k8s.io/pod-security-admission/admission/api"
)

// lines are what is said of a namespace with those labels, one line a mode.
func (a *Admission) lines(labels map[string]string) []string {
	p, errs := a.Policy(labels)
	lines := []string{p.Enforce.String(), p.Audit.String(), p.Warn.String()}
	for _, e := range errs {
		lines = append(lines, e.Error())
	}
	return lines
}

func TestImpliedWarn(t *testing.T) { // case 15
	const bad = `metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted`
	defaulting := func(c *admissionapi.PodSecurityConfiguration) {
		c.Defaults = admissionapi.PodSecurityDefaults{
			Enforce: "privileged", EnforceVersion: "v1.20", Audit: "restricted", AuditVersion: "v1.21", Warn: "baseline", WarnVersion: "v1.22",
		}
	}
	tests := []struct {
		name        string
		labels      map[string]string
		before, now []string // of 1.25 and of 1.26
	}{
		{"no labels", nil, []string{"privileged:v1.20", "restricted:v1.21", "baseline:v1.22"}, nil},
		{"foreign labels", map[string]string{"team": "a"}, []string{"privileged:v1.20", "restricted:v1.21", "baseline:v1.22"}, nil},
		{
			"enforce alone", labels("enforce", "restricted"),
			[]string{"restricted:v1.20", "restricted:v1.21", "baseline:v1.22"},
			[]string{"restricted:v1.20", "restricted:v1.21", "restricted:v1.20"},
		},
		{
			"enforce and the version of warn (case 53)", labels("enforce", "restricted", "enforce-version", "v1.25", "warn-version", "latest"),
			[]string{"restricted:v1.25", "restricted:v1.21", "baseline:latest"},
			[]string{"restricted:v1.25", "restricted:v1.21", "restricted:latest"},
		},
		{"enforce below warn", labels("enforce", "baseline"), []string{"baseline:v1.20", "restricted:v1.21", "baseline:v1.22"}, nil},
		{"warn said", labels("enforce", "restricted", "warn", "privileged"), []string{"restricted:v1.20", "restricted:v1.21", "privileged:v1.22"}, nil},
		{"audit only", labels("audit", "baseline"), []string{"privileged:v1.20", "baseline:v1.21", "baseline:v1.22"}, nil},
		{"bad enforce", labels("enforce", "strict"), []string{"restricted:v1.20", "restricted:v1.21", "baseline:v1.22", bad}, nil},
	}
	a := newAdmission(t, defaulting)
	for _, tt := range tests {
		for minor, want := range map[int][]string{24: tt.before, 25: tt.before, 26: tt.now, 37: tt.now} {
			if want == nil {
				want = tt.before
			}
			given := len(tt.labels)
			if diff := cmp.Diff(want, a.ForServer(minor).lines(tt.labels)); diff != "" {
				t.Errorf("%s: v1.%d (-want +got):\n%s", tt.name, minor, diff)
			}
			if len(tt.labels) != given {
				t.Errorf("%s: v1.%d changed the labels: %v", tt.name, minor, tt.labels)
			}
		}
	}
}

// What is not implied is not said either, of a pod as of a template.
func TestAnswersWithoutImpliedWarn(t *testing.T) {
	a, l := newAdmission(t, nil), labels("enforce", "baseline")
	const denial = `violates PodSecurity "baseline:latest": hostPath volumes (volume "v")`
	const warning = `would violate PodSecurity "baseline:latest": hostPath volumes (volume "v")`
	for minor, want := range map[int][]string{25: nil, 26: {warning}} {
		if got := a.ForServer(minor).CreateWorkload(l, "ns", &corev1.PodTemplateSpec{}, hostPath); !cmp.Equal(want, got.Warnings) {
			t.Errorf("v1.%d warns %q, want %q", minor, got.Warnings, want)
		}
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "ns"}}
		if got := a.ForServer(minor).CreatePod(l, pod, "", hostPath); got.Allowed || got.Message != denial {
			t.Errorf("v1.%d: %+v", minor, got)
		}
	}
}

func TestExemptWarnings(t *testing.T) { // case 13
	told := func(policy string) Answer {
		return Answer{Allowed: true, Warnings: []string{`namespace "free" is exempt from Pod Security, and the policy (` + policy + `) will be ignored`}}
	}
	silent := Answer{Allowed: true}
	audited := Answer{Allowed: true, Audit: map[string]string{"exempt": "namespace"}}
	invalid := Answer{Message: `Namespace "free" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "x": must be one of privileged, baseline, restricted`}
	restrictedAudit := func(c *admissionapi.PodSecurityConfiguration) {
		c.Defaults.Audit, c.Defaults.AuditVersion = "restricted", "v1.20"
	}
	tests := []struct {
		name          string
		change        func(*admissionapi.PodSecurityConfiguration)
		from, to      map[string]string
		v24, v25, v26 Answer
	}{
		{"enforce", nil, nil, labels("enforce", "restricted"), audited, told("enforce=restricted:latest"), told("enforce=restricted:latest")},
		{
			"a default that no label asks for", restrictedAudit, nil, labels("enforce", "baseline", "warn", "baseline"),
			audited, told("enforce=baseline:latest, audit=restricted:v1.20, warn=baseline:latest"), told("enforce=baseline:latest, warn=baseline:latest"),
		},
		{"another mode only", nil, nil, labels("warn", "restricted"), silent, silent, silent},
		{"relaxed", nil, labels("enforce", "restricted"), labels("enforce", "baseline"), silent, silent, silent},
		{"back to the default", restrictedAudit, labels("enforce", "restricted"), nil, silent, silent, silent},
		{"bad level", nil, nil, labels("enforce", "x"), invalid, invalid, invalid},
		{
			"bad level as before", nil, labels("enforce", "x", "enforce-version", "v1.2"), labels("enforce", "x"),
			audited, told("enforce=restricted:latest"), told("enforce=restricted:latest"),
		},
	}
	for _, tt := range tests {
		a := newAdmission(t, func(c *admissionapi.PodSecurityConfiguration) {
			c.Exemptions.Namespaces = []string{"free"}
			if tt.change != nil {
				tt.change(c)
			}
		})
		for minor, want := range map[int]Answer{23: tt.v24, 24: tt.v24, 25: tt.v25, 26: tt.v26, 37: tt.v26} {
			pods := []Skeleton{{Name: "p", UID: "1", Found: never(t)}}
			if diff := cmp.Diff(LabelAnswer{want, true}, a.ForServer(minor).ChangeLabels("free", tt.from, tt.to, pods)); diff != "" {
				t.Errorf("%s: v1.%d (-want +got):\n%s", tt.name, minor, diff)
			}
		}
	}
}

// A namespace that is not exempt is answered for as ever.
func TestChangeLabelsOnOldServers(t *testing.T) {
	a := newAdmission(t, func(c *admissionapi.PodSecurityConfiguration) { c.Exemptions.Namespaces = []string{"free"} })
	want := []string{`existing pods in namespace "ns" violate the new PodSecurity enforce level "baseline:latest"`, "p: hostPath volumes"}
	for _, minor := range []int{24, 25, 26} {
		got := a.ForServer(minor).ChangeLabels("ns", nil, labels("enforce", "baseline"), []Skeleton{{Name: "p", UID: "1", Found: hostPath}})
		if diff := cmp.Diff(LabelAnswer{Answer{Allowed: true, Warnings: want}, true}, got); diff != "" {
			t.Errorf("v1.%d (-want +got):\n%s", minor, diff)
		}
	}
}
