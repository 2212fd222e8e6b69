//go:build e2e

package e2e

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// nobody is a scheduler that does not exist: its pods stay Pending and change only when a test says so.
const nobody = "nobody"

// edit changes a pod, or a template, which is a pod without a name.
type edit func(*corev1.Pod)

// plainPod is a pod with one container "c" that says nothing about security: baseline allows it, restricted does not.
func plainPod(namespace, name string, edits ...edit) *corev1.Pod {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{"app": "a"}},
		Spec: corev1.PodSpec{
			SchedulerName: nobody,
			Containers:    []corev1.Container{{Name: "c", Image: "registry.example.com/none:1"}},
		},
	}
	for _, e := range edits {
		e(pod)
	}
	return pod
}

// strictPod is a pod that restricted allows, before the edits.
func strictPod(namespace, name string, edits ...edit) *corev1.Pod {
	return plainPod(namespace, name, append([]edit{strict}, edits...)...)
}

// strict makes a pod one that restricted allows.
func strict(p *corev1.Pod) {
	p.Spec.SecurityContext = &corev1.PodSecurityContext{
		RunAsNonRoot:   new(true),
		SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}
	for i := range p.Spec.Containers {
		p.Spec.Containers[i].SecurityContext = &corev1.SecurityContext{
			AllowPrivilegeEscalation: new(false),
			Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
		}
	}
}

// template makes a pod template of a pod. Its pods are scheduled: the demo's load.sh, which may run meanwhile, waits
// until every workload of the cluster is ready.
func template(p *corev1.Pod) corev1.PodTemplateSpec {
	spec := p.Spec
	spec.SchedulerName = ""
	return corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: p.Labels, Annotations: p.Annotations}, Spec: spec,
	}
}

// deployment is a Deployment of the pod.
func deployment(p *corev1.Pod, replicas int32) *appsv1.Deployment {
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: p.Namespace, Name: p.Name},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: p.Labels}, Template: template(p),
			Strategy: appsv1.DeploymentStrategy{Type: appsv1.RecreateDeploymentStrategyType},
		},
	}
}

// statefulSet is a StatefulSet of the pod with claims of those names.
func statefulSet(p *corev1.Pod, replicas int32, claims ...string) *appsv1.StatefulSet {
	s := &appsv1.StatefulSet{
		ObjectMeta: metav1.ObjectMeta{Namespace: p.Namespace, Name: p.Name},
		Spec: appsv1.StatefulSetSpec{
			Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: p.Labels}, Template: template(p),
		},
	}
	for _, name := range claims {
		s.Spec.VolumeClaimTemplates = append(s.Spec.VolumeClaimTemplates, corev1.PersistentVolumeClaim{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec: corev1.PersistentVolumeClaimSpec{
				AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
				Resources: corev1.VolumeResourceRequirements{
					Requests: corev1.ResourceList{corev1.ResourceStorage: oneGi()},
				},
			},
		})
	}
	return s
}

// job is a Job of the pod, which then must not restart in place.
func job(p *corev1.Pod) *batchv1.Job {
	j := &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Namespace: p.Namespace, Name: p.Name},
		Spec:       batchv1.JobSpec{Template: template(p)},
	}
	j.Spec.Template.Spec.RestartPolicy = corev1.RestartPolicyNever
	return j
}

// cronJob is a CronJob of the pod that runs once a year.
func cronJob(p *corev1.Pod, suspended bool) *batchv1.CronJob {
	return &batchv1.CronJob{
		ObjectMeta: metav1.ObjectMeta{Namespace: p.Namespace, Name: p.Name},
		Spec: batchv1.CronJobSpec{
			Schedule: "0 0 1 1 *", Suspend: &suspended, JobTemplate: batchv1.JobTemplateSpec{Spec: job(p).Spec},
		},
	}
}

// templateOf is the pod template of a workload object.
func templateOf(o object) *corev1.PodTemplateSpec {
	switch o := o.(type) {
	case *corev1.PodTemplate:
		return &o.Template
	case *corev1.ReplicationController:
		return o.Spec.Template
	case *appsv1.Deployment:
		return &o.Spec.Template
	case *appsv1.ReplicaSet:
		return &o.Spec.Template
	case *appsv1.StatefulSet:
		return &o.Spec.Template
	case *appsv1.DaemonSet:
		return &o.Spec.Template
	case *batchv1.Job:
		return &o.Spec.Template
	case *batchv1.CronJob:
		return &o.Spec.JobTemplate.Spec.Template
	default:
		return nil
	}
}

// podFrom is the pod that a workload's controller creates, told independently of pkg/workload: a StatefulSet's
// claims come first and take the place of volumes of the same name (stateful_set_utils.go, updateStorage).
func podFrom(o object, namespace string) *corev1.Pod {
	t := templateOf(o).DeepCopy()
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
		Namespace: namespace, GenerateName: o.GetName() + "-", Labels: t.Labels, Annotations: t.Annotations,
	}, Spec: t.Spec}
	set, ok := o.(*appsv1.StatefulSet)
	if !ok {
		return pod
	}
	var volumes []corev1.Volume
	for i := range set.Spec.VolumeClaimTemplates {
		name := set.Spec.VolumeClaimTemplates[i].Name
		volumes = append(volumes, corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: name + "-" + set.Name + "-0"},
		}})
		pod.Spec.Volumes = slices.DeleteFunc(pod.Spec.Volumes, func(v corev1.Volume) bool { return v.Name == name })
	}
	pod.Spec.Volumes = append(volumes, pod.Spec.Volumes...)
	return pod
}

// copyTo is an object as somebody would create it anew in another namespace: without what the server wrote.
func copyTo(o object, namespace string) object {
	c, ok := o.DeepCopyObject().(object)
	if !ok {
		panic("a copy of an object is none")
	}
	c.SetNamespace(namespace)
	c.SetUID("")
	c.SetResourceVersion("")
	c.SetGeneration(0)
	c.SetCreationTimestamp(metav1.Time{})
	c.SetDeletionTimestamp(nil)
	c.SetDeletionGracePeriodSeconds(nil)
	c.SetManagedFields(nil)
	if j, ok := c.(*batchv1.Job); ok && (j.Spec.ManualSelector == nil || !*j.Spec.ManualSelector) {
		j.Spec.Selector = nil
		for _, label := range []string{"controller-uid", batchv1.ControllerUidLabel, "job-name", batchv1.JobNameLabel} {
			delete(j.Labels, label)
			delete(j.Spec.Template.Labels, label)
		}
	}
	return c
}
