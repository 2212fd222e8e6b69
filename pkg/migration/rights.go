package migration

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/rbac"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// PolicyGroups are the API groups in which the plug-in asks for rights: a grant in either is enough.
func PolicyGroups() []string { return []string{"policy", "extensions"} }

// UseOf is the right to use a policy, as the plug-in asks for it in one of its groups.
func UseOf(policy, group string) rbac.Action {
	return rbac.Action{Verb: "use", Group: group, Resource: "podsecuritypolicies", Name: policy}
}

// DefaultAccount is the service account of pods that name none.
const DefaultAccount = "default"

// requester is who asks for pods: their service account, and the controller that makes them.
type requester struct{ namespace, account, controller string }

// rights knows which policies may be used. It is not safe for concurrent use.
type rights struct {
	objects  rbac.Objects
	policies []*psp.Policy
	known    map[requester]sets.Set[string]
}

func newRights(objects rbac.Objects, policies []*psp.Policy) *rights {
	return &rights{objects: objects, policies: policies, known: map[requester]sets.Set[string]{}}
}

// of are the policies that may be used for pods of a service account which the controller of a kind makes; with an
// empty kind only the service account counts.
func (r *rights) of(namespace, account, kind string) sets.Set[string] {
	if account == "" {
		account = DefaultAccount
	}
	who := requester{namespace, account, workload.ControllerUser(kind)}
	if set, ok := r.known[who]; ok {
		return set
	}
	may := []rbac.Rights{r.objects.Rights(rbac.ServiceAccount(namespace, account), namespace)}
	if in, name, ok := rbac.ServiceAccountOf(who.controller); ok {
		may = append(may, r.objects.Rights(rbac.ServiceAccount(in, name), namespace))
	}
	set := sets.New[string]()
	for _, p := range r.policies {
		for _, group := range PolicyGroups() {
			if slices.ContainsFunc(may, func(m rbac.Rights) bool { return m.May(UseOf(p.Name, group)) }) {
				set.Insert(p.Name)
			}
		}
	}
	r.known[who] = set
	return set
}
