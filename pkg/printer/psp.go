package printer

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// PSPs is how to print a PSPList: a table, or with Details all that is known of each policy.
func PSPs(o Options) Document[*report.PSPList] {
	return Document[*report.PSPList]{
		Table: PSPTable,
		Names: func(l *report.PSPList) []string {
			list := make([]string, len(l.Items))
			for i := range l.Items {
				list[i] = "podsecuritypolicy.policy/" + l.Items[i].Name
			}
			return list
		},
		Options: o,
	}
}

// PSPTable returns the printer for people.
func PSPTable(o Options) func(io.Writer, *report.PSPList) error {
	return func(w io.Writer, l *report.PSPList) error {
		p := &page{w: w, Palette: o.Color, width: o.Width}
		items := escaped(l.Items)
		if o.Details && !o.NoHeaders {
			for i := range items {
				p.section()
				p.psp(&items[i])
			}
			p.gaps(escaped(l.Gaps))
			return p.flush()
		}
		p.pspRows(items, o)
		if o.NoHeaders {
			return p.flush()
		}
		p.gaps(escaped(l.Gaps))
		if len(items) > 0 {
			p.section()
			p.line(0, p.Faint("For reasons, what is written and what no level can say: kubectl pss psp explain NAME"))
		}
		return p.flush()
	}
}

func (p *page) pspColumns(wide bool) []columnOf[report.PSP] {
	columns := []columnOf[report.PSP]{
		{column{"NAME", 0}, func(x *report.PSP) cell { return cell{text: x.Name} }},
		{column{"LEVEL", 0}, p.pspLevel},
		{column{"BY-TABLE", 0}, p.pspByTable},
		{column{"WRITES", 1}, func(x *report.PSP) cell { return p.number(len(x.Writes), x) }},
		{column{"BEYOND", 2}, func(x *report.PSP) cell { return p.number(len(x.Beyond), x) }},
		{column{"USERS", 3}, p.pspUsers},
		{column{"USED-BY", 4}, p.pspUsedBy},
	}
	if !wide {
		return columns
	}
	return append(
		columns,
		columnOf[report.PSP]{column{"FIELDS-WRITTEN", 0}, func(x *report.PSP) cell {
			return fieldList(p, x.Writes, func(w *report.PSPWrite) string { return w.Path })
		}},
		columnOf[report.PSP]{column{"FIELDS-BEYOND", 0}, func(x *report.PSP) cell {
			return fieldList(p, x.Beyond, func(b *report.PSPBeyond) string { return b.Field })
		}},
	)
}

func (p *page) pspRows(items []report.PSP, o Options) {
	if len(items) == 0 {
		return
	}
	l := tabulate(p, o, p.pspColumns(o.Wide), items, nil)
	if !o.NoHeaders {
		p.pspLegend(l)
	}
}

func (p *page) pspLegend(l legend) {
	p.section()
	if len(l.hidden) > 0 {
		p.line(0, p.Faint(list(l.hidden, len(l.hidden))+" left out to fit this terminal; -o wide shows every column."))
	}
	p.labelled(0, p.Faint("LEVEL       "), p.Faint("what pods under the policy need at most, with SELinux and AppArmor left aside"))
	p.labelled(0, p.Faint("BY-TABLE    "), p.Faint("the official table to the letter: SELinux under RunAsAny alone makes a policy privileged"))
	if l.marks[markBound] {
		p.labelled(0, p.Faint("level*      "), p.Faint("the policy lets through what that level refuses: see its exception"))
	}
	if l.marks[markInvalid] {
		p.labelled(0, p.Faint("<invalid>   "), p.Faint("no server would take this policy"))
	}
}

func (p *page) pspLevel(x *report.PSP) cell {
	switch {
	case len(x.Invalid) > 0:
		return cell{text: "<invalid>", paint: p.Bad, mark: markInvalid}
	case x.Exception != "":
		return cell{text: x.Level + "*", mark: markBound}
	default:
		return cell{text: x.Level}
	}
}

func (p *page) pspByTable(x *report.PSP) cell {
	if len(x.Invalid) > 0 {
		return cell{text: none, paint: p.Faint}
	}
	return cell{text: x.Table}
}

// number is a number; what is invalid has none.
func (p *page) number(n int, x *report.PSP) cell {
	if len(x.Invalid) > 0 {
		return cell{text: none, paint: p.Faint}
	}
	return cell{text: strconv.Itoa(n)}
}

// everyone says that each service account may: they are in these groups.
func everyone(users []report.PSPUser) bool {
	for i := range users {
		u := &users[i]
		if u.Kind == "Group" && u.Namespace == "" && (u.Name == "system:authenticated" || u.Name == "system:serviceaccounts") {
			return true
		}
	}
	return false
}

func (p *page) pspUsers(x *report.PSP) cell {
	switch {
	case x.Users == nil:
		return cell{text: "<unknown>", paint: p.Faint}
	case everyone(x.Users):
		return cell{text: "everyone", paint: p.Caution}
	default:
		return cell{text: strconv.Itoa(len(subjects(x.Users)))}
	}
}

// subjects are the users, each once however many ways there are.
func subjects(users []report.PSPUser) []string {
	var names []string
	seen := map[string]bool{}
	for i := range users {
		if name := subject(&users[i]); !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}

func subject(u *report.PSPUser) string {
	if u.Kind == "ServiceAccount" {
		return fmt.Sprintf("%s %s/%s", u.Kind, u.SubjectNamespace, u.Name)
	}
	return u.Kind + " " + u.Name
}

func (p *page) pspUsedBy(x *report.PSP) cell {
	switch len(x.UsedBy) {
	case 0:
		if x.UsedBy == nil {
			return cell{text: "<unknown>", paint: p.Faint}
		}
		return cell{text: none, paint: p.Faint}
	default:
		return cell{text: count(len(x.UsedBy), "workload")}
	}
}

// fieldList are the paths of a list, for the wide table.
func fieldList[T any](p *page, items []T, path func(*T) string) cell {
	var paths []string
	for i := range items {
		paths = append(paths, path(&items[i]))
	}
	if len(paths) == 0 {
		return cell{text: none, paint: p.Faint}
	}
	return cell{text: strings.Join(paths, ",")}
}
