package printer

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

const (
	// everywhere stands for all namespaces, which no namespace can be called.
	everywhere = "*"
	// maxNamespaces is how many namespaces a cell names, maxSubjects how many subjects a line.
	maxNamespaces = 3
	maxSubjects   = 8
)

// Access is how to print an AccessReport.
func Access() Document[*report.AccessReport] {
	return Document[*report.AccessReport]{Table: AccessTable, Names: func(r *report.AccessReport) []string {
		names := make([]string, len(r.Items))
		for i := range r.Items {
			names[i] = subjectName(&r.Items[i])
		}
		return names
	}}
}

// AccessTable returns the printer for people: one row a subject and binding. Cluster admins and components of the system
// are rows only with Wide, and else a line each.
func AccessTable(o Options) func(io.Writer, *report.AccessReport) error {
	return func(w io.Writer, r *report.AccessReport) error {
		p := &page{w: w, Palette: o.Color, width: o.Width}
		e := escaped(*r)
		unseen := p.accessRows(&e, o)
		if o.NoHeaders {
			return p.flush()
		}
		p.section()
		if unseen {
			p.line(0, p.Faint("UNSEEN: subresources of namespaces. Writes to them change labels too, and Pod Security does not look at these."))
		}
		p.section()
		p.accessApart(&e, o)
		p.gaps(e.Gaps)
		p.section()
		p.accessEnd(&e)
		return p.flush()
	}
}

// accessWay is what one binding gives a subject in the same namespaces.
type accessWay struct {
	subject            *report.Access
	verbs, unseen      []string
	groups, namespaces []string
	via                *report.AccessVia
}

// accessWays are the rows of a subject.
func accessWays(a *report.Access) []accessWay {
	var ways []accessWay
	for i := range a.Via {
		v := &a.Via[i]
		at := slices.IndexFunc(ways, func(w accessWay) bool {
			return w.via.Binding == v.Binding && w.via.BindingNamespace == v.BindingNamespace && w.via.Role == v.Role &&
				slices.Equal(w.namespaces, v.Namespaces)
		})
		if at < 0 {
			at = len(ways)
			ways = append(ways, accessWay{subject: a, namespaces: v.Namespaces, via: v})
		}
		way := &ways[at]
		resource, subresource, found := strings.Cut(v.Resource, "/")
		if found {
			way.unseen = append(way.unseen, subresource)
			continue
		}
		way.verbs = v.Verbs
		if _, group, grouped := strings.Cut(resource, "."); grouped {
			way.groups = append(way.groups, group)
		}
	}
	return ways
}

// accessRows writes the table and says whether it showed ways past Pod Security.
func (p *page) accessRows(r *report.AccessReport, o Options) (unseen bool) {
	var ways []accessWay
	for i := range r.Items {
		if r.Items[i].Is == report.AccessSubject || o.Wide {
			ways = append(ways, accessWays(&r.Items[i])...)
		}
	}
	unseen = slices.ContainsFunc(ways, func(w accessWay) bool { return len(w.unseen) > 0 })
	l := tabulate(p, o, p.accessColumns(r.Question, unseen, o.Wide, o.NoHeaders), ways, nil)
	if len(l.hidden) > 0 && !o.NoHeaders {
		p.section()
		p.line(0, p.Faint(strings.Join(l.hidden, ", ")+" left out to fit this terminal; -o wide shows every column."))
	}
	return unseen
}

// accessColumns are the columns for a question. Scripts get UNSEEN whether or not there is anything in it.
func (p *page) accessColumns(question string, unseen, wide, scripted bool) []columnOf[accessWay] {
	words := func(list []string, paint func(string) string) cell {
		if len(list) == 0 {
			return cell{text: none, paint: p.Faint}
		}
		return cell{text: strings.Join(list, ","), paint: paint}
	}
	columns := []columnOf[accessWay]{{column{title: "SUBJECT"}, func(w *accessWay) cell {
		return cell{text: shortSubject(w.subject), paint: p.Strong}
	}}}
	if wide {
		columns = append(columns, columnOf[accessWay]{column{title: "IS"}, func(w *accessWay) cell { return cell{text: w.subject.Is} }})
	}
	if question == report.QuestionUse {
		columns = append(columns, columnOf[accessWay]{column{title: "GROUPS", turn: 1}, func(w *accessWay) cell { return words(w.groups, nil) }})
	} else {
		columns = append(columns, columnOf[accessWay]{column{title: "MAY", turn: 1}, func(w *accessWay) cell { return words(w.verbs, nil) }})
	}
	if question == report.QuestionRelabel && (unseen || wide || scripted) {
		columns = append(columns, columnOf[accessWay]{column{title: "UNSEEN"}, func(w *accessWay) cell { return words(w.unseen, p.Caution) }})
	}
	return append(
		columns,
		columnOf[accessWay]{column{title: "NAMESPACES"}, func(w *accessWay) cell { return cell{text: namespacesOf(w, wide)} }},
		columnOf[accessWay]{column{title: "BINDING"}, func(w *accessWay) cell { return cell{text: w.via.Binding} }},
		columnOf[accessWay]{column{title: "ROLE", turn: 2}, func(w *accessWay) cell { return cell{text: w.via.Role} }},
	)
}

