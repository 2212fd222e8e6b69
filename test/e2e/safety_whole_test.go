//go:build e2e

package e2e

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/relabel"
)

// whole is a namespace as the server stores it.
type whole struct {
	// Everything is the object as the server printed it.
	Everything string
	// Rest is the object without what writing labels may change: the six labels, who manages them, resourceVersion.
	Rest string
	// Labels are those of the six.
	Labels map[string]string
}

// ourKeys are the six labels that may change.
func ourKeys() []string {
	return []string{
		api.EnforceLevelLabel, api.EnforceVersionLabel, api.AuditLevelLabel, api.AuditVersionLabel,
		api.WarnLevelLabel, api.WarnVersionLabel,
	}
}

// stored are the namespaces that a selector selects, by name.
func (s *server) stored(t *testing.T, selector string) map[string]whole {
	t.Helper()
	text, err := s.client.CoreV1().RESTClient().Get().Resource("namespaces").
		VersionedParams(&metav1.ListOptions{LabelSelector: selector}, scheme.ParameterCodec).
		SetHeader("Accept", "application/json").Do(t.Context()).Raw()
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Items []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	found := make(map[string]whole, len(list.Items))
	for _, item := range list.Items {
		name, w := wholeOf(t, item)
		found[name] = w
	}
	return found
}

// wholeOf reads a namespace.
func wholeOf(t *testing.T, text []byte) (name string, w whole) {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil {
		t.Fatal(err)
	}
	w = whole{Everything: string(text), Labels: map[string]string{}}
	metadata := child(object, "metadata")
	labels := child(metadata, "labels")
	for _, key := range ourKeys() {
		if value, ok := labels[key].(string); ok {
			w.Labels[key] = value
		}
		delete(labels, key)
	}
	delete(metadata, "resourceVersion")
	if entries, ok := metadata["managedFields"].([]any); ok {
		metadata["managedFields"] = slices.DeleteFunc(entries, isOurs)
	}
	rest, err := json.MarshalIndent(object, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	w.Rest = string(rest)
	name, _ = metadata["name"].(string)
	return name, w
}

// isOurs says whether an entry of managedFields is about the six labels alone. Who sets a label takes it from whoever
// had it, so that those six vanish from the entries of others.
func isOurs(entry any) bool {
	e, ok := entry.(map[string]any)
	if !ok {
		return false
	}
	if e["manager"] == relabel.FieldManager {
		return true
	}
	fields := child(e, "fieldsV1")
	labels := child(child(fields, "f:metadata"), "f:labels")
	had := len(labels)
	for _, key := range ourKeys() {
		delete(labels, "f:"+key)
	}
	return had > 0 && len(labels) == 0 && len(fields) == 1 && len(child(fields, "f:metadata")) == 1
}

// child is an object in an object, nil where there is none.
func child(object map[string]any, name string) map[string]any {
	c, _ := object[name].(map[string]any)
	return c
}

// untouched fails the test unless the namespaces are the very same, resourceVersion included.
func untouched(t *testing.T, when string, before, after map[string]whole) {
	t.Helper()
	differ(t, when+": a namespace was written", before, after, func(w whole) string { return w.Everything })
}

// othersKept fails the test where anything but the six labels is not as it was.
func othersKept(t *testing.T, when string, before, after map[string]whole) {
	t.Helper()
	differ(t, when+": something else than the six labels has changed", before, after, func(w whole) string { return w.Rest })
}

// restored fails the test unless all namespaces are as they were, labels and all.
func restored(t *testing.T, when string, before, after map[string]whole) {
	t.Helper()
	othersKept(t, when, before, after)
	labelled(t, when, labelsOf(before), after)
}

// labelled fails the test unless the namespaces have those of the six labels.
func labelled(t *testing.T, when string, want map[string]map[string]string, after map[string]whole) {
	t.Helper()
	if diff := cmp.Diff(want, labelsOf(after)); diff != "" {
		t.Errorf("%s: the labels differ (- want, + got):\n%s", when, diff)
	}
}

func labelsOf(namespaces map[string]whole) map[string]map[string]string {
	labels := make(map[string]map[string]string, len(namespaces))
	for name, w := range namespaces {
		labels[name] = w.Labels
	}
	return labels
}

// differ compares what part returns of each namespace.
func differ(t *testing.T, what string, before, after map[string]whole, part func(whole) string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if part(before[name]) != part(after[name]) {
			t.Errorf("%s (- before, + after): %s\n%s", what, name, cmp.Diff(part(before[name]), part(after[name])))
		}
	}
	if len(before) != len(after) || len(before) == 0 {
		t.Errorf("%s: there were %d namespaces, and now there are %d", what, len(before), len(after))
	}
}

// with are the labels that a namespace has after the modes were applied to those that it had.
func (m modes) with(had map[string]string) map[string]string {
	labels := maps.Clone(had)
	for key, value := range m.patch() {
		if value == nil {
			delete(labels, key)
		} else {
			labels[key] = *value
		}
	}
	return labels
}

// planned are the labels of all namespaces after the modes were applied.
func (m modes) planned(before map[string]whole) map[string]map[string]string {
	labels := labelsOf(before)
	for name, had := range labels {
		labels[name] = m.with(had)
	}
	return labels
}
