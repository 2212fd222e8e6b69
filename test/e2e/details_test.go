//go:build e2e

package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// TestDetails holds the details against the report: whatever decides the verdict is shown, and nothing else is said to,
// also where only the stored template is told off (case 48) and where a mode is named that stays as it is.
func TestDetails(t *testing.T) {
	t.Parallel()
	s := estate(t)
	for _, m := range []modes{
		{},
		{warn: "baseline"},
		{audit: "baseline:latest"},
		{enforce: "baseline"},
		{enforce: "restricted:v1.24"},
		{enforce: "baseline", warn: "restricted"},
		{enforce: "privileged", audit: "restricted"},
		all("restricted"),
	} {
		flags := append([]string{"ns"}, m.flags()...)
		before := blocking(s.check(t, flags...))
		r := s.pss(t, slices.Concat([]string{"check", "--details"}, flags, s.flags)...)
		after := blocking(s.check(t, flags...))
		shown := headlines(r.stdout)
		for name := range before {
			if after[name] && !shown[name] {
				t.Errorf("%v: %s blocks, and the details do not show it", flags, name)
			}
		}
		for name := range shown {
			if !before[name] && !after[name] {
				t.Errorf("%v: the details say that %s blocks, and it does not", flags, name)
			}
		}
		if len(flags) > 1 && len(shown) == 0 {
			t.Errorf("%v: nothing blocks, so that nothing was tried", flags)
		}
		t.Logf("%v: %d of %d block in the details", flags, len(shown), len(before))
		compared.Add(int64(len(shown)))
	}
}

// blocking are the workloads that decide the verdict, as "namespace Kind/name".
func blocking(r *report.CheckReport) map[string]bool {
	set := map[string]bool{}
	for i := range r.Items {
		for k := range r.Items[i].Workloads {
			if w := &r.Items[i].Workloads[k]; w.Blocks {
				set[r.Items[i].Namespace+" "+w.Kind+"/"+w.Name] = true
			}
		}
	}
	return set
}

// headlines are the workloads that the details mark as blocking, in the same form. A kind of a custom group is shown
// with the group.
func headlines(details string) map[string]bool {
	set, namespace := map[string]bool{}, ""
	for line := range strings.Lines(details) {
		if name, ok := strings.CutPrefix(line, "Namespace "); ok {
			namespace = strings.TrimSpace(name)
		}
		if workload, _, ok := strings.Cut(line, "   blocks   "); ok {
			kind, name, _ := strings.Cut(workload, "/")
			kind, _, _ = strings.Cut(kind, ".")
			set[namespace+" "+kind+"/"+name] = true
		}
	}
	return set
}
