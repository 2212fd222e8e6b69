package manifest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// live is a namespace of a cluster, with labels as key, value, …
func live(name, lastApplied string, labels ...string) corev1.Namespace {
	ns := corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{}}}
	for i := 0; i < len(labels); i += 2 {
		ns.Labels[labels[i]] = labels[i+1]
	}
	if lastApplied != "" {
		ns.Annotations = map[string]string{corev1.LastAppliedConfigAnnotation: lastApplied}
	}
	return ns
}

// forCluster reads manifests for a cluster that answers so, and tells what it was asked.
func forCluster(t *testing.T, text string, there []corev1.Namespace, unread []string) (*Source, map[string]map[string]string, []workload.Gap, []string) {
	t.Helper()
	files, err := NewSource(Options{Filenames: []string{"-"}, Stdin: strings.NewReader(text), Minor: newest})
	if err != nil {
		t.Fatal(err)
	}
	var asked []string
	s := files.For(Cluster{Minor: newest, Namespaces: func(_ context.Context, names []string) ([]corev1.Namespace, []workload.Gap, error) {
		asked = append(asked, names...)
		var gaps []workload.Gap
		for _, name := range unread {
			gaps = append(gaps, workload.Gap{Resource: "namespaces", Namespace: name, Reason: "forbidden"})
		}
		return there, gaps, nil
	}})
	namespaces, err := s.Namespaces(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	labels := map[string]map[string]string{}
	for i := range namespaces {
		labels[namespaces[i].Name] = namespaces[i].Labels
	}
	gaps, err := s.Read(t.Context(), namespaces, &sink{})
	if err != nil {
		t.Fatal(err)
	}
	return s, labels, gaps, asked
}

func TestLabelsInACluster(t *testing.T) {
	const declared = `{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a", "labels": {"enforce": "baseline"}}}`
	const bare = `{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}`
	const empty = `{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a", "labels": {}}}`
	const named = `{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "a"}, "spec": {"containers": [{"name": "c"}]}}`
	const before = `{"metadata": {"labels": {"enforce": "restricted", "audit": "restricted"}}}`
	type labels = map[string]string
	for name, tt := range map[string]struct {
		text  string
		there []corev1.Namespace
		want  labels
	}{
		"named":                      {named, []corev1.Namespace{live("a", before, "enforce", "restricted")}, labels{"enforce": "restricted"}},
		"named and not there":        {named, nil, nil},
		"declared and not there":     {declared, nil, labels{"enforce": "baseline"}},
		"the manifest's win":         {declared, []corev1.Namespace{live("a", "", "enforce", "restricted")}, labels{"enforce": "baseline"}},
		"others' stay":               {declared, []corev1.Namespace{live("a", "", "audit", "restricted")}, labels{"enforce": "baseline", "audit": "restricted"}},
		"applied before and gone":    {declared, []corev1.Namespace{live("a", before, "enforce", "restricted", "audit", "restricted", "warn", "baseline")}, labels{"enforce": "baseline", "warn": "baseline"}},
		"applied before and changed": {declared, []corev1.Namespace{live("a", before, "audit", "baseline")}, labels{"enforce": "baseline"}},
		"applied before, garbled":    {declared, []corev1.Namespace{live("a", `{"metadata": {"labels": {"audit": 1}}}`, "audit", "restricted")}, labels{"enforce": "baseline", "audit": "restricted"}},
		"without the field labels":   {bare, []corev1.Namespace{live("a", before, "warn", "baseline")}, nil},
		"never with labels":          {bare, []corev1.Namespace{live("a", `{"metadata": {}}`, "warn", "baseline")}, labels{"warn": "baseline"}},
		"with no labels":             {empty, []corev1.Namespace{live("a", before, "audit", "restricted", "warn", "baseline")}, labels{"warn": "baseline"}},
		"both":                       {named + declared, []corev1.Namespace{live("a", "", "warn", "baseline")}, labels{"enforce": "baseline", "warn": "baseline"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, got, gaps, asked := forCluster(t, tt.text, tt.there, nil)
			if diff := cmp.Diff(map[string]labels{"a": tt.want}, got); diff != "" {
				t.Errorf("labels (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{"a"}, asked); diff != "" || len(gaps) > 0 {
				t.Errorf("gaps %v, asked for (-want +got):\n%s", gaps, diff)
			}
		})
	}
}

func TestNamespacesOfACluster(t *testing.T) {
	documents := []string{`{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "new"}}`}
	for _, name := range []string{"there", "nowhere", "unread", "leaving", "there"} {
		documents = append(documents, `{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "`+name+`"}, "spec": {"containers": [{"name": "c"}]}}`)
	}
	going := live("leaving", "")
	going.Status.Phase = corev1.NamespaceTerminating
	s, _, gaps, asked := forCluster(t, strings.Join(documents, ""), []corev1.Namespace{live("there", ""), going}, []string{"unread"})
	if diff := cmp.Diff([]string{"leaving", "new", "nowhere", "there", "unread"}, asked); diff != "" {
		t.Errorf("asked for (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"nowhere"}, s.Absent()); diff != "" {
		t.Errorf("absent (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"leaving"}, s.Leaving()); diff != "" {
		t.Errorf("leaving (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]workload.Gap{{Resource: "namespaces", Namespace: "unread", Reason: "forbidden"}}, gaps); diff != "" {
		t.Errorf("gaps (-want +got):\n%s", diff)
	}
}

func TestAClusterThatDoesNotAnswer(t *testing.T) {
	gone := errors.New("connection refused")
	files, err := NewSource(Options{Filenames: []string{"-"}, Stdin: strings.NewReader(podYAML)})
	if err != nil {
		t.Fatal(err)
	}
	s := files.For(Cluster{Minor: newest, Namespaces: func(context.Context, []string) ([]corev1.Namespace, []workload.Gap, error) {
		return nil, nil, gone
	}})
	if _, err := s.Namespaces(t.Context()); !errors.Is(err, gone) {
		t.Errorf("error %v, want %v", err, gone)
	}
	if s.Absent() != nil || s.Leaving() != nil {
		t.Errorf("absent %v, leaving %v of a cluster that was not asked", s.Absent(), s.Leaving())
	}
}

// Files without any namespace leave nothing to ask.
func TestNoNamespacesOfACluster(t *testing.T) {
	_, got, _, asked := forCluster(t, `{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}}`, nil, nil)
	if len(got) > 0 || asked != nil {
		t.Errorf("namespaces %v, asked for %v", got, asked)
	}
}
