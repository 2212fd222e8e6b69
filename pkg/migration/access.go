package migration

import (
	"cmp"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/rbac"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// relabelActions are the ways to change the labels of namespaces. Pod Security does not look at writes to subresources,
// and they change labels all the same; namespaces/finalize takes no patches.
func relabelActions() []rbac.Action {
	const namespaces, status, finalize = "namespaces", "namespaces/status", "namespaces/finalize"
	return []rbac.Action{
		{Verb: "create", Resource: namespaces},
		{Verb: "update", Resource: namespaces},
		{Verb: "patch", Resource: namespaces},
		{Verb: "update", Resource: status},
		{Verb: "patch", Resource: status},
		{Verb: "update", Resource: finalize},
	}
}

// WhoRelabels are the subjects that can change the labels of namespaces or make namespaces with labels of their own; with
// a namespace those who can change that one's.
func WhoRelabels(o *rbac.Objects, namespace string) []report.Access {
	var grants []rbac.Grant
	for _, action := range relabelActions() {
		for _, g := range o.WhoSome(action) {
			switch {
			// Nobody knows the name of a new namespace yet, nor can a binding lie in it.
			case action.Verb == "create" && (namespace != "" || g.Namespace != "" || g.Action.Name != ""):
			// A binding in a namespace counts for the requests that change this very namespace, and for no other's.
			case g.Namespace != "" && g.Action.Name != "" && g.Namespace != g.Action.Name:
			case namespace != "" && !reaches(g.Namespace, namespace), namespace != "" && !reaches(g.Action.Name, namespace):
			default:
				grants = append(grants, g)
			}
		}
	}
	return accesses(o, grants)
}

// WhoUses are the subjects that may use a PodSecurityPolicy; with a namespace those who may for the pods in there.
func WhoUses(o *rbac.Objects, policy, namespace string) []report.Access {
	var grants []rbac.Grant
	for _, group := range pluginGroups() {
		for _, g := range o.Who(rbac.Action{Verb: "use", Group: group, Resource: policyResource, Name: policy}) {
			if namespace == "" || reaches(g.Namespace, namespace) {
				g.Action.Name = "" // which policy is no news
				grants = append(grants, g)
			}
		}
	}
	return accesses(o, grants)
}

// pluginGroups are the API groups in which the plug-in asks for rights.
func pluginGroups() []string { return []string{"policy", "extensions"} }

// reaches says whether what is confined to a namespace, or to none, holds in this one.
func reaches(confined, namespace string) bool { return confined == "" || confined == namespace }

// podMakers are those in whose name pods of workloads are made: what they may use, every pod may.
func podMakers() []rbac.User {
	makers := []rbac.User{{Name: "system:kube-controller-manager", Groups: []string{rbac.Authenticated}}}
	for _, name := range []string{"replicaset", "statefulset", "daemon-set", "job", "replication"} {
		makers = append(makers, rbac.ServiceAccount(metav1.NamespaceSystem, name+"-controller"))
	}
	return makers
}

// MakersThatUse are the names of the controllers that may use a policy themselves, everywhere or in a namespace. Whoever
// may not use it gets it through them.
func MakersThatUse(o *rbac.Objects, policy, namespace string) []string {
	var names []string
	for _, maker := range podMakers() {
		rights := o.Rights(maker, namespace)
		if slices.ContainsFunc(pluginGroups(), func(group string) bool {
			return rights.May(rbac.Action{Verb: "use", Group: group, Resource: policyResource, Name: policy})
		}) {
			names = append(names, maker.Name)
		}
	}
	return names
}

// accesses puts grants together by subject. The group that needs no grant is always among them.
func accesses(o *rbac.Objects, grants []rbac.Grant) []report.Access {
	admins := map[rbacv1.Subject]bool{}
	for _, g := range o.Who(rbac.Action{Verb: rbacv1.VerbAll, Group: rbacv1.APIGroupAll, Resource: rbacv1.ResourceAll}) {
		if g.Namespace == "" {
			admins[g.Subject] = true
		}
	}
	masters := rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: rbac.Masters}
	found := map[rbacv1.Subject]*report.Access{}
	one := func(s rbacv1.Subject) *report.Access {
		if found[s] == nil {
			found[s] = &report.Access{
				Is: standing(s, admins[s]), Kind: s.Kind, SubjectNamespace: s.Namespace, Name: s.Name, Via: []report.AccessVia{},
			}
		}
		return found[s]
	}
	one(masters)
	for _, g := range grants {
		a := one(g.Subject)
		a.Via = through(a.Via, g)
	}
	list := make([]report.Access, 0, len(found))
	for _, a := range found {
		a.Via = together(a.Via)
		list = append(list, *a)
	}
	slices.SortFunc(list, compareAccess)
	return list
}

