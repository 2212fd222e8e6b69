package survey

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

func TestExemptUsers(t *testing.T) {
	const (
		remove   = "remove it, and label privileged the namespaces that need it"
		noHole   = "remove it: under the right name it would exempt everybody who can create a workload"
		form     = "write system:serviceaccount:NAMESPACE:NAME"
		group    = "a group, and exemptions go by the name of the user alone: it exempts nobody"
		account  = "no service account has such a name: it exempts nobody"
		called   = "not how a service account is called as a user: it exempts nobody"
		pattern  = "names are compared as they stand, and * is no pattern: it exempts nobody"
		everyone = "remove it, or name each user"
		blank    = " "
	)
	exempt, never := report.ReasonControllerExempt, report.ReasonNeverMatches
	for user, want := range map[string]report.ConfigFinding{
		"system:serviceaccount:kube-system:replicaset-controller": {
			Reason: exempt, Grave: true, Remedy: remove,
			Message: "makes the pods of Deployments and ReplicaSets: whoever can create one of these is exempt, in all namespaces",
		},
		"system:serviceaccount:kube-system:job-controller": {
			Reason: exempt, Grave: true, Remedy: remove,
			Message: "makes the pods of Jobs and CronJobs: whoever can create one of these is exempt, in all namespaces",
		},
		"system:serviceaccount:kube-system:daemon-set-controller": {
			Reason: exempt, Grave: true, Remedy: remove,
			Message: "makes the pods of DaemonSets: whoever can create one of these is exempt, in all namespaces",
		},
		"system:serviceaccount:kube-system:statefulset-controller": {
			Reason: exempt, Grave: true, Remedy: remove,
			Message: "makes the pods of StatefulSets: whoever can create one of these is exempt, in all namespaces",
		},
		"system:serviceaccount:kube-system:replication-controller": {
			Reason: exempt, Grave: true, Remedy: remove,
			Message: "makes the pods of ReplicationControllers: whoever can create one of these is exempt, in all namespaces",
		},
		"system:kube-controller-manager": {
			Reason: exempt, Grave: true, Remedy: remove,
			Message: "makes the pods of every kind where controllers share this user (no --use-service-account-credentials): " +
				"whoever can create a workload is exempt, in all namespaces",
		},
		"system:serviceaccount:kube-system:deployment-controller": {
			Reason: exempt, Remedy: "remove it",
			Message: "exempts no pod: it makes ReplicaSets, whose pods the replicaset-controller makes. Only what audit and warn would say of these ReplicaSets is lost",
		},
		"system:serviceaccount:kube-system:cronjob-controller": {
			Reason: exempt, Remedy: "remove it",
			Message: "exempts no pod: it makes Jobs, whose pods the job-controller makes. Only what audit and warn would say of these Jobs is lost",
		},
		"system:masters":                    {Reason: never, Grave: true, Message: group, Remedy: everyone},
		"system:serviceaccounts:shop":       {Reason: never, Grave: true, Message: group, Remedy: everyone},
		"kubeadm:cluster-admins":            {Reason: never, Grave: true, Message: group, Remedy: everyone},
		"*":                                 {Reason: never, Grave: true, Message: pattern, Remedy: everyone},
		"system:serviceaccount:shop:*":      {Reason: never, Grave: true, Message: pattern, Remedy: everyone},
		"jane" + blank:                      {Reason: never, Grave: true, Message: "no user's name begins or ends with blanks: it exempts nobody", Remedy: "leave out the blanks"},
		"system:serviceaccount:shop":        {Reason: never, Grave: true, Message: account, Remedy: form},
		"system:serviceaccount:Shop:web":    {Reason: never, Grave: true, Message: account, Remedy: form},
		"system:serviceaccount:shop:web:v2": {Reason: never, Grave: true, Message: account, Remedy: form},
		"system:serviceaccount/shop/web":    {Reason: never, Grave: true, Message: called, Remedy: form},
		"ServiceAccount:shop:web":           {Reason: never, Grave: true, Message: called, Remedy: form},
		"kube-system:daemon-set-controller": {Reason: never, Grave: true, Message: called, Remedy: noHole},
		"job-controller":                    {Reason: never, Grave: true, Message: "not how a controller is called as a user: it exempts nobody", Remedy: noHole},
		"system:serviceaccount:kube-system:daemonset-controller": {
			Reason: never, Grave: true, Message: "no controller has this name, which is daemon-set-controller: it exempts nobody", Remedy: noHole,
		},
		"system:serviceaccount:kube-system:cron-job-controller": {
			Reason: never, Grave: true, Message: "no controller has this name, which is cronjob-controller: it exempts nobody", Remedy: "remove it",
		},
	} {
		want.Field, want.Value = "exemptions.usernames[1]", user
		got := exemptUsers([]string{"jane", user})
		if diff := cmp.Diff([]report.ConfigFinding{want}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", user, diff)
		}
	}
	for _, user := range []string{
		"jane", "oidc:bob", "jane@example.com", "system:node:worker-1", "system:admin", "system:serviceaccount:argocd:sync",
		"system:serviceaccount:kube-system:generic-garbage-collector", "system:serviceaccount:shop:job-controller", "oidc:job-controller",
	} {
		if got := exemptUsers([]string{user}); got != nil {
			t.Errorf("%s: %v", user, got)
		}
	}
}
