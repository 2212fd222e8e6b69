package survey

import (
	"cmp"
	"slices"

	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// summarise fills in the summary from the items.
func summarise(r *report.CheckReport, modes []Mode) {
	sum := &r.Summary
	sum.Checks = map[string]int{}
	sum.Verdict = report.Complies
	if len(r.Items) == 0 { // no item tells of the gaps
		sum.Verdict = report.Of(0, len(r.Gaps))
	}
	for i := range r.Items {
		item := &r.Items[i]
		sum.Namespaces++
		sum.Workloads += len(item.Workloads)
		sum.Pods += item.Pods.Total
		if !item.Counted {
			continue
		}
		sum.Counted++
		sum.Verdict = worse(sum.Verdict, item.Verdict)
		asked := asked(item, modes)
		for k := range item.Workloads {
			w := &item.Workloads[k]
			if w.Blocks {
				sum.Blocking++
			}
			for check := range standing(w, asked) {
				sum.Checks[check]++
			}
		}
	}
	sum.Repairs = repairs(r.Items)
	sum.Splits = splits(r.Items)
}

func worse(a, b report.Verdict) report.Verdict {
	switch {
	case a == report.Violates || b == report.Violates:
		return report.Violates
	case a == report.Incomplete || b == report.Incomplete:
		return report.Incomplete
	default:
		return report.Complies
	}
}

// asked are the policies that the checks are counted under: the candidate's named modes, else restricted at latest.
func asked(item *report.Namespace, modes []Mode) map[string]bool {
	if item.Candidate == nil {
		return map[string]bool{string(api.LevelRestricted) + ":" + api.LatestVersion().String(): true}
	}
	all := map[Mode]report.Mode{
		Enforce: item.Candidate.Enforce, Audit: item.Candidate.Audit, Warn: item.Candidate.Warn,
	}
	set := map[string]bool{}
	for _, m := range modes {
		set[all[m].String()] = true
	}
	return set
}

// standing are the checks that a workload fails under one of the policies, what is over aside.
func standing(w *report.Workload, policies map[string]bool) map[string]bool {
	checks := map[string]bool{}
	if !inTheWay(w) {
		return checks
	}
	for i := range w.Evidence {
		e := &w.Evidence[i]
		if !w.Foretells(e) || e.Answered && e.Source == report.EvidenceTemplate {
			continue
		}
		for k := range e.Violations {
			if v := &e.Violations[k]; policies[v.Level+":"+v.Version] {
				checks[v.Check] = true
			}
		}
	}
	return checks
}

// repairs finds the workloads that alone stand between namespaces and their next level. The same kind and name in
// several namespaces counts as one: a chart that was installed many times is repaired in one place.
func repairs(items []report.Namespace) []report.Repair {
	type key struct{ group, kind, name, level string }
	found := map[key][]string{}
	for i := range items {
		item := &items[i]
		if !item.Counted || !item.Strictest.Complete {
			continue // what was not read may stand in the way as well
		}
		level, blocking := api.LevelRestricted, item.Strictest.Blocking.Restricted
		if item.Strictest.Blocking.Baseline > 0 {
			level, blocking = api.LevelBaseline, item.Strictest.Blocking.Baseline
		}
		if blocking != 1 {
			continue
		}
		for k := range item.Workloads {
			w := &item.Workloads[k]
			if inTheWay(w) && api.CompareLevels(api.Level(w.Strictest), level) < 0 {
				at := key{w.Group, w.Kind, w.Name, string(level)}
				found[at] = append(found[at], item.Namespace)
			}
		}
	}
	list := make([]report.Repair, 0, len(found))
	for at, namespaces := range found {
		list = append(list, report.Repair{Group: at.group, Kind: at.kind, Name: at.name, Level: at.level, Namespaces: namespaces})
	}
	slices.SortFunc(list, func(a, b report.Repair) int {
		return cmp.Or(
			cmp.Compare(len(b.Namespaces), len(a.Namespaces)),
			cmp.Compare(a.Level, b.Level), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Group, b.Group),
			slices.Compare(a.Namespaces, b.Namespaces),
		)
	})
	return list
}

// compareLocations orders what has one name in several files.
func compareLocations(a, b *report.Location) int {
	if a == nil || b == nil {
		return 0
	}
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Document, b.Document))
}