// through adds a grant to the ways that a subject has, each of one verb.
func through(ways []report.AccessVia, g rbac.Grant) []report.AccessVia {
	resource := g.Action.Resource
	if g.Action.Group != "" {
		resource += "." + g.Action.Group
	}
	way := report.AccessVia{Verbs: []string{g.Action.Verb}, Resource: resource, Binding: g.Binding, BindingNamespace: g.Namespace, Role: g.Role}
	at := slices.IndexFunc(ways, func(v report.AccessVia) bool { return sameWay(&v, &way) && v.Verbs[0] == g.Action.Verb })
	if at < 0 {
		at = len(ways)
		ways = append(ways, way)
	}
	if confined := cmp.Or(g.Namespace, g.Action.Name); confined != "" {
		ways[at].Namespaces = with(ways[at].Namespaces, confined)
	}
	return ways
}

// together makes one way of those that differ in their verbs only, and sorts: what goes for all namespaces first.
func together(ways []report.AccessVia) []report.AccessVia {
	list := []report.AccessVia{}
	for i := range ways {
		at := slices.IndexFunc(list, func(v report.AccessVia) bool {
			return sameWay(&v, &ways[i]) && slices.Equal(v.Namespaces, ways[i].Namespaces)
		})
		if at < 0 {
			list = append(list, ways[i])
			continue
		}
		list[at].Verbs = with(list[at].Verbs, ways[i].Verbs[0])
	}
	slices.SortStableFunc(list, func(a, b report.AccessVia) int {
		return cmp.Or(
			slices.Compare(a.Namespaces, b.Namespaces),
			cmp.Compare(a.Binding, b.Binding),
			cmp.Compare(a.BindingNamespace, b.BindingNamespace),
			cmp.Compare(a.Role, b.Role),
		)
	})
	return list
}

// sameWay says whether two ways lead over the same binding to the same resource.
func sameWay(a, b *report.AccessVia) bool {
	return a.Binding == b.Binding && a.BindingNamespace == b.BindingNamespace && a.Role == b.Role && a.Resource == b.Resource
}

// with is a sorted list that has a word.
func with(list []string, word string) []string {
	if at, found := slices.BinarySearch(list, word); !found {
		list = slices.Insert(list, at, word)
	}
	return list
}

// standing says what kind of subject it is. Groups that everybody is in are nothing apart, whatever they may: that is
// what somebody who asks wants to see.
func standing(s rbacv1.Subject, admin bool) string {
	user := s.Name
	if s.Kind == rbacv1.ServiceAccountKind {
		user = rbac.ServiceAccount(s.Namespace, s.Name).Name
	}
	namespace, _, account := rbac.ServiceAccountOf(user)
	switch {
	case wideOpen(s):
		return report.AccessSubject
	case admin, s.Kind == rbacv1.GroupKind && s.Name == rbac.Masters:
		return report.AccessAdmin
	case account && namespace == metav1.NamespaceSystem, !account && strings.HasPrefix(s.Name, "system:") && s.Kind != rbacv1.ServiceAccountKind:
		return report.AccessSystem
	default:
		return report.AccessSubject
	}
}

// wideOpen says that a subject stands for more than somebody in particular: everybody, or all service accounts of the
// cluster or of a namespace that is not the system's.
func wideOpen(s rbacv1.Subject) bool {
	switch {
	case s.Kind == rbacv1.UserKind:
		return s.Name == rbac.Anonymous
	case s.Kind != rbacv1.GroupKind:
		return false
	}
	switch namespace, ofOne := strings.CutPrefix(s.Name, rbac.ServiceAccounts+":"); s.Name {
	case rbac.Authenticated, rbac.Unauthenticated, rbac.ServiceAccounts:
		return true
	default:
		return ofOne && namespace != metav1.NamespaceSystem
	}
}

// compareAccess sorts subjects before admins before the system.
func compareAccess(a, b report.Access) int {
	rank := map[string]int{report.AccessSubject: 0, report.AccessAdmin: 1, report.AccessSystem: 2}
	return cmp.Or(
		cmp.Compare(rank[a.Is], rank[b.Is]),
		cmp.Compare(a.Kind, b.Kind),
		cmp.Compare(a.SubjectNamespace, b.SubjectNamespace),
		cmp.Compare(a.Name, b.Name),
	)
}
