package migration

import (
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
)

// SoakedAnnotation on a namespace signs the wait off for the level that it holds.
const SoakedAnnotation = "pss.dev/soaked"

// space is a namespace with what its steps need to know.
type space struct {
	*report.PSPNamespace
	live *corev1.Namespace
	// level is what is to be enforced: what its templates bear once they are hardened; empty where that is not known.
	level api.Level
	// gaps are what could not be read of its workloads; gone is what policies wrote that are gone, so that nobody can tell.
	gaps, gone string
}

func (p *planner) space(item *report.PSPNamespace) *space {
	level, _ := levelOf(item.AfterPatches.Enforce)
	sp := &space{PSPNamespace: item, live: &corev1.Namespace{}, level: level}
	for i := range p.Namespaces {
		if p.Namespaces[i].Name == item.Namespace {
			sp.live = &p.Namespaces[i]
		}
	}
	sp.gaps = p.missing(item.Namespace, workloadResources()...)
	if sp.gone = p.gone(item); sp.gone != "" {
		sp.level = ""
	}
	// Nothing tells of an empty namespace but who has given it a level.
	if level := sp.has(survey.Enforce); len(item.Workloads) == 0 && level != "" {
		sp.level = level
	}
	return sp
}

// gone says which pods differ from their template while the policy that admitted them is not there any more: what it wrote,
// and so what the next pod will be, nobody can tell.
func (p *planner) gone(item *report.PSPNamespace) string {
	for i := range item.Workloads {
		w := &item.Workloads[i]
		if len(w.Others) == 0 && !w.NoTemplate {
			continue
		}
		for _, a := range w.Policies {
			if !slices.ContainsFunc(p.Known, func(known *psp.Policy) bool { return known.Name == a.Name }) {
				return fmt.Sprintf("pods of %s are not as their template says, and policy %s, which admitted them, is gone: -f reads it from a backup", resourceName(w), a.Name)
			}
		}
	}
	return ""
}

// unlevelled is the verdict where the level is not known.
func (p *planner) unlevelled(sp *space) verdict {
	why := sp.gaps
	if sp.gone != "" {
		return unknown("%s", sp.gone)
	}
	if why == "" {
		why = p.missing(sp.name(), append(rbacResources(), resourcePolicies, "serviceaccounts")...)
	}
	return unknown("which level it can bear is not known without %s", why)
}

// workloadResources are what a level is judged by.
func workloadResources() []string {
	return []string{
		"pods", "replicationcontrollers", "podtemplates", "deployments.apps", "statefulsets.apps", "daemonsets.apps",
		"replicasets.apps", "jobs.batch", "cronjobs.batch",
	}
}

func (sp *space) name() string { return sp.Namespace }

// has is the level of a mode by label, empty where there is none, or none that the server understands.
func (sp *space) has(m survey.Mode) api.Level {
	level, _ := levelOf(sp.live.Labels[m.LevelLabel()])
	return level
}

// stands says whether a mode is at the level to be enforced, or above.
func (sp *space) stands(m survey.Mode) bool {
	level := sp.has(m)
	return level != "" && sp.level != "" && api.CompareLevels(level, sp.level) >= 0
}

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

// set is the flag that gives a mode the level to be enforced.
func (sp *space) set(m survey.Mode) string { return "--" + string(m) + "=" + string(sp.level) }

// auditWarn: audit and warn name the level to be enforced.
func (p *planner) auditWarn(sp *space) verdict {
	switch {
	case sp.level == "":
		return p.unlevelled(sp)
	case sp.level == api.LevelPrivileged:
		return notNeeded("workloads here need privileged, which audits and warns about nothing")
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
		return notNeeded("workloads here need privileged, which audits and warns about nothing")
	case sp.stands(survey.Enforce):
		return done("enforce is at %s already", sp.has(survey.Enforce))
	case signed:
		return done("signed off for %s", sp.level).by(nil, back)
	}
	why := p.unsoaked(sp)
	if why == "" {
		return done("audit and warn have stood at %s for %s, and every pod was made since", sp.level, p.Soak)
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
		return open("workloads here need privileged; unless that is said, default levels for namespaces without labels hit them").by(set, back)
	case sp.has(survey.Enforce) == "":
		return open("enforce is not set; %s passes", sp.level).by(set, back)
	default:
		return open("enforce is at %s; %s passes", sp.has(survey.Enforce), sp.level).by(set, back)
	}
}

// levelOf is the level of LEVEL or LEVEL:VERSION.
func levelOf(text string) (api.Level, bool) {
	level, _, _ := strings.Cut(text, ":")
	if level == "" {
		return "", false // which upstream takes for privileged
	}
	parsed, err := api.ParseLevel(level)
	if err != nil {
		return "", false
	}
	return parsed, true
}
