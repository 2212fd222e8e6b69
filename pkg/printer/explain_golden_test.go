package printer

import (
	"testing"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// explainGoldens are the golden files of explained checks.
func explainGoldens() []golden {
	table := func(file string, l *report.CheckList, o Options) golden {
		return golden{file, func(t *testing.T) string { return render(t, ExplainTable(o), l) }}
	}
	output := func(file string, l *report.CheckList, format string) golden {
		return golden{file, func(t *testing.T) string {
			s, _, _, _ := terminal.NewTest()
			f := NewFlags()
			f.Output = format
			write, err := ToPrinter(f, s, Explain(Options{}))
			if err != nil {
				t.Fatal(err)
			}
			return render(t, write, l)
		}}
	}
	return []golden{
		table("explain/table", explainedChecks(), Options{}),
		table("explain/table-60", explainedChecks(), Options{Width: 60}),
		table("explain/table-wide", explainedChecks(), Options{Wide: true, Width: 60}),
		table("explain/table-no-headers", explainedChecks(), Options{NoHeaders: true, Details: true, Width: 60}),
		table("explain/details", explainedChecks(), Options{Details: true}),
		table("explain/details-80-color", explainedChecks(), Options{Details: true, Width: 80, Color: terminal.NewPalette(true)}),
		output("explain/name", explainedChecks(), "name"),
		output("explain/yaml", explainedChecks(), "yaml"),
	}
}

// explainedChecks are two checks, one with everything that can be said of a check.
func explainedChecks() *report.CheckList {
	l := &report.CheckList{Items: []report.Check{
		{
			Check: "privileged", Level: levelBaseline, Since: "v1.0", Reason: "privileged", Forbids: "privileged containers",
			Risk: "A privileged container is root on the node.", Remedy: "Leave it out.",
			Fields: []string{
				"spec.containers[*].securityContext.privileged", "spec.initContainers[*].securityContext.privileged",
				"spec.ephemeralContainers[*].securityContext.privileged",
			},
			Allowed: []report.AllowedValue{{Value: "unset"}, {Value: "false"}},
			Denied:  "spec:\n  hostUsers: true\n", Passing: "spec:\n  hostUsers: false   # or left out\n",
		},
		{
			Check: "seccompProfile_all", Level: levelRestricted, Since: "v1.19", Reason: "seccompProfile", Forbids: "running without a profile",
			Risk:   "Every system call is open to a container without a profile, and with them the flaws of the kernel behind the rarer ones.",
			Remedy: "Set RuntimeDefault once for the pod.",
			Fields: []string{
				"spec.securityContext.seccompProfile.type", "spec.containers[*].securityContext.seccompProfile.type",
				"spec.initContainers[*].securityContext.seccompProfile.type", "metadata.annotations[seccomp/*]",
			},
			Allowed: []report.AllowedValue{
				{Field: "type", Value: "RuntimeDefault"},
				{Field: "type", Value: "Localhost"},
				{Field: "annotation", Value: "unset"},
				{Field: "type", Value: "Other", Since: "v1.25"},
			},
			Changes:  []report.CheckChange{{Version: "v1.25", Change: "Windows pods are exempt"}, {Version: "v1.30", Change: "also allows Other"}},
			Exempt:   []report.ExemptPods{{Pods: "spec.os.name is windows", Since: "v1.25"}},
			Servers:  []string{"Servers before v1.30 look at annotations only."},
			Replaces: []report.CheckReplacement{{Check: "seccompProfile_some", Since: "v1.19"}},
			Denied:   "spec: {}\n", Passing: "spec:\n  securityContext:\n    seccompProfile: {type: RuntimeDefault}\n",
		},
		{
			Check: "seccompProfile_some", Level: levelBaseline, Since: "v1.0", Reason: "seccompProfile", Forbids: "switching seccomp off",
			Risk: "More.", Remedy: "Leave it out.", Fields: []string{"spec.securityContext.seccompProfile.type"},
			Allowed:    []report.AllowedValue{{Value: "unset"}},
			ReplacedBy: []report.CheckReplacement{{Check: "seccompProfile_all", Since: "v1.19"}},
			Denied:     "spec: {}\n", Passing: "spec: {}\n",
		},
	}}
	l.APIVersion, l.Kind = report.APIVersion, report.KindCheckList
	return l
}
