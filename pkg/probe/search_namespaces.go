package probe

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
)

// Modes, by which defaults are known.
const (
	enforce = "enforce"
	audit   = "audit"
	warn    = "warn"
)

// activity asks for labels that only Pod Security minds.
func (s *Search) activity(ctx context.Context) {
	labels := map[string]string{api.EnforceLevelLabel: noLevel}
	var n notice
	switch {
	case s.rights.create:
		n = s.create(ctx, "", labels)
	case s.rights.patch && len(s.wanted.Namespaces) > 0:
		n = s.patch(ctx, s.wanted.Namespaces[0].Name, labels)
	default:
		return
	}
	by := s.by()
	switch {
	case n.invalid:
		s.found.PodSecurity = Fact{Active, by.how + ": an invalid level is refused", by.needs}
	case n.passed && n.labels[api.EnforceLevelLabel] == noLevel:
		s.found.PodSecurity = Fact{Inactive, by.how + ": an invalid level is taken", by.needs}
	case n.passed:
		s.found.PodSecurity = Fact{"", alteredText, by.needs}
	default:
		s.found.PodSecurity = Fact{"", n.why, by.needs}
	}
}

// far asks something of pods in enforce mode, under a policy that is no default, so that the server warns where it does nothing.
func far() map[string]string {
	return map[string]string{api.EnforceLevelLabel: string(api.LevelRestricted), api.EnforceVersionLabel: farVersion}
}

// namespaces asks about each namespace whether labels do anything there.
func (s *Search) namespaces(ctx context.Context) {
	if !s.byWarnings() {
		return
	}
	s.altered = s.arrive(ctx, far())
	names := map[string]bool{}
	for i := range s.wanted.Namespaces {
		names[s.wanted.Namespaces[i].Name] = true
	}
	var mu sync.Mutex
	_ = each(ctx, names, func(ctx context.Context, name string) { // ends early only with the context, which Run sees
		fact := s.exemption(ctx, name)
		mu.Lock()
		defer mu.Unlock()
		s.found.Namespaces[name] = fact
	})
}

func (s *Search) exemption(ctx context.Context, name string) Fact {
	by := s.by()
	switch n := s.label(ctx, name, far()); {
	case n.exempt:
		return Fact{Exempt, by.how + ": the server warns that labels do nothing there", by.needs}
	case n.looked:
		return Fact{NotExempt, by.how + ": the server looks at the pods that run there", by.needs}
	case n.invalid:
		return Fact{"", alteredText, by.needs}
	case !n.passed:
		return Fact{"", n.why, by.needs}
	case s.altered != "":
		return Fact{"", s.altered, by.needs}
	case s.found.PodSecurity.Value != Active:
		return Fact{"", "whether Pod Security is active is not known", by.needs}
	default:
		return Fact{NotExempt, by.how + ": labels that do nothing in exempt ones are taken without a warning", by.needs}
	}
}

// exemptDefaults asks an exempt namespace for labels that leave a part of the policy to the defaults: the warning spells the
// policy out.
func (s *Search) exemptDefaults(ctx context.Context) {
	at := slices.IndexFunc(s.wanted.Namespaces, func(ns corev1.Namespace) bool {
		f := s.found.Namespaces[ns.Name]
		return f.Value == Exempt
	})
	if at < 0 {
		return
	}
	name := s.wanted.Namespaces[at].Name
	by := source{fmt.Sprintf("warning of the exempt namespace %s", name), s.by().needs}
	s.exemptLevels(ctx, name, by)
	s.exemptVersions(ctx, name, by)
}

