package cmd

import (
	"context"
	"encoding/json"
	"slices"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubectl-pss/kubectl-pss/pkg/export"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// constraints is the group that Gatekeeper serves once it has seen the templates.
const constraints = "constraints.gatekeeper.sh"

// missingKinds warns of objects that the server has no kinds for: their engine is not installed, or not in this version. The
// policies may be meant for a time when it is, so that they are printed all the same.
func (o *ExportOptions) missingKinds(ctx context.Context, documents []report.Document) {
	if o.Client == nil || o.Minor != nil || o.Target == export.VAP {
		return
	}
	var asked []schema.GroupVersion
	for i := range documents {
		var object metav1.TypeMeta
		raw, err := json.Marshal(documents[i].Object)
		if err != nil || json.Unmarshal(raw, &object) != nil {
			continue // the printer says what is wrong with it
		}
		gv, err := schema.ParseGroupVersion(object.APIVersion)
		if err != nil || gv == admissionv1.SchemeGroupVersion || gv.Group == constraints || slices.Contains(asked, gv) {
			continue
		}
		asked = append(asked, gv)
		served, ok, err := o.Client.Serves(ctx, gv)
		if err == nil && ok && len(served) == 0 {
			o.Streams.Warn("this server does not serve %s: the policies cannot be applied before %s is installed, in a version that has it", gv, engineName(o.Target))
		}
	}
}

// engineName is what an engine calls itself.
func engineName(t export.Target) string {
	switch t {
	case export.Gatekeeper:
		return "Gatekeeper"
	case export.Kyverno:
		return "Kyverno"
	case export.Kubewarden:
		return "Kubewarden"
	case export.JSPolicy:
		return "jsPolicy"
	default:
		return "the API server itself"
	}
}
