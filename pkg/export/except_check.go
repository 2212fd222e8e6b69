package export

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
)

// verdict is a check as CEL.
type verdict struct {
	params    []Param
	variables []Variable
	// allowed is true for pods that pass; detail is a text, what is said of those that do not, in upstream's words as far as
	// CEL can put them: names are in the order of the pod and as often as they come, where upstream sorts them.
	allowed, detail string
	// reason is a text too, where upstream's is not always the same.
	reason string
}

// revised is a check at one version.
type revised struct {
	*standard.Explanation
	version api.Version
}

// checkRule is the rule for a check; ok is false where the level has no such check at that version.
func checkRule(e *standard.Explanation, lv api.LevelVersion) (rule Rule, ok bool, err error) {
	at := -1
	for i, r := range e.Revisions {
		if !lv.Version.Older(r.Since) {
			at = i
		}
	}
	replaced := slices.ContainsFunc(e.ReplacedBy, func(r standard.Replacement) bool { return !lv.Version.Older(r.Since) })
	if at < 0 || lv.Level == api.LevelBaseline && e.Level == api.LevelRestricted || lv.Level == api.LevelRestricted && replaced {
		return Rule{}, false, nil
	}
	c := revised{Explanation: e, version: lv.Version}
	v, ok := c.verdict()
	if !ok {
		return Rule{}, false, fmt.Errorf("check %s: there is no rule for it yet; report it to the makers of this plugin", e.Check)
	}
	lead := "violates " + lv.String() + ": "
	told := literal(lead + e.Reason + " (")
	if v.reason != "" {
		told = literal(lead) + " + " + v.reason + " + ' ('"
	}
	rule = Rule{
		Name: kebab(string(e.Check)), Title: "Forbids " + e.Forbids, Source: fmt.Sprintf("check %s %s", e.Check, e.Revisions[at].Since),
		Params: v.params, Variables: v.variables,
		Validations: []Validation{{
			Expression: v.allowed, Message: lead + e.Reason, MessageExpression: told + " + " + v.detail + " + ')'",
		}},
	}
	if exempt := c.exempt(); exempt != "" {
		rule.Validations[0].Expression = exempt + " || " + rule.Validations[0].Expression
	}
	return rule, true, nil
}

// windowsPod is CEL that is true for pods that say that they run on Windows.
const windowsPod = "object.spec.?os.?name.orValue('') == 'windows'"

// exempt is CEL for the pods that need not comply, empty for none.
func (c revised) exempt() string {
	var all []string
	for _, x := range c.Exempt {
		if c.version.Older(x.Since) {
			continue
		}
		switch x.Pods {
		case standard.WindowsPods:
			all = append(all, windowsPod)
		case standard.UserNamespacePods:
			all = append(all, "!object.spec.?hostUsers.orValue(true)")
		}
	}
	return strings.Join(all, " || ")
}

// values are what a field may have at the version, of those that have a name.
func (c revised) values(field string) []string {
	var all []string
	for _, a := range c.Allowed {
		if a.Field == field && a.Value != standard.Unset && (a.Since == nil || !c.version.Older(*a.Since)) {
			all = append(all, a.Value)
		}
	}
	return all
}

// verdict finds the CEL of a check.
func (c revised) verdict() (verdict, bool) {
	for _, find := range []func(revised) (verdict, bool){hostVerdict, volumeVerdict, privilegeVerdict, userVerdict, profileVerdict} {
		if v, ok := find(c); ok {
			return v, true
		}
	}
	return verdict{}, false
}

// since says whether the check is that of a revision, or of a later one.
func (c revised) since(minor int) bool { return !c.version.Older(api.MajorMinorVersion(1, minor)) }

// kebab makes a DNS label of a check's ID: hostPathVolumes, capabilities_baseline.
func kebab(id string) string {
	var b strings.Builder
	upper := true // whether the letter before was one: SELinux begins one word
	for _, r := range id {
		switch {
		case r == '_':
			b.WriteByte('-')
			upper = true
			continue
		case unicode.IsUpper(r) && !upper:
			b.WriteByte('-')
		}
		upper = unicode.IsUpper(r)
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// The variables that most checks have: every container, and the names of those that break the check.
const (
	containersVariable = "containers"
	badVariable        = "bad"
)

// everyContainer is CEL for the containers of all three lists, in upstream's order. dyn is for the type checker, to which
// ephemeral containers are of another type.
func everyContainer() Variable {
	return Variable{containersVariable, "object.spec.?initContainers.orValue([]) + object.spec.containers + dyn(object.spec.?ephemeralContainers.orValue([]))"}
}

// badContainers are the names of the containers c for which a condition is true.
func badContainers(condition string) Variable {
	return Variable{badVariable, "variables." + containersVariable + ".filter(c, " + condition + ").map(c, c.name)"}
}

// containersMust is a check that no container c may break.
func containersMust(bad, detail string) verdict {
	return verdict{
		variables: []Variable{everyContainer(), badContainers(bad)},
		allowed:   "size(variables.bad) == 0",
		detail:    quoted("container", badVariable) + " + " + literal(" "+detail),
	}
}

// quoted is CEL for a text such as: containers "a", "b".
func quoted(noun, variable string) string {
	return fmt.Sprintf(`(size(variables.%s) == 1 ? '%s "' : '%[2]ss "') + variables.%[1]s.join('", "') + '"'`, variable, noun)
}

// plural is CEL for a word that goes with how many names a variable has.
func plural(variable, one, many string) string {
	return fmt.Sprintf("(size(variables.%s) == 1 ? %s : %s)", variable, literal(one), literal(many))
}

// podAndContainersMust is a check of fields that the pod may have too: pod is true where the pod's is bad.
func podAndContainersMust(pod, container, detail string) verdict {
	return verdict{
		variables: []Variable{everyContainer(), {"pod", pod}, badContainers(container), setters()},
		allowed:   "size(variables.setters) == 0",
		detail:    "variables.setters.join(' and ') + " + literal(" "+detail),
	}
}

// setters are who set what they must not: the pod, containers.
func setters() Variable {
	return Variable{"setters", "(variables.pod ? ['pod'] : []) + (size(variables.bad) == 0 ? [] : [" + quoted("container", badVariable) + "])"}
}
