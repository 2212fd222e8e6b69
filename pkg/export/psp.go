package export

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
)

// FromPolicy says what a PodSecurityPolicy demands of pods beyond the level that their namespace enforces, and what it
// writes into new ones. Both together refuse what the policy refused, apart from what About and the notes of rules say;
// where the policy allows more than the level, the level wins. Where nothing is left, the set has no rules and no
// mutations. A policy that no server would take, or that the plug-in never considers, is an error.
func FromPolicy(p *psp.Policy, level api.LevelVersion) (*Set, error) {
	if errs := append(p.Validate(), p.Ignored()...); len(errs) > 0 {
		return nil, fmt.Errorf("PodSecurityPolicy %q admits nothing as it stands: %w", p.Name, errs.ToAggregate())
	}
	j, err := newJudge(level)
	if err != nil {
		return nil, err
	}
	set := &Set{Name: policySetName(p.Name), Conditions: specChanges()}
	var lost []string
	for _, d := range demands(p, j) {
		switch {
		case !j.admitsAny(d.refused):
		case len(d.admitted) > 0 && !j.admitsAny(d.admitted):
			lost = append(lost, d.rule.Source+" admits nothing that "+level.String()+" admits: there is no rule for it.")
		default:
			set.Rules = append(set.Rules, d.rule)
		}
	}
	for _, w := range writes(p) {
		if j.admits(w.wrote) {
			set.Mutations = append(set.Mutations, w.mutation)
		} else {
			lost = append(lost, w.mutation.Source+" wrote what "+level.String()+" refuses ("+w.mutation.String()+"): it is not written.")
		}
	}
	if len(set.Rules)+len(set.Mutations)+len(lost) > 0 {
		set.About = aboutPolicy(p, level, lost)
	}
	return set, nil
}

// policySetName is a label of its own for each name of a policy, which may have dots and be long.
func policySetName(policy string) string {
	name := "psp-" + strings.ReplaceAll(policy, ".", "-")
	if strings.Contains(policy, ".") {
		name += "-" + digest(policy)
	}
	return cut(name, setNameLimit)
}

// setNameLimit leaves room for the names of rules.
const setNameLimit = 40

// specChanges are the conditions for rules that look at specs of pods: new pods, and updates that change the spec. What
// only concerns metadata (labels, finalizers) is not refused to old pods that break a rule.
func specChanges() []Condition {
	return []Condition{{Name: "spec-is-new", Expression: "request.operation != 'UPDATE' || object.spec != oldObject.spec"}}
}

func aboutPolicy(p *psp.Policy, level api.LevelVersion, lost []string) []string {
	beyond := "What the PodSecurityPolicy " + p.Name + " says beyond the level " + level.String()
	if level.Level != api.LevelPrivileged { // which is what namespaces without a label have
		beyond += ", which the namespaces have to enforce besides"
	}
	about := []string{
		beyond + ".",
		"The policy was bound to service accounts and users; these rules hold for every pod of the namespaces.",
		"It did not look at ephemeral containers (kubectl debug); these rules do, and nothing is written into those.",
		"It judged every update of a pod; these rules judge those that change the spec.",
	}
	for _, r := range p.Assess().Reasons {
		if api.CompareLevels(level.Level, api.Level(r.Against)) >= 0 {
			about = append(about, "The level forbids what the policy allowed: "+r.Field+" "+r.Value+" ("+r.Text+").")
		}
	}
	return append(about, lost...)
}

// demand is one thing that a policy demands.
type demand struct {
	rule Rule
	// refused are pods that break the rule, one for each way to do so that a level may let through or not; admitted, where
	// it is not empty, those that it lets through.
	refused, admitted []change
}

// change makes a pod that every level admits into another.
type change func(pod *corev1.Pod, c *corev1.Container)

// demands are all that a policy makes, in the order in which they are shown. Those without a refused pod are none.
func demands(p *psp.Policy, j *judge) []demand {
	from := policySource(p.Name)
	all := []demand{from.privileged(&p.Spec), from.hostNamespaces(&p.Spec), from.hostPorts(&p.Spec)}
	all = append(all, from.containerDemands(&p.Spec, j)...)
	all = append(all, from.volumeDemands(&p.Spec)...)
	all = append(all, from.sysctls(&p.Spec, j), from.seLinux(&p.Spec))
	all = append(all, from.idDemands(&p.Spec)...)
	return append(all, from.seccomp(p), from.appArmor(p), from.runtimeClasses(&p.Spec))
}

// policySource is the name of the policy that rules come from.
type policySource string

// field names a field of the policy as a source.
func (s policySource) field(name string) string {
	return "PodSecurityPolicy " + string(s) + ", " + name
}

// optionalNote is about what a policy wrote where it was missing.
func optionalNote() Note {
	return Note{Text: "The policy wrote the value where a pod said nothing. Here such a pod is refused, unless the value is written before."}
}

// windowsNote is about what pods for Windows cannot say.
func windowsNote() Note {
	return Note{Text: "Pods whose spec.os.name is windows are let through: the API lets them set nothing of this."}
}

const (
	// podIsWindows is CEL that is true for pods that cannot set what only Linux has.
	podIsWindows = "object.spec.?os.?name.orValue('') == 'windows'"
	// allContainers is CEL for the containers of all three kinds, which only dyn makes one list of.
	allContainers = "dyn(object.spec.containers) + dyn(object.spec.?initContainers.orValue([])) + " +
		"dyn(object.spec.?ephemeralContainers.orValue([]))"
)

// containerRule completes a rule that is broken by each container for which CEL about c is true; must is what is said to
// them. Pods for Windows are let through where the rule demands what they cannot set.
func containerRule(r *Rule, linux bool, broken, must string) {
	r.Variables = append(r.Variables, Variable{"containers", allContainers})
	if linux {
		r.Variables = append(r.Variables, Variable{"windows", podIsWindows})
		broken = "!variables.windows && (" + broken + ")"
		r.Notes = append(r.Notes, windowsNote())
	}
	r.Variables = append(r.Variables, Variable{"broken", "variables.containers.filter(c, " + broken + ")"})
	r.Validations = append(r.Validations, namedValidation("broken", "containers", must))
}

// namedValidation is true if a list of things with names, which break the rule, is empty.
func namedValidation(variable, what, must string) Validation {
	return Validation{
		Expression:        "variables." + variable + ".size() == 0",
		Message:           what + " " + must,
		MessageExpression: literal(what+" ") + " + variables." + variable + ".map(x, x.name).join(', ') + " + literal(" "+must),
	}
}
