package printer

import (
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// serverFact writes the answer to the change of the labels itself: as foreseen, and beside that the server's own
// where a dry run has asked for it.
func (p *page) serverFact(n *report.Planned) {
	a := n.Answer
	switch {
	case rejects(n) && (a == nil || n.LabelChange == nil || !n.LabelChange.Allowed):
		p.fact("dry run", p.Bad("rejected")+": "+rejection(n))
	case a == nil && n.Result != nil && n.Result.Outcome == report.EndingMoved:
		p.fact("dry run", p.Caution("moved")+": what moved is told below")
	case a == nil && n.Result != nil && n.Result.Message == "":
		p.fact("dry run", endings()[n.Result.Outcome])
	case a == nil && n.Result != nil:
		p.fact("dry run", p.Caution(endings()[n.Result.Outcome])+": "+n.Result.Message)
	case a == nil:
		p.labelChange(n.LabelChange)
	case !a.Differs:
		p.fact("dry run", p.Good("the server agrees")+": "+p.verdictOn(a.Allowed, a.Message, a.Warnings))
		p.warnings(a.Warnings)
	case a.Exact:
		p.fact("dry run", p.Bad("the server's answer is not the one foreseen"))
		p.sideBySide(n.LabelChange, a)
	default:
		p.fact("dry run", p.Caution("the server's answer is not quite the one foreseen")+
			", as was to be expected: it looks at some of the pods only, or some could not be read")
		p.sideBySide(n.LabelChange, a)
	}
}

// sideBySide writes both answers, with a mark at each line that only one of them has.
func (p *page) sideBySide(c *report.LabelChange, a *report.Answer) {
	if c != nil && (c.Allowed != a.Allowed || c.Message != a.Message) {
		p.onlyForeseen(p.verdictOn(c.Allowed, c.Message, a.Expected))
		p.onlyServer(p.verdictOn(a.Allowed, a.Message, a.Warnings))
	}
	marked := false
	expected := slices.Clone(a.Expected)
	only := func(until int) { // what stood here and is not said
		for _, line := range expected[:until] {
			marked = true
			p.onlyForeseen(line)
		}
		expected = expected[until:]
	}
	for _, said := range a.Warnings {
		switch i := slices.Index(expected, said); {
		case i >= 0 && !slices.ContainsFunc(expected[:i], func(line string) bool { return slices.Contains(a.Warnings, line) }):
			only(i)
			expected = expected[1:]
			p.both(said)
		case i >= 0:
			expected = slices.Delete(expected, i, i+1)
			p.both(said)
		default:
			marked = true
			p.onlyServer(said)
		}
	}
	only(len(expected))
	if !marked && len(a.Warnings) > 1 && !slices.Equal(a.Warnings, a.Expected) {
		p.line(4, "The same lines, in another order: this is the server's.")
	}
}

// The labels of the next three are of one width.

func (p *page) both(text string) { p.labelled(4, "  both"+strings.Repeat(" ", 8), text) }

func (p *page) onlyServer(text string) {
	p.labelled(4, p.Good("+ server")+strings.Repeat(" ", 6), text)
}

func (p *page) onlyForeseen(text string) {
	p.labelled(4, p.Bad("- foreseen")+strings.Repeat(" ", 4), text)
}

// dryRunWord is what a dry run has shown of a namespace.
func dryRunWord(n *report.Planned) string {
	switch a := n.Answer; {
	case rejects(n):
		return "rejected"
	case a != nil && a.Differs && a.Exact:
		return "not as foreseen"
	case a != nil && a.Differs:
		return "inexact"
	case a != nil:
		return "as foreseen"
	case n.Result == nil:
		return "not asked"
	default:
		return endings()[n.Result.Outcome]
	}
}

// dryRunTotals says how far the server agrees.
func (p *page) dryRunTotals(changed []*report.Planned) {
	sum := map[string]int{}
	for _, n := range changed {
		sum[dryRunWord(n)]++
	}
	if sum["not asked"] == len(changed) {
		return
	}
	var parts []string
	add := func(word string, paint func(string) string) {
		if sum[word] > 0 {
			parts = append(parts, paint(strconv.Itoa(sum[word])+" "+word))
		}
	}
	add("as foreseen", p.Good)
	add("not as foreseen", p.Bad)
	add("inexact", p.Caution)
	for _, word := range dryRunFailures() {
		add(word, p.Bad)
	}
	p.fact("dry run", strings.Join(parts, ", "))
}

// dryRunFailures are the words for what the server has not accepted.
func dryRunFailures() []string {
	words := []string{"rejected"}
	for _, outcome := range []report.Ending{report.EndingFailed, report.EndingAlready, report.EndingMoved, report.EndingGone, report.EndingUntried} {
		words = append(words, endings()[outcome])
	}
	return append(words, "not asked")
}

// dryRunEnding says what the server would do.
func (p *page) dryRunEnding(plan *report.LabelPlan, changed []*report.Planned) {
	p.moved(plan)
	accepted := len(changed)
	for _, word := range dryRunFailures() {
		var causes []*cause
		for _, n := range changed {
			if dryRunWord(n) == word {
				accepted--
				causes = addCause(causes, dryRunMessage(n), n.Namespace)
			}
		}
		if word != endings()[report.EndingMoved] {
			p.causes(word, causes)
		}
	}
	p.linef(0, "server dry run: %d of %s accepted; nothing was written", accepted, count(len(changed), "change"))
}

func dryRunMessage(n *report.Planned) string {
	if n.Answer == nil && n.Result == nil {
		return ""
	}
	return rejection(n)
}

// rejects says whether the server refused a dry run. A server that fails, or is not reached, has refused nothing.
func rejects(n *report.Planned) bool {
	if n.Answer != nil {
		return !n.Answer.Allowed
	}
	return failed(n) && !slices.Contains(noVerdicts(), metav1.StatusReason(n.Result.Reason))
}

// failed says that a dry run came to no answer.
func failed(n *report.Planned) bool {
	return n.Answer == nil && n.Result != nil && n.Result.Outcome == report.EndingFailed
}

// noVerdicts are the reasons by which a server says that it could not decide, and none for an answer of nobody.
func noVerdicts() []metav1.StatusReason {
	return []metav1.StatusReason{
		metav1.StatusReasonUnknown, metav1.StatusReasonInternalError, metav1.StatusReasonServerTimeout, metav1.StatusReasonTimeout,
		metav1.StatusReasonTooManyRequests, metav1.StatusReasonServiceUnavailable,
	}
}

// rejection is in which words it refused or failed.
func rejection(n *report.Planned) string {
	if n.Answer != nil {
		return n.Answer.Message
	}
	return n.Result.Message
}
