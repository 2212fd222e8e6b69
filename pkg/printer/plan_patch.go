package printer

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

const (
	formatPatch     = "patch"
	formatManifests = "manifests"
)

// namespaceLabels is as much of a Namespace as a plan has something to say about. A nil label is one to remove.
type namespaceLabels struct {
	metav1.TypeMeta `json:",inline"`
	Metadata        namespaceMeta `json:"metadata"`
}

type namespaceMeta struct {
	Name   string             `json:"name"`
	Labels map[string]*string `json:"labels,omitempty"`
}

// patches is -o patch: for each namespace that changes the labels that it is to have, null for those that go. Put
// beside a kustomization and named under `patches: [{path: FILE}]`, every document finds its namespace by kind and
// name. A single document also does for `kubectl patch ns NAME --type=merge --patch-file=FILE`.
func patches(w io.Writer, plan *report.LabelPlan) error {
	return documents(w, plan, func(item *report.Planned) map[string]*string {
		labels := carriedAfter(item)
		for _, key := range item.ChangedKeys() {
			if _, stays := labels[key]; !stays {
				labels[key] = nil
			}
		}
		return labels
	})
}

// manifests is -o manifests: the namespaces with all the Pod Security labels that they are to have and nothing else,
// for `kubectl apply --server-side -f FILE` under a field manager of its own, or to be merged into the manifests of a
// repository. Applying takes a label away only if the same manager has applied it before: where labels go, use
// -o patch.
func manifests(w io.Writer, plan *report.LabelPlan) error { return documents(w, plan, carriedAfter) }

func carriedAfter(item *report.Planned) map[string]*string {
	labels := map[string]*string{}
	for key, value := range item.After {
		labels[key] = &value
	}
	return labels
}

// documents writes a YAML document for each namespace that changes, and above it who sets its labels.
func documents(w io.Writer, plan *report.LabelPlan, labels func(*report.Planned) map[string]*string) error {
	var b bytes.Buffer
	for i, item := range toChange(plan) {
		if i > 0 {
			b.WriteString("---\n")
		}
		for _, o := range escaped(item.Owners) {
			b.WriteString(ownerComment(&o))
		}
		text, err := sigsyaml.Marshal(namespaceLabels{
			TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
			Metadata: namespaceMeta{Name: item.Namespace, Labels: labels(item)},
		})
		if err != nil {
			return fmt.Errorf("namespace %q: %w", item.Namespace, err)
		}
		b.Write(text)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// ownerComment is for whoever commits the document. That -o patch would print it needs no saying here.
func ownerComment(o *report.LabelOwner) string {
	advice, _, _ := strings.Cut(o.Advice, "; -o ")
	if len(o.Keys) == 0 {
		return "# " + owner(o) + ": " + advice + "\n"
	}
	return "# " + owner(o) + " sets these labels: " + advice + "\n"
}
