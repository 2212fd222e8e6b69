package survey

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	"k8s.io/pod-security-admission/api"
)

// Mode is enforce, audit or warn.
type Mode string

// The modes of a Pod Security policy.
const (
	Enforce Mode = "enforce"
	Audit   Mode = "audit"
	Warn    Mode = "warn"
)

// Modes are all modes, in the order in which everything shows them.
func Modes() []Mode { return []Mode{Enforce, Audit, Warn} }

// LevelLabel and VersionLabel are the label keys of a mode.
func (m Mode) LevelLabel() string {
	return map[Mode]string{Enforce: api.EnforceLevelLabel, Audit: api.AuditLevelLabel, Warn: api.WarnLevelLabel}[m]
}

// VersionLabel is the label key of the mode's version.
func (m Mode) VersionLabel() string {
	return map[Mode]string{Enforce: api.EnforceVersionLabel, Audit: api.AuditVersionLabel, Warn: api.WarnVersionLabel}[m]
}

// of picks the mode's level and version out of a policy.
func (m Mode) of(p api.Policy) api.LevelVersion {
	switch m {
	case Enforce:
		return p.Enforce
	case Audit:
		return p.Audit
	default:
		return p.Warn
	}
}

// Edit is a proposed change of one mode's labels.
type Edit struct {
	// Level is the level to write, empty to remove the mode's labels.
	Level api.Level
	// Version is the version to write, empty to leave the version label as it is.
	Version string
}

// Candidate is a proposal for a namespace's labels: an edit for each mode named. Nil is no proposal.
type Candidate map[Mode]Edit

// ParseEdit reads LEVEL, LEVEL:VERSION or - (remove the labels of the mode).
func ParseEdit(s string) (Edit, error) {
	if s == "-" {
		return Edit{}, nil
	}
	level, version, versioned := strings.Cut(s, ":")
	parsed, err := api.ParseLevel(level)
	if err != nil {
		return Edit{}, fmt.Errorf("%w; - removes the mode's labels", err)
	}
	edit := Edit{Level: parsed}
	if !versioned {
		return edit, nil
	}
	if _, err := api.ParseVersion(version); err != nil {
		return Edit{}, fmt.Errorf("version %q %w", version, err)
	}
	if version == "" {
		return Edit{}, errors.New(`version is empty: must be "latest" or "v1.x"`)
	}
	edit.Version = version
	return edit, nil
}

// Apply returns the labels that a namespace would have: a changed copy.
func (c Candidate) Apply(labels map[string]string) map[string]string {
	changed := maps.Clone(labels)
	if changed == nil {
		changed = map[string]string{}
	}
	for mode, edit := range c {
		if edit.Level == "" {
			delete(changed, mode.LevelLabel())
			delete(changed, mode.VersionLabel())
			continue
		}
		changed[mode.LevelLabel()] = string(edit.Level)
		if edit.Version != "" {
			changed[mode.VersionLabel()] = edit.Version
		}
	}
	return changed
}

// Keys are the label keys of Pod Security, in the order in which everything shows them.
func Keys() []string {
	keys := make([]string, 0, 2*len(Modes()))
	for _, m := range Modes() {
		keys = append(keys, m.LevelLabel(), m.VersionLabel())
	}
	return keys
}

// PodSecurityLabels are those of a namespace's labels that are Pod Security's.
func PodSecurityLabels(labels map[string]string) map[string]string {
	own := map[string]string{}
	for _, key := range Keys() {
		if value, ok := labels[key]; ok {
			own[key] = value
		}
	}
	return own
}

// WithLabels is a copy of a namespace's labels in which Pod Security's are replaced by others.
func WithLabels(labels, podSecurity map[string]string) map[string]string {
	changed := maps.Clone(labels)
	if changed == nil {
		changed = map[string]string{}
	}
	for _, key := range Keys() {
		delete(changed, key)
	}
	maps.Copy(changed, podSecurity)
	return changed
}
