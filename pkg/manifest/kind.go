package manifest

import (
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// object is what is decoded into.
type object interface {
	runtime.Object
	metav1.Object
}

// kind is how objects of one apiVersion and kind are decoded.
type kind struct {
	empty func() object
	// now is the apiVersion of today, as which older ones are read: their pod templates have the same fields.
	now string
	// gone is the first server minor that does not serve the apiVersion any more; 0 for one that all serve.
	gone int
}

// typeName is an apiVersion and a kind.
type typeName struct{ apiVersion, kind string }

// kinds are those that make pods, and namespaces.
func kinds() map[typeName]kind {
	table := map[typeName]kind{}
	add := func(empty func() object, name, now string, older map[string]int) {
		table[typeName{now, name}] = kind{empty: empty, now: now}
		for apiVersion, gone := range older {
			table[typeName{apiVersion, name}] = kind{empty: empty, now: now, gone: gone}
		}
	}
	early := map[string]int{"extensions/v1beta1": 16, "apps/v1beta2": 16}
	earliest := map[string]int{"extensions/v1beta1": 16, "apps/v1beta1": 16, "apps/v1beta2": 16}
	add(func() object { return &appsv1.Deployment{} }, "Deployment", "apps/v1", earliest)
	add(func() object { return &appsv1.StatefulSet{} }, "StatefulSet", "apps/v1", map[string]int{"apps/v1beta1": 16, "apps/v1beta2": 16})
	add(func() object { return &appsv1.DaemonSet{} }, "DaemonSet", "apps/v1", early)
	add(func() object { return &appsv1.ReplicaSet{} }, "ReplicaSet", "apps/v1", early)
	add(func() object { return &batchv1.Job{} }, "Job", "batch/v1", nil)
	add(func() object { return &batchv1.CronJob{} }, "CronJob", "batch/v1", map[string]int{"batch/v1beta1": 25, "batch/v2alpha1": 21})
	add(func() object { return &corev1.Pod{} }, "Pod", "v1", nil)
	add(func() object { return &corev1.PodTemplate{} }, "PodTemplate", "v1", nil)
	add(func() object { return &corev1.ReplicationController{} }, "ReplicationController", "v1", nil)
	add(func() object { return &corev1.Namespace{} }, "Namespace", "v1", nil)
	return table
}

// retired says what is to be known of an apiVersion that the server does not serve; empty for one that it does.
func (k kind) retired(name typeName, minor int) string {
	if k.gone == 0 || minor < k.gone {
		return ""
	}
	return fmt.Sprintf("no server since v1.%d takes %s in %s: judged as %s", k.gone, name.kind, name.apiVersion, k.now)
}

// misnamed says what was probably meant by a kind of Kubernetes' own groups that does not exist as written; empty for
// other groups' kinds.
func misnamed(name typeName, table map[typeName]kind) string {
	group, _, grouped := strings.Cut(name.apiVersion, "/")
	if grouped && group != "apps" && group != "batch" && group != "extensions" {
		return ""
	}
	for known, k := range table {
		if known.apiVersion == k.now && strings.EqualFold(known.kind, name.kind) {
			return fmt.Sprintf("no server has the kind %s in %s: is it %s in %s?", name.kind, name.apiVersion, known.kind, k.now)
		}
	}
	return ""
}
