package printer

import (
	"testing"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// configGoldens are the golden files of Pod Security's own configuration.
func configGoldens() []golden {
	colored := terminal.NewPalette(true)
	table := func(file string, r *report.ConfigReport, o Options) golden {
		return golden{file, func(t *testing.T) string { return render(t, ConfigTable(o), r) }}
	}
	output := func(file string, r *report.ConfigReport, format string) golden {
		return golden{file, func(t *testing.T) string {
			s, _, _, _ := terminal.NewTest()
			f := NewFlags()
			f.Output = format
			write, err := ToPrinter(f, s, Config())
			if err != nil {
				t.Fatal(err)
			}
			return render(t, write, r)
		}}
	}
	return []golden{
		table("config/file", hollowed(), Options{}),
		table("config/file-80-color", hollowed(), Options{Width: 80, Color: colored}),
		table("config/file-120", hollowed(), Options{Width: 120}),
		table("config/file-wide", hollowed(), Options{Wide: true, Width: 80}),
		table("config/file-no-headers", hollowed(), Options{NoHeaders: true, Width: 80}),
		table("config/file-40", sound(), Options{Width: 40}),
		table("config/file-sound", sound(), Options{}),
		table("config/file-gaps", withConfigGaps(sound()), Options{Width: 100}),
		table("config/one-finding", withFinding(sound(), 0), Options{}),
		table("config/one-light-finding", withFinding(sound(), 4), Options{}),
		table("config/gaps-and-findings", withConfigGaps(hollowed()), Options{}),
		table("config/server", discovered(), Options{Width: 100}),
		table("config/server-wide", discovered(), Options{Wide: true, Width: 80}),
		output("config/json", hollowed(), "json"),
		output("config/yaml", withConfigGaps(sound()), "yaml"),
		output("config/name", discovered(), "name"),
		output("config/jsonpath", hollowed(), `jsonpath={range .findings[?(@.grave==true)]}{.reason}{"\t"}{.field}{"\n"}{end}`),
	}
}

func newConfig(facts ...report.ConfigFact) *report.ConfigReport {
	r := &report.ConfigReport{Facts: facts, Gaps: []report.Gap{}}
	r.APIVersion, r.Kind = report.APIVersion, report.KindConfigReport
	return r
}

// inFile is a fact of a file.
func inFile(subject, name, value string) report.ConfigFact {
	return report.ConfigFact{Subject: subject, Name: name, Value: value, Source: report.SourceConfig}
}

// sound is a file in which nothing is to be mended, that was held against no server.
func sound() *report.ConfigReport {
	r := newConfig(
		inFile(report.SubjectDefault, "enforce", "baseline:v1.36"), inFile(report.SubjectDefault, "audit", "restricted:latest"),
		inFile(report.SubjectDefault, "warn", "restricted:latest"), inFile(report.SubjectExemptNamespace, "kube-system", report.ConfigExempt),
	)
	r.File, r.Release = "admission.yaml", "v1.37"
	return r
}

func withConfigGaps(r *report.ConfigReport) *report.ConfigReport {
	r.Server = &newEstate().Server
	r.Gaps = []report.Gap{
		{Resource: "namespaces", Reason: "forbidden", Message: `namespaces is forbidden: User "x" cannot list`},
		{Resource: "namespaces", Namespace: "kube-system", Reason: "forbidden", Message: `namespaces "kube-system" is forbidden`},
		{Resource: "runtimeclasses.node.k8s.io", Reason: "timeout", Message: "context deadline exceeded"},
	}
	return r
}

// withFinding adds one of those of hollowed.
func withFinding(r *report.ConfigReport, at int) *report.ConfigReport {
	r.Findings = hollowed().Findings[at : at+1]
	return r
}

// hollowed is a file that was held against a server, with a finding of many a kind.
func hollowed() *report.ConfigReport {
	account := "system:serviceaccount:kube-system:replicaset-controller"
	r := newConfig(
		inFile(report.SubjectDefault, "enforce", "restricted:latest"), inFile(report.SubjectDefault, "audit", "restricted:latest"),
		inFile(report.SubjectDefault, "warn", "restricted:latest"), inFile(report.SubjectExemptNamespace, "build", report.ConfigExempt),
		inFile(report.SubjectExemptNamespace, "kube-system", report.ConfigExempt), inFile(report.SubjectExemptRuntimeClass, "gvisor", report.ConfigExempt),
		inFile(report.SubjectExemptUser, account, report.ConfigExempt), inFile(report.SubjectExemptUser, "system:masters\x1b[2J", report.ConfigExempt),
	)
	r.File, r.Release, r.Server = "admission.yaml", "v1.36", &newEstate().Server
	r.Findings = []report.ConfigFinding{
		{
			Field: "exemptions.usernames[0]", Value: account, Reason: report.ReasonControllerExempt, Grave: true,
			Message: "makes the pods of Deployments and ReplicaSets: whoever can create one of these is exempt, in all namespaces",
			Remedy:  "remove it, and label privileged the namespaces that need it",
		},
		{
			Field: "defaults.enforce", Value: "restricted:latest", Reason: report.ReasonStricter, Grave: true,
			Message: "refuses the next pods of 6 workloads in 2 namespaces (payments, shop), which have no enforce label",
			Remedy:  "mend them, or label these namespaces by what they can bear before the server starts with the file",
			Command: "kubectl pss check ns --admission-config admission.yaml",
			Objects: []string{
				"daemonset.apps/agent -n payments", "deployment.apps/api -n payments", "statefulset.apps/ledger -n payments",
				"cronjob.batch/backup -n shop", "deployment.apps/web -n shop", "pod/debug -n shop",
			},
		},
		{
			Field: "exemptions.usernames[1]", Value: "system:masters\x1b[2J", Reason: report.ReasonNeverMatches, Grave: true,
			Message: "a group, and exemptions go by the name of the user alone: it exempts nobody", Remedy: "remove it, or name each user",
		},
		{
			Field: "exemptions.namespaces[1]", Value: "build", Reason: report.ReasonNamespaceMissing, Grave: true,
			Message: "the cluster has no such namespace: whoever may create namespaces can have this one, and be exempt in it",
			Remedy:  "remove the exemption, or create the namespace",
		},
		{
			Field: "defaults.enforce-version", Value: "latest", Reason: report.ReasonUnpinned,
			Message: "an upgrade of the API server changes what is refused in every namespace without labels",
			Remedy:  "pin it to what the server knows: enforce-version: v1.36",
		},
		{Field: "plugins", Reason: report.ReasonIgnored, Message: "a finding without value and remedy"},
	}
	return r
}

// discovered is what a server told, and what it did not.
func discovered() *report.ConfigReport {
	probed := func(subject, name, value, how string) report.ConfigFact {
		return report.ConfigFact{Subject: subject, Name: name, Value: value, Source: report.SourceProbed, How: how, Needs: "create namespaces"}
	}
	unknown := func(subject, name, how, needs string) report.ConfigFact {
		return report.ConfigFact{Subject: subject, Name: name, Value: report.ConfigUnknown, Source: report.SourceAssumed, How: how, Needs: needs}
	}
	r := newConfig(
		probed(report.SubjectPodSecurity, "", report.PodSecurityActive, "it refused an invalid level"),
		probed(report.SubjectDefault, "enforce", "baseline:v1.30", "the warning about an exempt namespace"),
		unknown(report.SubjectDefault, "audit", "only the audit log tells", ""),
		unknown(report.SubjectDefault, "warn", "no Deployment could be created", "create deployments.apps"),
		probed(report.SubjectExemptNamespace, "kube-system", report.ConfigExempt, "it warned of the exemption"),
		probed(report.SubjectExemptNamespace, "shop", report.ConfigNotExempt, "it did not warn"),
		unknown(report.SubjectExemptRuntimeClass, "gvisor", "no Deployment could be created", "create deployments.apps"),
		probed(report.SubjectExemptUser, "jane", report.ConfigExempt, "a violating pod as this user"),
		probed(report.SubjectFeatureGate, "ProcMountType", report.ConfigEnabled, "metrics"),
	)
	r.Server, r.Asked = &newEstate().Server, 12
	return r
}
