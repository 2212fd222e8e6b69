package relabel

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// Names of the tools that are known to write namespaces.
const (
	toolArgo      = "Argo CD"
	toolFlux      = "Flux"
	toolHelm      = "Helm"
	toolFleet     = "Rancher Fleet"
	toolApply     = "kubectl apply"
	toolOpenShift = "OpenShift"
)

// FieldManager is the name under which labels are written.
const FieldManager = "kubectl-pss"

// owners are who else writes a namespace: first those who set labels that are about to change, then those who manage
// the namespace and leave such labels alone.
func owners(ns *corev1.Namespace, keys []string) []report.LabelOwner {
	marks := marksOf(ns)
	theirs := map[string]*report.LabelOwner{}
	var order []string
	claim := func(tool, detail, key string) {
		o := theirs[tool+"\x00"+detail]
		if o == nil {
			o = &report.LabelOwner{Name: tool, Detail: detail}
			theirs[tool+"\x00"+detail] = o
			order = append(order, tool+"\x00"+detail)
		}
		if !slices.Contains(o.Keys, key) {
			o.Keys = append(o.Keys, key)
		}
	}
	managers, applied := managersOf(ns), lastApplied(ns)
	for _, key := range keys {
		claimed := false
		for _, m := range managers {
			if !m.fields.Has(fieldpath.MakePathOrDie("metadata", "labels", key)) {
				continue
			}
			if tool, ok := toolOf(m.name, m.operation, marks); ok {
				claim(tool, marks.detail(tool, m.name), key)
				claimed = true
			}
		}
		// The manifest that kubectl apply left brings a label back even where somebody has changed it since. Tools that
		// apply the same way leave their own mark.
		if _, ok := applied[key]; ok && !claimed {
			tool := toolApply
			if len(marks.tools) > 0 {
				tool = marks.tools[0].name
			}
			claim(tool, marks.detail(tool, ""), key)
		}
	}
	var list []report.LabelOwner
	for _, name := range order {
		list = append(list, *theirs[name])
	}
	for _, tool := range marks.tools {
		if !slices.ContainsFunc(list, func(o report.LabelOwner) bool { return o.Name == tool.name }) {
			list = append(list, report.LabelOwner{Name: tool.name, Detail: tool.detail})
		}
	}
	for i := range list {
		list[i].Advice = advice(list[i].Name, len(list[i].Keys) > 0)
	}
	return list
}

// manager is an entry of managedFields.
type manager struct {
	name, operation string
	fields          *fieldpath.Set
}

func managersOf(ns *corev1.Namespace) []manager {
	var list []manager
	for _, entry := range ns.ManagedFields {
		if entry.FieldsV1 == nil || entry.Subresource != "" {
			continue
		}
		set := &fieldpath.Set{}
		if err := set.FromJSON(bytes.NewReader(entry.FieldsV1.GetRawBytes())); err != nil {
			continue // unreadable bookkeeping owns nothing that could be named
		}
		list = append(list, manager{entry.Manager, string(entry.Operation), set})
	}
	return list
}

// toolOf names the tool behind a field manager. People at a terminal or in a user interface own nothing: what they
// wrote by hand, nobody writes again.
func toolOf(name, operation string, marks marks) (string, bool) {
	switch {
	case strings.HasPrefix(name, "argocd"):
		return toolArgo, true
	case name == "kustomize-controller", name == "helm-controller", name == "flux":
		return toolFlux, true
	case name == "helm":
		if marks.has(toolFleet) {
			return toolFleet, true
		}
		return toolHelm, true
	case strings.HasPrefix(name, "fleet"):
		return toolFleet, true
	case name == "pod-security-admission-label-synchronization-controller", name == "cluster-policy-controller":
		return toolOpenShift, true
	case name == "kubectl-client-side-apply", name == "kubectl-last-applied",
		name == "kubectl" && operation == string(metav1.ManagedFieldsOperationApply):
		return toolApply, true
	case byHand(name):
		return "", false
	default:
		return name, true
	}
}

// byHand says whether a field manager is what a person used.
func byHand(name string) bool {
	if strings.HasPrefix(name, "kubectl") || name == FieldManager {
		return true
	}
	return slices.Contains([]string{"k9s", "curl", "node-fetch", "Mozilla", "OpenAPI-Generator", "lens", "headlamp-server", "dashboard"}, name)
}

// lastApplied are the labels in the manifest that kubectl apply left with the object.
func lastApplied(ns *corev1.Namespace) map[string]string {
	var manifest struct {
		Metadata struct {
			Labels map[string]string `json:"labels"`
		} `json:"metadata"`
	}
	text := ns.Annotations[corev1.LastAppliedConfigAnnotation]
	if text == "" || json.Unmarshal([]byte(text), &manifest) != nil {
		return nil
	}
	return manifest.Metadata.Labels
}

func advice(tool string, theirs bool) string {
	const commit = "; -o patch prints it"
	switch {
	case tool == toolOpenShift && theirs:
		return "its label syncer sets these from SCCs; switch it off for the namespace first: security.openshift.io/scc.podSecurityLabelSync=false"
	case tool == toolOpenShift:
		return "its label syncer is on for this namespace; it leaves labels alone that somebody else wrote"
	case tool == toolApply && theirs:
		return "the next kubectl apply of its manifest writes these labels back: change the manifest too" + commit
	case tool == toolHelm && theirs:
		return "the next upgrade may write these labels back: change the chart's values or templates" + commit
	case tool == toolArgo && theirs, tool == toolFlux && theirs, tool == toolFleet && theirs:
		return "it writes these labels back within minutes: commit the change to its source instead" + commit
	case theirs:
		return "last wrote these labels; a controller of that name writes them back, a person does not"
	default:
		return "manages the namespace, and leaves labels alone that its source does not name; commit them there as well, " +
			"so that they survive a new namespace" + commit
	}
}
