package standard

import "k8s.io/pod-security-admission/policy"

// userProse is about whom containers run as, and what a user namespace makes harmless.
func userProse(id policy.CheckID) (prose, bool) {
	switch id {
	case "runAsNonRoot":
		return nonRootProse(), true
	case "runAsUser":
		return userIDProse(), true
	case "procMount":
		p := procMountProse()
		p.changes = []change{{text: "pods with a user namespace are exempt", exempt: UserNamespacePods}}
		return p, true
	case "procMount_restricted":
		p := procMountProse()
		p.forbids = "an unmasked /proc, without exception"
		p.remedy = "Leave it out. What needs an unmasked /proc, such as a builder of images, goes to a namespace that enforces baseline, " +
			"where hostUsers: false lets it pass."
		return p, true
	default:
		return prose{}, false
	}
}

func nonRootProse() prose {
	return prose{
		forbids: "containers that may run as root",
		risk: "Without a user namespace, root in a container is the node's root behind a wall. Whatever gets through, a flaw of the kernel or the " +
			"runtime, a file of the node that is mounted, is then used with root's rights.",
		remedy: "Set runAsNonRoot: true for the pod and nowhere false; a false of the pod is denied even where every container says true. The image has to name a " +
			"user by number, or runAsUser has to: the kubelet does not start a container that would be root after all.",
		fields: inPodAndContainers("runAsNonRoot"),
		allowed: []values{
			{"of a container", []string{"true", "unset where the pod's is true"}},
			{"of the pod", []string{"true", "unset where every container's is true"}},
		},
		changes: []change{{text: "pods with a user namespace are exempt", exempt: UserNamespacePods}},
		servers: []string{userNamespaceGate},
		denied: `spec:
  containers:
  - name: app   # unset: the image decides
`,
		passing: `spec:
  securityContext:
    runAsNonRoot: true
    runAsUser: 1000   # unless the image names a user by number
  containers:
  - name: app
`,
	}
}

// userNamespaceGate is a feature gate that came and went between policy versions.
const userNamespaceGate = "Servers from v1.29 to v1.34 with the feature gate UserNamespacesPodSecurityStandards, which is off by default, exempt pods with " +
	"hostUsers: false at every version."

func userIDProse() prose {
	return prose{
		forbids: "asking for root by number",
		risk:    "User 0 is root, with the risk that runAsNonRoot speaks of. This check denies those who ask for it in so many words.",
		remedy: "Leave it out, so that the image decides, or set any other number. A 0 of the pod is denied even where every container sets " +
			"another number.",
		fields:  inPodAndContainers("runAsUser"),
		allowed: []values{{values: []string{unset, "any number but 0"}}},
		changes: []change{{text: "pods with a user namespace are exempt", exempt: UserNamespacePods}},
		servers: []string{userNamespaceGate},
		denied: `spec:
  containers:
  - name: app
    securityContext:
      runAsUser: 0
`,
		passing: `spec:
  containers:
  - name: app
    securityContext:
      runAsUser: 1000
`,
	}
}

func procMountProse() prose {
	return prose{
		forbids: "an unmasked /proc",
		risk: "Runtimes hide parts of /proc or make them read-only, because they are the node's and not the container's: kernel memory, kernel " +
			"parameters, the trigger that restarts the machine. Unmasked opens them; root in the container can then have the node run a program as root.",
		remedy: "Leave it out. What needs an unmasked /proc, such as a builder of images in containers, gets a user namespace (hostUsers: false), " +
			"which the API server demands for Unmasked anyway.",
		fields:  inContainers("securityContext.procMount"),
		allowed: []values{{values: []string{unset, "Default"}}},
		denied: `spec:
  containers:
  - name: app
    securityContext:
      procMount: Unmasked
`,
		passing: `spec:
  containers:
  - name: app
    securityContext:
      procMount: Default   # or left out
`,
	}
}
