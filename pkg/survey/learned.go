package survey

import "github.com/kubectl-pss/kubectl-pss/pkg/report"

// Learned is what of a server's configuration is known because the server told it by dry run. The rest is assumed.
type Learned struct {
	// Defaults are the modes whose default is known, level and version.
	Defaults map[Mode]bool
	// Namespaces, RuntimeClasses and Users are those of which it is known whether they are exempt.
	Namespaces, RuntimeClasses, Users map[string]bool
}

// configSource is where something comes from that is known of the configuration if it was learned.
func (s *survey) configSource(learned func(*Learned) bool) report.Source {
	switch {
	case s.Configured:
		return report.SourceConfig
	case s.Learned != nil && learned(s.Learned):
		return report.SourceProbed
	default:
		return report.SourceAssumed
	}
}

// namespaceSource is how it is known whether a namespace is exempt.
func (s *survey) namespaceSource(name string) report.Source {
	return s.configSource(func(l *Learned) bool { return l.Namespaces[name] })
}

// evidenceSource is how it is known whether evidence is exempt: one exemption is enough, and none takes both to be known.
func (s *survey) evidenceSource(e *evidence) report.Source {
	return s.configSource(func(l *Learned) bool {
		if s.Admission.ExemptUser(e.user) || s.Admission.ExemptRuntimeClass(e.runtimeClass) {
			return true // nothing is exempt here that the server did not tell
		}
		return l.Users[e.user] && (e.runtimeClass == nil || *e.runtimeClass == "" || l.RuntimeClasses[*e.runtimeClass])
	})
}

func (s *survey) defaults() report.Defaults {
	d := s.Admission.Defaults()
	out := report.Defaults{Enforce: d.Enforce.String(), Audit: d.Audit.String(), Warn: d.Warn.String()}
	out.Source = s.configSource(func(l *Learned) bool {
		for _, mode := range Modes() {
			if !l.Defaults[mode] {
				out.Assumed = append(out.Assumed, string(mode))
			}
		}
		return len(out.Assumed) < len(Modes())
	})
	if out.Source != report.SourceProbed {
		out.Assumed = nil
	}
	return out
}
