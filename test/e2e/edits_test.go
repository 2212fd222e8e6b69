//go:build e2e

package e2e

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// appArmor is followed by a container's name.
const appArmor = corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix

func oneGi() resource.Quantity { return resource.MustParse("1Gi") }

func hostPID(p *corev1.Pod) { p.Spec.HostPID = true }

func hostNetwork(p *corev1.Pod) {
	p.Spec.HostNetwork = true
	p.Spec.Containers[0].Ports = []corev1.ContainerPort{{ContainerPort: 8080}}
}

// volume adds a volume "v".
func volume(source corev1.VolumeSource) edit {
	return func(p *corev1.Pod) {
		p.Spec.Volumes = append(p.Spec.Volumes, corev1.Volume{Name: "v", VolumeSource: source})
	}
}

func annotate(key, value string) edit {
	return func(p *corev1.Pod) {
		if p.Annotations == nil {
			p.Annotations = map[string]string{}
		}
		p.Annotations[key] = value
	}
}

// security is the security context of the pod, there from now on.
func security(p *corev1.Pod) *corev1.PodSecurityContext {
	if p.Spec.SecurityContext == nil {
		p.Spec.SecurityContext = &corev1.PodSecurityContext{}
	}
	return p.Spec.SecurityContext
}

// containerSecurity is the security context of the container "c", there from now on.
func containerSecurity(p *corev1.Pod) *corev1.SecurityContext {
	c := &p.Spec.Containers[0]
	if c.SecurityContext == nil {
		c.SecurityContext = &corev1.SecurityContext{}
	}
	return c.SecurityContext
}

func nonRoot(p *corev1.Pod) { security(p).RunAsNonRoot = new(true) }

// podRoot says root for the pod and not root for every container.
func podRoot(p *corev1.Pod) {
	security(p).RunAsNonRoot = new(false)
	containerSecurity(p).RunAsNonRoot = new(true)
}

// podUserZero says user 0 for the pod and another one for every container.
func podUserZero(p *corev1.Pod) {
	security(p).RunAsUser = new(int64(0))
	containerSecurity(p).RunAsUser = new(int64(1000))
}

func podUnconfined(p *corev1.Pod) {
	security(p).SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeUnconfined}
}

func rootInUserNamespace(p *corev1.Pod) {
	p.Spec.HostUsers = new(false)
	security(p).RunAsNonRoot, security(p).RunAsUser = new(false), new(int64(0))
}

func unmaskedInUserNamespace(p *corev1.Pod) {
	p.Spec.HostUsers = new(false)
	containerSecurity(p).ProcMount = new(corev1.UnmaskedProcMount)
}

func windows(p *corev1.Pod) { p.Spec.OS = &corev1.PodOS{Name: corev1.Windows} }

func nodeSelector(os string) edit {
	return func(p *corev1.Pod) { p.Spec.NodeSelector = map[string]string{corev1.LabelOSStable: os} }
}

func hostProcess(p *corev1.Pod) {
	p.Spec.HostNetwork = true
	security(p).WindowsOptions = &corev1.WindowsSecurityContextOptions{
		HostProcess: new(true), RunAsUserName: new(`NT AUTHORITY\SYSTEM`),
	}
}

func drop(capability corev1.Capability) edit {
	return func(p *corev1.Pod) {
		containerSecurity(p).Capabilities = &corev1.Capabilities{Drop: []corev1.Capability{capability}}
	}
}

func add(capability corev1.Capability) edit {
	return func(p *corev1.Pod) {
		containerSecurity(p).Capabilities = &corev1.Capabilities{
			Drop: []corev1.Capability{"ALL"}, Add: []corev1.Capability{capability},
		}
	}
}

func probeHost(p *corev1.Pod) {
	p.Spec.Containers[0].LivenessProbe = &corev1.Probe{ProbeHandler: corev1.ProbeHandler{
		HTTPGet: &corev1.HTTPGetAction{Host: "127.0.0.1", Path: "/", Port: intstr.FromInt32(8080)},
	}}
}

func sysctl(name string) edit {
	return func(p *corev1.Pod) { security(p).Sysctls = []corev1.Sysctl{{Name: name, Value: "1 2 3"}} }
}
