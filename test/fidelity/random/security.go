package random

import (
	"reflect"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

func (p *pod) podContext() *corev1.PodSecurityContext {
	c := corev1.PodSecurityContext{}
	if p.chance(70) {
		c.RunAsNonRoot = p.nonRoot()
	}
	c.WindowsOptions = p.windowsOptions()
	if p.windows || p.hostProcess {
		return &c
	}
	c.RunAsUser = p.user()
	if p.chance(60) {
		c.SeccompProfile = p.seccomp()
	}
	c.AppArmorProfile = p.appArmor()
	c.SELinuxOptions = p.seLinux()
	c.Sysctls = distinct(several(p.Dice, 2, func(int) corev1.Sysctl { return p.sysctl() }), func(s corev1.Sysctl) string {
		return strings.ReplaceAll(s.Name, "/", ".")
	})
	if reflect.ValueOf(c).IsZero() && p.chance(50) {
		return nil
	}
	return &c
}

func (p *pod) context() *corev1.SecurityContext {
	c := &corev1.SecurityContext{}
	if p.chance(30) {
		c.RunAsNonRoot = p.nonRoot()
	}
	c.WindowsOptions = p.windowsOptions()
	if p.windows || p.hostProcess {
		return c
	}
	c.RunAsUser = p.user()
	if p.bad() {
		c.Privileged = new(p.chance(70))
	}
	switch {
	case c.Privileged != nil && *c.Privileged:
		c.AllowPrivilegeEscalation = maybe(p.Dice, 30, true) // false would contradict
	case p.good():
		c.AllowPrivilegeEscalation = new(false)
	default:
		c.AllowPrivilegeEscalation = maybe(p.Dice, 50, true, false)
	}
	c.Capabilities = p.capabilities()
	if p.chance(25) {
		c.SeccompProfile = p.seccomp()
	}
	c.AppArmorProfile = p.appArmor()
	c.SELinuxOptions = p.seLinux()
	c.ProcMount = p.procMount()
	if p.chance(10) {
		c.ReadOnlyRootFilesystem = new(true)
	}
	if *c == (corev1.SecurityContext{}) && p.chance(50) {
		return nil
	}
	return c
}

func (p *pod) nonRoot() *bool {
	switch {
	case p.bad():
		return new(false)
	case p.good():
		return new(true)
	default:
		return nil
	}
}

func (p *pod) user() *int64 {
	if p.bad() {
		return new(int64(0))
	}
	return maybe(p.Dice, 15, int64(1000))
}

// procMount is Unmasked only where the server's validation lets it be: in a user namespace.
func (p *pod) procMount() *corev1.ProcMountType {
	inside := p.spec.HostUsers != nil && !*p.spec.HostUsers
	switch {
	case inside && p.chance(25):
		return new(corev1.UnmaskedProcMount)
	default:
		return maybe(p.Dice, 5, corev1.DefaultProcMount)
	}
}

func (p *pod) capabilities() *corev1.Capabilities {
	c := &corev1.Capabilities{}
	if p.good() {
		c.Drop = []corev1.Capability{"ALL"}
	} else {
		c.Drop = several(p.Dice, 2, func(int) corev1.Capability {
			return OneOf[corev1.Capability](p.Dice, "ALL", "all", "CAP_ALL", "NET_RAW", "KILL")
		})
	}
	if p.bad() {
		c.Add = several(p.Dice, 3, func(int) corev1.Capability {
			return OneOf[corev1.Capability](p.Dice, "NET_BIND_SERVICE", "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID",
				"KILL", "MKNOD", "SETFCAP", "NET_BIND_SERVICE", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT", "NET_RAW", "SYS_ADMIN", "SYS_TIME", "ALL",
				"CAP_CHOWN", "chown")
		})
	} else if p.chance(10) {
		c.Add = []corev1.Capability{"NET_BIND_SERVICE"}
	}
	if c.Add == nil && c.Drop == nil && p.chance(70) {
		return nil
	}
	return c
}

func (p *pod) seccomp() *corev1.SeccompProfile {
	kind := OneOf(p.Dice, corev1.SeccompProfileTypeRuntimeDefault, corev1.SeccompProfileTypeRuntimeDefault, corev1.SeccompProfileTypeLocalhost)
	switch {
	case p.bad():
		kind = corev1.SeccompProfileTypeUnconfined
	case !p.good():
		return nil
	}
	profile := &corev1.SeccompProfile{Type: kind}
	if kind == corev1.SeccompProfileTypeLocalhost {
		profile.LocalhostProfile = new("profiles/a.json")
	}
	return profile
}

func (p *pod) appArmor() *corev1.AppArmorProfile {
	if !p.chance(10) {
		return nil
	}
	kind := OneOf(p.Dice, corev1.AppArmorProfileTypeRuntimeDefault, corev1.AppArmorProfileTypeLocalhost)
	if p.bad() {
		kind = corev1.AppArmorProfileTypeUnconfined
	}
	profile := &corev1.AppArmorProfile{Type: kind}
	if kind == corev1.AppArmorProfileTypeLocalhost {
		profile.LocalhostProfile = new("a")
	}
	return profile
}

func (p *pod) seLinux() *corev1.SELinuxOptions {
	if !p.chance(8) {
		return nil
	}
	o := &corev1.SELinuxOptions{
		Type:  OneOf(p.Dice, "", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"),
		Level: OneOf(p.Dice, "", "s0:c1,c2"),
	}
	if p.bad() {
		o.Type = OneOf(p.Dice, o.Type, "spc_t", "container_x")
		o.User, o.Role = OneOf(p.Dice, "", "system_u"), OneOf(p.Dice, "", "object_r")
	}
	return o
}

// slashesMinor is the first server minor that takes names of sysctls with slashes.
const slashesMinor = 25

// sysctl is one that validation lets stand beside the namespaces of the host that the pod is in.
func (p *pod) sysctl() corev1.Sysctl {
	if p.spec.HostNetwork || p.spec.HostIPC {
		return corev1.Sysctl{Name: OneOf(p.Dice, "vm.swappiness", "fs.file-max"), Value: "1"}
	}
	name := OneOf(p.Dice, "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies",
		"net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports",
		"net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
		"net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
		"net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat")
	if p.bad() {
		name = OneOf(p.Dice, "kernel.msgmax", "net.core.somaxconn", "kernel/shm_rmid_forced", "net/ipv4/tcp_rmem")
	}
	if p.minor < slashesMinor {
		name = strings.ReplaceAll(name, "/", ".")
	}
	return corev1.Sysctl{Name: name, Value: "1"}
}

// windowsOptions are what the pod says to Windows; one that runs on the host there says so everywhere.
func (p *pod) windowsOptions() *corev1.WindowsSecurityContextOptions {
	switch {
	case p.hostProcess:
		return &corev1.WindowsSecurityContextOptions{HostProcess: new(true)}
	case p.windows && p.chance(30):
		return &corev1.WindowsSecurityContextOptions{HostProcess: maybe(p.Dice, 50, false), RunAsUserName: maybe(p.Dice, 50, "ContainerUser")}
	default:
		return nil
	}
}

// annotate names profiles the way that was usual before there were fields. Where a field says the same of a container
// it has to say the same profile, or a server refuses it; so that mostly there is only one of the two.
func (p *pod) annotate() {
	if p.hostProcess || !p.chance(35) {
		return
	}
	p.annotations = map[string]string{"example.com/note": "a"}
	pod := p.spec.SecurityContext
	if pod == nil {
		pod = &corev1.PodSecurityContext{}
	}
	if !p.windows && p.chance(40) && pod.SeccompProfile == nil {
		p.annotations[corev1.SeccompPodAnnotationKey] = p.oldSeccomp()
	}
	if p.chance(5) {
		p.annotations[corev1.SeccompContainerAnnotationKeyPrefix+"nobody"] = p.oldSeccomp()
	}
	for _, containers := range [][]corev1.Container{p.spec.InitContainers, p.spec.Containers} {
		for i := range containers {
			own := containers[i].SecurityContext
			if own == nil {
				own = &corev1.SecurityContext{}
			}
			if !p.windows && p.chance(30) && own.SeccompProfile == nil {
				p.annotations[corev1.SeccompContainerAnnotationKeyPrefix+containers[i].Name] = p.oldSeccomp()
			}
			key := corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix + containers[i].Name
			switch field := own.AppArmorProfile; {
			case !p.chance(40):
			case field != nil:
				p.annotations[key] = oldSpelling(field)
			case pod.AppArmorProfile != nil:
				p.annotations[key] = oldSpelling(pod.AppArmorProfile)
			default:
				p.annotations[key] = p.oldAppArmor()
			}
		}
	}
}

// oldSpelling is the annotation that says what a field says.
func oldSpelling(p *corev1.AppArmorProfile) string {
	switch p.Type {
	case corev1.AppArmorProfileTypeLocalhost:
		return corev1.DeprecatedAppArmorBetaProfileNamePrefix + *p.LocalhostProfile
	case corev1.AppArmorProfileTypeRuntimeDefault:
		return corev1.DeprecatedAppArmorBetaProfileRuntimeDefault
	default:
		return corev1.DeprecatedAppArmorBetaProfileNameUnconfined
	}
}

func (p *pod) oldSeccomp() string {
	if p.bad() {
		return corev1.SeccompProfileNameUnconfined
	}
	return OneOf(p.Dice, corev1.SeccompProfileRuntimeDefault, "docker/default", "localhost/a")
}

func (p *pod) oldAppArmor() string {
	if p.bad() {
		return corev1.DeprecatedAppArmorBetaProfileNameUnconfined
	}
	return OneOf(p.Dice, corev1.DeprecatedAppArmorBetaProfileRuntimeDefault, "localhost/a", "localhost/a b", "localhost/ a", "localhost/", "")
}
