package cluster

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

func TestNamespaces(t *testing.T) {
	_, c := serve(t, newNamespace("c", "team"), newNamespace("a", "team"), newNamespace("b"))
	for name, tc := range map[string]struct {
		options Options
		want    []string
	}{
		"all, in pages": {Options{ChunkSize: 2}, []string{"a", "b", "c"}},
		"selected":      {Options{Selector: "team"}, []string{"a", "c"}},
		"named, once":   {Options{Names: []string{"b", "a", "b"}}, []string{"b", "a"}},
		"among few":     {Options{Among: []string{"c", "gone", "a"}}, []string{"c", "a"}},
		"among many":    {Options{Among: append(strings.Split(strings.Repeat("gone,", fewNamespaces), ","), "c", "a")}, []string{"a", "c"}},
		"of the target": {Options{Only: &Target{workload.Ref{Kind: "Pod", Name: "p"}, "c"}}, []string{"c"}},
	} {
		t.Run(name, func(t *testing.T) {
			namespaces, err := source(t, c, tc.options).Namespaces(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, ns := range namespaces {
				got = append(got, ns.Name)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	want := []corev1.Namespace{{
		ObjectMeta: metav1.ObjectMeta{Name: "a", UID: "uid-a", Labels: map[string]string{"team": ""}},
		Status:     corev1.NamespaceStatus{Phase: corev1.NamespaceActive},
	}}
	got, _ := source(t, c, Options{Names: []string{"a"}}).Namespaces(t.Context())
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWholeNamespaces(t *testing.T) {
	ns := newNamespace("a")
	ns.Annotations = map[string]string{"tool": "x"}
	ns.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "tool"}}
	_, c := serve(t, ns)
	got, err := source(t, c, Options{Whole: true}).Namespaces(t.Context())
	if err != nil || len(got) != 1 || got[0].Annotations["tool"] != "x" || len(got[0].ManagedFields) != 1 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestNamespaceErrors(t *testing.T) {
	s, c := serve(t, newNamespace("a"))
	_, err := source(t, c, Options{Names: []string{"a", "x", "y"}}).Namespaces(t.Context())
	if _, ok := errors.AsType[*apierrors.StatusError](err); !ok || err.Error() != `namespaces "x" not found` {
		t.Errorf("error %v", err)
	}
	if _, err := source(t, c, Options{Selector: "=,="}).Namespaces(t.Context()); !apierrors.IsBadRequest(err) {
		t.Errorf("error %v", err)
	}
	s.Inject(fakeapi.Fault{Path: "/api/v1/namespaces", Do: fakeapi.Forbid("namespaces", "")})
	_, err = source(t, c, Options{}).Namespaces(t.Context())
	hint, ok := errors.AsType[*HintError](err)
	if !ok || !apierrors.IsForbidden(err) || !strings.HasSuffix(hint.Hint, "kubectl pss check ns NAME") {
		t.Errorf("error %v", err)
	}
	const text = `namespaces is forbidden: User "tester" cannot list resource "namespaces" in API group "" at the cluster scope; ` +
		`pass the namespaces that you may read by name: kubectl pss check ns NAME`
	if err.Error() != text {
		t.Errorf("text %q", err)
	}
}

func TestNewSourceRefuses(t *testing.T) {
	pod := &Target{workload.Ref{Kind: "Pod", Name: "p"}, "a"}
	for want, o := range map[string]Options{
		"namespaces cannot be given both by name and by selector":                       {Names: []string{"a"}, Selector: "b"},
		"a single object cannot be combined with namespaces":                            {Names: []string{"a"}, Only: pod},
		"chunk size -1 is negative":                                                     {ChunkSize: -1},
		`kind "Rollout" in group "argoproj.io" has no pods that a check could follow`:   {Only: &Target{workload.Ref{Group: "argoproj.io", Kind: "Rollout"}, "a"}},
		`kind "Deployment" in group "extensions" has no pods that a check could follow`: {Only: &Target{workload.Ref{Group: "extensions", Kind: "Deployment"}, "a"}},
	} {
		if _, err := NewSource(nil, o); err == nil || err.Error() != want {
			t.Errorf("%+v: error %v, want %s", o, err, want)
		}
	}
}