// exemptLevels leaves the levels to the defaults. A mode that has a label and is not named asks nothing: it is privileged.
func (s *Search) exemptLevels(ctx context.Context, name string, by source) {
	labels := map[string]string{
		api.EnforceLevelLabel: "", api.EnforceVersionLabel: farVersion,
		api.AuditLevelLabel: "", api.AuditVersionLabel: farVersion,
		api.WarnLevelLabel: "", api.WarnVersionLabel: farVersion,
	}
	if s.arrive(ctx, labels) != "" {
		return
	}
	modes := []string{enforce, audit, warn}
	n := s.label(ctx, name, labels)
	if !s.rights.create && n.passed && !n.exempt {
		// A change that enforces nothing is not looked at: nothing is said of the other modes.
		s.learn(enforce, string(api.LevelPrivileged), by)
		labels[api.EnforceLevelLabel], labels[api.WarnLevelLabel] = string(api.LevelRestricted), string(api.LevelPrivileged)
		modes = []string{audit} // of warn a level would be implied
		if n = s.patch(ctx, name, labels); !n.exempt {
			return
		}
	}
	if !n.passed {
		return
	}
	for _, mode := range modes {
		level := api.LevelPrivileged
		if lv, ok := n.policy[mode]; ok {
			level = lv.Level
		}
		s.learn(mode, string(level), by)
	}
}

// exemptVersions leaves the versions to the defaults. A policy that equals them is not spelt out: another level is tried.
func (s *Search) exemptVersions(ctx context.Context, name string, by source) {
	for _, level := range []api.Level{api.LevelRestricted, api.LevelBaseline} {
		labels := map[string]string{
			api.EnforceLevelLabel: string(level), api.AuditLevelLabel: string(level), api.WarnLevelLabel: string(level),
			api.EnforceVersionLabel: "", api.AuditVersionLabel: "", api.WarnVersionLabel: "",
		}
		if s.arrive(ctx, labels) != "" {
			return
		}
		n := s.label(ctx, name, labels)
		if !n.exempt || !n.passed {
			continue
		}
		for mode, lv := range n.policy {
			s.versions[mode] = lv.Version.String()
			if _, known := s.told[mode]; !known {
				s.told[mode] = by
			}
		}
		return
	}
}

// learn keeps the level of a default.
func (s *Search) learn(mode, level string, by source) {
	if _, known := s.levels[mode]; !known {
		s.levels[mode], s.told[mode] = level, by
	}
}

// system is kube-system, where pods run nearly everywhere that baseline forbids, if no label enforces anything there.
func (s *Search) system() *corev1.Namespace {
	for i := range s.wanted.Namespaces {
		ns := &s.wanted.Namespaces[i]
		if ns.Name == kubeSystem && !labelled(ns, api.EnforceLevelLabel, api.EnforceVersionLabel) {
			return ns
		}
	}
	return nil
}

// standing goes by the pods that run in kube-system: at a change of labels the server says which of them violate the
// level to be enforced, whoever asks, and says nothing where the default enforces none.
func (s *Search) standing(ctx context.Context) {
	ns := s.system()
	if ns == nil || !s.rights.patch || s.levels[enforce] != "" && s.versions[enforce] != "" {
		return
	}
	by := source{"dry run of a change of kube-system's labels: what the server says of the pods that run there", "patch namespaces"}
	change := func(level, version string) notice {
		return s.patch(ctx, ns.Name, map[string]string{api.EnforceLevelLabel: level, api.EnforceVersionLabel: version})
	}
	if n := change(string(api.LevelBaseline), farVersion); !n.passed || n.standing == "" || n.partly {
		return
	}
	if _, known := s.found.Namespaces[ns.Name]; !known {
		s.found.Namespaces[ns.Name] = Fact{NotExempt, by.how, by.needs}
	}
	switch n := change("", farVersion); {
	case !n.passed:
	case n.standing != "":
		level, _, _ := strings.Cut(n.standing, ":")
		s.learn(enforce, level, by)
	case !n.looked:
		s.learn(enforce, string(api.LevelPrivileged), by)
	}
	level := api.LevelBaseline
	if s.levels[enforce] == string(level) {
		level = api.LevelRestricted // what is enforced already is not looked at
	}
	if n := change(string(level), ""); n.passed && n.standing != "" {
		_, s.versions[enforce], _ = strings.Cut(n.standing, ":")
	}
}
