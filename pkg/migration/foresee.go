package migration

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// podOf is the pod that a controller asks for, as policies see it.
func (c *checker) podOf(o *workload.Object) *corev1.Pod {
	return psp.WithToken(workload.PodOf(o, c.Binary), nil)
}

// admit is what a policy that has admitted pods of an object makes of the next one, and what it has against it. Whether a
// pod gets a token is a matter of its service account too, of which nothing more is known than its name: a policy that
// refuses the token's volume is taken to have been asked without.
func (c *checker) admit(p *psp.Policy, o *workload.Object) (*corev1.Pod, field.ErrorList) {
	after, errs := p.Admit(c.podOf(o))
	if len(errs) == 0 {
		return after, nil
	}
	no := false
	if bare, refused := p.Admit(psp.WithToken(workload.PodOf(o, c.Binary), &no)); len(refused) == 0 {
		return bare, nil
	}
	return after, errs
}

// choose foresees which policy admits the next pod of an object, and what of it, from rights and rules.
func (c *checker) choose(o *workload.Object) psp.Choice {
	if c.Off {
		return psp.Choice{}
	}
	may := c.rights.of(o.Namespace, o.Template.Spec.ServiceAccountName, o.Kind)
	return psp.Choose(c.Policies, may.Has, c.podOf(o))
}

// refused says why no policy admits the next pod; nothing where one does, and where that cannot be told.
func (c *checker) refused(o *workload.Object, choice *psp.Choice) []string {
	if choice.Policy != nil || !c.Served || c.Off || c.blind() {
		return nil
	}
	if len(choice.Refusals) == 0 {
		account := o.Template.Spec.ServiceAccountName
		if account == "" {
			account = DefaultAccount
		}
		return []string{fmt.Sprintf("service account %q may use no policy in namespace %q", account, o.Namespace)}
	}
	var texts []string
	for _, name := range slices.Sorted(maps.Keys(choice.Refusals)) {
		for _, e := range choice.Refusals[name] {
			texts = append(texts, name+": "+e.Error())
		}
	}
	return texts
}

// blind says that policies or rights could not be read, so that "none" proves nothing.
func (c *checker) blind() bool {
	return slices.ContainsFunc(c.Gaps, func(g workload.Gap) bool {
		return g.Resource == resourcePolicies || strings.HasSuffix(g.Resource, ".rbac.authorization.k8s.io")
	})
}

// policy is a policy by its name, nil for one that is not known.
func (c *checker) policy(name string) *psp.Policy {
	at := slices.IndexFunc(c.Policies, func(p *psp.Policy) bool { return p.Name == name })
	if at < 0 {
		return nil
	}
	return c.Policies[at]
}
