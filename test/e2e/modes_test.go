//go:build e2e

package e2e

import (
	"strings"

	"k8s.io/pod-security-admission/api"
)

// modes are levels as the plugin's flags take them: LEVEL, LEVEL:VERSION, - for no label. Empty leaves a mode alone.
type modes struct{ enforce, audit, warn string }

// all is one level and version for every mode.
func all(lv string) modes { return modes{enforce: lv, audit: lv, warn: lv} }

// told is a level and version that is enforced on nobody: a refused pod gets no warning, so that it takes this one
// beside all to see everything.
func told(lv string) modes { return modes{enforce: "-", audit: lv, warn: lv} }

// each calls f for every mode that is set.
func (m modes) each(f func(mode, value string)) {
	for _, mode := range []struct{ name, value string }{{"enforce", m.enforce}, {"audit", m.audit}, {"warn", m.warn}} {
		if mode.value != "" {
			f(mode.name, mode.value)
		}
	}
}

// flags propose the modes to the plugin.
func (m modes) flags() []string {
	var flags []string
	m.each(func(mode, value string) { flags = append(flags, "--"+mode+"="+value) })
	return flags
}

// patch is the change of labels that the flags propose: what `kubectl label` would send.
func (m modes) patch() map[string]*string {
	patch := map[string]*string{}
	m.each(func(mode, value string) {
		key := labelKey(mode)
		level, version, versioned := strings.Cut(value, ":")
		switch {
		case value == "-":
			patch[key], patch[key+"-version"] = nil, nil
		case versioned:
			patch[key], patch[key+"-version"] = &level, &version
		default:
			patch[key] = &level
		}
	})
	return patch
}

// labels are those of a namespace that has these modes and nothing else.
func (m modes) labels() map[string]string {
	labels := map[string]string{}
	for key, value := range m.patch() {
		if value != nil {
			labels[key] = *value
		}
	}
	return labels
}

// labelKey is the label of a mode's level.
func labelKey(mode string) string {
	return map[string]string{"enforce": api.EnforceLevelLabel, "audit": api.AuditLevelLabel, "warn": api.WarnLevelLabel}[mode]
}
