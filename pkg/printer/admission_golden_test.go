package printer

import "github.com/kubectl-pss/kubectl-pss/pkg/report"

const refusedMesh = `violates PodSecurity "baseline:latest": privileged (container "mesh" must not set securityContext.privileged=true)`

func admissionGoldens() []checkGolden {
	return []checkGolden{
		{"details/admission", throughAdmission(), table(Options{Details: true})},
		{"details/admission-80", throughAdmission(), table(Options{Details: true, Width: 80})},
		{"table/admission", throughAdmission(), table(Options{Next: "kubectl pss check ns NAME --through-admission"})},
		{"table/unseen", unseen(), table(Options{})},
	}
}

// dryRun is the pod that the server would create. It takes the place of what the workload has so far.
func (w *work) dryRun(checks ...report.Violation) *work {
	for i := range w.Evidence {
		w.Evidence[i].Answered = true
	}
	return w.evidence(report.Evidence{
		Source: report.EvidenceAdmission, Revision: report.RevisionCurrent, Admission: &report.Admission{User: "system:serviceaccount:kube-system:replicaset-controller"},
	}, checks)
}

func (w *work) mayBeChangedBy(names ...string) *work { w.MayBeChangedBy = names; return w }

const mesh = "MutatingWebhookConfiguration/mesh"

// throughAdmission has every answer to a dry run.
func throughAdmission() *estate {
	e := newEstate(
		namespace("shop", 12).propose("baseline", "", "(baseline)").gap("cronjobs.batch", "", "").with(
			workload("Deployment/cart").drifts(report.DriftInjected).mayBeChangedBy(mesh, "MutatingAdmissionPolicy/\x1b[2J").
				template().pods(2, netAdmin("mesh")...).dryRun(netAdmin("mesh")...),
			workload("Deployment/fresh").drifts(report.DriftInjected, report.DriftInjectedSince).mayBeChangedBy(mesh).
				template().pods(2).dryRun(netAdmin("mesh")...),
			workload("Deployment/hardened").drifts(report.DriftMutated, report.DriftMutatedSince).
				template(hostPath("/var/log")...).pods(1, hostPath("/var/log")...).dryRun().
				last(func(e *report.Evidence) { e.Admission.PodSecurityPolicy = "hardened" }),
			workload("Deployment/plain").template().pods(3).dryRun(),
		),
		namespace("strict", 1).labels("baseline", "", "(baseline)").with(
			workload("Deployment/hidden").drifts(report.DriftInjected).template().dryRun().
				last(func(e *report.Evidence) { e.Admission.Refused = refusedMesh }),
			workload("Deployment/exempt").template(hostPath("/var/log")...).dryRun(hostPath("/var/log")...).
				last(func(e *report.Evidence) { e.Admission.Unenforced = true }),
		),
	)
	hidden := &e.Items[1].Workloads[0]
	hidden.Blocks, hidden.Strictest = true, levelPrivileged
	hidden.Evidence[1].Outcome.Pod = report.PodOutcome{Message: refusedMesh, Warnings: []string{}}
	e.DryRuns = &report.DryRuns{Asked: 9, Shown: 5, AsOneself: 2, Why: "no right to impersonate serviceaccounts in namespace kube-system"}
	quota := report.Gap{Resource: "deployments.apps", Namespace: "shop", Name: "full", Reason: "quota", Message: "exceeded quota: none"}
	more := quota
	more.Name, more.Resource = "packed", "statefulsets.apps"
	webhook := report.Gap{Resource: "cronjobs.batch", Namespace: "shop", Name: "nightly", Reason: "noDryRun", Message: `admission webhook "mesh" does not support dry run`}
	e.Items[0].Gaps, e.Gaps = []report.Gap{quota, more, webhook}, []report.Gap{quota, more, webhook}
	return e
}

// unseen has workloads without pods, of which it cannot be told what is made of them.
func unseen() *estate {
	return newEstate(
		namespace("batch", 0).with(workload("CronJob/nightly").mayBeChangedBy(mesh, "MutatingAdmissionPolicy/harden").template()),
		namespace("kube-system", 0).with(workload("CronJob/sweep").mayBeChangedBy("MutatingWebhookConfiguration/uncounted").template()),
		namespace("shop", 2).with(
			workload("Deployment/idle").state(report.StateIdle).mayBeChangedBy(mesh).template(),
			workload("Deployment/web").mayBeChangedBy("MutatingWebhookConfiguration/seen").template().pods(2, netAdmin("mesh")...),
		),
	)
}
