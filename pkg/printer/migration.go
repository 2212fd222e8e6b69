package printer

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	sigsyaml "sigs.k8s.io/yaml"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// FormatObjects is the format of the manifests that the steps of a MigrationPlan apply.
const FormatObjects = "objects"

// Migration is how to print a MigrationPlan. Next is the command of the plan itself.
func Migration(o Options) Document[*report.MigrationPlan] {
	return Document[*report.MigrationPlan]{
		Table: MigrationTable,
		Names: func(m *report.MigrationPlan) []string {
			list := make([]string, len(m.Items))
			for i := range m.Items {
				list[i] = "step/" + m.Items[i].Step
				if m.Items[i].Namespace != "" {
					list[i] += "/" + m.Items[i].Namespace
				}
			}
			return list
		},
		Extra:   map[string]func(io.Writer, *report.MigrationPlan) error{FormatObjects: migrationObjects},
		Options: o,
	}
}

// migrationObjects writes what the steps apply as one manifest. What several steps share is there once.
func migrationObjects(w io.Writer, m *report.MigrationPlan) error {
	var b bytes.Buffer
	seen := map[string]bool{}
	for i := range m.Items {
		for _, raw := range m.Items[i].Objects {
			if seen[string(raw)] {
				continue
			}
			seen[string(raw)] = true
			text, err := sigsyaml.JSONToYAML(raw)
			if err != nil {
				return err
			}
			if b.Len() > 0 {
				b.WriteString("---\n")
			}
			b.Write(text)
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// MigrationTable returns the printer for people: a row a step, then what is open with the commands. These are never
// broken, so that they can be copied.
func MigrationTable(o Options) func(io.Writer, *report.MigrationPlan) error {
	return func(w io.Writer, m *report.MigrationPlan) error {
		p := &page{w: w, Palette: o.Color, width: o.Width}
		steps := stepsOf(m)
		if !o.NoHeaders {
			p.server(&m.Server)
			p.section()
		}
		p.migrationSteps(steps, o)
		if o.NoHeaders {
			return p.flush()
		}
		for i := range steps {
			if s := &steps[i]; o.Details || s.state() == report.StepOpen || s.state() == report.StepUnknown {
				p.migrationStep(s, o)
			}
			if err := p.flush(); err != nil {
				return err
			}
		}
		p.gaps(escaped(m.Gaps))
		p.migrationSummary(steps)
		return p.flush()
	}
}

// migrationStep are the items of one step.
type migrationStep struct{ items []report.MigrationStep }

// stepsOf puts the items of each step together.
func stepsOf(m *report.MigrationPlan) []migrationStep {
	var steps []migrationStep
	for _, item := range m.Items {
		item.Objects = nil // they are printed on their own
		item = escaped(item)
		if n := len(steps); n == 0 || steps[n-1].items[0].Step != item.Step {
			steps = append(steps, migrationStep{})
		}
		last := &steps[len(steps)-1]
		last.items = append(last.items, item)
	}
	return steps
}

// state is the one that keeps the step from being done, else done, else that there is nothing to do.
func (s *migrationStep) state() string {
	for _, state := range []string{report.StepOpen, report.StepUnknown, report.StepDone} {
		if s.count(state) > 0 {
			return state
		}
	}
	return report.StepNone
}

func (s *migrationStep) count(state string) int {
	n := 0
	for i := range s.items {
		if s.items[i].State == state {
			n++
		}
	}
	return n
}

// namespaces is how many of its namespaces have no more to do; none for a step of the cluster.
func (s *migrationStep) namespaces() string {
	if s.items[0].Namespace == "" {
		return none
	}
	return fmt.Sprintf("%d of %d done", s.count(report.StepDone)+s.count(report.StepNone), len(s.items))
}

func (p *page) migrationSteps(steps []migrationStep, o Options) {
	g := grid{noHeaders: o.NoHeaders, columns: []column{{title: "STEP"}, {title: "NAME"}, {title: "STATE"}, {title: "NAMESPACES", turn: 1}, {title: "TITLE", turn: 2}}}
	for i := range steps {
		s := &steps[i]
		first := &s.items[0]
		paint := map[string]func(string) string{report.StepOpen: p.Caution, report.StepUnknown: p.Caution, report.StepDone: p.Good, report.StepNone: p.Faint}
		g.rows = append(g.rows, []cell{
			{text: strconv.Itoa(first.Number)}, {text: first.Step}, {text: s.state(), paint: paint[s.state()]}, {text: s.namespaces()}, {text: first.Title},
		})
	}
	width := o.Width
	if o.Wide || o.NoHeaders {
		width = 0
	}
	lines, _, err := g.draw(width)
	if err != nil {
		p.err = err
	}
	for _, line := range lines {
		p.put(line)
	}
}

// fewItems is how many namespaces of a step are shown with their commands where a plan has many.
const fewItems = 5

// migrationStep writes what a step still takes. A way back stands behind a comment sign: what is copied as a whole does not
// undo itself.
func (p *page) migrationStep(s *migrationStep, o Options) {
	first := &s.items[0]
	p.section()
	p.line(0, p.Strong(fmt.Sprintf("Step %d, %s: %s", first.Number, first.Step, first.Title)))
	shown := slices.DeleteFunc(slices.Clone(s.items), func(item report.MigrationStep) bool {
		return !o.Details && item.State != report.StepOpen && item.State != report.StepUnknown
	})
	more := 0
	if !o.Wide && !o.Details && len(shown) > fewItems {
		more = len(shown) - fewItems
		shown = shown[:fewItems]
	}
	for i := range shown {
		item := &shown[i]
		why := item.State + ": " + item.Why
		if item.Namespace != "" {
			why = item.Namespace + ", " + why
		}
		p.line(2, why)
		for _, command := range item.Commands {
			p.put("    " + command)
		}
		for _, command := range item.Undo {
			p.put("    " + p.Faint("# undo: "+strings.TrimPrefix(command, "# ")))
		}
	}
	if more > 0 {
		p.line(2, p.Faint("and in "+count(more, "more namespace")+": "+o.Next+" --step "+first.Step))
	}
}

// migrationSummary says how far the way is.
func (p *page) migrationSummary(steps []migrationStep) {
	if len(steps) < 2 {
		return // it has said so itself
	}
	var left []string
	for i := range steps {
		if state := steps[i].state(); state == report.StepOpen || state == report.StepUnknown {
			left = append(left, steps[i].items[0].Step)
		}
	}
	p.section()
	if len(left) == 0 {
		p.line(0, p.Good("Done:")+" nothing is left to do.")
		return
	}
	p.line(0, fmt.Sprintf("%s %d of %d steps. Next: %s.", p.Caution("Left:"), len(left), len(steps), left[0]))
}
