package printer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// upgradeDetails writes the workloads of a namespace for which something changes.
func (p *page) upgradeDetails(n *report.Namespace, up *report.Upgrade) {
	for i := range n.Workloads {
		w := &n.Workloads[i]
		if w.Upgrade == nil {
			continue
		}
		p.section()
		p.labelled(0, p.Strong(n.Namespace+" "+kindName(w.Group, w.Kind, w.Name))+wideGap, p.changeText(w.Upgrade))
		for _, text := range causeTexts(w.Upgrade.Causes) {
			p.line(2, text)
		}
		said := map[string]bool{}
		for k := range w.Evidence {
			e := &w.Evidence[k]
			if e.Upgraded == nil {
				continue
			}
			what, before, after := p.contrast(&e.Outcome, e.Upgraded)
			key := what + before + after
			if said[key] {
				continue
			}
			said[key] = true
			p.line(2, strings.ToUpper(label(e)[:1])+label(e)[1:]+", "+what)
			p.labelled(4, p.Faint(up.From)+": ", before)
			p.labelled(4, p.Faint(up.To)+": ", after)
		}
	}
}

func (p *page) changeText(up *report.WorkloadUpgrade) string {
	text := map[report.UpgradeChange]string{
		report.UpgradeFails: p.Bad("newly fails"), report.UpgradePasses: p.Good("newly passes"),
		report.UpgradeReworded: "refused in other words", report.UpgradeTold: "told otherwise",
	}[up.Change]
	if up.Blocks {
		text += ", blocks"
	}
	return text + " (" + strings.Join(up.Modes, ", ") + ")"
}

// causeTexts are causes in words, the same of several modes once.
func causeTexts(causes []report.UpgradeCause) []string {
	var firsts []report.UpgradeCause
	var texts []string
	for _, c := range causes {
		same := func(f report.UpgradeCause) bool {
			return c.Check != "" && f.Check == c.Check && f.How == c.How && f.Kept == c.Kept
		}
		if i := slices.IndexFunc(firsts, same); i >= 0 {
			firsts[i].Mode += ", " + c.Mode
		} else {
			firsts = append(firsts, c)
		}
	}
	for i := range firsts {
		texts = append(texts, causeText(&firsts[i]))
	}
	return texts
}

func causeText(c *report.UpgradeCause) string {
	if c.How == report.CauseImplied {
		return "cause: enforce implies " + c.Mode
	}
	how := map[report.CauseChange]string{
		report.CauseDenies: "newly denies", report.CauseAllows: "no longer denies", report.CauseReworded: "denies in other words",
	}[c.How]
	kept := "the release itself, no version label changes that"
	if c.Kept {
		kept = "by policy version"
	}
	return fmt.Sprintf("cause: %s %s (%s; %s)", c.Check, how, c.Mode, kept)
}

// contrast is the weightiest of what an answer changes in.
func (p *page) contrast(now, then *report.Outcome) (what, before, after string) {
	said := func(o *report.PodOutcome) string {
		if o.Allowed {
			return "allowed"
		}
		return p.Bad("denied") + ": " + o.Message
	}
	words := func(list []string) string {
		if len(list) == 0 {
			return "nothing"
		}
		return strings.Join(list, "; ")
	}
	audit := func(text string) []string {
		if text == "" {
			return nil
		}
		return []string{text}
	}
	switch {
	case said(&now.Pod) != said(&then.Pod):
		return "enforce", said(&now.Pod), said(&then.Pod)
	case !slices.Equal(now.Pod.Warnings, then.Pod.Warnings):
		return "warnings to the pod", words(now.Pod.Warnings), words(then.Pod.Warnings)
	case now.Workload != nil && !slices.Equal(now.Workload.Warnings, then.Workload.Warnings):
		return "warnings to the object", words(now.Workload.Warnings), words(then.Workload.Warnings)
	case now.Pod.Audit != then.Pod.Audit:
		return "audit log of the pod", words(audit(now.Pod.Audit)), words(audit(then.Pod.Audit))
	default:
		return "audit log of the object", words(audit(now.Workload.Audit)), words(audit(then.Workload.Audit))
	}
}
