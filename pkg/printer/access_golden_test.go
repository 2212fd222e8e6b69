package printer

import (
	"testing"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// accessGoldens are the golden files of who may do what.
func accessGoldens() []golden {
	colored := terminal.NewPalette(true)
	table := func(file string, r *report.AccessReport, o Options) golden {
		return golden{file, func(t *testing.T) string { return render(t, AccessTable(o), r) }}
	}
	output := func(file string, r *report.AccessReport, format string) golden {
		return golden{file, func(t *testing.T) string {
			s, _, _, _ := terminal.NewTest()
			f := NewFlags()
			f.Output = format
			write, err := ToPrinter(f, s, Access())
			if err != nil {
				t.Fatal(err)
			}
			return render(t, write, r)
		}}
	}
	return []golden{
		table("access/relabel", whoRelabels(), Options{}),
		table("access/relabel-80", whoRelabels(), Options{Width: 80}),
		table("access/relabel-100", whoRelabels(), Options{Width: 100}),
		table("access/relabel-120-color", whoRelabels(), Options{Width: 120, Color: colored}),
		table("access/relabel-no-headers", whoRelabels(), Options{NoHeaders: true, Width: 80}),
		table("access/relabel-wide", whoRelabels(), Options{Wide: true, Width: 80}),
		table("access/relabel-nobody", onlyAdmins(), Options{}),
		table("access/relabel-gaps-100-color", withAccessGaps(onlyAdmins()), Options{Width: 100, Color: colored}),
		table("access/relabel-one-namespace", inPayments(), Options{}),
		table("access/use", whoUses(), Options{}),
		table("access/use-80", whoUses(), Options{Width: 80}),
		table("access/use-wide", whoUses(), Options{Wide: true}),
		output("access/json", inPayments(), "json"),
		output("access/yaml", withAccessGaps(whoUses()), "yaml"),
		output("access/name", whoRelabels(), "name"),
		output("access/jsonpath", whoRelabels(), `jsonpath={range .items[?(@.is=="subject")]}{.kind}{"\t"}{.name}{"\n"}{end}`),
	}
}

func newAccess(question string, items ...report.Access) *report.AccessReport {
	masters := report.Access{Is: report.AccessAdmin, Kind: "Group", Name: "system:masters", Via: []report.AccessVia{}}
	r := &report.AccessReport{Server: newEstate().Server, Question: question, Items: append(items, masters), Gaps: []report.Gap{}}
	r.APIVersion, r.Kind = report.APIVersion, report.KindAccessReport
	return r
}

// everywhereBy is a way over a ClusterRoleBinding.
func everywhereBy(binding, role, resource string, verbs ...string) report.AccessVia {
	return report.AccessVia{Verbs: verbs, Resource: resource, Binding: "clusterrolebinding/" + binding, Role: "clusterrole/" + role}
}

// inNamespace is a way over a RoleBinding.
func inNamespace(namespace, binding, role, resource string, verbs ...string) report.AccessVia {
	return report.AccessVia{
		Verbs: verbs, Resource: resource, Namespaces: []string{namespace},
		Binding: "rolebinding/" + binding, BindingNamespace: namespace, Role: role,
	}
}

func confined(v report.AccessVia, namespaces ...string) report.AccessVia {
	v.Namespaces = namespaces
	return v
}

func whoRelabels() *report.AccessReport {
	all := func(binding, role string) []report.AccessVia {
		return []report.AccessVia{
			everywhereBy(binding, role, "namespaces", "create", "patch", "update"),
			everywhereBy(binding, role, "namespaces/status", "patch", "update"),
			everywhereBy(binding, role, "namespaces/finalize", "update"),
		}
	}
	r := newAccess(
		report.QuestionRelabel,
		report.Access{Is: report.AccessSubject, Kind: "Group", Name: "system:authenticated", Via: []report.AccessVia{
			everywhereBy("oops", "ns-status", "namespaces/status", "patch"),
		}},
		report.Access{Is: report.AccessSubject, Kind: "ServiceAccount", SubjectNamespace: "argocd", Name: "argocd-application-controller", Via: all("argocd", "argocd")},
		report.Access{Is: report.AccessSubject, Kind: "User", Name: "ann", Via: []report.AccessVia{
			everywhereBy("editors", "ns-editor", "namespaces", "patch"),
			confined(everywhereBy("editors", "ns-editor", "namespaces", "update"), "a", "b", "c", "d", "e"),
			inNamespace("shop", "team", "role/own", "namespaces", "patch", "update"),
		}},
	)
	r.Items = append(
		r.Items,
		report.Access{Is: report.AccessAdmin, Kind: "User", Name: "root", Via: all("admins", "cluster-admin")},
		report.Access{Is: report.AccessSystem, Kind: "ServiceAccount", SubjectNamespace: "kube-system", Name: "namespace-controller", Via: []report.AccessVia{
			everywhereBy("system:controller:namespace-controller", "system:controller:namespace-controller", "namespaces/status", "update"),
			everywhereBy("system:controller:namespace-controller", "system:controller:namespace-controller", "namespaces/finalize", "update"),
		}},
	)
	return r
}

func onlyAdmins() *report.AccessReport { return newAccess(report.QuestionRelabel) }

func inPayments() *report.AccessReport {
	r := newAccess(report.QuestionRelabel, report.Access{Is: report.AccessSubject, Kind: "User", Name: "bob", Via: []report.AccessVia{
		inNamespace("payments", "team", "clusterrole/ns-editor", "namespaces", "patch"),
	}})
	r.Namespace = "payments"
	return r
}

func whoUses() *report.AccessReport {
	both := func(binding string) []report.AccessVia {
		return []report.AccessVia{
			everywhereBy(binding, "use-privileged", "podsecuritypolicies.policy", "use"),
			everywhereBy(binding, "use-privileged", "podsecuritypolicies.extensions", "use"),
		}
	}
	r := newAccess(
		report.QuestionUse,
		report.Access{Is: report.AccessSubject, Kind: "Group", Name: "system:serviceaccounts:shop", Via: []report.AccessVia{
			inNamespace("shop", "psp", "role/use-privileged", "podsecuritypolicies.extensions", "use"),
		}},
		report.Access{Is: report.AccessSubject, Kind: "ServiceAccount", SubjectNamespace: "ci", Name: "builder", Via: both("builders")},
	)
	r.Items = append(r.Items, report.Access{
		Is: report.AccessSystem, Kind: "ServiceAccount", SubjectNamespace: "kube-system", Name: "replicaset-controller", Via: both("controllers"),
	})
	r.Policy, r.Makers = "privileged", []string{"system:serviceaccount:kube-system:replicaset-controller"}
	return r
}

func withAccessGaps(r *report.AccessReport) *report.AccessReport {
	r.Gaps = []report.Gap{
		{Resource: "clusterroles.rbac.authorization.k8s.io", Reason: "forbidden", Message: "forbidden"},
		{Resource: "rolebindings.rbac.authorization.k8s.io", Namespace: "shop", Reason: "timeout", Message: "context deadline exceeded"},
	}
	return r
}
