//go:build e2e

package e2e

import (
	"fmt"
	"math/rand/v2"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
)

// policyEdit changes a policy in one field.
type policyEdit func(*psp.Policy)

// engineClosed allows nothing that needs allowing, and asks for nothing else.
func engineClosed(name string, edits ...policyEdit) *psp.Policy {
	p := &psp.Policy{
		TypeMeta:   metav1.TypeMeta{APIVersion: psp.APIVersion, Kind: psp.Kind},
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{}},
	}
	for _, rule := range []*string{
		&p.Spec.SELinux.Rule, &p.Spec.RunAsUser.Rule, &p.Spec.SupplementalGroups.Rule, &p.Spec.FSGroup.Rule,
	} {
		*rule = psp.RunAsAny
	}
	for _, e := range edits {
		e(p)
	}
	return p
}

// engineOpen allows everything.
func engineOpen(name string, edits ...policyEdit) *psp.Policy {
	return engineClosed(name, append([]policyEdit{open}, edits...)...)
}

func open(p *psp.Policy) {
	p.Spec.Privileged, p.Spec.HostNetwork, p.Spec.HostPID, p.Spec.HostIPC = true, true, true, true
	p.Spec.HostPorts = []psp.PortRange{{Min: 0, Max: 65535}}
	p.Spec.Volumes = []string{psp.All}
	p.Spec.AllowedCapabilities = []corev1.Capability{psp.All}
	p.Spec.AllowedUnsafeSysctls = []string{psp.All}
	p.Annotations[psp.SeccompAllowedAnnotation] = psp.All
}

func ids(rule string, bounds ...int64) psp.IDs {
	strategy := psp.IDs{Rule: rule}
	for i := 0; i < len(bounds); i += 2 {
		strategy.Ranges = append(strategy.Ranges, psp.IDRange{Min: bounds[i], Max: bounds[i+1]})
	}
	return strategy
}

func noted(key, value string) policyEdit {
	return func(p *psp.Policy) { p.Annotations[key] = value }
}

func classes(byDefault *string, allowed ...string) policyEdit {
	return func(p *psp.Policy) {
		p.Spec.RuntimeClass = &psp.RuntimeClass{AllowedRuntimeClassNames: append([]string{}, allowed...), DefaultRuntimeClassName: byDefault}
	}
}

func mustRunAsLabel(o corev1.SELinuxOptions) policyEdit {
	return func(p *psp.Policy) { p.Spec.SELinux = psp.SELinux{Rule: psp.MustRunAs, Options: &o} }
}

func policyVolumes(names ...string) policyEdit {
	return func(p *psp.Policy) { p.Spec.Volumes = names }
}

func hostPaths(allowed ...psp.HostPath) policyEdit {
	return func(p *psp.Policy) { p.Spec.AllowedHostPaths = allowed }
}

func caps(names ...corev1.Capability) []corev1.Capability { return names }

// The runtime classes that the server has: it refuses pods that name others, whatever their policy.
const (
	classA = "psp-engine-a"
	classB = "psp-engine-b"
)

// policyEdits are all values of all fields that are tried, by field: each on its own, and mixed at random.
func policyEdits() [][]policyEdit {
	return [][]policyEdit{
		{func(p *psp.Policy) { p.Spec.Privileged = true }, func(p *psp.Policy) { p.Spec.Privileged = false }},
		{func(p *psp.Policy) { p.Spec.HostNetwork = true }, func(p *psp.Policy) { p.Spec.HostNetwork = false }},
		{func(p *psp.Policy) { p.Spec.HostPID = true }, func(p *psp.Policy) { p.Spec.HostPID = false }},
		{func(p *psp.Policy) { p.Spec.HostIPC = true }, func(p *psp.Policy) { p.Spec.HostIPC = false }},
		{
			func(p *psp.Policy) { p.Spec.HostPorts = nil },
			func(p *psp.Policy) { p.Spec.HostPorts = []psp.PortRange{{Min: 80, Max: 80}, {Min: 8000, Max: 9000}} },
		},
		capabilityEdits(),
		{
			policyVolumes(), policyVolumes("emptyDir", "configMap"), policyVolumes("secret"), policyVolumes("projected"),
			policyVolumes("hostPath", "secret"), policyVolumes("cephFS", "flexVolume", "csi", "nfs"), policyVolumes(psp.All),
		},
		{
			hostPaths(psp.HostPath{PathPrefix: "/var/log"}), hostPaths(psp.HostPath{PathPrefix: "/var/log/", ReadOnly: true}),
			hostPaths(psp.HostPath{PathPrefix: "/var", ReadOnly: true}, psp.HostPath{PathPrefix: "/var/log/pods"}),
			hostPaths(psp.HostPath{PathPrefix: "/"}),
		},
		{
			func(p *psp.Policy) { p.Spec.AllowedFlexVolumes = []psp.FlexVolume{{Driver: "a/b"}, {Driver: "c/d"}} },
			func(p *psp.Policy) { p.Spec.AllowedCSIDrivers = []psp.CSIDriver{{Name: "csi.example.com"}} },
		},
		{
			mustRunAsLabel(corev1.SELinuxOptions{Level: "s0:c6,c0"}),
			mustRunAsLabel(corev1.SELinuxOptions{User: "u", Role: "r", Type: "container_t", Level: "s0"}),
			mustRunAsLabel(corev1.SELinuxOptions{}),
			func(p *psp.Policy) { p.Spec.SELinux = psp.SELinux{Rule: psp.MustRunAs} }, // ignored by the plug-in
		},
		userEdits(),
		groupEdits(),
		{func(p *psp.Policy) { p.Spec.ReadOnlyRootFilesystem = true }},
		{
			func(p *psp.Policy) { p.Spec.AllowPrivilegeEscalation = new(false) },
			func(p *psp.Policy) { p.Spec.AllowPrivilegeEscalation = new(true) },
			func(p *psp.Policy) { p.Spec.DefaultAllowPrivilegeEscalation = new(false) },
			func(p *psp.Policy) { p.Spec.DefaultAllowPrivilegeEscalation = new(true) },
		},
		{
			func(p *psp.Policy) { p.Spec.AllowedUnsafeSysctls = nil },
			func(p *psp.Policy) { p.Spec.AllowedUnsafeSysctls = []string{"kernel.msg*", "net.core.somaxconn"} },
			func(p *psp.Policy) {
				p.Spec.AllowedUnsafeSysctls, p.Spec.ForbiddenSysctls = nil, []string{"kernel.shm_rmid_forced", "net.*"}
			},
			func(p *psp.Policy) { p.Spec.AllowedUnsafeSysctls, p.Spec.ForbiddenSysctls = nil, []string{psp.All} },
		},
		{
			classes(nil), classes(nil, psp.All), classes(nil, classA), classes(new(classB), classA, classB),
			classes(new(classA), psp.All),
		},
		{
			noted(psp.SeccompAllowedAnnotation, "runtime/default"), noted(psp.SeccompAllowedAnnotation, "docker/default,localhost/x"),
			noted(psp.SeccompAllowedAnnotation, "unconfined"), noted(psp.SeccompAllowedAnnotation, "*,runtime/default"),
			noted(psp.SeccompAllowedAnnotation, ""),
			func(p *psp.Policy) { delete(p.Annotations, psp.SeccompAllowedAnnotation) },
		},
		{
			noted(psp.SeccompDefaultAnnotation, "runtime/default"), noted(psp.SeccompDefaultAnnotation, "docker/default"),
			noted(psp.SeccompDefaultAnnotation, "localhost/x"), noted(psp.SeccompDefaultAnnotation, "unconfined"),
		},
		{
			noted(psp.AppArmorAllowedAnnotation, "runtime/default"), noted(psp.AppArmorAllowedAnnotation, "runtime/default,"),
			noted(psp.AppArmorAllowedAnnotation, "localhost/x,unconfined"), noted(psp.AppArmorAllowedAnnotation, ""),
		},
		{noted(psp.AppArmorDefaultAnnotation, "runtime/default"), noted(psp.AppArmorDefaultAnnotation, "localhost/x")},
	}
}

