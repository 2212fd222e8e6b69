package standard

import (
	"fmt"

	"k8s.io/pod-security-admission/policy"
)

// profileProse is about profiles that confine what a container's processes may do.
func profileProse(id policy.CheckID) (prose, bool) {
	switch id {
	case "appArmorProfile":
		return appArmorProse(), true
	case "seccompProfile_baseline":
		return baselineSeccompProse(), true
	case "seccompProfile_restricted":
		return restrictedSeccompProse(), true
	case "seLinuxOptions":
		return seLinuxProse(), true
	default:
		return prose{}, false
	}
}

func appArmorProse() prose {
	return prose{
		forbids: "switching AppArmor off",
		risk: "AppArmor keeps processes, root included, from files and kernel interfaces that are none of a container's business. Without a " +
			"profile, a flaw of the program or the runtime leads further: mounts, kernel parameters, the node.",
		remedy: "Leave it out, which means the runtime's default profile where the node has AppArmor, or set RuntimeDefault. A program that needs more gets a " +
			"profile of its own, loaded on the nodes and named by type: Localhost. Remove old annotations: each is looked at, also one that " +
			"names no container of the pod.",
		fields: append(inPodAndContainers("appArmorProfile.type"), "metadata.annotations[container.apparmor.security.beta.kubernetes.io/*]"),
		allowed: []values{
			{"type", []string{unset, "RuntimeDefault", "Localhost"}},
			{"annotation", []string{unset, `""`, "runtime/default", "localhost/*"}},
		},
		servers: []string{fmt.Sprintf("Servers before v1.%d look at annotations only.", appArmorFieldsSince)},
		denied: `metadata:
  annotations:
    container.apparmor.security.beta.kubernetes.io/app: unconfined
spec:
  containers:
  - name: app
    securityContext:
      appArmorProfile:
        type: Unconfined
`,
		passing: `spec:
  containers:
  - name: app
    securityContext:
      appArmorProfile:
        type: RuntimeDefault   # or left out
`,
	}
}

func baselineSeccompProse() prose {
	return prose{
		forbids: "switching seccomp off",
		risk: "seccomp keeps containers from system calls that they hardly ever need and that flaws of the kernel are often found behind. Unconfined " +
			"opens all of them.",
		remedy: "Leave it out or set RuntimeDefault. A program that needs more gets a profile of its own on the nodes, named by type: Localhost.",
		fields: append(inPodAndContainers("seccompProfile.type"),
			"metadata.annotations["+seccompPodAnnotation+"]", "metadata.annotations["+seccompContainerAnnotationPrefix+"*]"),
		allowed: []values{
			{"type", []string{unset, "RuntimeDefault", "Localhost"}},
			{"annotation (first version only)", []string{unset, "runtime/default", "docker/default", "localhost/*"}},
		},
		changes: []change{{text: "fields count in place of annotations"}},
		denied: `metadata:
  annotations:   # what counted before there were fields
    container.seccomp.security.alpha.kubernetes.io/app: unconfined
spec:
  containers:
  - name: app
    securityContext:
      seccompProfile:
        type: Unconfined
`,
		passing: `spec:
  containers:
  - name: app
    securityContext:
      seccompProfile:
        type: RuntimeDefault   # or left out
`,
	}
}

func restrictedSeccompProse() prose {
	return prose{
		forbids: "running without a seccomp profile",
		risk: "Unless the kubelet is told otherwise (seccompDefault), a container that names no profile runs without any: every system call is open to it, " +
			"and with them the flaws of the kernel that are often found behind the rarer ones.",
		remedy: "Set RuntimeDefault once for the pod; it holds for every container that names none. An Unconfined of the pod is denied even where every " +
			"container sets another.",
		fields: inPodAndContainers("seccompProfile.type"),
		allowed: []values{
			{"of a container", []string{"RuntimeDefault", "Localhost", "unset where the pod's is allowed"}},
			{"of the pod", []string{"RuntimeDefault", "Localhost", "unset where every container's is allowed"}},
		},
		changes: []change{{text: "Windows pods are exempt", exempt: WindowsPods}},
		denied: `spec:
  containers:
  - name: app   # unset
`,
		passing: `spec:
  securityContext:
    seccompProfile:
      type: RuntimeDefault
  containers:
  - name: app
`,
	}
}

func seLinuxProse() prose {
	return prose{
		forbids: "SELinux users, roles and foreign types",
		risk: "The type decides which files and processes of the node SELinux lets a container touch. Types such as spc_t lift that confinement, and user and " +
			"role open the way to others.",
		remedy: "Leave type, user and role out. level is free: it is how pods are kept apart or let share a volume.",
		fields: inPodAndContainers("seLinuxOptions.type", "seLinuxOptions.user", "seLinuxOptions.role"),
		allowed: []values{
			{"type", []string{unset, "container_t", "container_init_t", "container_kvm_t"}},
			{"user, role", []string{unset}},
		},
		changes: []change{{allows: values{"type", []string{"container_engine_t"}}}},
		servers: []string{fmt.Sprintf("Servers before v1.%d deny a user or role without naming it, unless the type is wrong too.", fullSELinuxTextSince)},
		denied: `spec:
  securityContext:
    seLinuxOptions:
      type: spc_t
`,
		passing: `spec:
  securityContext:
    seLinuxOptions:
      level: s0:c123,c456
`,
	}
}
