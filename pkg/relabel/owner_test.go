package relabel

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// managed is a managedFields entry for labels.
func managed(manager string, operation metav1.ManagedFieldsOperationType, keys ...string) metav1.ManagedFieldsEntry {
	var fields []string
	for _, key := range keys {
		fields = append(fields, fmt.Sprintf(`"f:%s":{}`, key))
	}
	text := fmt.Sprintf(`{"f:metadata":{"f:labels":{".":{},%s}}}`, strings.Join(fields, ","))
	return metav1.ManagedFieldsEntry{Manager: manager, Operation: operation, FieldsType: "FieldsV1", FieldsV1: metav1.NewFieldsV1(text)}
}

func applied(labels string) string {
	return `{"kind":"Namespace","metadata":{"labels":{` + labels + `}}}`
}

func TestOwners(t *testing.T) {
	const apply, update = metav1.ManagedFieldsOperationApply, metav1.ManagedFieldsOperationUpdate
	for name, tc := range map[string]struct {
		labels, annotations map[string]string
		fields              []metav1.ManagedFieldsEntry
		want                []report.LabelOwner
	}{
		"nobody":        {nil, nil, nil, nil},
		"a person":      {nil, nil, []metav1.ManagedFieldsEntry{managed("kubectl-label", update, enforce), managed("k9s", update, warn)}, nil},
		"ourselves":     {nil, nil, []metav1.ManagedFieldsEntry{managed(FieldManager, update, enforce, warn)}, nil},
		"other labels":  {nil, nil, []metav1.ManagedFieldsEntry{managed("argocd-controller", apply, "team", prefix+"audit")}, nil},
		"a subresource": {nil, nil, []metav1.ManagedFieldsEntry{{Manager: "x", Subresource: "status", FieldsV1: managed("", "", enforce).FieldsV1}}, nil},
		"damaged":       {nil, nil, []metav1.ManagedFieldsEntry{{Manager: "x", FieldsV1: metav1.NewFieldsV1("{")}}, nil},
		"argo by apply": {
			nil,
			map[string]string{"argocd.argoproj.io/tracking-id": "shop:/Namespace:shop/shop"},
			[]metav1.ManagedFieldsEntry{managed("argocd-controller", apply, enforce, warn)},
			[]report.LabelOwner{{Name: "Argo CD", Detail: "application shop", Keys: []string{enforce, warn}}},
		},
		"argo by manifest": {
			map[string]string{"argocd.argoproj.io/instance": "shop"},
			map[string]string{corev1.LastAppliedConfigAnnotation: applied(`"` + warn + `":"baseline"`)},
			nil,
			[]report.LabelOwner{{Name: "Argo CD", Detail: "application shop", Keys: []string{warn}}},
		},
		"argo, but not these labels": {
			map[string]string{"argocd.argoproj.io/instance": "shop"},
			nil, nil,
			[]report.LabelOwner{{Name: "Argo CD", Detail: "application shop"}},
		},
		"flux": {
			map[string]string{"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"},
			nil,
			[]metav1.ManagedFieldsEntry{managed("kustomize-controller", apply, enforce)},
			[]report.LabelOwner{{Name: "Flux", Detail: "Kustomization flux-system/apps", Keys: []string{enforce}}},
		},
		"helm": {
			nil,
			map[string]string{"meta.helm.sh/release-name": "r", "meta.helm.sh/release-namespace": "ns"},
			[]metav1.ManagedFieldsEntry{managed("helm", update, enforce)},
			[]report.LabelOwner{{Name: "Helm", Detail: "release ns/r", Keys: []string{enforce}}},
		},
		"fleet, which uses helm": {
			nil,
			map[string]string{"objectset.rio.cattle.io/id": "default-x", "meta.helm.sh/release-name": "x"},
			[]metav1.ManagedFieldsEntry{managed("helm", update, enforce)},
			[]report.LabelOwner{{Name: "Rancher Fleet", Detail: "bundle default-x", Keys: []string{enforce}}},
		},
		"kubectl apply, and a person since": {
			nil,
			map[string]string{corev1.LastAppliedConfigAnnotation: applied(`"` + enforce + `":"baseline","team":"x"`)},
			[]metav1.ManagedFieldsEntry{managed("kubectl-label", update, enforce)},
			[]report.LabelOwner{{Name: "kubectl apply", Keys: []string{enforce}}},
		},
		"kubectl apply --server-side": {
			nil, nil,
			[]metav1.ManagedFieldsEntry{managed("kubectl", apply, warn)},
			[]report.LabelOwner{{Name: "kubectl apply", Keys: []string{warn}}},
		},
		"openshift": {
			map[string]string{"security.openshift.io/scc.podSecurityLabelSync": "true"},
			nil,
			[]metav1.ManagedFieldsEntry{managed("pod-security-admission-label-synchronization-controller", apply, warn)},
			[]report.LabelOwner{{Name: "OpenShift", Detail: "label syncer", Keys: []string{warn}}},
		},
		"somebody unknown": {
			nil, nil,
			[]metav1.ManagedFieldsEntry{managed("terraform", apply, enforce)},
			[]report.LabelOwner{{Name: "terraform", Detail: "field manager", Keys: []string{enforce}}},
		},
		"two": {
			nil,
			map[string]string{corev1.LastAppliedConfigAnnotation: applied(`"` + warn + `":"baseline"`)},
			[]metav1.ManagedFieldsEntry{managed("terraform", update, enforce)},
			[]report.LabelOwner{{Name: "terraform", Detail: "field manager", Keys: []string{enforce}}, {Name: "kubectl apply", Keys: []string{warn}}},
		},
	} {
		ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Labels: tc.labels, Annotations: tc.annotations, ManagedFields: tc.fields}}
		got := owners(ns, []string{enforce, warn})
		if diff := cmp.Diff(tc.want, got, cmpopts.IgnoreFields(report.LabelOwner{}, "Advice")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		for _, o := range got {
			if o.Advice == "" || (len(o.Keys) > 0) == strings.HasPrefix(o.Advice, "manages the namespace") {
				t.Errorf("%s: %s is answered with %q", name, o.Name, o.Advice)
			}
		}
	}
}
