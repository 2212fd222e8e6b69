package migration

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
)

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
	sp := &space{PSPNamespace: item, live: p.index.live[item.Namespace], level: level}
	if sp.live == nil {
		sp.live = &corev1.Namespace{}
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

// gone names a policy that may have written to pods and that nobody knows: what the next pod will be cannot be told. Pods
// that are as their template says were not written to; those of which no template is known count as they are, as ever.
func (p *planner) gone(item *report.PSPNamespace) string {
	why := "is gone"
	if p.missing("", resourcePolicies) != "" {
		why = "may not be read"
	}
	for i := range item.Workloads {
		w := &item.Workloads[i]
		if len(w.Others) == 0 {
			continue
		}
		for _, a := range w.Policies {
			if !slices.ContainsFunc(p.Known, func(known *psp.Policy) bool { return known.Name == a.Name }) {
				return fmt.Sprintf("policy %s, which admitted pods of %s and may have written to them, %s: -f reads it from a backup", a.Name, resourceName(w), why)
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

// passes says what the level rests on.
func (p *planner) passes(sp *space) string {
	switch {
	case len(sp.Workloads) == 0 && len(p.Known) == 0:
		return "there is no workload that needs more than " + string(sp.level)
	case len(sp.Workloads) == 0:
		return string(sp.level) + " is all that policies grant here, where there is no workload"
	}
	return string(sp.level) + " passes"
}

// needs says what privileged rests on.
func (sp *space) needs() string {
	if len(sp.Workloads) == 0 {
		return "policies grant privileged here, where there is no workload"
	}
	return "workloads here need privileged"
}

// set is the flag that gives a mode the level to be enforced.
func (sp *space) set(m survey.Mode) string { return "--" + string(m) + "=" + string(sp.level) }

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
