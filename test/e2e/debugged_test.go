//go:build e2e

package e2e

import (
	"context"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/client-go/kubernetes/scheme"
)

// debugged returns what asks the server about a pod with ephemeral containers, which no pod may be created with: the
// pod stands without them in a namespace with the modes, and they are put into it.
func (c *comparison) debugged(t *testing.T, pod *corev1.Pod) func(context.Context) answer {
	t.Helper()
	labels := c.modes.labels()
	enforced := labels[labelKey("enforce")] != "" && labels[labelKey("enforce")] != "privileged"
	if enforced {
		labels = nil // or it could not be stored
	}
	ns := c.namespace(t, "debug-"+string(uuid.NewUUID()[:8]), labels)
	for _, name := range c.accounts() {
		if err := c.account(t.Context(), ns, name); err != nil {
			t.Fatal(err)
		}
	}
	bare, ok := copyTo(pod, ns).(*corev1.Pod)
	if !ok {
		t.Fatal("a copy of a pod is none")
	}
	bare.OwnerReferences, bare.Spec.EphemeralContainers = nil, nil // its owner is not here, and pods without one are removed
	bare.Spec.NodeName, bare.Spec.SchedulerName = "", nobody
	stored := create(t, c.server, bare)
	stored.Spec.EphemeralContainers = pod.Spec.EphemeralContainers
	send := func(ctx context.Context) answer { return c.dryDebug(ctx, stored) }
	if enforced {
		c.relabel(t, ns, c.modes)
	}
	return send
}

// dryDebug asks what the server would do to new ephemeral containers.
func (s *server) dryDebug(ctx context.Context, pod *corev1.Pod) answer {
	request := s.client.CoreV1().RESTClient().Put().Namespace(pod.Namespace).Resource("pods").Name(pod.Name).
		SubResource("ephemeralcontainers").Body(pod).
		VersionedParams(&metav1.UpdateOptions{DryRun: []string{metav1.DryRunAll}}, scheme.ParameterCodec)
	return s.ask(ctx, "", request, nil)
}
