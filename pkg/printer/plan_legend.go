package printer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// planLegend explains what the table shows.
func (p *page) planLegend(plan *report.LabelPlan, l legend) {
	server := escaped(plan.Server)
	today := "latest"
	if server.PolicyVersion != "" {
		today += ", which is " + server.PolicyVersion + " on this server today"
	}
	p.explain(l, [][2]string{
		l.entry(markUnpinned, "level", "without a version label: "+today),
		l.entry(markAtLeast, ">=N", "at least: something could not be read"),
		l.entry(markInexact, "inexact", "differs, as was to be expected: the server looks at some of the pods only, or some could not be read"),
		l.entry(markManages, "[owner]", "manages the namespace, but did not set the labels that change"),
	})
	p.section()
	for _, m := range modes() {
		if slices.Contains(l.hidden, m.title) {
			p.hiddenMode(toChange(plan), m)
		}
	}
}

// maxWays is how many changes of a hidden column are told.
const maxWays = 4

// hiddenMode sums up a column that had no room: whoever answers y must have seen what is written.
func (p *page) hiddenMode(changed []*report.Planned, m mode) {
	var ways []string
	sum := map[string]int{}
	for _, n := range changed {
		if !relabels(n, m) {
			continue
		}
		way := escaped(carried(n.Before, m) + " -> " + carried(n.After, m))
		if sum[way] == 0 {
			ways = append(ways, way)
		}
		sum[way]++
	}
	slices.SortStableFunc(ways, func(a, b string) int { return sum[b] - sum[a] })
	var parts []string
	for _, way := range ways[:min(len(ways), maxWays)] {
		parts = append(parts, way+" in "+count(sum[way], "namespace"))
	}
	if more := len(ways) - maxWays; more > 0 {
		parts = append(parts, fmt.Sprintf("and %d other ways", more))
	}
	p.labelled(0, pad(m.title, len("ENFORCE"))+wideGap, strings.Join(parts, "; "))
}
