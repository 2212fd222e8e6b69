//go:build e2e

package e2e

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
)

// policy is a policy of a name, with one more edit after the other.
func policy(name string, edits ...func(*psp.Policy)) *psp.Policy {
	anyID := psp.IDs{Rule: psp.RunAsAny}
	p := &psp.Policy{
		TypeMeta:   metav1.TypeMeta{APIVersion: "policy/v1beta1", Kind: "PodSecurityPolicy"},
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{}},
		Spec: psp.Spec{
			SELinux: psp.SELinux{Rule: psp.RunAsAny}, RunAsUser: anyID, SupplementalGroups: anyID, FSGroup: anyID,
			Volumes: []string{"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"},
		},
	}
	for _, e := range edits {
		e(p)
	}
	return p
}

// permissive allows everything.
func permissive(p *psp.Policy) {
	p.Annotations[psp.SeccompAllowedAnnotation] = psp.All
	p.Spec.Privileged, p.Spec.HostNetwork, p.Spec.HostPID, p.Spec.HostIPC = true, true, true, true
	p.Spec.HostPorts = []psp.PortRange{{Min: 0, Max: 65535}}
	p.Spec.AllowedCapabilities, p.Spec.Volumes = []corev1.Capability{psp.All}, []string{psp.All}
	p.Spec.AllowedUnsafeSysctls = []string{psp.All}
	p.Spec.AllowedProcMountTypes = []corev1.ProcMountType{corev1.DefaultProcMount, corev1.UnmaskedProcMount}
}

// demanding demands what restricted does.
func demanding(p *psp.Policy) {
	p.Annotations[psp.SeccompAllowedAnnotation] = "runtime/default"
	p.Spec.AllowPrivilegeEscalation = new(false)
	p.Spec.RequiredDropCapabilities = []corev1.Capability{"ALL"}
	p.Spec.RunAsUser.Rule = psp.MustRunAsNonRoot
}

// hardening writes as well what it demands.
func hardening(p *psp.Policy) {
	p.Annotations[psp.SeccompDefaultAnnotation] = "runtime/default"
	p.Spec.DefaultAllowPrivilegeEscalation = new(false)
	p.Spec.FSGroup, p.Spec.SupplementalGroups = mustRunAs(2000, 65535), mustRunAs(3000, 65535)
}

// confining says about SELinux and AppArmor what no policy of the real world does, and the official mapping wants.
func confining(p *psp.Policy) {
	p.Annotations[psp.AppArmorAllowedAnnotation] = "runtime/default"
	p.Annotations[psp.AppArmorDefaultAnnotation] = "runtime/default"
	p.Spec.SELinux = psp.SELinux{Rule: psp.MustRunAs, Options: &corev1.SELinuxOptions{Level: "s0:c1,c2"}}
}

func mustRunAs(low, high int64) psp.IDs {
	return psp.IDs{Rule: psp.MustRunAs, Ranges: []psp.IDRange{{Min: low, Max: high}}}
}

