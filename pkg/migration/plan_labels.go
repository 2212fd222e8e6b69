package migration

import (
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
)

// SoakedAnnotation on a namespace signs the wait off for the level that it holds.
const SoakedAnnotation = "pss.dev/soaked"

// back are the commands that give modes the labels back that they have now. Setting a level leaves the version as it is,
// so that only what `kubectl pss label` does not write takes kubectl's own hand.
func (p *planner) back(sp *space, modes ...survey.Mode) []string {
	var flags, labels []string
	for _, m := range modes {
		level, version := sp.live.Labels[m.LevelLabel()], sp.live.Labels[m.VersionLabel()]
		switch {
		case level == "" && version == "":
			flags = append(flags, "--"+string(m)+"=-")
		case sp.has(m) != "":
			flags = append(flags, "--"+string(m)+"="+level)
		case level == "":
			labels = append(labels, m.LevelLabel()+"-")
		default:
			labels = append(labels, m.LevelLabel()+"="+level)
		}
	}
	var commands []string
	if len(flags) > 0 {
		commands = append(commands, p.Shell.label(sp.name(), flags...))
	}
	if len(labels) > 0 {
		commands = append(commands, p.Shell.kubectl(append([]string{"label", "ns", sp.name(), "--overwrite"}, labels...)...))
	}
	return commands
}

// auditWarn: audit and warn name the level to be enforced.
func (p *planner) auditWarn(sp *space) verdict {
	switch {
	case sp.level == "":
		return p.unlevelled(sp)
	case sp.level == api.LevelPrivileged:
		return notNeeded(sp.needs() + ", which audits and warns about nothing")
	case sp.stands(survey.Enforce):
		return done("enforce is at %s already", sp.has(survey.Enforce))
	}
	var set, names []string
	var modes []survey.Mode
	for _, m := range []survey.Mode{survey.Audit, survey.Warn} {
		if !sp.stands(m) {
			set, names, modes = append(set, sp.set(m)), append(names, string(m)), append(modes, m)
		}
	}
	verb := "is"
	switch len(set) {
	case 0:
		v := done("audit and warn are at %s or above", sp.level)
		v.undo = []string{p.Shell.label(sp.name(), "--audit=-", "--warn=-")}
		return v
	case 1:
	default:
		verb = "are"
	}
	return open("%s %s below %s", strings.Join(names, " and "), verb, sp.level).
		by([]string{p.Shell.label(sp.name(), set...)}, p.back(sp, modes...))
}

// soak: every pod has been made since audit and warn tell what the level would refuse, and there was time to look.
func (p *planner) soak(sp *space) verdict {
	signed := sp.live.Annotations[SoakedAnnotation] == string(sp.level)
	back := []string{p.Shell.kubectl("annotate", "ns", sp.name(), SoakedAnnotation+"-")}
	sign := p.Shell.kubectl("annotate", "ns", sp.name(), "--overwrite", SoakedAnnotation+"="+string(sp.level))
	switch {
	case sp.level == "":
		return p.unlevelled(sp)
	case sp.level == api.LevelPrivileged:
		return notNeeded(sp.needs() + ", which audits and warns about nothing")
	case sp.stands(survey.Enforce):
		return done("enforce is at %s already", sp.has(survey.Enforce))
	case signed:
		return done("signed off for %s", sp.level).by(nil, back)
	}
	why := p.unsoaked(sp)
	if why == "" {
		return done("audit and warn have stood at %s for %s, and every pod was made since", sp.level, duration.HumanDuration(p.Soak))
	}
	if before := sp.live.Annotations[SoakedAnnotation]; before != "" {
		back = []string{p.Shell.kubectl("annotate", "ns", sp.name(), "--overwrite", SoakedAnnotation+"="+before)}
	}
	return open("%s; the command signs it off", why).by([]string{sign}, back)
}

// unsoaked says what is still to be waited for, empty for nothing.
func (p *planner) unsoaked(sp *space) string {
	if !sp.stands(survey.Audit) || !sp.stands(survey.Warn) {
		return "audit and warn come first"
	}
	since, known := sp.since()
	switch {
	case !known:
		return "the server does not tell since when audit and warn are set"
	case p.Now.Before(since.Add(p.Soak)):
		return "audit and warn are to stand until " + since.Add(p.Soak).UTC().Format(time.RFC3339)
	case sp.gaps != "":
		return "could not read " + sp.gaps
	}
	if oldest, ok := p.Oldest[sp.name()]; ok && oldest.At.Before(since) {
		return "pods are older than audit and warn (pod " + oldest.Name + " is of " + oldest.At.UTC().Format(time.RFC3339) +
			"): make them again, such as by kubectl rollout restart"
	}
	return ""
}

// since is when audit and warn were last written.
func (sp *space) since() (at time.Time, known bool) {
	for _, m := range []survey.Mode{survey.Audit, survey.Warn} {
		written, ok := labelTime(sp.live, m.LevelLabel())
		if !ok {
			return time.Time{}, false
		}
		if written.After(at) {
			at = written
		}
	}
	return at, true
}

// enforce: the label is there. privileged is written out as well, so that default levels leave the namespace alone.
func (p *planner) enforce(sp *space) verdict {
	set := []string{p.Shell.label(sp.name(), sp.set(survey.Enforce))}
	back := p.back(sp, survey.Enforce)
	switch {
	case sp.level == "":
		return p.unlevelled(sp)
	case sp.stands(survey.Enforce):
		v := done("enforce is at %s", sp.has(survey.Enforce))
		if sp.has(survey.Enforce) != sp.level && len(sp.Workloads) > 0 {
			v = done("enforce is at %s, where workloads here pass no more than %s", sp.has(survey.Enforce), sp.level)
		}
		v.undo = []string{p.Shell.label(sp.name(), "--enforce=-")}
		return v
	case sp.level == api.LevelPrivileged:
		return open("%s; unless that is said, default levels for namespaces without labels hit them", sp.needs()).by(set, back)
	case sp.has(survey.Enforce) == "":
		return open("enforce is not set; %s", p.passes(sp)).by(set, back)
	default:
		return open("enforce is at %s; %s", sp.has(survey.Enforce), p.passes(sp)).by(set, back)
	}
}
