package printer

import (
	"io"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// PlanOptions are how a plan, or what became of it, is written.
type PlanOptions struct {
	Options
	// DryRun is client or server for a run that writes nothing, empty for one that does.
	DryRun string
}

// PlanFormats are the formats of -o that only a plan has, for NewFlags.
func PlanFormats() []string { return []string{formatPatch, formatManifests} }

// Plan is how to print a LabelPlan.
func Plan(o PlanOptions) Document[*report.LabelPlan] {
	return Document[*report.LabelPlan]{
		Table: func(table Options) func(io.Writer, *report.LabelPlan) error {
			return PlanTable(PlanOptions{Options: table, DryRun: o.DryRun})
		},
		Names:   planNames,
		Extra:   map[string]func(io.Writer, *report.LabelPlan) error{formatPatch: patches, formatManifests: manifests},
		Options: o.Options,
	}
}

// PlanTable returns the printer of a plan for people: what would be written, what the server would do then and who
// else has a say. With Details it tells all of that namespace by namespace. Options.Next is the command that shows
// the details, said below a table without them; empty says nothing.
func PlanTable(o PlanOptions) func(io.Writer, *report.LabelPlan) error {
	return func(w io.Writer, plan *report.LabelPlan) error {
		p := &page{w: w, Palette: o.Color, width: o.Width}
		if len(plan.Items) == 0 {
			return nil // whoever selected nothing is told so on stderr
		}
		if o.NoHeaders {
			p.planRows(plan, o.Options)
			return p.flush()
		}
		p.server(&plan.Server)
		p.planHeading(plan)
		changed := toChange(plan)
		if len(changed) > 1 || len(changed) == 1 && (!o.Details || o.Wide) {
			p.planLegend(plan, p.planRows(plan, o.Options))
		}
		if o.Details {
			for _, item := range changed {
				p.planned(plan, item)
				if err := p.flush(); err != nil {
					return err
				}
			}
		} else {
			p.newlyRefused(changed)
			p.loosened(changed)
			p.otherOwners(changed)
			p.serverDiffers(changed)
		}
		p.planEnd(plan, o, changed)
		return p.flush()
	}
}

// toChange are the items that the plan changes.
func toChange(plan *report.LabelPlan) []*report.Planned {
	var list []*report.Planned
	for i := range plan.Items {
		if item := &plan.Items[i]; item.Action == report.ActionChange {
			list = append(list, item)
		}
	}
	return list
}

// planNames names what the plan changes or, once it was carried out, what it has changed.
func planNames(plan *report.LabelPlan) []string {
	var list []string
	for _, item := range toChange(plan) {
		if item.Result == nil || done(item) {
			list = append(list, "namespace/"+item.Namespace)
		}
	}
	return list
}

// done says whether the labels of a namespace are as planned.
func done(item *report.Planned) bool {
	return item.Result != nil && (item.Result.Outcome == report.EndingWritten || item.Result.Outcome == report.EndingAlready)
}

// planHeading is the line that an admin must not misread: which cluster, and what was asked.
func (p *page) planHeading(plan *report.LabelPlan) {
	server := escaped(plan.Server)
	var where []string
	if server.Context != "" {
		where = append(where, "context "+p.Strong(server.Context))
	}
	if server.Version != "" {
		where = append(where, "server "+server.Version)
	}
	text := "Plan"
	if len(where) > 0 {
		text += " for " + strings.Join(where, ", ")
	}
	p.line(0, text+": "+p.Strong(asked(escaped(plan.Asked))))
}

// asked says in words what was proposed.
func asked(a report.Asked) string {
	if a.Undo != "" {
		return "rollback of run " + a.Undo
	}
	var parts []string
	for _, named := range [][2]string{{"enforce", a.Enforce}, {"audit", a.Audit}, {"warn", a.Warn}} {
		switch named[1] {
		case "":
		case "-":
			parts = append(parts, "no "+named[0]+" label")
		default:
			parts = append(parts, named[0]+" "+named[1])
		}
	}
	if a.Recommend {
		text := "the strictest levels that nothing violates"
		if a.Pin != "" {
			text += ", enforce pinned to " + a.Pin
		}
		parts = append([]string{text}, parts...)
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}
