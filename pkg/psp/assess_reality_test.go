package psp

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// The level that a policy amounts to is held against what the engine lets through: every policy of the matrix admits
// probe pods, and upstream's checks judge what became of them. Where the two part ways, the exception must say so.
// test/e2e asks a real server the same.
func TestLevelIsWhatGetsThrough(t *testing.T) {
	judges := []judge{judgeAt(t, 24), judgeAt(t, 37)}
	changes, probes, policies := policyChanges(), probePods(), 0
	for i, a := range changes {
		for j, b := range changes[:i+1] {
			if j > 0 && (i+j)%oneOf != 0 {
				continue // the first change is none at all: each stands alone once
			}
			p := restrictedPolicy()
			a.change(p)
			b.change(p)
			if errs := p.Validate(); len(errs) > 0 {
				continue // the two contradict each other
			}
			policies++
			t.Run(a.name+", "+b.name, func(t *testing.T) { holdToReality(t, p, probes, judges) })
		}
	}
	if policies*oneOf < 1000 {
		t.Errorf("only %d policies are valid", policies)
	}
}

func holdToReality(t *testing.T, p *Policy, probes []probePod, judges []judge) {
	t.Helper()
	assessment := p.Assess()
	through := make([]api.Level, len(judges))
	worst := make([]string, len(judges))
	better := func(level api.Level) bool { return level != api.LevelPrivileged }
	for _, probe := range probes {
		if !slices.ContainsFunc(through, better) {
			break
		}
		after, errs := p.Admit(probe.pod)
		if names, _ := p.profiles(AppArmorAllowedAnnotation); len(errs) > 0 && len(names) > 0 {
			// Perhaps it demands an AppArmor profile.
			pod := probe.pod.DeepCopy()
			pod.Annotations = map[string]string{corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix + "app": names[0]}
			after, errs = p.Admit(pod)
		}
		if len(errs) > 0 || refusedByServer(after) {
			continue
		}
		for i, j := range judges {
			if level := j.level(after); through[i] == "" || api.CompareLevels(level, through[i]) < 0 {
				through[i], worst[i] = level, probe.name
			}
		}
	}
	for i, j := range judges {
		if want := foretold(t, &assessment, j.minor); through[i] != want {
			t.Errorf("v1.%d: %q gets through (%s), not %q: %s by the mapping, exception %q",
				j.minor, through[i], worst[i], want, assessment.Level, assessment.Exception)
		}
	}
}

// foretold is what an assessment says that gets through on a server; empty for nothing at all.
func foretold(t *testing.T, a *Assessment, minor int) api.Level {
	t.Helper()
	if strings.HasSuffix(a.Exception, ": it admits no pod at all.") {
		return ""
	}
	level := a.Level
	if _, after, found := strings.Cut(a.Exception, "What it lets through amounts to "); found {
		word, _, _ := strings.Cut(after, ".")
		level = api.Level(word)
	}
	if _, after, found := strings.Cut(a.Exception, "From v1."); found {
		var since int
		if _, err := fmt.Sscanf(after, "%d", &since); err != nil {
			t.Fatalf("%v: %s", err, a.Exception)
		}
		_, after, _ = strings.Cut(after, ", and the policy amounts to ")
		word, _, _ := strings.Cut(after, " there.")
		if minor >= since {
			level = api.Level(word)
		}
	}
	return level
}

// judge tells the strictest level that a pod passes on a server of a minor.
type judge struct {
	minor int
	level func(*corev1.Pod) api.Level
}

func judgeAt(t *testing.T, minor int) judge {
	t.Helper()
	version := api.MajorMinorVersion(1, minor)
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), &version)
	if err != nil {
		t.Fatal(err)
	}
	return judge{minor, func(pod *corev1.Pod) api.Level {
		for _, level := range []api.Level{api.LevelRestricted, api.LevelBaseline} {
			results := evaluator.EvaluatePod(api.LevelVersion{Level: level, Version: version}, &pod.ObjectMeta, &pod.Spec)
			if policy.AggregateCheckResults(results).Allowed {
				return level
			}
		}
		return api.LevelPrivileged
	}}
}

// refusedByServer is what the API of 1.24 itself has against a pod.
func refusedByServer(pod *corev1.Pod) bool {
	for i := range pod.Spec.Containers {
		sc := ownContext(&pod.Spec.Containers[i])
		if sc.AllowPrivilegeEscalation == nil || *sc.AllowPrivilegeEscalation {
			continue
		}
		if sc.Privileged != nil && *sc.Privileged {
			return true
		}
		if slices.Contains(ownCapabilities(sc).Add, capSysAdmin) {
			return true
		}
	}
	return false
}

const capSysAdmin corev1.Capability = "CAP_SYS_ADMIN"

type probePod struct {
	name string
	pod  *corev1.Pod
}

// probePods are a bare pod and one that is restricted, with each seccomp profile that one may have, and with one thing more.
func probePods() []probePod {
	var probes []probePod
	for _, base := range []struct {
		name, seccomp string
		pod           func() *corev1.Pod
	}{
		{"bare", "", barePod},
		{"bare", "runtime/default", barePod},
		{"bare", "localhost/app", barePod},
		{"restricted", "runtime/default", restrictedPod},
		{"restricted", "localhost/app", restrictedPod},
	} {
		for _, c := range podChanges() {
			pod := base.pod()
			pod.Spec.SecurityContext.SeccompProfile = profileOf(base.seccomp)
			c.change(pod, &pod.Spec.Containers[0])
			probes = append(probes, probePod{base.name + " " + base.seccomp + ", " + c.name, pod})
		}
	}
	return probes
}

