package standard

import "k8s.io/pod-security-admission/policy"

// privilegeProse is about power that containers are given.
func privilegeProse(id policy.CheckID) (prose, bool) {
	switch id {
	case "privileged":
		return privilegedProse(), true
	case "capabilities_baseline":
		return baselineCapabilitiesProse(), true
	case "capabilities_restricted":
		return restrictedCapabilitiesProse(), true
	case "allowPrivilegeEscalation":
		return escalationProse(), true
	default:
		return prose{}, false
	}
}

func privilegedProse() prose {
	return prose{
		forbids: "privileged containers",
		risk: "A privileged container has all capabilities and all devices of the node, and neither seccomp nor AppArmor nor SELinux holds " +
			"it. It can mount the node's disk and load kernel modules: it is root on the node, and from there reads the secrets of every pod that runs on it.",
		remedy: "Leave it out, find out what is really needed, and ask for that: one capability, a device by a device plugin, a sysctl that is " +
			"allowed. What needs all of it goes to a namespace of its own that enforces privileged.",
		fields:  inContainers("securityContext.privileged"),
		allowed: []values{{values: []string{unset, "false"}}},
		denied: `spec:
  containers:
  - name: app
    securityContext:
      privileged: true
`,
		passing: `spec:
  containers:
  - name: app
    securityContext:
      privileged: false   # or left out
`,
	}
}

func baselineCapabilitiesProse() prose {
	return prose{
		forbids: "capabilities beyond the default set",
		risk: "Capabilities are root's power in pieces. SYS_ADMIN mounts file systems and comes close to root on the node, SYS_MODULE loads code " +
			"into its kernel, SYS_PTRACE reads other processes, NET_ADMIN rewrites networks, and NET_RAW, which many runtimes grant by default, " +
			"forges packets, so that a pod can pass for another one or for the DNS.",
		remedy: "Leave add out, or ask for names in the list. Names are written without CAP_, and ALL is not among them. ping works without NET_RAW where " +
			"the sysctl net.ipv4.ping_group_range, which is allowed, includes the group.",
		fields: inContainers("securityContext.capabilities.add"),
		allowed: []values{{"capabilities.add", []string{
			unset, "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID",
			"SETPCAP", "SETUID", "SYS_CHROOT",
		}}},
		denied: `spec:
  containers:
  - name: app
    securityContext:
      capabilities:
        add: [SYS_ADMIN]
`,
		passing: `spec:
  containers:
  - name: app
    securityContext:
      capabilities:
        add: [CHOWN]
`,
	}
}

func restrictedCapabilitiesProse() prose {
	return prose{
		forbids: "any capability but NET_BIND_SERVICE",
		risk: "Even the default set lets root in the container change owners, read any file of its image and volumes, and become other " +
			"users. None of it is left to an intruder if the container drops ALL.",
		remedy: `Drop ALL in every container, spelled so, init containers and injected sidecars too; there is no field for the whole pod. Add ` +
			`NET_BIND_SERVICE only to listen on ports below 1024, or listen on a higher one and let the Service translate.`,
		fields: inContainers("securityContext.capabilities.drop", "securityContext.capabilities.add"),
		allowed: []values{
			{"capabilities.drop", []string{"a list with ALL in it"}},
			{"capabilities.add", []string{unset, "NET_BIND_SERVICE"}},
		},
		changes: []change{{text: "Windows pods are exempt", exempt: WindowsPods}},
		denied: `spec:
  containers:
  - name: app
    securityContext:
      capabilities:
        drop: [NET_RAW]
`,
		passing: `spec:
  containers:
  - name: app
    securityContext:
      capabilities:
        drop: [ALL]
        add: [NET_BIND_SERVICE]   # only where needed
`,
	}
}

func escalationProse() prose {
	return prose{
		forbids: "gaining rights by set-user-ID programs",
		risk: "Unless it is set to false, a program that runs as an ordinary user may start sudo, su or another set-user-ID program of the image and be " +
			"root in the container, with all the capabilities that the container has. false makes the kernel refuse that (no_new_privs).",
		remedy: "Set it to false in every container, init containers and injected sidecars too; there is no field for the whole pod. The API server " +
			"refuses it beside privileged: true.",
		fields:  inContainers("securityContext.allowPrivilegeEscalation"),
		allowed: []values{{values: []string{"false"}}},
		changes: []change{{text: "Windows pods are exempt", exempt: WindowsPods}},
		denied: `spec:
  containers:
  - name: app   # unset means true
`,
		passing: `spec:
  containers:
  - name: app
    securityContext:
      allowPrivilegeEscalation: false
`,
	}
}
