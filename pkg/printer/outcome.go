package printer

import (
	"slices"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// answer is something that the server says, and on which occasions. The same words come up to five times: as the
// warning and the audit annotation of a pod, and again of the workload that makes it.
type answer struct {
	pod, workload []string // modes
	text          string
	bad, ours     bool // a denial; not the server's words but ours
}

// answers writes what the server says to the evidence. Without a proposal that is said only where it refuses.
func (p *page) answers(n *report.Namespace, w *report.Workload, f *finding) {
	pod := &f.evidence.Outcome.Pod
	if n.Candidate == nil {
		if !pod.Allowed {
			p.line(4, p.Faint("the server's answer now"))
			p.line(6, p.Bad("denied")+": "+pod.Message)
		}
		return
	}
	said, made := "", "the pod"
	if f.evidence.Source == report.EvidenceTemplate && changed(w) {
		made = "the pod as declared"
	}
	for _, a := range collect(pod, f.applied) {
		switch {
		case a.ours:
			p.line(4, p.Faint(a.heading(made, f.holder)+": ")+a.text)
			continue
		case a.bad:
			p.line(4, p.Faint(a.heading(made, f.holder)))
			p.line(6, p.Bad("denied")+": "+a.text)
		default:
			p.line(4, p.Faint(a.heading(made, f.holder)))
			p.line(6, unlessSaid(a.text, said))
		}
		said = a.text
	}
}

// unlessSaid shortens a text that goes on, after the policy that it is about, as the one before did: audit and warn
// mostly repeat the denial under a "would violate" of their own.
func unlessSaid(text, before string) string {
	const about = "PodSecurity "
	_, said, found := strings.Cut(before, about)
	if head, rest, ok := strings.Cut(text, about); ok && found && rest == said {
		policy, _, _ := strings.Cut(rest, ": ")
		return head + about + policy + ": ... (as above)"
	}
	return text
}

// collect gathers the server's words, equal ones once.
func collect(pod *report.PodOutcome, applied *report.WorkloadOutcome) []answer {
	var list []answer
	say := func(text string, bad bool) *answer {
		i := slices.IndexFunc(list, func(a answer) bool { return a.text == text && a.bad == bad })
		if i < 0 {
			i = len(list)
			list = append(list, answer{text: text, bad: bad})
		}
		return &list[i]
	}
	toPod := func(text, mode string, bad bool) { a := say(text, bad); a.pod = append(a.pod, mode) }
	toWorkload := func(text, mode string) { a := say(text, false); a.workload = append(a.workload, mode) }
	if pod.Allowed {
		toPod("allowed", "enforce", false)
		list[0].ours = true
	} else {
		toPod(pod.Message, "enforce", true)
	}
	for _, warning := range pod.Warnings {
		toPod(warning, "warn", false)
	}
	if pod.Audit != "" {
		toPod(pod.Audit, "audit", false)
	}
	if applied == nil {
		return list
	}
	for _, warning := range applied.Warnings {
		toWorkload(warning, "warn")
	}
	if applied.Audit != "" {
		toWorkload(applied.Audit, "audit")
	}
	if len(applied.Warnings) == 0 && applied.Audit == "" {
		list = append(list, answer{workload: []string{"warn, audit"}, text: "accepted without a word", ours: true})
	}
	return list
}

// changed says that something changes the workload's pods on their way.
func changed(w *report.Workload) bool {
	return slices.Contains(w.Drift, report.DriftInjected) || slices.Contains(w.Drift, report.DriftMutated)
}

// heading says who hears it: `the server's answer to the pod (enforce) and to applying the Deployment (warn)`.
func (a *answer) heading(pod, holder string) string {
	to := func(who string, modes []string) string {
		if text := strings.Join(modes, ", "); text != "" {
			return who + " (" + text + ")"
		}
		return who
	}
	switch {
	case len(a.workload) == 0:
		return "the server's answer to " + to(pod, a.pod)
	case len(a.pod) == 0:
		return "the server's answer to applying the " + to(holder, a.workload)
	default:
		return "the server's answer to " + to(pod, a.pod) + " and to applying the " + to(holder, a.workload)
	}
}
