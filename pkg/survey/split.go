package survey

import (
	"cmp"
	"slices"
	"strings"

	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// split finds the smallest set of workloads without which a namespace reaches a higher level. A level is reached when
// every workload does by its worst evidence, so that the set is exactly those that do not: none of them may stay, and
// no other need go. Nothing is advised where they are half or more, where something was not read, and where the
// namespace is held to that level already.
func split(item *report.Namespace, works []*work) *report.Split {
	if !item.Counted || !item.Strictest.Complete || item.Exempt.By != report.ExemptNone {
		return nil
	}
	level, blocking := api.LevelRestricted, item.Strictest.Blocking.Restricted
	if below := item.Strictest.Blocking.Baseline; below > 0 && below < blocking {
		level, blocking = api.LevelBaseline, below // else the same ones are in the way of both
	}
	staying := 0
	for i := range item.Workloads {
		if inTheWay(&item.Workloads[i]) {
			staying++
		}
	}
	staying -= blocking
	if blocking == 0 || blocking >= staying || api.CompareLevels(api.Level(item.Current.Enforce.Level), level) >= 0 {
		return nil
	}
	out := &report.Split{
		Level: string(level), Others: staying,
		Label: "kubectl pss label ns " + item.Namespace + " --enforce " + string(level),
	}
	accounts := accountsOf(works)
	own := map[string]bool{}
	for i := range item.Workloads {
		if w := &item.Workloads[i]; fallsShort(w, level) {
			runs := accounts[refOf(w)]
			for _, account := range runs {
				own[account] = true
			}
			out.Workloads = append(out.Workloads, report.SplitWorkload{
				Group: w.Group, Kind: w.Kind, Name: w.Name, Strictest: w.Strictest,
				ServiceAccounts: slices.Sorted(slices.Values(runs)), Bare: w.Kind == "Pod" && w.Owner == nil,
			})
		}
	}
	for i := range item.Workloads {
		w := &item.Workloads[i]
		if inTheWay(w) && !fallsShort(w, level) && slices.ContainsFunc(accounts[refOf(w)], func(a string) bool { return own[a] }) {
			out.SharedWith = append(out.SharedWith, report.Owner{Group: w.Group, Kind: w.Kind, Name: w.Name})
		}
	}
	out.Exception = exception(item.Namespace, out)
	return out
}

// fallsShort says that a workload is in the way of a level.
func fallsShort(w *report.Workload, level api.Level) bool {
	return inTheWay(w) && api.CompareLevels(api.Level(w.Strictest), level) < 0
}

// accountsOf are the service accounts of workloads.
func accountsOf(works []*work) map[workload.Ref][]string {
	accounts := map[workload.Ref][]string{}
	for _, w := range works {
		accounts[w.Ref] = w.accounts
	}
	return accounts
}

func refOf(w *report.Workload) workload.Ref {
	return workload.Ref{Group: w.Group, Kind: w.Kind, Name: w.Name}
}

// exception is the command that excepts the workloads; empty where one is none that a policy can tell by its name: what
// only a custom controller stands for, the pods of a node's own manifests, and templates that somebody uses by hand.
func exception(namespace string, s *report.Split) string {
	words := []string{"kubectl pss export", namespace}
	for i := range s.Workloads {
		w := &s.Workloads[i]
		custom := w.Group != "" && w.Group != "apps" && w.Group != "batch"
		if custom || w.Kind == "Pod" && !w.Bare || w.Kind == "PodTemplate" {
			return ""
		}
		words = append(words, "--except", strings.ToLower(w.Kind)+"/"+w.Name)
	}
	return strings.Join(append(words, "--level", s.Level), " ")
}

// splits orders the items' splits: the most others for each workload that is taken out, then the most others.
func splits(items []report.Namespace) []report.SplitGain {
	var list []report.SplitGain
	for i := range items {
		if s := items[i].Split; s != nil {
			list = append(list, report.SplitGain{Namespace: items[i].Namespace, Level: s.Level, Moved: len(s.Workloads), Others: s.Others})
		}
	}
	slices.SortFunc(list, func(a, b report.SplitGain) int {
		return cmp.Or(
			cmp.Compare(b.Others*a.Moved, a.Others*b.Moved), cmp.Compare(b.Others, a.Others),
			cmp.Compare(a.Namespace, b.Namespace),
		)
	})
	return list
}

// runsAs notes a service account of a workload's pods.
func (w *work) runsAs(account string) {
	if account = cmp.Or(account, "default"); !slices.Contains(w.accounts, account) {
		w.accounts = append(w.accounts, account)
	}
}