func barePod() *corev1.Pod {
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "probe"}, Spec: corev1.PodSpec{
		SecurityContext: &corev1.PodSecurityContext{}, Containers: []corev1.Container{{Name: "app", SecurityContext: &corev1.SecurityContext{}}},
	}}
}

func restrictedPod() *corev1.Pod {
	pod := barePod()
	pod.Spec.SecurityContext.RunAsNonRoot = to(true)
	pod.Spec.Containers[0].SecurityContext = &corev1.SecurityContext{
		AllowPrivilegeEscalation: to(false), Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
	}
	return pod
}

func to[T any](value T) *T { return &value }

type podChange struct {
	name   string
	change func(pod *corev1.Pod, c *corev1.Container)
}

func podChanges() []podChange {
	changes := []podChange{
		{"nothing", func(*corev1.Pod, *corev1.Container) {}},
		{"privileged", func(_ *corev1.Pod, c *corev1.Container) {
			c.SecurityContext.Privileged, c.SecurityContext.AllowPrivilegeEscalation = to(true), nil
		}},
		{"privileged with escalation", func(_ *corev1.Pod, c *corev1.Container) {
			c.SecurityContext.Privileged, c.SecurityContext.AllowPrivilegeEscalation = to(true), to(true)
		}},
		{"escalation", func(_ *corev1.Pod, c *corev1.Container) { c.SecurityContext.AllowPrivilegeEscalation = to(true) }},
		{"hostNetwork", func(p *corev1.Pod, _ *corev1.Container) { p.Spec.HostNetwork = true }},
		{"hostPID", func(p *corev1.Pod, _ *corev1.Container) { p.Spec.HostPID = true }},
		{"hostIPC", func(p *corev1.Pod, _ *corev1.Container) { p.Spec.HostIPC = true }},
		{"hostPort", func(_ *corev1.Pod, c *corev1.Container) {
			c.Ports = []corev1.ContainerPort{{ContainerPort: 80, HostPort: 8080}}
		}},
		{"dropped by name", func(_ *corev1.Pod, c *corev1.Container) {
			c.SecurityContext.Capabilities = &corev1.Capabilities{Drop: []corev1.Capability{"KILL", "NET_RAW"}}
		}},
		{"unmasked", func(_ *corev1.Pod, c *corev1.Container) { c.SecurityContext.ProcMount = to(corev1.UnmaskedProcMount) }},
		{"user", func(p *corev1.Pod, _ *corev1.Container) {
			p.Spec.SecurityContext.RunAsUser, p.Spec.SecurityContext.RunAsNonRoot = to(int64(1000)), nil
		}},
		{"root", func(p *corev1.Pod, _ *corev1.Container) {
			p.Spec.SecurityContext.RunAsUser, p.Spec.SecurityContext.RunAsNonRoot = to(int64(0)), nil
		}},
		{"root overridden", func(p *corev1.Pod, c *corev1.Container) {
			p.Spec.SecurityContext.RunAsUser, c.SecurityContext.RunAsUser = to(int64(0)), to(int64(1000))
		}},
		{"any user", func(p *corev1.Pod, _ *corev1.Container) { p.Spec.SecurityContext.RunAsNonRoot = to(false) }},
		{"any seccomp", func(p *corev1.Pod, _ *corev1.Container) { p.Spec.SecurityContext.SeccompProfile = nil }},
		{"container's seccomp", func(p *corev1.Pod, c *corev1.Container) {
			p.Spec.SecurityContext.SeccompProfile, c.SecurityContext.SeccompProfile = nil, profileOf("runtime/default")
		}},
		{"unconfined", func(p *corev1.Pod, _ *corev1.Container) {
			p.Spec.SecurityContext.SeccompProfile = profileOf("unconfined")
		}},
		{"unconfined container", func(_ *corev1.Pod, c *corev1.Container) {
			c.SecurityContext.SeccompProfile = profileOf("unconfined")
		}},
	}
	for _, name := range []corev1.Capability{"NET_BIND_SERVICE", "CHOWN", "NET_RAW", "SYS_ADMIN", capSysAdmin, "all"} {
		changes = append(changes, podChange{"adding " + string(name), func(_ *corev1.Pod, c *corev1.Container) {
			if c.SecurityContext.Capabilities == nil {
				c.SecurityContext.Capabilities = &corev1.Capabilities{}
			}
			c.SecurityContext.Capabilities.Add = []corev1.Capability{name}
			if name == capSysAdmin { // refused without escalation
				c.SecurityContext.AllowPrivilegeEscalation = to(true)
			}
		}})
	}
	for _, name := range []string{"kernel.shm_rmid_forced", "kernel.msgmax", "net.ipv4.tcp_rmem", "net.ipv4.tcp_keepalive_time"} {
		changes = append(changes, podChange{"sysctl " + name, func(p *corev1.Pod, _ *corev1.Container) {
			p.Spec.SecurityContext.Sysctls = []corev1.Sysctl{{Name: name, Value: "1"}}
		}})
	}
	return append(changes, volumeChanges()...)
}

func volumeChanges() []podChange {
	var changes []podChange
	for name, source := range map[string]corev1.VolumeSource{
		"hostPath":  {HostPath: &corev1.HostPathVolumeSource{Path: "/var/log/x"}},
		"nfs":       {NFS: &corev1.NFSVolumeSource{}},
		"emptyDir":  {EmptyDir: &corev1.EmptyDirVolumeSource{}},
		"ephemeral": {Ephemeral: &corev1.EphemeralVolumeSource{}},
		"csi":       {CSI: &corev1.CSIVolumeSource{Driver: "d"}},
	} {
		changes = append(changes, podChange{name, func(p *corev1.Pod, _ *corev1.Container) {
			p.Spec.Volumes = []corev1.Volume{{Name: "v", VolumeSource: source}}
		}})
	}
	return changes
}
