package printer

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

const (
	maxChecks  = 8
	maxRepairs = 5
)

// summary writes what all namespaces add up to, the verdict last.
func (p *page) summary(r *report.CheckReport, o Options) {
	sum := escaped(r.Summary)
	p.checks(r, &sum)
	p.repairs(&sum)
	p.splits(r, &sum)
	p.beyond(r)
	p.unseen(r)
	p.frozen(r)
	p.gaps(allGaps(r))
	p.section()
	p.strictest(r)
	p.verdict(r, &sum)
	if !o.Details && (len(sum.Checks) > 0 || sum.Blocking > 0 || r.Beyond != nil) {
		p.line(0, p.Faint("For every workload, check and field: ")+o.Next)
	}
}

// checks lists the checks that most workloads fail. A single one in a single namespace needs no statistics.
func (p *page) checks(r *report.CheckReport, sum *report.Summary) {
	ids := slices.SortedFunc(maps.Keys(sum.Checks), func(a, b string) int {
		return cmp.Or(cmp.Compare(sum.Checks[b], sum.Checks[a]), cmp.Compare(a, b))
	})
	if len(ids) == 0 || len(r.Items) == 1 && sum.Checks[ids[0]] == 1 {
		return
	}
	under := levelRestricted + ":" + latest
	if proposed(r) {
		under = "the proposed policy"
	}
	g := grid{columns: []column{{"CHECK", 0}, {"WORKLOADS", 0}}}
	for _, id := range ids[:min(len(ids), maxChecks)] {
		g.rows = append(g.rows, []cell{{text: id}, {text: strconv.Itoa(sum.Checks[id])}})
	}
	lines, _, err := g.draw(0)
	if err != nil {
		p.err = err
	}
	p.section()
	p.linef(0, "%s", p.Strong("Checks that block most")+" (under "+under+")")
	for _, line := range lines {
		p.put("  " + line)
	}
	if more := len(ids) - maxChecks; more > 0 {
		p.linef(2, "and %d more", more)
	}
}

// repairs names the workloads that are worth the most.
func (p *page) repairs(sum *report.Summary) {
	if len(sum.Repairs) == 0 {
		return
	}
	p.section()
	p.line(0, p.Strong("Repairing one workload frees most"))
	for i := range sum.Repairs[:min(len(sum.Repairs), maxRepairs)] {
		repair := &sum.Repairs[i]
		between := "namespace "
		if n := len(repair.Namespaces); n != 1 {
			between = fmt.Sprintf("%d namespaces and %s: ", n, repair.Level)
		}
		text := fmt.Sprintf("%s %s alone stands between %s%s", repair.Kind, repair.Name, between, list(repair.Namespaces, 3))
		if len(repair.Namespaces) == 1 {
			text += " and " + repair.Level
		}
		p.line(2, text)
	}
	if more := len(sum.Repairs) - maxRepairs; more > 0 {
		p.linef(2, "and %d more", more)
	}
}

// strictest says how far the namespaces could go as they are.
func (p *page) strictest(r *report.CheckReport) {
	counted, upperBound := map[string]int{}, false
	sum := 0
	for i := range r.Items {
		if item := &r.Items[i]; item.Counted {
			sum++
			counted[item.Strictest.Level]++
			upperBound = upperBound || !item.Strictest.Complete
		}
	}
	if sum < 2 || proposed(r) {
		return
	}
	var parts []string
	for _, level := range []string{levelRestricted, levelBaseline, levelPrivileged} {
		if n := counted[level]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s in %d", level, n))
		}
	}
	atMost := ""
	if upperBound {
		atMost = ", at most"
	}
	p.linef(0, "Strictest level that nothing violates%s: %s of %d namespaces.", atMost, list(parts, len(parts)), sum)
}

// verdict says the result in words; the exit code says the same.
func (p *page) verdict(r *report.CheckReport, sum *report.Summary) {
	workloads, violating := 0, 0
	for i := range r.Items {
		item := &r.Items[i]
		if !item.Counted {
			continue
		}
		workloads += len(item.Workloads)
		if item.Verdict == report.Violates {
			violating++
		}
	}
	policy := "the policy enforced now"
	if proposed(r) {
		policy = "the proposed policy"
	}
	if sum.Counted == 0 {
		p.line(0, "Nothing to judge.")
		return
	}
	where := ""
	if sum.Counted > 1 {
		where = fmt.Sprintf(", in %d of %d namespaces", violating, sum.Counted)
	}
	switch verdict := p.verdictPaint(sum.Verdict); sum.Verdict {
	case report.Violates:
		text := fmt.Sprintf("%s %s is violated by %d of %s%s.", verdict("Violates:"),
			policy, sum.Blocking, count(workloads, "workload"), where)
		if len(r.Gaps) > 0 {
			text += " Not everything could be read."
		}
		p.line(0, text)
	case report.Incomplete:
		p.linef(0, "%s nothing that was read violates %s, but not everything could be read.", verdict("Incomplete:"), policy)
	default:
		p.linef(0, "%s of %s in %s, none violates %s.", verdict("Complies:"),
			count(workloads, "workload"), count(sum.Counted, "namespace"), policy)
	}
}
