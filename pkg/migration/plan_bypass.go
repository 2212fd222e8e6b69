package migration

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/rbac"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// The names of the way around PodSecurityPolicy, as the official migration guide has them. Where a name is taken by
// something else, ours comes with a prefix: nothing that exists is changed.
const (
	openPolicy  = "privileged"
	openRole    = "privileged-psp"
	openBinding = "disable-psp"
	ownPrefix   = "pss-"
)

// bypass: every service account of the namespace may use a policy that admits everything and writes nothing, so that
// Pod Security alone decides.
func (p *planner) bypass(sp *space) verdict {
	policies := p.missing("", resourcePolicies)
	access := p.missing(sp.name(), rbacResources()...)
	w := p.wayAround(sp.name())
	objects := w.objects()
	commands := []string{p.Shell.pipe(p.Shell.planOf([]string{sp.name()}, "--bypass"), "apply", "-f", "-")}
	undo := []string{p.Shell.kubectl("delete", "rolebinding", "-n", sp.name(), w.binding.Name)}
	switch {
	case !p.Check.Served:
		return notNeeded("this server has no PodSecurityPolicy")
	case p.Plugin.Value == report.PodSecurityInactive:
		return notNeeded("PodSecurityPolicy is off")
	case policies != "" || access != "":
		return unknown("could not read %s", strings.Join(nonEmpty(policies, access), ", "))
	}
	if policy := p.openFor(sp.name()); policy != "" {
		v := done("every service account here may use %s, which admits everything and writes nothing", policy).with(objects...)
		if w.bound {
			v.undo = undo
		}
		return v
	}
	return open("pods here must still satisfy a policy, and may be changed by it").by(commands, undo).with(objects...)
}

func rbacResources() []string {
	return []string{
		"clusterroles.rbac.authorization.k8s.io", "clusterrolebindings.rbac.authorization.k8s.io",
		"roles.rbac.authorization.k8s.io", "rolebindings.rbac.authorization.k8s.io",
	}
}

// openFor is a policy that admits everything and that all service accounts of a namespace may use, empty for none.
func (p *planner) openFor(namespace string) string {
	// Not the name of any account: what one of them may, the others need not.
	all := rbac.User{Groups: rbac.ServiceAccount(namespace, "").Groups}
	rights := p.index.access[namespace].Rights(all, namespace)
	for _, name := range p.index.open {
		if slices.ContainsFunc(PolicyGroups(), func(group string) bool { return rights.May(UseOf(name, group)) }) {
			return name
		}
	}
	return ""
}

// admitsAll says whether a policy admits every pod as it is. Unsafe sysctls and unmasked /proc are left aside: a kubelet
// or a feature gate has to allow them too, and a workload with them keeps the policy that it has.
func admitsAll(p *psp.Policy) bool {
	s := &p.Spec
	profiles, confined := p.Annotations[psp.AppArmorAllowedAnnotation]
	anyID := func(ids psp.IDs) bool { return ids.Rule == psp.RunAsAny }
	return s.Privileged && s.HostNetwork && s.HostPID && s.HostIPC && !s.ReadOnlyRootFilesystem &&
		slices.Contains(s.Volumes, psp.All) && slices.Contains(s.AllowedCapabilities, psp.All) &&
		slices.ContainsFunc(s.HostPorts, func(r psp.PortRange) bool { return r.Min <= 1 && r.Max >= 65535 }) &&
		s.SELinux.Rule == psp.RunAsAny && anyID(s.RunAsUser) && (s.RunAsGroup == nil || anyID(*s.RunAsGroup)) &&
		anyID(s.SupplementalGroups) && anyID(s.FSGroup) &&
		(s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation) &&
		len(s.RequiredDropCapabilities)+len(s.AllowedHostPaths)+len(s.AllowedFlexVolumes)+len(s.AllowedCSIDrivers)+len(s.ForbiddenSysctls) == 0 &&
		(s.RuntimeClass == nil || slices.Contains(s.RuntimeClass.AllowedRuntimeClassNames, psp.All)) &&
		anyProfile(p.Annotations[psp.SeccompAllowedAnnotation]) && (!confined || anyProfile(profiles)) &&
		len(p.Assess().Writes) == 0
}

func anyProfile(list string) bool {
	return slices.ContainsFunc(strings.Split(list, ","), func(s string) bool { return strings.TrimSpace(s) == psp.All })
}

// wayAround are the objects that let a namespace around PodSecurityPolicy.
type wayAround struct {
	policy  *psp.Policy
	role    *rbacv1.ClusterRole
	binding *rbacv1.RoleBinding
	// bound says that this very binding is there, theirs that somebody else made the policy.
	bound, theirs bool
}

// objects are those that are ours to make.
func (w *wayAround) objects() []any {
	if w.theirs {
		return []any{w.role, w.binding}
	}
	return []any{w.policy, w.role, w.binding}
}

// wayAround uses what is there and takes no name from anything else.
func (p *planner) wayAround(namespace string) wayAround {
	w := wayAround{policy: openPolicyNamed(openPolicy)}
	for _, have := range p.Policies {
		if have.Name != openPolicy {
			continue
		}
		switch {
		case samePolicy(have, w.policy):
		case admitsAll(have):
			w.policy, w.theirs = have, true
		default:
			w.policy = openPolicyNamed(ownPrefix + openPolicy)
		}
	}
	rules := []rbacv1.PolicyRule{useOf(w.policy.Name)}
	w.role = newClusterRole(openRole, rules...)
	for i := range p.Access.ClusterRoles {
		if have := &p.Access.ClusterRoles[i]; have.Name == openRole && !equality.Semantic.DeepEqual(have.Rules, rules) {
			w.role.Name = ownPrefix + openRole
		}
	}
	w.binding = newRoleBinding(namespace, openBinding, w.role.Name, rbac.ServiceAccounts+":"+namespace)
	for i := range p.index.access[namespace].RoleBindings {
		have := &p.index.access[namespace].RoleBindings[i]
		if have.Name != openBinding && have.Name != ownPrefix+openBinding {
			continue
		}
		switch {
		case have.RoleRef == w.binding.RoleRef && equality.Semantic.DeepEqual(have.Subjects, w.binding.Subjects):
			w.binding.Name, w.bound = have.Name, true
		case have.Name == openBinding:
			w.binding.Name = ownPrefix + openBinding
		}
	}
	return w
}

func openPolicyNamed(name string) *psp.Policy {
	p := newPolicy(name)
	p.Annotations = map[string]string{psp.SeccompAllowedAnnotation: psp.All}
	anybody := psp.IDs{Rule: psp.RunAsAny}
	escalation := true
	p.Spec = psp.Spec{
		Privileged: true, AllowPrivilegeEscalation: &escalation, AllowedCapabilities: []corev1.Capability{psp.All}, Volumes: []string{psp.All},
		HostNetwork: true, HostPID: true, HostIPC: true, HostPorts: []psp.PortRange{{Min: 0, Max: 65535}},
		AllowedUnsafeSysctls: []string{psp.All}, SELinux: psp.SELinux{Rule: psp.RunAsAny},
		RunAsUser: anybody, SupplementalGroups: anybody, FSGroup: anybody,
	}
	return p
}
