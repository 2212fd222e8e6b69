package probe

import (
	"context"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// Defaults are the levels that a namespace without labels turned out to have, each as LEVEL:VERSION and empty where it
// stayed unknown. audit is never among them: it tells nobody but the audit log.
type Defaults struct {
	Enforce, Warn string
	// Why says why a level stayed unknown.
	Why string
}

const (
	// privileged is the level, at the version, of which nothing is ever said.
	privileged = "privileged:latest"
	// pluginText begins what PodSecurityPolicy says of a pod that it refuses.
	pluginText = "PodSecurityPolicy: "
	// pspAnnotation is what PodSecurityPolicy puts on a pod that it admits.
	pspAnnotation = "kubernetes.io/psp"
	// violates begins what Pod Security says of a pod that it refuses, wouldViolate what it warns of.
	violates     = `violates PodSecurity "`
	wouldViolate = `would violate PodSecurity "`
	// baseName begins the names of what is asked about; the server makes up the rest.
	baseName = "pss-probe-"
	image    = "registry.k8s.io/pause:3.9" // never pulled
)

// Defaults asks for the creation of a pod that neither baseline nor restricted allows, in a namespace without labels. A
// warning may need a Deployment: nobody is warned about a pod that is refused, and only pods are put to
// PodSecurityPolicy, which may refuse first.
func (c *Client) Defaults(ctx context.Context, namespace string) Defaults {
	pod := violating()
	asked := create(ctx, c.core, "pods", namespace, &corev1.Pod{ObjectMeta: name(), Spec: pod}, &corev1.Pod{})
	var d Defaults
	switch refused := policyIn(messageOf(asked.err), violates); {
	case asked.err == nil:
		d.Enforce = privileged
	case refused != "":
		d.Enforce = refused
	default:
		d.Why = "the server says to a pod: " + messageOf(asked.err)
	}
	asked = create(ctx, c.apps, "deployments", namespace, deploymentOf(pod), &appsv1.Deployment{})
	if asked.err != nil {
		if d.Why == "" {
			d.Why = "the server says to a Deployment: " + messageOf(asked.err)
		}
		return d
	}
	d.Warn = privileged
	for _, text := range asked.warnings {
		if warned := policyIn(text, wouldViolate); warned != "" {
			d.Warn = warned
		}
	}
	return d
}

// Plugin is whether PodSecurityPolicy judges pods: what became of one that no policy should mind.
type Plugin struct {
	// Known is false where the server did not get that far; Why says what it said.
	Known, Active bool
	Why           string
}

// PodSecurityPolicy asks for the creation of a pod that restricted allows. Who may not create pods learns nothing.
func (c *Client) PodSecurityPolicy(ctx context.Context, namespace string) Plugin {
	pod := &corev1.Pod{}
	asked := create(ctx, c.core, "pods", namespace, &corev1.Pod{ObjectMeta: name(), Spec: harmless()}, pod)
	text := messageOf(asked.err)
	switch policy := pod.Annotations[pspAnnotation]; {
	case asked.err == nil && policy != "":
		return Plugin{true, true, "a dry run's pod was admitted by policy " + policy}
	case asked.err == nil:
		return Plugin{true, false, "a dry run's pod was put to no policy"}
	case strings.Contains(text, pluginText):
		return Plugin{true, true, "a dry run's pod was refused: " + text}
	default:
		return Plugin{Why: "the server says to a pod: " + text}
	}
}

func name() metav1.ObjectMeta { return metav1.ObjectMeta{GenerateName: baseName} }

// violating shares the node's processes, which baseline forbids at every version.
func violating() corev1.PodSpec {
	spec := harmless()
	spec.HostPID = true
	return spec
}

func harmless() corev1.PodSpec {
	yes, no := true, false
	var nobody int64 = 65534
	return corev1.PodSpec{
		AutomountServiceAccountToken: &no,
		SecurityContext: &corev1.PodSecurityContext{
			RunAsNonRoot: &yes, RunAsUser: &nobody,
			SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		},
		Containers: []corev1.Container{{
			Name: "probe", Image: image,
			SecurityContext: &corev1.SecurityContext{
				AllowPrivilegeEscalation: &no,
				Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
			},
		}},
	}
}

// policyIn is the policy that a text of Pod Security names, empty for other texts.
func policyIn(text, begin string) string {
	_, rest, found := strings.Cut(text, begin)
	if !found {
		return ""
	}
	return workload.PolicyOf(violates + rest)
}
