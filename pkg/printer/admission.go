package printer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// dryRuns says how the server was asked what it would create.
func (p *page) dryRuns(d *report.DryRuns) {
	if d == nil || d.Asked == 0 {
		return
	}
	text := fmt.Sprintf("Judged by what the server would create: %s, %d answered with a pod.", count(d.Asked, "dry run"), d.Shown)
	p.line(0, text)
	if d.AsOneself > 0 {
		p.linef(0, "%s as you and not as the controller (%s): exemptions, PodSecurityPolicies and webhooks that go by user may "+
			"answer the controller otherwise.", p.Caution(fmt.Sprintf("Asked %d of them", d.AsOneself)), escaped(d.Why))
	}
}

// unseen says of how many workloads nothing shows what becomes of their pods on the way.
func (p *page) unseen(r *report.CheckReport) {
	if r.DryRuns != nil {
		return // its gaps tell
	}
	workloads, namespaces := 0, 0
	var by []string
	for i := range r.Items {
		item := &r.Items[i]
		before := workloads
		for k := range item.Workloads {
			w := &item.Workloads[k]
			if !item.Counted || len(w.MayBeChangedBy) == 0 || w.Shown() {
				continue
			}
			workloads++
			for _, name := range escaped(w.MayBeChangedBy) {
				if !slices.Contains(by, name) {
					by = append(by, name)
				}
			}
		}
		if workloads > before {
			namespaces++
		}
	}
	if workloads == 0 {
		return
	}
	slices.Sort(by)
	has, where := "have", ""
	if workloads == 1 {
		has = "has"
	}
	if len(r.Items) > 1 {
		where = " in " + count(namespaces, "namespace")
	}
	p.section()
	p.linef(0, "%s%s %s no pods that show what %s may put in or change: --through-admission asks the server by dry run.",
		count(workloads, "workload"), where, has, list(by, 3))
}

// changes says how a workload's pods differ from its template, and who may have done it.
func (p *page) changes(w *report.Workload) {
	for _, drift := range w.Drift {
		p.line(2, driftText(w, drift))
	}
	if len(w.Drift) > 0 && len(w.MayBeChangedBy) > 0 {
		p.linef(2, "What matches its pods and may have done it, conditions aside: %s.", list(w.MayBeChangedBy, 5))
	}
	for i := range w.Evidence {
		if a := w.Evidence[i].Admission; a != nil && a.PodSecurityPolicy != "" && w.Evidence[i].Revision == report.RevisionCurrent {
			p.linef(2, "PodSecurityPolicy %s admits its pods, and may change them.", a.PodSecurityPolicy)
		}
	}
}

// hidden says whether the server refused to show the pod.
func hidden(e *report.Evidence) bool { return e.Admission != nil && e.Admission.Refused != "" }

// askedOf says whether the server has said what it makes of a workload's next pods.
func askedOf(w *report.Workload) bool {
	return slices.ContainsFunc(w.Evidence, func(e report.Evidence) bool { return e.Source == report.EvidenceAdmission })
}

// admitted says more of the server's answer to a dry run.
func (p *page) admitted(f *finding) {
	switch e := f.evidence; {
	case hidden(e):
		p.line(4, p.Faint("Pod Security refuses it now and does not show it: what is listed is its template's"))
	case e.Admission != nil && e.Admission.Unenforced:
		p.line(4, p.Caution("The server admits it although the policy enforced now denies it:")+
			" an exemption that is not known covers it, or Pod Security is not active")
	}
}

// undecisive says that a dry run decides, and not what was found on this.
func undecisive(f *finding) bool {
	return f.evidence.Answered && !slices.ContainsFunc(f.labels, func(l string) bool { return strings.HasPrefix(l, dryRunPod) })
}

// dryRunPod is what evidence of source admission was found on.
const dryRunPod = "the pod as the server would create it (dry run)"
