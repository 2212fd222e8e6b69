package export

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/beyond"
)

// ControlParams are what some controls need to know.
type ControlParams struct {
	// Registries are those that trusted-registries trusts, as beyond.ValidRegistry wants them.
	Registries []string
}

// FromControls gives a rule for each of the named controls, in the order of beyond.Names. It is an error to name none, or
// one that there is not, to trust no registry, and to give registries that no control asks for.
func FromControls(names []string, p ControlParams) (*Set, error) {
	if err := validateControls(names, p); err != nil {
		return nil, err
	}
	set := &Set{
		Name: "controls", Conditions: []Condition{changedImages()},
		About: []string{
			"Controls that the Pod Security Standards lack. They hold for every pod of the namespaces that the policies are bound to, those of agents " +
				"among them: there is no exemption but that of a namespace.",
			"Old pods are judged again when an image of theirs changes or an ephemeral container is added (kubectl debug), as Pod Security does.",
		},
	}
	for _, name := range beyond.Names() {
		if slices.Contains(names, name) {
			set.Rules = append(set.Rules, controlRule(name, p))
		}
	}
	return set, nil
}

func validateControls(names []string, p ControlParams) error {
	known := strings.Join(beyond.Names(), ", ")
	if len(names) == 0 {
		return fmt.Errorf("no control is named: choose of %s", known)
	}
	for _, name := range names {
		if !slices.Contains(beyond.Names(), name) {
			return fmt.Errorf("there is no control %q: choose of %s", name, known)
		}
	}
	switch trusted := slices.Contains(names, beyond.TrustedRegistries); {
	case trusted && len(p.Registries) == 0:
		return fmt.Errorf("the control %s needs to know which registries: name each with --registry", beyond.TrustedRegistries)
	case !trusted && len(p.Registries) > 0:
		return fmt.Errorf("registries are for the control %s: add it, or leave --registry out", beyond.TrustedRegistries)
	}
	for _, entry := range p.Registries {
		if err := beyond.ValidRegistry(entry); err != nil {
			return fmt.Errorf("--registry: %w", err)
		}
	}
	return nil
}

// controlRule is the rule of a control.
func controlRule(name string, p ControlParams) Rule {
	r := Rule{Name: name, Source: "control " + name}
	switch name {
	case beyond.ReadOnlyRootFilesystem:
		r.readOnlyRootFilesystem()
	case beyond.TrustedRegistries:
		r.trustedRegistries(p.Registries)
	case beyond.ServiceAccountToken:
		r.serviceAccountToken()
	case beyond.ResourceLimits:
		r.resourceLimits()
	case beyond.ImageTags:
		r.imageTags()
	case beyond.ImageDigests:
		r.imageDigests()
	}
	return r
}

// everyImage are the images of all containers and of image volumes, in the order of beyond's findings.
func everyImage() []Variable {
	return []Variable{everyContainer(), {"images", "variables.containers.map(c, c.?image.orValue('')) + " +
		"object.spec.?volumes.orValue([]).filter(v, has(v.image)).map(v, v.image.?reference.orValue(''))"}}
}

// badImages judges images i one by one; must says what is wrong with those for which bad is true.
func (r *Rule) badImages(bad, must string) {
	r.Variables = append(r.Variables, Variable{badVariable, "variables.images.filter(i, " + bad + ")"})
	r.Validations = []Validation{{
		Expression: "size(variables.bad) == 0", Message: "images " + must,
		MessageExpression: quoted("image", badVariable) + " + " + literal(" "+must),
	}}
}
