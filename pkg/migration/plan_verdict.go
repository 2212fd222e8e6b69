package migration

import (
	"fmt"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// verdict is what is found out about a step.
type verdict struct {
	state, why     string
	commands, undo []string
	objects        []any
}

func notNeeded(why string) verdict            { return verdict{state: report.StepNone, why: why} }
func done(format string, args ...any) verdict { return verdictOf(report.StepDone, format, args...) }
func open(format string, args ...any) verdict { return verdictOf(report.StepOpen, format, args...) }
func unknown(format string, args ...any) verdict {
	return verdictOf(report.StepUnknown, format, args...)
}

func verdictOf(state, format string, args ...any) verdict {
	return verdict{state: state, why: fmt.Sprintf(format, args...)}
}

// by adds the way there and the way back.
func (v verdict) by(commands, undo []string) verdict {
	v.commands, v.undo = commands, undo
	return v
}

// with adds the objects that the commands apply.
func (v verdict) with(objects ...any) verdict {
	v.objects = objects
	return v
}

func (v verdict) item(s *step, namespace string) report.MigrationStep {
	return report.MigrationStep{
		Step: s.name, Number: s.number, Namespace: namespace, Title: s.title, State: v.state, Why: v.why,
		Commands: v.commands, Undo: v.undo, Objects: rawObjects(v.objects),
	}
}

// cluster is a step that is taken once.
func cluster(judge func(*planner) verdict) func(*planner, *step) []report.MigrationStep {
	return func(p *planner, s *step) []report.MigrationStep {
		return []report.MigrationStep{judge(p).item(s, "")}
	}
}

// each is a step that is taken in each namespace.
func each(judge func(*planner, *space) verdict) func(*planner, *step) []report.MigrationStep {
	return func(p *planner, s *step) []report.MigrationStep {
		var items []report.MigrationStep
		for _, sp := range p.spaces {
			items = append(items, judge(p, sp).item(s, sp.name()))
		}
		return items
	}
}

// some names a few of many.
func some(names []string) string {
	const most = 3
	switch n := len(names); {
	case n > most:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), n-most)
	case n > 1:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	default:
		return strings.Join(names, "")
	}
}

// count is "1 workload" or "3 workloads".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