// demandingPolicies change one field each of a policy that is as strict as they come, and writes what it can.
func demandingPolicies() []*psp.Policy {
	capabilities := func(names ...corev1.Capability) []corev1.Capability { return names }
	allowSeccomp := func(profiles string) func(*psp.Policy) {
		return func(p *psp.Policy) { p.Annotations[psp.SeccompAllowedAnnotation] = profiles }
	}
	volumes := func(names ...string) func(*psp.Policy) { return func(p *psp.Policy) { p.Spec.Volumes = names } }
	changes := []func(*psp.Policy){
		func(*psp.Policy) {},
		confining,
		func(p *psp.Policy) { p.Spec.AllowPrivilegeEscalation = nil },
		func(p *psp.Policy) { p.Spec.ReadOnlyRootFilesystem = true },
		func(p *psp.Policy) { p.Spec.RequiredDropCapabilities = nil },
		func(p *psp.Policy) { p.Spec.RequiredDropCapabilities = capabilities("all") },
		func(p *psp.Policy) {
			p.Spec.RequiredDropCapabilities = capabilities("KILL", "MKNOD", "SETUID", "SETGID")
		},
		func(p *psp.Policy) { p.Spec.AllowedCapabilities = capabilities("NET_BIND_SERVICE") },
		func(p *psp.Policy) { p.Spec.AllowedCapabilities = capabilities("CHOWN", "SETUID") },
		func(p *psp.Policy) { p.Spec.AllowedCapabilities = capabilities("NET_RAW") },
		func(p *psp.Policy) { p.Spec.DefaultAddCapabilities = capabilities("NET_BIND_SERVICE") },
		func(p *psp.Policy) { p.Spec.DefaultAddCapabilities = capabilities("SYS_PTRACE") },
		volumes(), volumes("nfs", "secret"), volumes("flexVolume"), volumes("hostPath"), volumes(psp.All),
		func(p *psp.Policy) {
			p.Spec.Volumes = []string{"hostPath"}
			p.Spec.AllowedHostPaths = []psp.HostPath{{PathPrefix: "/var/log", ReadOnly: true}}
		},
		func(p *psp.Policy) { p.Spec.AllowedCSIDrivers = []psp.CSIDriver{{Name: "secrets.example.com"}} },
		func(p *psp.Policy) { p.Spec.RunAsUser.Rule = psp.RunAsAny },
		func(p *psp.Policy) { p.Spec.RunAsUser = mustRunAs(26, 1000) },
		func(p *psp.Policy) { p.Spec.RunAsUser = mustRunAs(0, 65535) },
		func(p *psp.Policy) { p.Spec.RunAsGroup = new(mustRunAs(1, 65535)) },
		func(p *psp.Policy) { p.Spec.ForbiddenSysctls = []string{"kernel.shm*"} },
		func(p *psp.Policy) {
			p.Spec.RuntimeClass = &psp.RuntimeClass{
				AllowedRuntimeClassNames: []string{"sandboxed"}, DefaultRuntimeClassName: new("sandboxed"),
			}
		},
		func(p *psp.Policy) {
			delete(p.Annotations, psp.SeccompAllowedAnnotation)
			delete(p.Annotations, psp.SeccompDefaultAnnotation)
		},
		allowSeccomp(psp.All), allowSeccomp("docker/default"), allowSeccomp("runtime/default,localhost/p.json"),
		allowSeccomp("runtime/default,unconfined"),
	}
	policies := []*psp.Policy{policy("silent", demanding), policy("silent-confining", demanding, confining)}
	for i, change := range changes {
		policies = append(policies, policy(fmt.Sprintf("demanding-%02d", i), demanding, hardening, change))
	}
	return policies
}

// allowingPolicies allow one thing each beyond a policy that asks for nothing.
func allowingPolicies() []*psp.Policy {
	changes := []func(*psp.Policy){
		func(*psp.Policy) {},
		confining,
		func(p *psp.Policy) { p.Spec.Privileged = true },
		func(p *psp.Policy) { p.Spec.HostNetwork = true },
		func(p *psp.Policy) { p.Spec.HostPID = true },
		func(p *psp.Policy) { p.Spec.HostIPC = true },
		func(p *psp.Policy) { p.Spec.HostPorts = []psp.PortRange{{Min: 80, Max: 80}} },
		func(p *psp.Policy) { p.Spec.AllowedCapabilities = []corev1.Capability{psp.All} },
		func(p *psp.Policy) { p.Spec.AllowedUnsafeSysctls = []string{"net.core.*"} },
		func(p *psp.Policy) { p.Annotations[psp.SeccompAllowedAnnotation] = psp.All },
		func(p *psp.Policy) {
			p.Annotations[psp.SeccompAllowedAnnotation] = psp.All
			p.Annotations[psp.SeccompDefaultAnnotation] = "runtime/default"
		},
	}
	policies := []*psp.Policy{policy("open", permissive), policy("open-confining", permissive, confining)}
	for i, change := range changes {
		policies = append(policies, policy(fmt.Sprintf("allowing-%02d", i), change))
	}
	return policies
}

// estatePolicies are those of the demo.
func estatePolicies(t *testing.T) []*psp.Policy {
	t.Helper()
	var policies []*psp.Policy
	for _, text := range texts(t, filepath.Join("../../hack/demo/psp", "01-policies.yaml")) {
		var object map[string]any
		if err := yaml.Unmarshal(text, &object); err != nil {
			t.Fatal(err)
		}
		p, err := psp.Decode(object)
		if err != nil {
			t.Fatal(err)
		}
		p.Name = "estate-" + p.Name
		policies = append(policies, p)
	}
	return slices.Clip(policies)
}
