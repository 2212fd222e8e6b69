package printer

import (
	"time"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// company is a believable cluster.
func company() *estate {
	e := newEstate(
		namespace("batch", 14).with(
			workload("CronJob/invoice-run").template(unset("run")...).pods(2, unset("run")...),
			workload("CronJob/report").template(),
		),
		namespace("cert-manager", 3).labels("baseline", "restricted", "restricted").with(
			workload("Deployment/cert-manager").template().pods(1),
			workload("Deployment/webhook").template(unset("webhook")...).pods(2, unset("webhook")...),
		),
		namespace("ingress-nginx", 4).labels("baseline:v1.30", "", "(baseline:v1.30)").with(
			workload("DaemonSet/ingress-nginx-controller").template(all(hostNetwork(), unset("controller"))...).
				pods(4, all(hostNetwork(), unset("controller"))...),
		),
		namespace("kube-public", 0),
		namespace("kube-system", 31).with(
			workload("DaemonSet/kube-proxy").template(all(hostNetwork(), unset("kube-proxy"))...).pods(6, all(hostNetwork(), unset("kube-proxy"))...),
		),
		namespace("monitoring", 9).with(
			workload("DaemonSet/log-agent").template(all(hostPath("/var/log", "/var/lib/containers"), unset("agent"))...).
				pods(6, all(hostPath("/var/log", "/var/lib/containers"), unset("agent"))...),
			workload("StatefulSet/prometheus").template().pods(2),
		),
		namespace("payments", 12).labels("restricted!", "", "").with(
			workload("Deployment/api").template().pods(3),
		),
		namespace("shop", 42).labels("restricted", "restricted", "(restricted)").with(
			workload("Deployment/cart").template().pods(3),
			workload("Deployment/web").template(root("web")...).pods(3, root("web")...),
		),
		namespace("sandbox", 0),
	)
	e.Items[6].LabelErrors = []string{
		`metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "Restricted": must be one of privileged, baseline, restricted`,
	}
	e.Items[0].Pods.Finished = 11
	e.Summary.Repairs = []report.Repair{
		{Group: "apps", Kind: "DaemonSet", Name: "log-agent", Level: levelBaseline, Namespaces: []string{"monitoring", "staging-a", "staging-b", "staging-c"}},
		{Group: "batch", Kind: "CronJob", Name: "invoice-run", Level: levelRestricted, Namespaces: []string{"batch"}},
	}
	return e
}

// proposal is the same kind of cluster asked for enforce=restricted.
func proposal() *estate {
	return newEstate(
		namespace("cert-manager", 3).labels("baseline", "restricted", "restricted").propose("restricted", "", "").with(
			workload("Deployment/webhook").template(unset("webhook")...).pods(2, unset("webhook")...),
		),
		namespace("kube-system", 31).propose("restricted", "", "(restricted)").with(
			workload("DaemonSet/kube-proxy").template(all(hostNetwork(), unset("kube-proxy"))...).pods(6, all(hostNetwork(), unset("kube-proxy"))...),
		),
		namespace("payments", 12).labels("restricted", "restricted", "restricted").propose("restricted", "", "").with(
			workload("Deployment/api").template().pods(3),
		),
		namespace("shop", 42).propose("restricted", "", "(restricted)").with(
			workload("Deployment/cart").template().pods(3),
			workload("Deployment/web").template(root("web")...).pods(3, root("web")...),
		),
	)
}

// everyKind has each thing that can stand in the way.
func everyKind() *estate {
	next := time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)
	return newEstate(namespace("zoo", 30).labels("baseline:v1.30", "", "(baseline:v1.30)").with(
		workload("Pod/debug").pods(1, unset("shell")...),
		workload("Pod/etcd-node-1").ownedBy("", "Node", "node-1").pods(1, all(hostNetwork(), unset("etcd"))...),
		workload("PodTemplate/blueprint").template(unset("c")...),
		workload("ReplicationController/legacy").template(unset("c")...).pods(1, unset("c")...),
		workload("DaemonSet/log-agent").template(all(hostPath("/var/log", "/var/lib/containers"), unset("agent"))...).
			pods(5, all(hostPath("/var/log", "/var/lib/containers"), unset("agent"))...),
		workload("Deployment/api").drifts(report.DriftInjected).template().
			pods(3, netAdmin("istio-init")...),
		workload("Deployment/idle").state(report.StateIdle).template(root("c")...),
		workload("Deployment/patched").drifts(report.DriftMutated).template(unset("c")...).pods(2),
		workload("Deployment/rolling").drifts(report.DriftOtherRevision).template(root("c")...).pods(1, root("c")...).
			pods(2, unset("c")...).last(func(e *report.Evidence) { e.Revision = report.RevisionOld }),
		workload("ReplicaSet/web-7c9").ownedBy("argoproj.io", "Rollout", "web").template(root("c")...).pods(1, root("c")...),
		workload("StatefulSet/db").template(root("c")...).pods(3, root("c")...),
		workload("Rollout/canary").pods(2, root("c")...).last(func(e *report.Evidence) { e.Revision = report.RevisionUnknown }),
		workload("CronJob/nightly").at(next).template(root("c")...).
			pods(3, root("c")...).last(func(e *report.Evidence) { e.Finished = true }),
		workload("CronJob/paused").state(report.StateSuspended).template(root("c")...),
		workload("CronJob/odd").template(root("c")...),
		workload("Job/migrate").template(root("c")...).pods(1, root("c")...),
		workload("Job/waiting").state(report.StateSuspended).template(root("c")...),
		workload("Job/done").state(report.StateFinished).template(root("c")...),
		workload("Deployment/going").state(report.StateTerminating).template(root("c")...),
		workload("Deployment/fine").template().pods(1),
	))
}
