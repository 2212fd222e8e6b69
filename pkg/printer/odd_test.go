package printer

import (
	"fmt"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

func withGaps() *estate {
	e := newEstate(
		namespace("batch", 14).gap("cronjobs.batch", "forbidden", `cronjobs.batch is forbidden: User "jane" cannot list resource "cronjobs"`),
		namespace("shop", 42).gap("cronjobs.batch", "forbidden", "").gap("pods", "timeout", "context deadline exceeded"),
	)
	e.Gaps = append(e.Gaps, report.Gap{Resource: "daemonsets.apps", Reason: "unreachable", Message: "dial tcp 10.0.0.1:6443: connection refused"})
	return e
}

func withGapsAndViolations() *estate {
	e := company()
	e.Items[7].Gaps = []report.Gap{{Resource: "jobs.batch", Namespace: "shop", Reason: "forbidden"}}
	e.Items[7].Strictest.Complete = false
	e.Gaps = e.Items[7].Gaps
	return e
}

func inactive() *estate {
	e := company()
	e.Server.PodSecurity = report.Fact{
		Value: report.PodSecurityInactive, Source: report.SourceProbed,
		Reason: "this server is v1.22, which has no Pod Security admission",
	}
	return e
}

func inexact() *estate {
	e := company()
	e.Server.PodSecurity = report.Fact{Value: report.PodSecurityUnknown, Source: report.SourceAssumed, Reason: "its version could not be read"}
	e.Server.Exact = false
	e.Server.Inexact = []string{"the server (v1.41) is newer than the checks of this build (v1.37)", "feature gates are not known"}
	return e
}

func exempt() *estate {
	e := newEstate(
		namespace("kube-system", 9).exempted(),
		namespace("platform", 3).labels("restricted:v1.99", "", "(restricted:v1.99)").exempted().with(
			workload("Deployment/operator").template(root("c")...).pods(1, root("c")...),
		),
		namespace("vm", 2).with(
			workload("Deployment/sandboxed").template(root("c")...).last(func(e *report.Evidence) {
				e.Exempt = report.Exempt{By: report.ExemptRuntimeClass, Source: report.SourceConfig}
			}),
		),
	)
	e.Defaults.Source = report.SourceConfig
	for _, m := range []*report.Mode{&e.Items[1].Current.Enforce, &e.Items[1].Current.Warn} {
		m.EvaluatedAs = "v1.36"
	}
	return e
}

// many has more of everything than is shown.
func many() *estate {
	e := newEstate()
	for i := range 12 {
		name := fmt.Sprintf("team-%02d", i)
		e.add(namespace(name, i).labels("baseline!", "", "").gap(fmt.Sprintf("things%d.example.com", i), "unknownKind", "").
			with(workload("Deployment/web").template(unset("web")...)).Namespace)
		e.Items[i].LabelErrors = []string{`metadata.labels[pod-security.kubernetes.io/enforce-version]: Invalid value: "1.30": must be "latest" or "v1.x"`}
		e.Summary.Checks[fmt.Sprintf("check%02d", i)] = i + 1
		e.Summary.Repairs = append(e.Summary.Repairs, report.Repair{Group: "apps", Kind: "Deployment", Name: "web", Level: levelRestricted, Namespaces: []string{name}})
	}
	for i := range 9 {
		e.add(namespace(fmt.Sprintf("kube-extra-%d", i), 1).Namespace)
	}
	return e
}

// answers has each way in which the server can answer.
func answers() *estate {
	allModes := namespace("all-modes", 5).propose("baseline", "restricted", "restricted:v1.30").with(
		workload("DaemonSet/log-agent").template(all(hostPath("/var/log"), unset("agent"))...).pods(2, all(hostPath("/var/log"), unset("agent"))...),
		workload("Deployment/web").template(root("web")...).pods(2, root("web")...),
	)
	allModes.LabelChange.Exact = false
	allModes.LabelChange.Warnings = []string{
		`existing pods in namespace "all-modes" violate the new PodSecurity enforce level "baseline:latest"`,
		"log-agent-x0 (and 1 other pod): hostPath volumes",
	}
	rejected := namespace("rejected", 0).propose("restricted", "", "")
	rejected.LabelChange = &report.LabelChange{
		Message: `Namespace "rejected" is invalid: metadata.labels[pod-security.kubernetes.io/warn]: Invalid value: "Baseline": must be one of privileged, baseline, restricted`,
		Exact:   true, Warnings: []string{},
	}
	rejected.LabelErrors = []string{`metadata.labels[pod-security.kubernetes.io/warn]: Invalid value: "Baseline": must be one of privileged, baseline, restricted`}
	silent := namespace("silent", 1).labels("", "", "privileged").propose("restricted", "", "").with(
		workload("Deployment/web").template(root("web")...).pods(1, root("web")...),
	)
	dryRun := workload("Deployment/mutated").template(root("web")...).
		evidence(report.Evidence{Source: report.EvidenceAdmission, Revision: report.RevisionCurrent}, nil).drifts(report.DriftMutated)
	through := namespace("through-admission", 1).propose("", "restricted", "").with(dryRun)
	loosened := namespace("loosened", 3).labels("restricted", "restricted", "restricted").propose("privileged", "privileged", "privileged").with(
		workload("Deployment/web").template(root("web")...).pods(3, root("web")...),
	)
	return newEstate(allModes, rejected, silent, through, loosened)
}

func answersOne() *estate {
	e := answers()
	one := newEstate()
	one.add(e.Items[2])
	return one
}

// fromFiles is a report without a server and without pods.
func fromFiles() *estate {
	w := workload("Deployment/web").template(unset("web", "sidecar")...)
	w.Location = &report.Location{File: "deploy/web.yaml", Document: 2}
	many := violation("seccompProfile_restricted", levelRestricted, "seccompProfile", `pod or containers "a", "b", "c" must set it`)
	for i := range 10 {
		many.Fields = append(many.Fields, report.Field{
			Path: fmt.Sprintf("spec.containers[%d].securityContext.seccompProfile.type", i), Container: fmt.Sprintf("c%d", i), Value: nil,
		})
	}
	w.Evidence[0].Violations = append(w.Evidence[0].Violations, many)
	e := newEstate(namespace("default", 0).with(w))
	e.Server = report.Server{PolicyVersion: "v1.37", Exact: true}
	return e
}

// small has little of everything, for the formats that show it all.
func small() *estate {
	e := newEstate(namespace("shop", 3).labels("baseline", "", "(baseline)").propose("restricted", "", "(restricted)").
		gap("cronjobs.batch", "forbidden", `cronjobs.batch is forbidden: User "jane" cannot list resource`).with(
		workload("Deployment/web").template(root("web")...).pods(2, root("web")...),
	))
	e.Server.ClusterUID = "5c0d4a1e-0000-4000-8000-000000000000"
	e.Summary.Repairs = []report.Repair{{Group: "apps", Kind: "Deployment", Name: "web", Level: levelRestricted, Namespaces: []string{"shop"}}}
	return e
}
