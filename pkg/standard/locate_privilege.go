package standard

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// privileged: containers must not be privileged.
func privileged(p pod) []Field {
	return located(p.containers(), "privileged", func(s setter) (any, bool) {
		return true, isTrue(s.context.Privileged)
	})
}

// windowsHostProcess: neither pod nor containers may be host processes.
func windowsHostProcess(p pod) []Field {
	return located(p.setters(), "windowsOptions.hostProcess", func(s setter) (any, bool) {
		w := s.context.WindowsOptions
		return true, w != nil && isTrue(w.HostProcess)
	})
}

// procMount: containers must leave the masks over /proc as they are.
func procMount(p pod) []Field {
	return located(p.containers(), "procMount", func(s setter) (any, bool) {
		m := s.context.ProcMount
		if m == nil || *m == corev1.DefaultProcMount {
			return nil, false
		}
		return string(*m), true
	})
}

// allowPrivilegeEscalation: every container must set it to false.
func allowPrivilegeEscalation(p pod) []Field {
	return located(p.containers(), "allowPrivilegeEscalation", func(s setter) (any, bool) {
		b := s.context.AllowPrivilegeEscalation
		if b == nil {
			return nil, true
		}
		return *b, *b
	})
}

// nonDefaultCapabilities: containers may add only what container runtimes grant by default, less NET_RAW.
func nonDefaultCapabilities(p pod) []Field {
	var found []Field
	for _, s := range p.containers() {
		found = append(found, addedCapabilities(s,
			"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
			"SETGID", "SETPCAP", "SETUID", "SYS_CHROOT")...)
	}
	return found
}

// unrestrictedCapabilities: every container must drop ALL, spelled so, and may add only NET_BIND_SERVICE.
func unrestrictedCapabilities(p pod) []Field {
	var found []Field
	for _, s := range p.containers() {
		var dropped []string
		if c := s.context.Capabilities; c != nil {
			for _, name := range c.Drop {
				dropped = append(dropped, string(name))
			}
		}
		if !slices.Contains(dropped, "ALL") {
			found = append(found, s.secured("capabilities.drop", orNil(strings.Join(dropped, ", "))))
		}
		found = append(found, addedCapabilities(s, "NET_BIND_SERVICE")...)
	}
	return found
}

// addedCapabilities are the capabilities that a container adds beyond the allowed ones.
func addedCapabilities(s setter, allowed ...corev1.Capability) []Field {
	if s.context.Capabilities == nil {
		return nil
	}
	var found []Field
	for i, name := range s.context.Capabilities.Add {
		if !slices.Contains(allowed, name) {
			path := s.path().Child("securityContext", "capabilities", "add").Index(i)
			found = append(found, s.at(path, string(name)))
		}
	}
	return found
}
