package printer

import (
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// blockedColumn is a column of the table of refused workloads.
type blockedColumn struct {
	column
	cell func(*report.Blocked) cell
}

func (p *page) blockedColumns(now time.Time, wide bool, checks int) []blockedColumn {
	columns := []blockedColumn{
		{column{"NAMESPACE", 0}, func(b *report.Blocked) cell { return cell{text: b.Namespace} }},
		{column{"WORKLOAD", 0}, func(b *report.Blocked) cell { return cell{text: kindName(b.Group, b.Kind, b.Name)} }},
		{column{"MISSING", 0}, p.missingCell},
		{column{"SINCE", 0}, func(b *report.Blocked) cell { return sinceCell(b, now) }},
		{column{"POLICY", 0}, func(b *report.Blocked) cell { return cell{text: b.Policy} }},
		{column{"CHECKS", 1}, func(b *report.Blocked) cell { return p.checksCell(b, checks) }},
	}
	if !wide {
		return columns
	}
	return append(
		columns,
		blockedColumn{column{"VIA", 0}, p.viaCell},
		blockedColumn{column{"LAST", 0}, func(b *report.Blocked) cell { return cell{text: age(b.Last, now)} }},
		blockedColumn{column{"MESSAGE", 0}, func(b *report.Blocked) cell { return cell{text: b.Message} }},
	)
}

func (p *page) missingCell(b *report.Blocked) cell {
	c := cell{text: fmt.Sprintf("%d/%d", b.Missing, b.Wanted), paint: p.Caution}
	if b.Missing >= b.Wanted {
		c.paint = p.Bad
	}
	return c
}

// age is how long ago something was, as kubectl shows it. A server whose clock is ahead of ours has no future.
func age(at, now time.Time) string { return duration.HumanDuration(max(now.Sub(at), 0)) }

func sinceCell(b *report.Blocked, now time.Time) cell {
	if b.SinceExact {
		return cell{text: age(b.Since, now)}
	}
	return cell{text: ">=" + age(b.Since, now), mark: markBound}
}

// checksCell names the first checks, as many as there is room for.
func (p *page) checksCell(b *report.Blocked, limit int) cell {
	n := len(b.Checks)
	switch {
	case n == 0:
		return cell{text: "<unknown>", paint: p.Faint, mark: markInvalid}
	case limit == 0:
		return cell{text: count(n, "check")}
	case n > limit:
		return cell{text: fmt.Sprintf("%s +%d", strings.Join(b.Checks[:limit], ", "), n-limit)}
	default:
		return cell{text: strings.Join(b.Checks, ", ")}
	}
}

func (p *page) viaCell(b *report.Blocked) cell {
	if b.Via == nil {
		return cell{text: "<none>", paint: p.Faint}
	}
	return cell{text: kindName(b.Via.Group, b.Via.Kind, b.Via.Name)}
}
