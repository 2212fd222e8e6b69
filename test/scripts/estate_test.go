package scripts

import (
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
)

// estate is what the scripts' server holds: a shop that has a violating Deployment and a CronJob, an empty
// namespace that enforces baseline, and the system's own.
func estate() []runtime.Object {
	web := appsv1.Deployment{ObjectMeta: meta("shop", "web", nil)}
	web.Annotations = map[string]string{"deployment.kubernetes.io/revision": "1"}
	web.Spec.Template.Spec = hostPath()
	rs := appsv1.ReplicaSet{ObjectMeta: meta("shop", "web-1", owner("apps/v1", "Deployment", &web.ObjectMeta))}
	rs.Annotations = web.Annotations
	rs.Spec.Template.Spec = hostPath()
	rs.Status.Replicas = 2
	backup := batchv1.CronJob{ObjectMeta: meta("shop", "backup", nil)}
	backup.Spec.Schedule = "0 3 * * *"
	backup.Spec.JobTemplate.Spec.Template.Spec = plain()
	objects := []runtime.Object{
		namespace("shop", nil), namespace("kube-system", nil),
		namespace("ready", map[string]string{"pod-security.kubernetes.io/enforce": "baseline"}),
		&web, &rs, &backup,
	}
	for _, name := range []string{"web-1-a", "web-1-b"} {
		pod := corev1.Pod{ObjectMeta: meta("shop", name, owner("apps/v1", "ReplicaSet", &rs.ObjectMeta)), Spec: hostPath()}
		objects = append(objects, &pod)
	}
	dns := corev1.Pod{ObjectMeta: meta("kube-system", "dns", nil), Spec: hostPath()}
	return append(objects, &dns)
}

func namespace(name string, labels map[string]string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID("ns-" + name), Labels: labels}}
}

func meta(namespace, name string, owners []metav1.OwnerReference) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name, UID: types.UID(namespace + "-" + name), OwnerReferences: owners}
}

func owner(version, kind string, m *metav1.ObjectMeta) []metav1.OwnerReference {
	yes := true
	return []metav1.OwnerReference{{APIVersion: version, Kind: kind, Name: m.Name, UID: m.UID, Controller: &yes}}
}

func plain() corev1.PodSpec {
	return corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "registry.example.com/c:1"}}}
}

func hostPath() corev1.PodSpec {
	spec := plain()
	spec.Volumes = []corev1.Volume{{Name: "logs", VolumeSource: corev1.VolumeSource{
		HostPath: &corev1.HostPathVolumeSource{Path: "/var/log"},
	}}}
	return spec
}
