package export

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// Target is an engine that policies are rendered for.
type Target string

// The targets.
const (
	VAP        Target = "vap"
	Gatekeeper Target = "gatekeeper"
	Kyverno    Target = "kyverno"
	Kubewarden Target = "kubewarden"
	JSPolicy   Target = "jspolicy"
)

// Targets are all of them, the default first.
func Targets() []Target { return []Target{VAP, Gatekeeper, Kyverno, Kubewarden, JSPolicy} }

// Options are what a rendering needs to know beside the rules.
type Options struct {
	// Enforce refuses what breaks a rule; else it is warned of and audited, as far as the target can.
	Enforce bool
	// Namespaces selects the namespaces by their labels; nil means all. Every namespace has its name as
	// kubernetes.io/metadata.name.
	Namespaces *metav1.LabelSelector
	// MutatingPolicies says that the cluster serves MutatingAdmissionPolicy v1; without it VAP says mutations as changes
	// to templates, in comments.
	MutatingPolicies bool
}

// Render gives the objects of a target for a set, ready to apply in their order.
func (t Target) Render(s *Set, o Options) ([]report.Document, error) {
	switch t {
	case VAP:
		return renderVAP(s, o)
	case Gatekeeper:
		return renderGatekeeper(s, o)
	case Kyverno:
		return renderKyverno(s, o)
	case Kubewarden:
		return renderKubewarden(s, o)
	case JSPolicy:
		return renderJSPolicy(s, o)
	default:
		return nil, fmt.Errorf("no such target: %q", string(t))
	}
}
