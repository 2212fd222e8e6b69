package estate

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Template is the workload's pod template.
func (w Workload) Template() corev1.PodTemplateSpec {
	t := corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{
			Labels: w.Labels(),
			Annotations: map[string]string{
				"checksum/config":                         "sha256:" + digest(w.Index),
				"checksum/secret":                         "sha256:" + digest(w.Index+1),
				"prometheus.io/scrape":                    "true",
				"prometheus.io/port":                      "9102",
				"kubectl.kubernetes.io/default-container": "app",
			},
		},
		Spec: w.spec(),
	}
	w.Flaw.into(&t.Spec)
	return t
}

func (w Workload) spec() corev1.PodSpec {
	yes, user, grace := true, int64(10001), int64(45)
	s := corev1.PodSpec{
		InitContainers: []corev1.Container{{
			Name: "migrate", Image: "registry.example.com/shop/" + w.Name + ":2.14.3",
			Command: []string{"/app/migrate", "--wait", "--timeout=60s"},
			Env:     w.env(3), Resources: resources("50m", "64Mi"), SecurityContext: hardened(),
		}},
		Containers: []corev1.Container{w.app(), sidecar()},
		Volumes: []corev1.Volume{
			{Name: "tmp", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
			{Name: "config", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{
				LocalObjectReference: corev1.LocalObjectReference{Name: w.Name + "-config"},
			}}},
			{Name: "tls", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: w.Name + "-tls"}}},
		},
		SecurityContext: &corev1.PodSecurityContext{
			RunAsNonRoot: &yes, RunAsUser: &user, FSGroup: &user,
			SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		},
		TerminationGracePeriodSeconds: &grace,
		NodeSelector:                  map[string]string{"kubernetes.io/os": "linux"},
		Tolerations:                   []corev1.Toleration{{Key: "dedicated", Operator: corev1.TolerationOpEqual, Value: "shop", Effect: corev1.TaintEffectNoSchedule}},
	}
	if w.Kind == Job || w.Kind == CronJob {
		s.RestartPolicy = corev1.RestartPolicyNever
	}
	return s
}

// app is the container that a pod is there for.
func (w Workload) app() corev1.Container {
	return corev1.Container{
		Name: "app", Image: "registry.example.com/shop/" + w.Name + ":2.14.3",
		Args:  []string{"--listen=:8080", "--metrics=:9102", "--config=/etc/app/config.yaml", "--log-format=json"},
		Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 8080}, {Name: "metrics", ContainerPort: 9102}},
		Env:   w.env(12), Resources: resources("250m", "256Mi"), SecurityContext: hardened(),
		StartupProbe: probe("/startup"), LivenessProbe: probe("/healthz"), ReadinessProbe: probe("/readyz"),
		Lifecycle: &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{Exec: &corev1.ExecAction{Command: []string{"/bin/sleep", "5"}}}},
		VolumeMounts: []corev1.VolumeMount{
			{Name: "tmp", MountPath: "/tmp"},
			{Name: "config", MountPath: "/etc/app", ReadOnly: true},
			{Name: "tls", MountPath: "/etc/tls", ReadOnly: true},
		},
	}
}

// sidecar ships logs.
func sidecar() corev1.Container {
	return corev1.Container{
		Name: "log-shipper", Image: "registry.example.com/platform/log-shipper:1.9.0",
		Args: []string{"--source=/tmp/log", "--target=http://logs.platform:4318"},
		Env: []corev1.EnvVar{{Name: "POD_NAME", ValueFrom: &corev1.EnvVarSource{
			FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.name"},
		}}},
		Resources: resources("20m", "32Mi"), SecurityContext: hardened(),
		VolumeMounts: []corev1.VolumeMount{{Name: "tmp", MountPath: "/tmp"}},
	}
}

func (w Workload) env(n int) []corev1.EnvVar {
	list := make([]corev1.EnvVar, 0, n)
	for i := range n {
		e := corev1.EnvVar{Name: fmt.Sprintf("SHOP_SETTING_%d", i), Value: fmt.Sprintf("https://service-%d.shop.svc:8443", (w.Index+i)%97)}
		if i%4 == 3 {
			e.Value = ""
			e.ValueFrom = &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
				LocalObjectReference: corev1.LocalObjectReference{Name: w.Name + "-credentials"}, Key: "password",
			}}
		}
		list = append(list, e)
	}
	return list
}

// Pod is a pod as a controller makes it from the template; the server adds its defaults, its token volume and its
// managed fields.
func (w Workload) Pod(owner *metav1.OwnerReference, name string, labels map[string]string) *corev1.Pod {
	t := w.Template()
	pod := &corev1.Pod{ObjectMeta: w.Owned(owner, name, labels, t.Annotations), Spec: t.Spec}
	pod.Spec.NodeName = fmt.Sprintf("node-%03d", (w.Index*PodsPerWorkload+len(name))%200)
	pod.Status = w.status()
	return pod
}

// status is what the kubelet writes.
func (w Workload) status() corev1.PodStatus {
	started := metav1.NewTime(time.Unix(1_760_000_000+int64(w.Index)*60, 0).UTC())
	s := corev1.PodStatus{Phase: corev1.PodRunning, HostIP: "192.0.2.10", PodIP: "198.51.100.17", StartTime: &started}
	done := w.Kind == Job || w.Kind == CronJob
	if done {
		s.Phase = corev1.PodSucceeded
	}
	ready := corev1.ConditionTrue
	if done {
		ready = corev1.ConditionFalse
	}
	for _, c := range []corev1.PodConditionType{"PodReadyToStartContainers", corev1.PodInitialized, corev1.PodReady, corev1.ContainersReady, corev1.PodScheduled} {
		s.Conditions = append(s.Conditions, corev1.PodCondition{Type: c, Status: ready, LastTransitionTime: started})
	}
	s.InitContainerStatuses = []corev1.ContainerStatus{containerStatus("migrate", w.Index, started, true)}
	s.ContainerStatuses = []corev1.ContainerStatus{
		containerStatus("app", w.Index, started, done), containerStatus("log-shipper", w.Index+1, started, done),
	}
	return s
}

func containerStatus(name string, n int, started metav1.Time, done bool) corev1.ContainerStatus {
	s := corev1.ContainerStatus{
		Name: name, Image: "registry.example.com/shop/" + name + ":2.14.3", Ready: !done,
		ImageID: "registry.example.com/shop/" + name + "@sha256:" + digest(n), ContainerID: "containerd://" + digest(n+7),
	}
	if done {
		s.State.Terminated = &corev1.ContainerStateTerminated{Reason: "Completed", StartedAt: started, FinishedAt: started, ContainerID: s.ContainerID}
	} else {
		s.State.Running = &corev1.ContainerStateRunning{StartedAt: started}
	}
	return s
}

func hardened() *corev1.SecurityContext {
	yes, no := true, false
	return &corev1.SecurityContext{
		AllowPrivilegeEscalation: &no, ReadOnlyRootFilesystem: &yes,
		Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
	}
}

func probe(path string) *corev1.Probe {
	return &corev1.Probe{
		ProbeHandler:  corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: path, Port: intstr.FromString("http")}},
		PeriodSeconds: 10, TimeoutSeconds: 2, FailureThreshold: 6,
	}
}

func resources(cpu, memory string) corev1.ResourceRequirements {
	list := corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory)}
	return corev1.ResourceRequirements{Requests: list, Limits: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse(memory)}}
}

// digest looks like a SHA-256.
func digest(n int) string { return fmt.Sprintf("%016x%016x%016x%016x", n, n*31, n*131, n*1031)[:64] }
