package probe

import (
	"cmp"
	"fmt"

	corev1 "k8s.io/api/core/v1"
)

// conclude makes facts of what is known of the defaults, and says of the rest why it is not known.
func (s *Search) conclude() {
	d := &s.found
	if !d.PodSecurity.Known() && d.PodSecurity.How == "" {
		d.PodSecurity.How, d.PodSecurity.Needs = "no dry run told", "create namespaces"
	}
	d.Enforce, d.Audit, d.Warn = s.fact(enforce), s.fact(audit), s.fact(warn)
	for i := range s.wanted.Namespaces {
		ns := &s.wanted.Namespaces[i]
		if f := d.Namespaces[ns.Name]; !f.Known() {
			d.Namespaces[ns.Name] = s.openNamespace(ns, f)
		}
	}
	for _, names := range []struct {
		wanted []string
		facts  map[string]Fact
	}{{s.wanted.RuntimeClasses, d.RuntimeClasses}, {s.wanted.Users, d.Users}} {
		for _, name := range names.wanted {
			if _, asked := names.facts[name]; !asked {
				names.facts[name] = Fact{How: idle}
			}
		}
	}
}

// idle is why nothing is known of the configuration of a plug-in that does not run.
const idle = "Pod Security is not active"

// fact is what is known of a mode's default.
func (s *Search) fact(mode string) Fact {
	level, version := s.levels[mode], s.versions[mode]
	by := s.told[mode]
	switch {
	case s.found.PodSecurity.Value == Inactive:
		return Fact{How: idle}
	case level == "":
		return s.openDefault(mode)
	case version == "":
		return Fact{level, by.how + "; nothing told the version", by.needs}
	default:
		return Fact{level + ":" + version, by.how, by.needs}
	}
}

// openDefault says why a mode's default is not known.
func (s *Search) openDefault(mode string) Fact {
	f := Fact{}
	switch old := s.wanted.Minor < exemptWarningSince; {
	case mode == audit && old:
		return Fact{How: fmt.Sprintf("Kubernetes 1.%d tells it the audit log alone", s.wanted.Minor)}
	case mode == audit && s.byWarnings():
		return Fact{How: s.noWarning()}
	case mode == audit:
		return Fact{How: "only the warning of an exempt namespace names it", Needs: "create namespaces"}
	case len(s.answers) == 0 && !s.canPut():
		f.How, f.Needs = "no right to create pods or Deployments in a namespace that was read", "create pods"
	case len(s.answers) == 0:
		f.How = "no namespace that was read is without labels"
	default:
		f.How = s.quiet(mode)
	}
	if mode == warn && f.How == refusedText && len(s.rights.deployments) == 0 {
		f.Needs = "create deployments.apps"
	}
	return f
}

// noWarning says why the warning of an exempt namespace did not tell.
func (s *Search) noWarning() string {
	for _, f := range s.found.Namespaces {
		if f.Value == Exempt {
			return "only the warning of an exempt namespace names it, and what it said could not be relied on"
		}
	}
	return "only the warning of an exempt namespace names it, and none that was asked about is exempt"
}

const refusedText = "nobody is warned of a pod that is refused"

func (s *Search) canPut() bool { return len(s.rights.pods)+len(s.rights.deployments) > 0 }

// quiet says why answers about pods and Deployments told nothing of a default.
func (s *Search) quiet(mode string) string {
	why, passed, refused := "", false, false
	for _, name := range s.names(bare) {
		p, asked := s.answers[name]
		if known := s.found.Namespaces[name]; !asked || known.Value == Exempt {
			continue
		}
		refused = refused || p.pod.refused != ""
		why = cmp.Or(why, p.deployment.why, p.pod.why)
		if mode == enforce {
			why = cmp.Or(p.pod.why, why)
		}
		passed = passed || p.pod.silent || p.deployment.silent
	}
	switch {
	case passed && s.oneself == Exempt:
		return "whoever asked is exempt as a user, and hears nothing"
	case passed:
		return "a pod passes without a word: the default may ask nothing, or whoever asked or the namespace may be exempt"
	case why != "":
		return why
	case refused:
		return refusedText
	default:
		return "no namespace without labels could be asked"
	}
}

// openNamespace says why it is not known whether a namespace is exempt.
func (s *Search) openNamespace(ns *corev1.Namespace, f Fact) Fact {
	p, asked := s.answers[ns.Name]
	switch {
	case s.found.PodSecurity.Value == Inactive:
		return Fact{How: idle}
	case f.How != "":
	case asked && (p.pod.silent || p.deployment.silent) && s.oneself == Exempt:
		f.How = "whoever asked is exempt as a user, and hears nothing"
	case asked && (p.pod.silent || p.deployment.silent):
		f.How = "a pod passes without a word: the policy there may ask nothing, or whoever asked or the namespace may be exempt"
	case asked:
		f.How = cmp.Or(p.pod.why, p.deployment.why)
	case leaving(ns):
		f.How = "it is being deleted and takes no pods"
	default:
		f.How = "no right to ask"
	}
	switch {
	case s.wanted.Minor < exemptWarningSince:
		f.How = fmt.Sprintf("Kubernetes 1.%d does not warn of exempt namespaces; %s", s.wanted.Minor, f.How)
		if !asked && f.Needs == "" && !leaving(ns) {
			f.Needs = "create pods"
		}
	case !s.byWarnings():
		f.Needs = "create namespaces"
	}
	return f
}
