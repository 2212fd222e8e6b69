package survey

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

const (
	// accountPrefix begins the user name of every service account; behind it come the namespace and the name.
	accountPrefix = "system:serviceaccount:"
	// controllerPrefix begins those of Kubernetes' own controllers.
	controllerPrefix = accountPrefix + "kube-system:"
	// managerUser is the one user of all controllers where they have no accounts of their own.
	managerUser = "system:kube-controller-manager"
)

// controller is one of Kubernetes' controllers and what it makes.
type controller struct {
	name string
	// makesPodsOf are the kinds whose pods it makes; empty for one that leaves that to another, by making others.
	makesPodsOf, others, another string
}

func controllers() []controller {
	return []controller{
		{name: "replicaset-controller", makesPodsOf: "Deployments and ReplicaSets"},
		{name: "replication-controller", makesPodsOf: "ReplicationControllers"},
		{name: "statefulset-controller", makesPodsOf: "StatefulSets"},
		{name: "daemon-set-controller", makesPodsOf: "DaemonSets"},
		{name: "job-controller", makesPodsOf: "Jobs and CronJobs"},
		{name: "deployment-controller", others: "ReplicaSets", another: "replicaset-controller"},
		{name: "cronjob-controller", others: "Jobs", another: "job-controller"},
	}
}

// controllerLike finds a controller by its name, or by one that differs in hyphens and case alone.
func controllerLike(name string) (found controller, exact bool) {
	bare := func(s string) string { return strings.ToLower(strings.ReplaceAll(s, "-", "")) }
	for _, c := range controllers() {
		if bare(c.name) == bare(name) {
			return c, c.name == name
		}
	}
	return controller{}, false
}

// exemptUsers says what exempt users let past, and which of them are nobody.
func exemptUsers(users []string) []report.ConfigFinding {
	var findings []report.ConfigFinding
	for i, user := range users {
		finding, found := exemptController(user)
		if !found {
			finding, found = nobody(user)
		}
		if found {
			finding.Field, finding.Value = fmt.Sprintf("exemptions.usernames[%d]", i), user
			findings = append(findings, finding)
		}
	}
	return findings
}

// exemptController is about the users that make pods for others.
func exemptController(user string) (report.ConfigFinding, bool) {
	finding := report.ConfigFinding{
		Reason: report.ReasonControllerExempt, Grave: true,
		Remedy: "remove it, and label privileged the namespaces that need it",
	}
	if user == managerUser {
		finding.Message = "makes the pods of every kind where controllers share this user (no --use-service-account-credentials): " +
			"whoever can create a workload is exempt, in all namespaces"
		return finding, true
	}
	name, found := strings.CutPrefix(user, controllerPrefix)
	if !found {
		return report.ConfigFinding{}, false
	}
	c, exact := controllerLike(name)
	switch {
	case !exact:
		return report.ConfigFinding{}, false
	case c.makesPodsOf == "":
		finding.Grave = false
		finding.Message = fmt.Sprintf("exempts no pod: it makes %s, whose pods the %s makes. Only what audit and warn would say of these %[1]s is lost",
			c.others, c.another)
		finding.Remedy = "remove it"
	default:
		finding.Message = fmt.Sprintf("makes the pods of %s: whoever can create one of these is exempt, in all namespaces", c.makesPodsOf)
	}
	return finding, true
}

// nobody is about names that no request comes with. Exemptions are compared with the name of a user as a whole.
func nobody(user string) (report.ConfigFinding, bool) {
	finding := report.ConfigFinding{Reason: report.ReasonNeverMatches, Grave: true}
	switch {
	case isGroup(user):
		finding.Message = "a group, and exemptions go by the name of the user alone: it exempts nobody"
		finding.Remedy = "remove it, or name each user"
	case strings.TrimSpace(user) != user:
		finding.Message = "no user's name begins or ends with blanks: it exempts nobody"
		finding.Remedy = "leave out the blanks"
	case strings.Contains(user, "*"):
		finding.Message = "names are compared as they stand, and * is no pattern: it exempts nobody"
		finding.Remedy = "remove it, or name each user"
	default:
		return notAnAccount(finding, user)
	}
	return finding, true
}

// isGroup knows the groups of Kubernetes.
func isGroup(name string) bool {
	groups := []string{
		"system:masters", "system:authenticated", "system:unauthenticated", "system:nodes", "system:serviceaccounts", "system:monitoring",
		"system:bootstrappers", "kubeadm:cluster-admins",
	}
	return slices.Contains(groups, name) || strings.HasPrefix(name, "system:serviceaccounts:") || strings.HasPrefix(name, "system:bootstrappers:")
}

// notAnAccount is about what was meant for a service account and is none. Names of other users may be anything.
func notAnAccount(finding report.ConfigFinding, user string) (report.ConfigFinding, bool) {
	last := user[strings.LastIndexAny(user, ":/")+1:]
	controller, _ := controllerLike(last)
	rest, account := strings.CutPrefix(user, accountPrefix)
	namespace, name, _ := strings.Cut(rest, ":")
	switch {
	case strings.HasPrefix(user, controllerPrefix) && last == name && controller.name != "": // under its right name it had been found before
		finding.Message = "no controller has this name, which is " + controller.name + ": it exempts nobody"
	case account && len(validation.IsDNS1123Label(namespace)) == 0 && len(validation.IsDNS1123Subdomain(name)) == 0:
		return finding, false
	case account:
		finding.Message = "no service account has such a name: it exempts nobody"
	case looksLikeAccount(user):
		finding.Message = "not how a service account is called as a user: it exempts nobody"
	case controller.name != "" && last == user:
		finding.Message = "not how a controller is called as a user: it exempts nobody"
	default:
		return finding, false
	}
	finding.Remedy = "write " + accountPrefix + "NAMESPACE:NAME"
	switch {
	case controller.makesPodsOf != "":
		finding.Remedy = "remove it: under the right name it would exempt everybody who can create a workload"
	case controller.name != "":
		finding.Remedy = "remove it"
	}
	return finding, true
}

// looksLikeAccount knows the ways in which service accounts are called elsewhere.
func looksLikeAccount(user string) bool {
	prefixes := []string{"system:serviceaccount", "serviceaccount:", "serviceaccount/", "serviceaccounts:", "serviceaccounts/", "kube-system:", "kube-system/"}
	return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(strings.ToLower(user), prefix) })
}
