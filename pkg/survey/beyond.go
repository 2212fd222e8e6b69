package survey

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/beyond"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// beyondRoom is how many findings beyond the Standards a pod may have until they need memory of their own.
const beyondRoom = 16

// writeBeyond makes pods differ that break other controls, or elsewhere.
func writeBeyond(b *strings.Builder, list []beyond.Finding) {
	for i := range list {
		f := &list[i]
		b.WriteByte('\x02')
		b.WriteString(f.Control)
		b.WriteString(f.List)
		b.WriteByte(byte(f.Index))
		b.WriteByte(byte(f.Index >> 8))
		b.WriteString(f.Field)
		b.WriteByte('\x00')
		b.WriteString(f.Container)
		b.WriteByte('\x00')
		switch value := f.Value.(type) {
		case string:
			b.WriteString(value)
		default:
			fmt.Fprint(b, value)
		}
	}
}

// findings puts the places of each control together.
func findings(list []beyond.Finding) []report.BeyondFinding {
	var out []report.BeyondFinding
	for i := range list {
		f := &list[i]
		if last := len(out) - 1; last < 0 || out[last].Control != f.Control {
			out = append(out, report.BeyondFinding{Control: f.Control})
		}
		last := &out[len(out)-1]
		last.Fields = append(last.Fields, report.Field{Path: f.Path(), Container: f.Container, Value: f.Value})
	}
	return out
}

// broken names the controls that a workload's next pods are going to break. Of the token a template tells nothing where
// pods show what comes of it: the service account may say that there is to be none.
func broken(w *report.Workload) []string {
	if !inTheWay(w) {
		return nil
	}
	shown := w.Shown()
	seen := map[string]bool{}
	for i := range w.Evidence {
		e := &w.Evidence[i]
		template := e.Source == report.EvidenceTemplate
		if !w.Foretells(e) || e.Answered && template {
			continue
		}
		for k := range e.Beyond {
			if control := e.Beyond[k].Control; !template || !shown || control != beyond.ServiceAccountToken {
				seen[control] = true
			}
		}
	}
	return slices.DeleteFunc(beyond.Names(), func(name string) bool { return !seen[name] })
}

// countBroken counts, for every control, the workloads that break it.
func countBroken(workloads []report.Workload) map[string]int {
	counts := map[string]int{}
	for _, name := range beyond.Names() {
		counts[name] = 0
	}
	for i := range workloads {
		for _, name := range workloads[i].Beyond {
			counts[name]++
		}
	}
	return counts
}

// beyond adds up the controls of the counted namespaces; nil where nobody asked.
func (s *survey) beyond(r *report.CheckReport) *report.Beyond {
	if s.Beyond == nil {
		return nil
	}
	out := &report.Beyond{Registries: s.Beyond.Registries}
	for _, name := range beyond.Names() {
		c := report.BeyondControl{
			Control: name, Demand: beyond.Demand(name, *s.Beyond), Complete: len(s.gaps) == 0, Export: s.export(name),
		}
		for i := range r.Items {
			if n := r.Items[i].Beyond[name]; n > 0 && r.Items[i].Counted {
				c.Workloads += n
				c.Namespaces++
			}
		}
		out.Controls = append(out.Controls, c)
	}
	return out
}

// scopeNames is how many namespaces of files are named.
const scopeNames = 5

// scope are the words of the namespaces surveyed.
func (s *survey) scope() string {
	if s.Scope != "" || s.files == nil || len(s.spaces) == 0 || len(s.spaces) > scopeNames {
		return cmp.Or(s.Scope, "--all")
	}
	var names []string
	for i := range s.spaces {
		names = append(names, s.spaces[i].Name)
	}
	return strings.Join(names, " ")
}

// export is the command that prints the policies of a control.
func (s *survey) export(control string) string {
	words := []string{"kubectl pss export", s.scope(), "--control", control}
	if control == beyond.TrustedRegistries {
		registries := s.Beyond.Registries
		if len(registries) == 0 {
			registries = []string{"REGISTRY"}
		}
		for _, r := range registries {
			words = append(words, "--registry", r)
		}
	}
	return strings.Join(words, " ")
}