func capabilityEdits() []policyEdit {
	return []policyEdit{
		func(p *psp.Policy) { p.Spec.AllowedCapabilities = nil },
		func(p *psp.Policy) { p.Spec.AllowedCapabilities = caps("NET_ADMIN", "CHOWN") },
		func(p *psp.Policy) { p.Spec.DefaultAddCapabilities = caps("NET_RAW", "CHOWN", "AUDIT_WRITE") },
		func(p *psp.Policy) {
			p.Spec.AllowedCapabilities, p.Spec.RequiredDropCapabilities = nil, caps("NET_RAW", "KILL")
		},
		func(p *psp.Policy) {
			p.Spec.AllowedCapabilities, p.Spec.RequiredDropCapabilities = caps("NET_BIND_SERVICE"), caps("ALL")
		},
		func(p *psp.Policy) {
			p.Spec.AllowedCapabilities, p.Spec.DefaultAddCapabilities = nil, caps("SYS_TIME")
			p.Spec.RequiredDropCapabilities = caps("MKNOD", "ALL")
		},
	}
}

func userEdits() []policyEdit {
	return []policyEdit{
		func(p *psp.Policy) { p.Spec.RunAsUser = ids(psp.MustRunAs, 1000, 2000) },
		func(p *psp.Policy) { p.Spec.RunAsUser = ids(psp.MustRunAs, 5, 5, 0, 0) },
		func(p *psp.Policy) { p.Spec.RunAsUser = ids(psp.MustRunAs) }, // ignored by the plug-in
		func(p *psp.Policy) { p.Spec.RunAsUser = ids(psp.MustRunAsNonRoot) },
		func(p *psp.Policy) { p.Spec.RunAsUser = ids(psp.RunAsAny, 7, 7) },
	}
}

func groupEdits() []policyEdit {
	var edits []policyEdit
	for _, strategy := range []psp.IDs{
		ids(psp.MustRunAs, 1, 65535), ids(psp.MustRunAs, 3000, 3000, 0, 10), ids(psp.MayRunAs, 1, 100), ids(psp.MustRunAs),
	} {
		edits = append(edits,
			func(p *psp.Policy) { p.Spec.SupplementalGroups = strategy },
			func(p *psp.Policy) { p.Spec.FSGroup = strategy })
		if len(strategy.Ranges) > 0 {
			edits = append(edits, func(p *psp.Policy) { p.Spec.RunAsGroup = &strategy })
		}
	}
	return append(edits, func(p *psp.Policy) { p.Spec.RunAsGroup = new(ids(psp.RunAsAny)) })
}

// enginePolicies are each value of each field on a closed and on an open policy, then so many at random.
func enginePolicies(r *rand.Rand, prefix string, random int) []*psp.Policy {
	policies := []*psp.Policy{engineClosed(prefix + "closed"), engineOpen(prefix + "open")}
	for i, field := range policyEdits() {
		for j, edit := range field {
			policies = append(policies, engineOpen(fmt.Sprintf("%so-%d-%d", prefix, i, j), edit))
		}
	}
	for i := range random {
		p := engineClosed(fmt.Sprintf("%sr-%d", prefix, i))
		if r.IntN(4) > 0 {
			open(p)
		}
		for _, field := range policyEdits() {
			if r.IntN(3) == 0 {
				field[r.IntN(len(field))](p)
			}
		}
		policies = append(policies, p)
	}
	return policies
}
