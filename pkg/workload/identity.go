package workload

import (
	"maps"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
)

// defaultAccount is the service account of pods that name none.
const defaultAccount = "default"

// Identity is what policies can tell a workload's pods by.
type Identity struct {
	ServiceAccount string
	// Labels are those that all of its pods carry, whatever their revision; none may be left.
	Labels map[string]string
}

// Covers says whether a pod of that service account, with these labels, would be taken for one of the workload's.
func (i Identity) Covers(other Identity) bool {
	return i.ServiceAccount == other.ServiceAccount && labels.SelectorFromSet(i.Labels).Matches(labels.Set(other.Labels))
}

// IdentityOf is the identity of a pod's or a workload's pods, and all labels that its pods are made with; ok is false for
// other types. A selector's labels are the ones that stay: others, such as a version, change with the next release.
func IdentityOf(obj runtime.Object) (stable Identity, all map[string]string, ok bool) {
	var selector *metav1.LabelSelector
	var template *corev1.PodTemplateSpec
	switch o := obj.(type) {
	case *corev1.Pod:
		template = &corev1.PodTemplateSpec{ObjectMeta: o.ObjectMeta, Spec: o.Spec}
	case *appsv1.Deployment:
		template, selector = &o.Spec.Template, o.Spec.Selector
	case *appsv1.StatefulSet:
		template, selector = &o.Spec.Template, o.Spec.Selector
	case *appsv1.DaemonSet:
		template, selector = &o.Spec.Template, o.Spec.Selector
	case *appsv1.ReplicaSet:
		template, selector = &o.Spec.Template, o.Spec.Selector
	case *corev1.ReplicationController:
		template, selector = o.Spec.Template, &metav1.LabelSelector{MatchLabels: o.Spec.Selector}
	case *batchv1.Job: // its selector is a UID, which the next run has not
		template = &o.Spec.Template
	case *batchv1.CronJob:
		template = &o.Spec.JobTemplate.Spec.Template
	case *corev1.PodTemplate:
		template = &o.Template
	}
	if template == nil {
		return Identity{}, nil, false
	}
	stable = Identity{ServiceAccount: template.Spec.ServiceAccountName, Labels: lasting(template.Labels)}
	if stable.ServiceAccount == "" {
		stable.ServiceAccount = defaultAccount
	}
	if selector != nil && len(selector.MatchLabels) > 0 {
		stable.Labels = lasting(selector.MatchLabels)
	}
	return stable, template.Labels, true
}

// lasting are the labels that controllers do not write themselves, each time anew.
func lasting(all map[string]string) map[string]string {
	own := maps.Clone(all)
	maps.DeleteFunc(own, func(key, _ string) bool {
		switch key {
		case appsv1.DefaultDeploymentUniqueLabelKey, appsv1.ControllerRevisionHashLabelKey, appsv1.DeprecatedTemplateGeneration,
			appsv1.StatefulSetPodNameLabel, appsv1.PodIndexLabel, batchv1.ControllerUidLabel, batchv1.JobNameLabel,
			"controller-uid", "job-name":
			return true
		default:
			return false
		}
	})
	return own
}