// namespacesOf are those in which a way holds, shortened unless all have to be told.
func namespacesOf(w *accessWay, all bool) string {
	switch n := len(w.namespaces); {
	case n == 0:
		return everywhere
	case n > maxNamespaces && !all:
		return fmt.Sprintf("%s,+%d", strings.Join(w.namespaces[:maxNamespaces], ","), n-maxNamespaces)
	default:
		return strings.Join(w.namespaces, ",")
	}
}

// accessApart says who may besides: admins, the system, and controllers that lend a policy to everybody.
func (p *page) accessApart(r *report.AccessReport, o Options) {
	of := func(is string) []string {
		var names []string
		for i := range r.Items {
			if r.Items[i].Is == is {
				names = append(names, shortSubject(&r.Items[i]))
			}
		}
		return names
	}
	if !o.Wide {
		p.labelled(0, p.Faint("Cluster admins:    "), list(of(report.AccessAdmin), maxSubjects))
		if system := of(report.AccessSystem); len(system) > 0 {
			p.labelled(0, p.Faint("System components: "), list(system, maxSubjects))
		}
		p.line(0, p.Faint("-o wide shows through which bindings."))
	}
	if len(r.Makers) > 0 {
		p.section()
		p.line(0, p.Caution("Controllers may use it themselves")+", so that all pods of workloads may, whatever their service account: "+list(r.Makers, maxSubjects))
	}
}

// accessEnd adds it up, and says what the answer leaves out and how to go on.
func (p *page) accessEnd(r *report.AccessReport) {
	subjects := 0
	for i := range r.Items {
		if r.Items[i].Is == report.AccessSubject {
			subjects++
		}
	}
	what := accessQuestion(r)
	switch {
	case len(r.Gaps) > 0:
		p.line(0, p.Caution("Incomplete:")+" not everything could be read. Of what was, "+count(subjects, "subject")+" "+what+", beside cluster admins and the system.")
	case subjects == 0:
		p.line(0, p.Good("Nobody")+" but cluster admins and the system "+what+".")
	default:
		p.line(0, p.Strong(count(subjects, "subject"))+" "+what+", beside cluster admins and the system.")
	}
	p.line(0, p.Faint("By RBAC alone. Not told: who can get such rights (escalate, bind, impersonate, secrets), and who configures the API server."))
	if r.Question == report.QuestionRelabel {
		p.line(0, p.Faint("To keep all but some from loosening enforce: ")+"kubectl pss who-can relabel --guard --allow SUBJECT")
	}
}

// accessQuestion is what was asked, as the end of a sentence.
func accessQuestion(r *report.AccessReport) string {
	switch {
	case r.Question == report.QuestionRelabel && r.Namespace == "":
		return "can change the labels of namespaces, or make new ones"
	case r.Question == report.QuestionRelabel:
		return "can change the labels of namespace " + r.Namespace
	case r.Namespace == "":
		return "may use the policy " + r.Policy
	default:
		return "may use the policy " + r.Policy + " in namespace " + r.Namespace
	}
}

// subjectName is a subject in one word, as --allow takes it.
func subjectName(a *report.Access) string {
	name := strings.ToLower(a.Kind) + "/"
	if a.SubjectNamespace != "" {
		name += a.SubjectNamespace + "/"
	}
	return name + a.Name
}

// shortSubject is the same with kubectl's short name for service accounts, for people; --allow takes it as well.
func shortSubject(a *report.Access) string {
	return strings.Replace(subjectName(a), "serviceaccount/", "sa/", 1)
}
