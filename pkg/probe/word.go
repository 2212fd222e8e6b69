package probe

import (
	"context"
	"strings"
	"unicode/utf8"

	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// word is what Pod Security says to a pod that both levels forbid, or to a Deployment of such pods.
type word struct {
	// refused and warned are the policies, as LEVEL:VERSION, that it names in refusing and in warning.
	refused, warned string
	// silent says that the object passed Pod Security as it was sent, without a word.
	silent bool
	// why says why nothing follows from the answer, denied that it was for want of a right.
	why    string
	denied bool
}

// heard says that Pod Security was at work: whoever asked, the namespace and the class are not exempt.
func (w *word) heard() bool { return w.refused != "" || w.warned != "" }

// crowd is the length of warnings, in runes, from which a server leaves some out without a mark. Pod Security's are among
// the last.
const crowd = 4096 - 512

// put asks for the creation of a pod, or a Deployment of pods, that both levels forbid; as oneself without a user.
func (s *Search) put(ctx context.Context, user, namespace, class string, deployment bool) word {
	spec := violating()
	if class != "" {
		spec.RuntimeClassName = &class
	}
	var object, stored runtime.Object = &corev1.Pod{ObjectMeta: name(), Spec: spec}, &corev1.Pod{}
	client, resource := s.client.core, "pods"
	if deployment {
		object, stored, client, resource = deploymentOf(spec), &appsv1.Deployment{}, s.client.apps, "deployments"
	}
	request := client.Post().Namespace(namespace).Resource(resource).Body(object)
	if user != "" {
		request = as(request, user)
	}
	asked := send(ctx, request, stored)
	s.one()
	w := wordOf(asked)
	if w.silent {
		after := specOf(stored)
		if !after.HostPID || class != "" && (after.RuntimeClassName == nil || *after.RuntimeClassName != class) {
			w.silent, w.why = false, "something changes what is created there on its way"
		}
	}
	return w
}

func as(request *rest.Request, user string) *rest.Request {
	return request.SetHeader(authenticationv1.ImpersonateUserHeader, user)
}

func deploymentOf(spec corev1.PodSpec) *appsv1.Deployment {
	labels := map[string]string{"app": "pss-probe"}
	return &appsv1.Deployment{ObjectMeta: name(), Spec: appsv1.DeploymentSpec{
		Selector: &metav1.LabelSelector{MatchLabels: labels},
		Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: spec},
	}}
}

func specOf(object runtime.Object) *corev1.PodSpec {
	switch o := object.(type) {
	case *corev1.Pod:
		return &o.Spec
	case *appsv1.Deployment:
		return &o.Spec.Template.Spec
	default:
		return &corev1.PodSpec{}
	}
}

// wordOf reads an answer. What a webhook refuses may sound like the plug-in, and is not.
func wordOf(asked answer) word {
	text := messageOf(asked.err)
	switch refused := workload.RefusalIn(text); {
	case asked.err != nil && refused != "" && !strings.Contains(text, "admission webhook"):
		return word{refused: workload.PolicyOf(refused)}
	case apierrors.IsForbidden(asked.err) && (strings.Contains(text, " cannot create resource ") || strings.Contains(text, noImpersonation)):
		return word{why: text, denied: true}
	case asked.err != nil:
		return word{why: "the server says: " + withoutName(text)}
	}
	runes := 0
	for _, text := range asked.warnings {
		if warned := policyIn(text, wouldViolate); warned != "" {
			return word{warned: warned}
		}
		runes += utf8.RuneCountInString(text)
	}
	if runes > crowd {
		return word{why: "the server warns of so much that it may have left out the rest"}
	}
	return word{silent: true}
}
