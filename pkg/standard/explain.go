package standard

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"
)

// Explanation is what there is to know of a check apart from any pod. Level, versions, overrides and the server's name
// for it are read from upstream's own table; the rest is words, which the tests hold to upstream's verdicts.
type Explanation struct {
	Check policy.CheckID
	Level api.Level
	// Reason is what the server calls the violation in a denial.
	Reason string
	// Forbids says in a few words what the check denies, Risk what somebody gains whom nothing forbids it, Remedy what
	// to write instead.
	Forbids, Risk, Remedy string
	// Fields are the paths that the check looks at, with [*] for each element.
	Fields []string
	// Allowed are the values that pass.
	Allowed []Allowed
	// Revisions are the versions from which on the check is as it is, oldest first.
	Revisions []Revision
	// Exempt are the pods that need not comply.
	Exempt []Exemption
	// Servers says what servers of some age do otherwise, whatever the policy version.
	Servers []string
	// ReplacedBy are the checks that run in its place in restricted namespaces, Replaces those whose place it takes.
	ReplacedBy, Replaces []Replacement
	// Denied and Passing are parts of a pod, in YAML: the check denies the one and allows the other at every version.
	Denied, Passing string
}

// Allowed is a value that passes.
type Allowed struct {
	// Field names which of the check's fields it is about, empty where there is only one kind.
	Field string
	Value string
	// Since is the version from which on it passes; nil if it always has.
	Since *api.Version
}

// Revision is a check from one policy version on.
type Revision struct {
	Since api.Version
	// Change is what is new, empty for the first one.
	Change string
}

// Exemption says which pods need not comply from a version on.
type Exemption struct {
	Pods  string
	Since api.Version
}

// Replacement is a check that runs in another's place, or that another runs in the place of, from a version on.
type Replacement struct {
	Check policy.CheckID
	Since api.Version
}

// prose is what upstream's table does not hold of a check.
type prose struct {
	forbids, risk, remedy string
	fields                []string
	allowed               []values
	// changes are what each revision but the first changed, in their order.
	changes []change
	servers []string
	denied  string
	passing string
}

// values are values of one field that pass.
type values struct {
	field  string
	values []string
}

// change is what is new in a revision: told in a text, or values that it allows besides.
type change struct {
	text   string
	allows values
	exempt string
}

// What the Pods of an Exemption may be: pods that some checks let through from a revision on.
const (
	WindowsPods       = "spec.os.name is windows (a node selector is not enough)"
	UserNamespacePods = "spec.hostUsers is false: the pod has a user namespace"
)

// Unset is the Value of an Allowed that stands for a field that is left out.
const Unset = "unset"

// unset is Unset, in the many lists that hold it.
const unset = Unset

// Explanations are those of all checks, in the order in which servers report them.
func Explanations() ([]Explanation, error) {
	checks := policy.DefaultChecks()
	slices.SortFunc(checks, func(a, b policy.Check) int {
		if a.Level != b.Level {
			return api.CompareLevels(a.Level, b.Level)
		}
		return strings.Compare(string(a.ID), string(b.ID))
	})
	all := make([]Explanation, 0, len(checks))
	for i := range checks {
		e, err := explain(&checks[i])
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	for i := range checks {
		replace(all, &checks[i])
	}
	return all, nil
}

// explain puts together what upstream's table and our words say of a check.
func explain(check *policy.Check) (Explanation, error) {
	p, ok := proseOf(check.ID)
	if !ok || len(p.changes) != len(check.Versions)-1 {
		return Explanation{}, fmt.Errorf("check %s: not explained as it stands upstream", check.ID)
	}
	e := Explanation{
		Check: check.ID, Level: check.Level, Forbids: p.forbids, Risk: p.risk, Remedy: p.remedy,
		Fields: p.fields, Servers: p.servers, Denied: p.denied, Passing: p.passing,
	}
	for _, v := range p.allowed {
		e.Allowed = append(e.Allowed, v.since(nil)...)
	}
	for i := range check.Versions {
		r := Revision{Since: check.Versions[i].MinimumVersion}
		if i > 0 {
			c := p.changes[i-1]
			r.Change = cmp.Or(c.text, "also allows "+strings.Join(c.allows.values, ", "))
			e.Allowed = append(e.Allowed, c.allows.since(&r.Since)...)
			if c.exempt != "" {
				e.Exempt = append(e.Exempt, Exemption{Pods: c.exempt, Since: r.Since})
			}
		}
		e.Revisions = append(e.Revisions, r)
	}
	denied, err := fragment(p.denied)
	if err != nil {
		return Explanation{}, fmt.Errorf("check %s: %w", check.ID, err)
	}
	newest := check.Versions[len(check.Versions)-1]
	e.Reason = newest.CheckPod(&denied.ObjectMeta, &denied.Spec).ForbiddenReason
	return e, nil
}

func (v values) since(version *api.Version) []Allowed {
	list := make([]Allowed, len(v.values))
	for i, value := range v.values {
		list[i] = Allowed{Field: v.field, Value: value, Since: version}
	}
	return list
}

// fragment reads a part of a pod.
func fragment(text string) (*corev1.Pod, error) {
	pod := &corev1.Pod{}
	return pod, yaml.UnmarshalStrict([]byte(text), pod)
}

// replace notes of a check, and of those that it overrides, since when it does.
func replace(all []Explanation, check *policy.Check) {
	by := slices.IndexFunc(all, func(e Explanation) bool { return e.Check == check.ID })
	for _, v := range check.Versions {
		for _, id := range v.OverrideCheckIDs {
			of := slices.IndexFunc(all, func(e Explanation) bool { return e.Check == id })
			if of < 0 || slices.ContainsFunc(all[of].ReplacedBy, func(r Replacement) bool { return r.Check == check.ID }) {
				continue
			}
			all[of].ReplacedBy = append(all[of].ReplacedBy, Replacement{Check: check.ID, Since: v.MinimumVersion})
			all[by].Replaces = append(all[by].Replaces, Replacement{Check: id, Since: v.MinimumVersion})
		}
	}
}

// inContainers are paths in containers of all three kinds.
func inContainers(paths ...string) []string {
	var all []string
	for _, path := range paths {
		for _, list := range []string{"containers", "initContainers", "ephemeralContainers"} {
			all = append(all, "spec."+list+"[*]."+path)
		}
	}
	return all
}

// inPodAndContainers are paths in the pod's security context and those of its containers.
func inPodAndContainers(paths ...string) []string {
	var all []string
	for _, path := range paths {
		all = append(all, "spec.securityContext."+path)
		all = append(all, inContainers("securityContext."+path)...)
	}
	return all
}

// proseOf finds our words on a check.
func proseOf(id policy.CheckID) (prose, bool) {
	for _, find := range []func(policy.CheckID) (prose, bool){hostProse, volumeProse, privilegeProse, userProse, profileProse} {
		if p, ok := find(id); ok {
			return p, true
		}
	}
	return prose{}, false
}
