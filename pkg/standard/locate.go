package standard

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// Field is where in a pod a denial stands, and what stands there.
type Field struct {
	// Path is relative to the pod, such as spec.containers[0].securityContext.privileged.
	Path string
	// Container is the name of the container concerned, empty for the pod as a whole.
	Container string
	// Value is a bool, an int64, a string or nil where the field is unset. Of a volume's source it is what tells
	// it from others of its type (a hostPath's path); of capabilities.drop, the list joined by ", ".
	Value any
}

// Locate returns the fields for which a check, in the revision of a policy version (as evaluated, never latest), has
// the server deny a pod; none where it allows it. They are all that must change and no more: with each of them at an allowed
// value the check passes, with any one left as it is the check denies.
//
// Allowed means set right, not merely removed: a pod-level runAsNonRoot or seccompProfile that is set to a bad value
// stands for the containers that would inherit it. Verdicts stay upstream's; the tests hold this table to them.
func (e *Evaluator) Locate(check policy.CheckID, v api.Version, m *metav1.ObjectMeta, s *corev1.PodSpec) []Field {
	var locate locator
	for _, r := range revisions(check) {
		if v.Older(api.MajorMinorVersion(1, r.since)) {
			break
		}
		locate = r.locate
	}
	if locate == nil {
		return nil
	}
	return locate(pod{meta: m, spec: s, server: e.server})
}

// locator finds the fields for which one revision of a check denies a pod.
type locator func(pod) []Field

// revision is a check as it is in force from a policy version v1.<since> on.
type revision struct {
	since  int
	locate locator
}

// revisions is the table: every check with every revision, oldest first; none for an ID that is no check.
func revisions(check policy.CheckID) []revision {
	switch check {
	case "appArmorProfile":
		return []revision{{0, appArmorProfile}}
	case "capabilities_baseline":
		return []revision{{0, nonDefaultCapabilities}}
	case "hostNamespaces":
		return []revision{{0, hostNamespaces}}
	case "hostPathVolumes":
		return []revision{{0, hostPathVolumes}}
	case "hostPorts":
		return []revision{{0, hostPorts}}
	case "hostProbesAndHostLifecycle":
		return []revision{{34, handlerHosts}}
	case "privileged":
		return []revision{{0, privileged}}
	case "procMount":
		return []revision{{0, procMount}, {35, unlessUserNamespace(procMount)}}
	case "seLinuxOptions":
		return []revision{{0, seLinuxOptions(0)}, {31, seLinuxOptions(31)}}
	case "seccompProfile_baseline":
		return []revision{{0, seccompAnnotations}, {19, badSeccompProfiles}}
	case "sysctls":
		return []revision{{0, sysctls(0)}, {27, sysctls(27)}, {29, sysctls(29)}, {32, sysctls(32)}, {37, sysctls(37)}}
	case "windowsHostProcess":
		return []revision{{0, windowsHostProcess}}
	case "allowPrivilegeEscalation":
		return []revision{{8, allowPrivilegeEscalation}, {25, unlessWindows(allowPrivilegeEscalation)}}
	case "capabilities_restricted":
		return []revision{{22, unrestrictedCapabilities}, {25, unlessWindows(unrestrictedCapabilities)}}
	case "procMount_restricted":
		return []revision{{35, procMount}}
	case "restrictedVolumes":
		return []revision{{0, restrictedVolumes}}
	case "runAsNonRoot":
		return []revision{{0, runAsNonRoot}, {35, unlessUserNamespace(runAsNonRoot)}}
	case "runAsUser":
		return []revision{{23, runAsUser}, {35, unlessUserNamespace(runAsUser)}}
	case "seccompProfile_restricted":
		return []revision{{19, requiredSeccompProfile}, {25, unlessWindows(requiredSeccompProfile)}}
	default:
		return nil
	}
}

// unlessWindows waives what cannot be set on Windows. Only the declared operating system counts, no node selector.
func unlessWindows(locate locator) locator {
	return func(p pod) []Field {
		if p.spec.OS != nil && p.spec.OS.Name == corev1.Windows {
			return nil
		}
		return locate(p)
	}
}

// unlessUserNamespace waives what a user namespace makes harmless.
func unlessUserNamespace(locate locator) locator {
	return func(p pod) []Field {
		if p.spec.HostUsers != nil && !*p.spec.HostUsers {
			return nil
		}
		return locate(p)
	}
}
