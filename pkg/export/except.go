package export

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// Exception names the workloads whose pods the policies let be.
type Exception struct {
	Workloads []ExceptedWorkload
	// Level is what the namespace goes on enforcing, the strictest that the excepted pods can bear; empty where it is not
	// known.
	Level api.Level
}

// ExceptedWorkload is a workload, and what its pods are told by: all of it together.
type ExceptedWorkload struct {
	Ref workload.Ref
	// Namespace is the workload's; empty means any that the policies are bound to.
	Namespace string
	// ServiceAccount is that of its pods; empty means default, as for a pod.
	ServiceAccount string
	// Labels are of its template: its selector's, or more.
	Labels map[string]string
}

// defaultServiceAccount is what every pod has that names none.
const defaultServiceAccount = "default"

// FromStandard gives the checks of a level at a version, one rule for each, with a condition that lets the pods of the
// excepted workloads past all of them. The latest version is the newest that this build knows. It is an error if the
// level forbids nothing, and if the exception holds for no pod or for every one.
func FromStandard(level api.Level, version api.Version, e Exception) (*Set, error) {
	switch {
	case level != api.LevelBaseline && level != api.LevelRestricted:
		return nil, fmt.Errorf("level %q forbids nothing that could be excepted: choose baseline or restricted", level)
	case e.Level != "" && api.CompareLevels(e.Level, level) >= 0:
		return nil, fmt.Errorf("a namespace that enforces %s holds its pods to %s already: no policy can except any of them", e.Level, level)
	}
	if newest := api.MajorMinorVersion(1, standard.NewestMinor); newest.Older(version) {
		version = newest
	}
	if err := e.validate(); err != nil {
		return nil, err
	}
	lv := api.LevelVersion{Level: level, Version: version}
	set := &Set{Name: e.setName(level), About: e.about(lv), Conditions: append([]Condition{changedImages()}, e.conditions()...)}
	explanations, err := standard.Explanations()
	if err != nil {
		return nil, err
	}
	for i := range explanations {
		rule, ok, err := checkRule(&explanations[i], lv)
		if err != nil {
			return nil, err
		}
		if ok {
			set.Rules = append(set.Rules, rule)
		}
	}
	return set, nil
}

func (e Exception) validate() error {
	if len(e.Workloads) == 0 {
		return errors.New("an exception without a workload matches nothing: name one, such as daemonset/agent, or enforce the level by the namespace's label")
	}
	for _, w := range e.Workloads {
		if w.account() == defaultServiceAccount && len(w.Labels) == 0 {
			return fmt.Errorf("%s has no service account of its own and no labels, so that an exception for it would match every pod: "+
				"give it a service account", w.name())
		}
	}
	return nil
}

func (w *ExceptedWorkload) account() string {
	if w.ServiceAccount == "" {
		return defaultServiceAccount
	}
	return w.ServiceAccount
}

// exceptNameLimit leaves room for the rule in the name of an object.
const exceptNameLimit = 40

func (e Exception) setName(level api.Level) string {
	name := string(level) + "-except-" + label(e.Workloads[0].Ref.Name)
	if more := len(e.Workloads) - 1; more > 0 {
		name += "-and-" + strconv.Itoa(more)
	}
	return cut(name, exceptNameLimit)
}

// label makes a name fit into a DNS label: names of workloads may have dots.
func label(name string) string {
	return strings.Trim(regexp.MustCompile(`[^a-z0-9-]+`).ReplaceAllString(strings.ToLower(name), "-"), "-")
}

// conditions are true for pods that are not excepted, one for each workload.
func (e Exception) conditions() []Condition {
	var all []Condition
	for _, w := range e.Workloads {
		var parts []string
		for _, t := range w.traits() {
			parts = append(parts, t.expression)
		}
		name := cut("not-"+label(w.Ref.Name), nameLimit)
		if slices.ContainsFunc(all, func(c Condition) bool { return c.Name == name }) {
			name = cut(name+"-"+strconv.Itoa(len(all)), nameLimit)
		}
		all = append(all, Condition{Name: name, Expression: "!(" + strings.Join(parts, " && ") + ")"})
	}
	return all
}
