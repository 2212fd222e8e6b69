package printer

import (
	"fmt"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

func splitGoldens() []checkGolden {
	return []checkGolden{
		{"split/many", toSplit(8), table(Options{})},
		{"split/many-80", toSplit(8), table(Options{Width: 80})},
		{"split/details-80-color", toSplit(2), table(Options{Width: 80, Details: true, Color: terminal.NewPalette(true)})},
		{"split/one", toSplit(1), table(Options{Details: true})},
		{"split/yaml", toSplit(1), output("yaml")},
	}
}

// toSplit has namespaces that one workload holds back, or three; the second cannot be excepted.
func toSplit(n int) *estate {
	var spaces []*space
	for i := range n {
		s := namespace(fmt.Sprintf("team-%d", i), 30).with(workload("DaemonSet/agent").template(hostPath("/var/log")...))
		for k := range 7 {
			s.with(workload(fmt.Sprintf("Deployment/api-%d", k)).template().pods(2))
		}
		s.Split = &report.Split{
			Level: levelRestricted, Others: 7, Label: "kubectl pss label ns " + s.Namespace.Namespace + " --enforce restricted",
			Workloads: []report.SplitWorkload{{Group: "apps", Kind: "DaemonSet", Name: "agent", Strictest: levelPrivileged, ServiceAccounts: []string{"default"}}},
			Exception: "kubectl pss export " + s.Namespace.Namespace + " --except daemonset/agent --level restricted",
			SharedWith: []report.Owner{
				{Group: "apps", Kind: "Deployment", Name: "api-0"},
				{Group: "apps", Kind: "Deployment", Name: "api-1"},
				{Group: "apps", Kind: "Deployment", Name: "api-2"},
				{Group: "apps", Kind: "Deployment", Name: "api-3"},
			},
		}
		if i == 1 {
			s.Split.Workloads = append(s.Split.Workloads, report.SplitWorkload{Group: "argoproj.io", Kind: "Rollout", Name: "web\x1b[2J", Strictest: levelBaseline})
			s.Split.Exception, s.Split.SharedWith, s.Split.Others = "", nil, 6
		}
		spaces = append(spaces, s)
	}
	e := newEstate(spaces...)
	for i := range e.Items {
		split := e.Items[i].Split
		e.Summary.Splits = append(e.Summary.Splits, report.SplitGain{
			Namespace: e.Items[i].Namespace, Level: split.Level, Moved: len(split.Workloads), Others: split.Others,
		})
	}
	return e
}
