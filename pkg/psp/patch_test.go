package psp

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/strategicpatch"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// The patch of every policy of the matrix, for each kind in turn, turns the stored object into the hardened one, also where
// somebody has changed something else meanwhile, and the undo turns it back.
func TestPatchesThereAndBack(t *testing.T) {
	tried, kinds := 0, workload.GroupKinds()
	for _, c := range policyChanges() {
		p := restrictedPolicy()
		c.change(p)
		for _, text := range templates() {
			template := templateFrom(t, text)
			after, errs := p.Admit(workload.PodOf(&workload.Object{Template: template}, 24))
			if len(errs) > 0 {
				continue
			}
			hardened := Harden(template, after)
			gk := kinds[tried%len(kinds)]
			tried++
			ref := workload.Ref{Group: gk.Group, Kind: gk.Kind, Name: "web"}
			thereAndBack(t, c.name+" "+gk.Kind, ref, template, hardened)
		}
	}
	if tried < 5*len(kinds) {
		t.Errorf("%d patches were tried only", tried)
	}
}

func thereAndBack(t *testing.T, name string, ref workload.Ref, before, after *corev1.PodTemplateSpec) {
	t.Helper()
	patch, undo, err := Patches(ref, before, after)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if patch == nil {
		if diff := cmp.Diff(before, after, cmpopts.EquateEmpty()); diff != "" || undo != nil {
			t.Errorf("%s: no patch, undo %s, but templates differ:\n%s", name, undo, diff)
		}
		return
	}
	if strings.Contains(string(patch)+string(undo), "$") {
		t.Errorf("%s: kustomize knows no directives:\n%s\n%s", name, patch, undo)
	}
	for _, meanwhile := range []func(*corev1.PodTemplateSpec){
		func(*corev1.PodTemplateSpec) {},
		func(t *corev1.PodTemplateSpec) {
			setAnnotation(t, "kubectl.kubernetes.io/restartedAt", "now")
			t.Spec.Containers[0].Image = "new"
			t.Spec.Containers = append(t.Spec.Containers, corev1.Container{Name: "new"})
		},
	} {
		was, is := before.DeepCopy(), after.DeepCopy()
		meanwhile(was)
		meanwhile(is)
		patched := patchedTemplate(t, ref, was, patch)
		if diff := cmp.Diff(is, patched, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: patched (-want +got):\n%s\n%s", name, diff, patch)
		}
		if diff := cmp.Diff(was, patchedTemplate(t, ref, patched, undo), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: undone (-want +got):\n%s\n%s", name, diff, undo)
		}
	}
}

// patchedTemplate patches a whole workload as the API server does, and returns its template.
func patchedTemplate(t *testing.T, ref workload.Ref, template *corev1.PodTemplateSpec, patch []byte) *corev1.PodTemplateSpec {
	t.Helper()
	path, schema := templateOf(ref)
	tree, err := runtime.DefaultUnstructuredConverter.ToUnstructured(template)
	if err != nil {
		t.Fatal(err)
	}
	object := wrap(path, tree)
	object["metadata"] = map[string]any{"name": ref.Name, "annotations": map[string]any{"own": "stays"}}
	raw, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	raw, err = strategicpatch.StrategicMergePatch(raw, patch, schema)
	if err != nil {
		t.Fatalf("%v: %s", err, patch)
	}
	object = nil
	if err := json.Unmarshal(raw, &object); err != nil {
		t.Fatal(err)
	}
	var below any = object
	for _, key := range path {
		below = below.(map[string]any)[key]
	}
	if got := fmt.Sprint(object["metadata"]); got != "map[annotations:map[own:stays] name:web]" {
		t.Errorf("the object's own metadata became %s", got)
	}
	raw, err = json.Marshal(below)
	if err != nil {
		t.Fatal(err)
	}
	patched := &corev1.PodTemplateSpec{}
	if err := json.Unmarshal(raw, patched); err != nil {
		t.Fatal(err)
	}
	return patched
}

func TestPatches(t *testing.T) {
	before := `{metadata: {annotations: {seccomp.security.alpha.kubernetes.io/pod: runtime/default}}, spec: {containers: [{name: a}, {name: b, securityContext: {}}]}}`
	after := `{metadata: {annotations: {container.apparmor.security.beta.kubernetes.io/b: runtime/default}},
	  spec: {securityContext: {seccompProfile: {type: RuntimeDefault}}, containers: [{name: a}, {name: b, securityContext: {runAsUser: 1000660000}}]}}`
	const (
		patch = `{"metadata":{"annotations":{"container.apparmor.security.beta.kubernetes.io/b":"runtime/default","seccomp.security.alpha.kubernetes.io/pod":null}},` +
			`"spec":{"containers":[{"name":"b","securityContext":{"runAsUser":1000660000}}],"securityContext":{"seccompProfile":{"type":"RuntimeDefault"}}}}`
		undo = `{"metadata":{"annotations":{"container.apparmor.security.beta.kubernetes.io/b":null,"seccomp.security.alpha.kubernetes.io/pod":"runtime/default"}},` +
			`"spec":{"containers":[{"name":"b","securityContext":{"runAsUser":null}}],"securityContext":null}}`
	)
	tests := []struct {
		ref         workload.Ref
		patch, undo string
	}{
		{workload.Ref{Group: "apps", Kind: "Deployment"}, `{"spec":{"template":` + patch + `}}`, `{"spec":{"template":` + undo + `}}`},
		{workload.Ref{Group: "apps", Kind: "StatefulSet"}, `{"spec":{"template":` + patch + `}}`, `{"spec":{"template":` + undo + `}}`},
		{workload.Ref{Kind: "ReplicationController"}, `{"spec":{"template":` + patch + `}}`, `{"spec":{"template":` + undo + `}}`},
		{workload.Ref{Group: "batch", Kind: "Job"}, `{"spec":{"template":` + patch + `}}`, `{"spec":{"template":` + undo + `}}`},
		{
			workload.Ref{Group: "batch", Kind: "CronJob"},
			`{"spec":{"jobTemplate":{"spec":{"template":` + patch + `}}}}`, `{"spec":{"jobTemplate":{"spec":{"template":` + undo + `}}}}`,
		},
		{workload.Ref{Kind: "PodTemplate"}, `{"template":` + patch + `}`, `{"template":` + undo + `}`},
		{workload.Ref{Kind: "Pod"}, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.ref.Kind, func(t *testing.T) {
			gotPatch, gotUndo, err := Patches(tt.ref, templateFrom(t, before), templateFrom(t, after))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.patch, string(gotPatch)); diff != "" {
				t.Errorf("patch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.undo, string(gotUndo)); diff != "" {
				t.Errorf("undo (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPatchesOfUnknownKinds(t *testing.T) {
	empty := &corev1.PodTemplateSpec{}
	_, _, err := Patches(workload.Ref{Group: "argoproj.io", Kind: "Rollout", Name: "web"}, empty, empty)
	if want := "cannot patch a Rollout.argoproj.io: it is not known where its pod template is"; err == nil || err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}
}

func TestFixed(t *testing.T) {
	var fixed []string
	for _, gk := range workload.GroupKinds() {
		if Fixed(workload.Ref{Group: gk.Group, Kind: gk.Kind}) != "" {
			fixed = append(fixed, gk.Kind)
		}
	}
	if diff := cmp.Diff([]string{"Job"}, fixed); diff != "" {
		t.Errorf("kinds that cannot be changed (-want +got):\n%s", diff)
	}
	if Fixed(workload.Ref{Kind: "Pod"}) == "" {
		t.Error("a pod can be changed")
	}
}
