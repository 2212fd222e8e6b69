package migration

import (
	"crypto/sha256"
	"reflect"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// tokenVolume begins the name of the volume that the API server gives each pod for its token.
const tokenVolume = "kube-api-access-"

// reduceTemplate is a copy of a template without what no policy and no level looks at: most of it, in bytes. Annotations
// stay, all of them: a patch that takes one back must know whether there are others.
func reduceTemplate(t *corev1.PodTemplateSpec) *corev1.PodTemplateSpec {
	out := &corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Annotations: t.Annotations}, Spec: reduceSpec(&t.Spec)}
	out.Spec.Volumes = t.Spec.Volumes
	return out.DeepCopy() // what is kept must not keep the page
}

// reducePod is the same for a pod that runs, and without what differs from pod to pod of one template.
func reducePod(pod *corev1.Pod) *corev1.Pod {
	out := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: pod.Namespace, Annotations: profiles(pod.Annotations)},
		Spec:       reduceSpec(&pod.Spec),
	}
	for i := range pod.Spec.Volumes {
		out.Spec.Volumes = append(out.Spec.Volumes, reduceVolume(&pod.Spec.Volumes[i]))
	}
	eachContainer(&out.Spec, func(c *corev1.Container) { c.VolumeMounts = nil })
	return out.DeepCopy()
}

// profiles are the annotations that stand for fields.
func profiles(all map[string]string) map[string]string {
	var kept map[string]string
	for key, value := range all {
		if strings.Contains(key, "seccomp.security.alpha.kubernetes.io/") || strings.Contains(key, "apparmor.security.beta.kubernetes.io/") {
			if kept == nil {
				kept = map[string]string{}
			}
			kept[key] = value
		}
	}
	return kept
}

func reduceSpec(s *corev1.PodSpec) corev1.PodSpec {
	return corev1.PodSpec{
		HostNetwork: s.HostNetwork, HostPID: s.HostPID, HostIPC: s.HostIPC, HostUsers: s.HostUsers, OS: s.OS,
		ServiceAccountName: s.ServiceAccountName, AutomountServiceAccountToken: s.AutomountServiceAccountToken,
		RuntimeClassName: s.RuntimeClassName, SecurityContext: s.SecurityContext,
		InitContainers: reduceContainers(s.InitContainers), Containers: reduceContainers(s.Containers),
	}
}

func reduceContainers(list []corev1.Container) []corev1.Container {
	out := make([]corev1.Container, len(list))
	for i := range list {
		c := &list[i]
		out[i] = corev1.Container{
			Name: c.Name, Ports: c.Ports, SecurityContext: c.SecurityContext, Lifecycle: c.Lifecycle, RestartPolicy: c.RestartPolicy,
			LivenessProbe: c.LivenessProbe, ReadinessProbe: c.ReadinessProbe, StartupProbe: c.StartupProbe,
			VolumeMounts: c.VolumeMounts,
		}
	}
	return out
}

// reduceVolume leaves of a volume its name and its type, and a host path whole.
func reduceVolume(v *corev1.Volume) corev1.Volume {
	out := corev1.Volume{Name: v.Name}
	if strings.HasPrefix(v.Name, tokenVolume) {
		out.Name = tokenVolume
	}
	from, to := reflect.ValueOf(&v.VolumeSource).Elem(), reflect.ValueOf(&out.VolumeSource).Elem()
	for i := range from.NumField() {
		if !from.Field(i).IsNil() {
			to.Field(i).Set(reflect.New(from.Field(i).Type().Elem()))
		}
	}
	out.HostPath = v.HostPath
	return out
}

func eachContainer(s *corev1.PodSpec, visit func(*corev1.Container)) {
	for i := range s.InitContainers {
		visit(&s.InitContainers[i])
	}
	for i := range s.Containers {
		visit(&s.Containers[i])
	}
}

// digest tells reduced pods apart. After an impossible encoding error they are still told apart by level and policy.
func digest(pod *corev1.Pod) [sha256.Size]byte {
	data, err := pod.Marshal()
	if err != nil {
		return [sha256.Size]byte{}
	}
	return sha256.Sum256(data)
}
