package standard

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"
)

// locateCase is one line of a table: which fields a check finds in a pod.
type locateCase struct {
	name  string
	check policy.CheckID
	minor int
	pod   string
	want  []Field
}

// podOf reads a pod from YAML.
func podOf(tb testing.TB, text string) *corev1.Pod {
	tb.Helper()
	p := &corev1.Pod{}
	if err := yaml.UnmarshalStrict([]byte(text), p); err != nil {
		tb.Fatal(err)
	}
	return p
}

func runLocate(t *testing.T, cases []locateCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(string(c.check)+"/"+c.name, func(t *testing.T) {
			p, v := podOf(t, c.pod), api.MajorMinorVersion(1, c.minor)
			if diff := cmp.Diff(c.want, newEvaluator(t, NewestMinor).Locate(c.check, v, &p.ObjectMeta, &p.Spec)); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
			if _, err := invariants(NewestMinor, checkByID(t, c.check), v, p); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestLocateNothing(t *testing.T) {
	p := podOf(t, `{spec: {hostNetwork: true}}`)
	for _, check := range []policy.CheckID{"", "noSuchCheck", "hostnamespaces"} {
		if got := newEvaluator(t, NewestMinor).Locate(check, api.MajorMinorVersion(1, 37), &p.ObjectMeta, &p.Spec); got != nil {
			t.Errorf("Locate(%q) = %v", check, got)
		}
	}
}
