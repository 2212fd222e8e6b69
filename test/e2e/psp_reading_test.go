//go:build e2e

package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// readPolicies holds what is said of the demo's estate, before anything has been changed, to what it was made for.
func (s *server) readPolicies(t *testing.T) {
	t.Helper()
	want := map[string]string{ // level, * with an exception; fields written; who may use it but for admins; workloads
		"baseline":     "baseline, writes 0; ServiceAccount billing in billing; Deployment/ledger CronJob/invoices",
		"build":        "privileged, writes 1; User build-bot in ci; Pod/build-1207 Pod/build-1208",
		"database":     "baseline, writes 7; ServiceAccount postgres-operator in databases; Deployment/postgres-operator PostgresCluster/accounts",
		"flex-storage": "baseline, writes 3; ; ",
		"hardened": "restricted*, writes 8; Group system:serviceaccounts:reserved in reserved, Group system:serviceaccounts:seasonal in seasonal, Group system:serviceaccounts:shop in shop; " +
			"Deployment/gift-finder CronJob/santa Deployment/black-friday Deployment/cart Deployment/pricing Deployment/storefront StatefulSet/sessions CronJob/abandoned-carts",
		"ingress":    "privileged, writes 2; ServiceAccount ingress-nginx in ingress by extensions; Deployment/ingress-nginx",
		"metrics":    "baseline, writes 4; ServiceAccount billing in billing, ServiceAccount prometheus in monitoring; StatefulSet/prometheus",
		"node-agent": "privileged, writes 1; ServiceAccount daemon-set-controller; DaemonSet/log-shipper DaemonSet/node-exporter",
		"privileged": "privileged, writes 0; Group system:nodes in kube-system, Group system:serviceaccounts:kube-system in kube-system; DaemonSet/node-network",
		"restricted": "restricted*, writes 3; ServiceAccount portal in portal; Deployment/portal",
	}
	got := map[string]string{}
	for name, p := range s.listed(t) {
		level := p.Level
		if p.Exception != "" {
			level += "*"
		}
		got[name] = fmt.Sprintf("%s, writes %d; %s; %s", level, len(p.Writes), users(p.Users), uses(p.UsedBy))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("psp list (-want +got):\n%s", diff)
	}
	s.readNamespaces(t)
}

// readNamespaces is readPolicies for psp check: by namespace the policies in use, what can be enforced now and once the
// templates are patched, and who is trapped.
func (s *server) readNamespaces(t *testing.T) {
	t.Helper()
	empty := s.passing(t, "empty", nil)
	s.letUse(t, "privileged", empty, rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: "system:serviceaccounts:" + empty})
	want := map[string]string{
		"billing": "baseline: baseline, baseline []", "ci": "build: privileged, privileged []",
		"databases": "database: baseline, baseline []", "default": ": restricted, restricted []",
		"ingress": "ingress: privileged, privileged []", "logging": "node-agent: privileged, privileged []",
		"monitoring": "metrics,node-agent: privileged, privileged []", "portal": "restricted: restricted, restricted []",
		"reserved": ": restricted, restricted []", "seasonal": "hardened: baseline, restricted [gift-finder santa]",
		"shop": "hardened: baseline, restricted " + fmt.Sprint(trapped), empty: ": privileged, privileged []",
	}
	c, r := s.checkPolicies(t)
	got := map[string]string{}
	for i := range c.Items {
		if n := &c.Items[i]; n.Counted {
			got[n.Namespace] = fmt.Sprintf("%s: %s, %s %v", strings.Join(n.Policies, ","), n.Recommended.Enforce, n.AfterPatches.Enforce,
				slices.Sorted(maps.Keys(traps(n))))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || r.exit != 1 {
		t.Errorf("psp check, exit code %d (-want +got):\n%s", r.exit, diff)
	}
}

// users are those who may use a policy, cluster admins left out.
func users(all []report.PSPUser) string {
	var found []string
	for _, u := range all {
		text := u.Kind + " " + u.Name
		if u.Namespace != "" {
			text += " in " + u.Namespace
		}
		if u.APIGroup != "policy" {
			text += " by " + u.APIGroup
		}
		if u.Name != "system:masters" {
			found = append(found, text)
		}
	}
	return strings.Join(found, ", ")
}

func uses(all []report.PSPUse) string {
	var found []string
	for _, u := range all {
		found = append(found, u.Kind+"/"+u.Name)
	}
	return strings.Join(found, " ")
}
