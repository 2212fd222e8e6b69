package random

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// RuntimeClasses are those that pods name; the server has to have them.
func RuntimeClasses() []string { return []string{"trusted", "plain"} }

// nobody is a scheduler that does not exist: where there are nodes, stored pods stay Pending all the same.
const nobody = "nobody"

// pod is one pod in the making.
type pod struct {
	*Dice

	// spoilt is how many of a hundred fields are anything at all, strict how many are as the restricted level wants
	// them. Pods that violate one thing and pods that violate everything are both to come.
	spoilt, strict int
	// windows says that the pod names Windows, which rules many fields out; hostProcess that it runs on the host there.
	windows, hostProcess bool
	ports                []int // not used yet
	spec                 corev1.PodSpec
	annotations          map[string]string
}

// Template is a pod's metadata and spec. The restart policy is the caller's to set.
func Template(d *Dice) corev1.PodTemplateSpec {
	p := &pod{Dice: d, spoilt: OneOf(d, 0, 4, 4, 15, 40), strict: OneOf(d, 0, 50, 90, 97, 100)}
	p.ports = d.Perm(100)
	p.windows = d.chance(8)
	p.hostProcess = d.chance(3)
	p.system()
	p.spec.SchedulerName = nobody
	p.spec.SecurityContext = p.podContext()
	p.spec.Volumes = p.volumes()
	for i := range OneOf(d, 1, 1, 2, 2, 3, 3, 6) {
		p.spec.Containers = append(p.spec.Containers, p.container("c"+strconv.Itoa(i), false))
	}
	if d.chance(30) {
		for i := range 1 + d.IntN(2) {
			p.spec.InitContainers = append(p.spec.InitContainers, p.container("i"+strconv.Itoa(i), true))
		}
	}
	p.annotate()
	if d.chance(8) {
		p.spec.RuntimeClassName = new(OneOf(d, RuntimeClasses()...))
	}
	template := corev1.PodTemplateSpec{Spec: p.spec}
	template.Annotations = p.annotations
	return template
}

// bad says whether a field is to be anything at all.
func (p *pod) bad() bool { return p.chance(p.spoilt) }

// good says whether a field is to be as the restricted level wants it.
func (p *pod) good() bool { return p.chance(p.strict) }

// system sets what the pod shares with its node.
func (p *pod) system() {
	s := &p.spec
	switch {
	case p.windows:
		s.OS = &corev1.PodOS{Name: corev1.Windows}
	case p.chance(15):
		s.OS = &corev1.PodOS{Name: corev1.Linux}
	}
	if p.hostProcess {
		s.HostNetwork = true
		if !p.windows {
			s.OS = nil
		}
		return
	}
	s.HostNetwork = p.bad() && !p.windows
	if p.windows {
		return
	}
	s.HostPID, s.HostIPC = p.bad(), p.bad()
	if !s.HostNetwork && !s.HostPID && !s.HostIPC && p.chance(15) {
		s.HostUsers = new(p.chance(30))
	}
	if p.chance(5) {
		s.AutomountServiceAccountToken = new(false)
	}
}

func (p *pod) container(name string, init bool) corev1.Container {
	c := corev1.Container{Name: name, Image: "registry.example.com/none:1", SecurityContext: p.context()}
	sidecar := init && p.minor >= sidecarsMinor && p.chance(30)
	if sidecar {
		c.RestartPolicy = new(corev1.ContainerRestartPolicyAlways)
	}
	if p.chance(30) {
		c.Ports = several(p.Dice, 3, func(int) corev1.ContainerPort { return p.port() })
	}
	if (!init || sidecar) && p.chance(20) {
		p.probes(&c)
	}
	return c
}

// sidecarsMinor is the first server minor that knows init containers which go on running.
const sidecarsMinor = 29

// port is a port that no other container of the pod has.
func (p *pod) port() corev1.ContainerPort {
	// Squares, since how numbers of many lengths are sorted is to be seen.
	n := int32(1 + p.ports[0]*p.ports[0])
	p.ports = p.ports[1:]
	port := corev1.ContainerPort{ContainerPort: n, Protocol: OneOf[corev1.Protocol](p.Dice, "", corev1.ProtocolTCP, corev1.ProtocolUDP)}
	if p.bad() {
		port.HostPort = n
		if !p.spec.HostNetwork && p.chance(20) {
			port.HostPort, port.HostIP = 20000+n, "127.0.0.1"
		}
	}
	return port
}

func (p *pod) probes(c *corev1.Container) {
	probe := func() *corev1.Probe {
		if p.chance(50) {
			return nil
		}
		return &corev1.Probe{ProbeHandler: p.handler()}
	}
	c.LivenessProbe, c.ReadinessProbe, c.StartupProbe = probe(), probe(), probe()
	if !p.chance(40) {
		return
	}
	hook := func() *corev1.LifecycleHandler {
		h := p.handler()
		if p.chance(30) || h.GRPC != nil {
			return nil
		}
		return &corev1.LifecycleHandler{Exec: h.Exec, HTTPGet: h.HTTPGet, TCPSocket: h.TCPSocket}
	}
	c.Lifecycle = &corev1.Lifecycle{PostStart: hook(), PreStop: hook()}
}

func (p *pod) handler() (h corev1.ProbeHandler) {
	host := ""
	if p.bad() {
		host = OneOf(p.Dice, "127.0.0.1", "::1", "localhost", "example.com", "10.0.0.1", "0.0.0.0", "a b", `quo"ted`)
	}
	port := OneOf(p.Dice, intstr.FromInt32(80), intstr.FromInt32(8080))
	switch p.IntN(5) {
	case 0, 1:
		h.HTTPGet = &corev1.HTTPGetAction{Host: host, Port: port, Path: "/", HTTPHeaders: several(p.Dice, 1, func(int) corev1.HTTPHeader {
			return corev1.HTTPHeader{Name: "Host", Value: "example.com"}
		})}
	case 2:
		h.TCPSocket = &corev1.TCPSocketAction{Host: host, Port: port}
	case 3:
		h.Exec = &corev1.ExecAction{Command: []string{"true"}}
	default:
		h.GRPC = &corev1.GRPCAction{Port: 90}
	}
	return h
}
