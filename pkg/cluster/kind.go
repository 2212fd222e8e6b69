package cluster

import (
	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// kind is a kind that is read.
type kind struct {
	schema.GroupVersionKind
	resource string
	one      func() runtime.Object
	list     func() runtime.Object
	// cut is what lists leave out of the objects.
	cut func() *cut
}

// name is the resource as RBAC spells it: plural.group.
func (k kind) name() string {
	return schema.GroupResource{Group: k.Group, Resource: k.resource}.String()
}

// object is a pointer to T that is an API object.
type object[T any] interface {
	*T
	runtime.Object
}

func newKind[O, L any, PO object[O], PL object[L]](gv schema.GroupVersion, name, resource string) kind {
	return kind{
		GroupVersionKind: gv.WithKind(name),
		resource:         resource,
		one:              func() runtime.Object { return PO(new(O)) },
		list:             func() runtime.Object { return PL(new(L)) },
		cut:              objectCut[O],
	}
}

func namespaceKind() kind {
	return newKind[corev1.Namespace, corev1.NamespaceList](corev1.SchemeGroupVersion, "Namespace", "namespaces")
}

func podKind() kind {
	k := newKind[corev1.Pod, corev1.PodList](corev1.SchemeGroupVersion, "Pod", "pods")
	k.cut = podCut
	return k
}

func webhookKind() kind {
	return newKind[admissionv1.ValidatingWebhookConfiguration, admissionv1.ValidatingWebhookConfigurationList](
		admissionv1.SchemeGroupVersion, "ValidatingWebhookConfiguration", "validatingwebhookconfigurations")
}

// kinds are the kinds of a survey: pods, which take longest, and everything with a pod template.
func kinds() []kind {
	core, apps, batch := corev1.SchemeGroupVersion, appsv1.SchemeGroupVersion, batchv1.SchemeGroupVersion
	return []kind{
		podKind(),
		newKind[appsv1.ReplicaSet, appsv1.ReplicaSetList](apps, "ReplicaSet", "replicasets"),
		newKind[batchv1.Job, batchv1.JobList](batch, "Job", "jobs"),
		newKind[appsv1.Deployment, appsv1.DeploymentList](apps, "Deployment", "deployments"),
		newKind[appsv1.StatefulSet, appsv1.StatefulSetList](apps, "StatefulSet", "statefulsets"),
		newKind[appsv1.DaemonSet, appsv1.DaemonSetList](apps, "DaemonSet", "daemonsets"),
		newKind[corev1.ReplicationController, corev1.ReplicationControllerList](core, "ReplicationController", "replicationcontrollers"),
		newKind[batchv1.CronJob, batchv1.CronJobList](batch, "CronJob", "cronjobs"),
		newKind[corev1.PodTemplate, corev1.PodTemplateList](core, "PodTemplate", "podtemplates"),
	}
}

// kindOf finds the kind of a survey by group and kind.
func kindOf(group, name string) (kind, bool) {
	for _, k := range kinds() {
		if k.Group == group && k.Kind == name {
			return k, true
		}
	}
	return kind{}, false
}
