package psp

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/strategicpatch"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// Patches are the strategic merge patch that turns one template of a workload into another, and the one that turns it
// back: patches of the whole object, as `kubectl patch` takes them. Both are nil where the templates are equal, and for a
// bare pod, which has no template and cannot be changed. What else Fixed names can be patched in manifests only.
func Patches(kind workload.Ref, before, after *corev1.PodTemplateSpec) (patch, undo json.RawMessage, err error) {
	if kind.Group == "" && kind.Kind == podKind {
		return nil, nil, nil
	}
	path, schema := templateOf(kind)
	if schema == nil {
		return nil, nil, fmt.Errorf("cannot patch a %s: it is not known where its pod template is", strings.TrimSuffix(kind.Kind+"."+kind.Group, "."))
	}
	was, is, err := trees(before, after)
	if err != nil {
		return nil, nil, err
	}
	sameOrder := slices.Equal(names(before), names(after))
	if patch, err = difference(wrap(path, was), wrap(path, is), schema, sameOrder); err != nil || patch == nil {
		return nil, nil, err
	}
	undo, err = difference(wrap(path, is), wrap(path, was), schema, sameOrder)
	return patch, undo, err
}

const podKind = "Pod"

// Fixed is why the template of a workload cannot be changed where it is; empty where it can.
func Fixed(kind workload.Ref) string {
	switch kind.Group + "/" + kind.Kind {
	case "/" + podKind:
		return "a pod cannot be changed: delete it and create it from a changed manifest"
	case "batch/Job":
		return "the template of a Job cannot be changed: delete the Job and create it from a changed manifest"
	default:
		return ""
	}
}

// templateOf is where the pod template of a workload stands, and the type that tells how patches of it are merged.
func templateOf(kind workload.Ref) (path []string, schema any) {
	inSpec := []string{"spec", "template"}
	switch kind.Group + "/" + kind.Kind {
	case "apps/Deployment":
		return inSpec, &appsv1.Deployment{}
	case "apps/StatefulSet":
		return inSpec, &appsv1.StatefulSet{}
	case "apps/DaemonSet":
		return inSpec, &appsv1.DaemonSet{}
	case "apps/ReplicaSet":
		return inSpec, &appsv1.ReplicaSet{}
	case "/ReplicationController":
		return inSpec, &corev1.ReplicationController{}
	case "batch/Job":
		return inSpec, &batchv1.Job{}
	case "batch/CronJob":
		return []string{"spec", "jobTemplate", "spec", "template"}, &batchv1.CronJob{}
	case "/PodTemplate":
		return []string{"template"}, &corev1.PodTemplate{}
	default:
		return nil, nil
	}
}

// trees are two templates as JSON. Both get annotations where one has some: else a patch would take them away as a whole,
// and with them those that somebody else has added meanwhile.
func trees(before, after *corev1.PodTemplateSpec) (was, is map[string]any, err error) {
	was, err = runtime.DefaultUnstructuredConverter.ToUnstructured(before)
	if err == nil {
		is, err = runtime.DefaultUnstructuredConverter.ToUnstructured(after)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("cannot read the template: %w", err)
	}
	for _, tree := range []map[string]any{was, is} {
		metadata, _ := tree["metadata"].(map[string]any)
		if metadata == nil {
			metadata = map[string]any{}
			tree["metadata"] = metadata
		}
		if metadata["annotations"] == nil {
			metadata["annotations"] = map[string]any{}
		}
	}
	return was, is, nil
}

// wrap puts a tree where a path leads.
func wrap(path []string, tree map[string]any) map[string]any {
	for _, key := range slices.Backward(path) {
		tree = map[string]any{key: tree}
	}
	return tree
}

// names are those of a template's containers, in their order.
func names(t *corev1.PodTemplateSpec) []string {
	var all []string
	for _, list := range [][]corev1.Container{t.Spec.InitContainers, t.Spec.Containers} {
		for i := range list {
			all = append(all, list[i].Name)
		}
		all = append(all, "") // so that a container cannot change lists unnoticed
	}
	return all
}

// difference is the patch from one object to another, nil where they are equal.
func difference(from, to map[string]any, schema any, sameOrder bool) (json.RawMessage, error) {
	patch, err := strategicpatch.CreateTwoWayMergeMapPatch(from, to, schema)
	if err != nil {
		return nil, fmt.Errorf("cannot compare templates: %w", err)
	}
	if len(patch) == 0 {
		return nil, nil
	}
	if sameOrder {
		withoutOrder(map[string]any(patch))
	}
	return json.Marshal(patch)
}

// withoutOrder drops the order of lists that stay as they are: it need not be said, and kustomize would not understand.
func withoutOrder(tree any) {
	switch node := tree.(type) {
	case map[string]any:
		for key, value := range node {
			if strings.HasPrefix(key, "$setElementOrder/") {
				delete(node, key)
			} else {
				withoutOrder(value)
			}
		}
	case []any:
		for _, item := range node {
			withoutOrder(item)
		}
	}
}
