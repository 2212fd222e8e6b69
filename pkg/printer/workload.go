package printer

import (
	"fmt"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// workload writes one workload that is in the way: what it is, when that will matter, and on what evidence.
func (p *page) workload(n *report.Namespace, w *report.Workload, asked []question) {
	p.section()
	name, rest := p.headline(w)
	p.labelled(0, name+wideGap, rest)
	p.line(2, whatHappens(n, w))
	p.changes(w)
	for _, f := range findings(w, asked) {
		p.finding(n, w, &f, asked)
	}
}

// headline is the workload's name, with a word if it decides the verdict, and what else its first line says.
func (p *page) headline(w *report.Workload) (name, rest string) {
	parts := []string{string(w.State)}
	running := 0
	for i := range w.Evidence {
		if e := &w.Evidence[i]; e.Source == report.EvidencePod && !e.Finished {
			running += e.Count
		}
	}
	if running > 0 && w.Kind != "Pod" {
		parts = append(parts, count(running, "pod"))
	}
	parts = append(parts, "strictest "+w.Strictest)
	if w.Owner != nil && !isMirror(w) {
		parts = append(parts, "owned by "+kindName(w.Owner.Group, w.Owner.Kind, w.Owner.Name))
	}
	if w.Location != nil {
		parts = append(parts, fmt.Sprintf("in %s (document %d)", w.Location.File, w.Location.Document))
	}
	name = p.Strong(kindName(w.Group, w.Kind, w.Name))
	if w.Blocks {
		name += wideGap + p.Bad("blocks")
	}
	return name, strings.Join(parts, ", ")
}

// finding is evidence that comes to the same.
type finding struct {
	labels   []string
	evidence *report.Evidence        // the first of it
	applied  *report.WorkloadOutcome // a template's answer to the object that holds it
	holder   string                  // that object, in words
	updates  *report.Updates         // of pods that run
}

// findings groups the evidence against a workload: a template and the pods made from it mostly say the same. What
// passes is left out, unless what fails differs from it.
func findings(w *report.Workload, asked []question) []finding {
	var list []finding
	known := map[string]int{}
	for i := range w.Evidence {
		e := &w.Evidence[i]
		if !fails(e, asked) && len(w.Drift) == 0 {
			continue
		}
		key := evidenceKey(e, asked)
		k, found := known[key]
		if !found {
			k = len(list)
			known[key] = k
			list = append(list, finding{evidence: e})
		}
		list[k].labels = append(list[k].labels, label(e))
		if list[k].updates == nil {
			list[k].updates = e.Updates
		}
		if e.Outcome.Workload != nil && list[k].applied == nil {
			list[k].applied, list[k].holder = e.Outcome.Workload, holder(w, e)
		}
	}
	return list
}

// evidenceKey is equal for evidence that is written alike.
func evidenceKey(e *report.Evidence, asked []question) string {
	var b strings.Builder
	for i := range e.Violations {
		v := &e.Violations[i]
		for _, q := range asked {
			if q.answers(v) {
				fmt.Fprintf(&b, "%q %q %q\n", q.title, v.Check, v.Detail)
			}
		}
		for _, f := range v.Fields {
			fmt.Fprintf(&b, "%q %q %s\n", f.Container, f.Path, value(f.Value))
		}
	}
	if toldOff(e, asked) && !podFails(e, asked) {
		b.WriteString("told off\n") // not to be joined with pods that pass
	}
	if a := e.Admission; a != nil && (hidden(e) || a.Unenforced) {
		fmt.Fprintf(&b, "%q %t\n", a.Refused, a.Unenforced)
	}
	pod := e.Outcome.Pod
	fmt.Fprintf(&b, "%t %q %q %q %q", pod.Allowed, pod.Message, pod.Warnings, pod.Audit, e.Exempt.By)
	return b.String()
}

// holder is the object whose template the evidence is: an older revision's is not the workload's own.
func holder(w *report.Workload, e *report.Evidence) string {
	made := map[string]string{"Deployment": "ReplicaSet", "CronJob": "Job"}[w.Kind]
	if e.Revision == report.RevisionCurrent || made == "" {
		return w.Kind
	}
	return made + " of that revision"
}

// label says what a piece of evidence was found on.
func label(e *report.Evidence) string {
	revision := map[string]string{report.RevisionOld: " of an older revision", report.RevisionUnknown: " of unknown revision"}[e.Revision]
	switch e.Source {
	case report.EvidenceTemplate:
		return "template" + revision
	case report.EvidenceAdmission:
		return dryRunPod + revision
	}
	noun := "pod"
	if e.Finished {
		noun = "finished pod"
	}
	text := count(e.Count, noun) + revision
	if len(e.Pods) > 0 {
		text += " (" + list(e.Pods, 3) + ")"
	}
	return text
}

func (p *page) finding(n *report.Namespace, w *report.Workload, f *finding, asked []question) {
	e := f.evidence
	on := strings.ToUpper(f.labels[0][:1]) + f.labels[0][1:]
	if len(f.labels) > 1 {
		on += " and " + strings.Join(f.labels[1:], " and ")
	}
	if w.Kind == "Pod" && len(f.labels) == 1 && e.Source == report.EvidencePod {
		on = "The pod itself"
	}
	switch {
	case e.Exempt.By != report.ExemptNone && e.Exempt.By != "":
		on += ", " + p.Caution("exempt by "+e.Exempt.By) + ": Pod Security skips this"
	case !fails(e, asked):
		on += ": nothing in the way"
	case !podFails(e, asked):
		on += ": nothing in the way of its pods, only of the " + f.holder + " as it stands"
	}
	if undecisive(f) {
		on += "; the dry run decides"
	}
	p.line(2, on)
	p.admitted(f)
	p.violations(e, asked)
	p.answers(n, w, f)
	p.updates(f.updates)
}
