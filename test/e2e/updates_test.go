//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// TestUpdates holds what is said of the changes that pods which run still take against what the server says to each.
func TestUpdates(t *testing.T) {
	t.Parallel()
	s := plain(t)
	ns := s.namespace(t, "updates", nil)
	requests := corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("10m")}}
	sized := func(p *corev1.Pod) { p.Spec.Containers[0].Resources = requests }
	bad := create(t, s, plainPod(ns, "bad", hostPID, sized))
	fine := create(t, s, strictPod(ns, "fine", sized))
	candidate := workloadOf(t, s.checkNamespace(t, ns, modes{enforce: restricted}), "Pod", "bad").Evidence[0].Updates
	s.relabel(t, ns, modes{enforce: restricted})
	item := s.checkNamespace(t, ns, modes{})
	if u := workloadOf(t, item, "Pod", "fine").Evidence[0].Updates; u != nil {
		t.Errorf("of a pod that violates nothing is said: %+v", u)
	}
	now := workloadOf(t, item, "Pod", "bad").Evidence[0].Updates
	if diff := cmp.Diff(candidate, now); diff != "" {
		t.Fatalf("with the labels (+) other updates are refused than were foretold (-):\n%s", diff)
	}
	all := slices.Concat(now.Refused, now.Possible)
	if len(now.Refused) != 2 || len(all) != 9 {
		t.Errorf("%q refused, %q possible", now.Refused, now.Possible)
	}
	for _, name := range all {
		s.holdUpdate(t, bad, name, now)
		same(t, name+" of a pod that violates nothing", verdict{Allowed: true}, s.verdict(t, s.dryUpdate(t.Context(), fine, name)))
	}
}

// TestUpdatesOfExempt: the controller that makes a pod may be exempt; who changes the pod is not.
func TestUpdatesOfExempt(t *testing.T) {
	t.Parallel()
	s := configured(t)
	ns := s.namespace(t, "updates", modes{enforce: baseline}.labels())
	create(t, s, deployment(plainPod(ns, "w", hostPID), 1))
	name := s.eventuallyPods(t, ns, 1)[0]
	w := workloadOf(t, s.checkNamespace(t, ns, modes{}), "Deployment", "w")
	e := evidenceOf(t, w, report.EvidencePod, report.RevisionCurrent)
	if !e.Outcome.Pod.Allowed || e.Exempt.By != report.ExemptUser || e.Updates == nil {
		t.Fatalf("the pod of an exempt controller: %+v", e)
	}
	s.holdUpdate(t, s.pods(t, ns)[name], "image", e.Updates)
}

// holdUpdate asks the server for one update of a pod.
func (s *server) holdUpdate(t *testing.T, pod *corev1.Pod, name string, predicted *report.Updates) {
	t.Helper()
	want := verdict{Allowed: slices.Contains(predicted.Possible, name)}
	if !want.Allowed {
		want.Message = predicted.Message
	}
	real := s.verdict(t, s.dryUpdate(t.Context(), pod, name))
	real.Warnings, real.Audit = nil, "" // of which nothing is said
	same(t, name+" of pod "+pod.Name, want, real)
}

// dryUpdate asks what the server would do to a change of a pod.
func (s *server) dryUpdate(ctx context.Context, pod *corev1.Pod, name string) answer {
	metadata := func(key string, value any) any { return map[string]any{"metadata": map[string]any{key: value}} }
	spec := func(key string, value any) any { return map[string]any{"spec": map[string]any{key: value}} }
	container := func(key string, value any) any {
		return spec("containers", []any{map[string]any{"name": pod.Spec.Containers[0].Name, key: value}})
	}
	switch name {
	case "ephemeralContainers":
		debugged := pod.DeepCopy()
		debugger := corev1.EphemeralContainer{EphemeralContainerCommon: corev1.EphemeralContainerCommon{
			Name: "debugger", Image: "registry.example.com/debug:1", TerminationMessagePolicy: corev1.TerminationMessageReadFile,
			ImagePullPolicy: corev1.PullIfNotPresent, SecurityContext: &corev1.SecurityContext{
				AllowPrivilegeEscalation: new(false), RunAsNonRoot: new(true), Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
				SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
			},
		}}
		debugged.ResourceVersion = ""
		debugged.Spec.EphemeralContainers = append(debugged.Spec.EphemeralContainers, debugger)
		return s.dryDebug(ctx, debugged)
	case "labels", "annotations":
		return s.dryPatch(ctx, pod, "", metadata(name, map[string]string{"changed": "yes"}))
	case "finalizers":
		return s.dryPatch(ctx, pod, "", metadata(name, []string{"example.com/changed"}))
	case "ownerReferences":
		owner := metav1.OwnerReference{APIVersion: "v1", Kind: "ConfigMap", Name: "owner", UID: "1"}
		return s.dryPatch(ctx, pod, "", metadata(name, []metav1.OwnerReference{owner}))
	case "tolerations":
		return s.dryPatch(ctx, pod, "", spec(name, append(slices.Clone(pod.Spec.Tolerations), corev1.Toleration{Key: "changed", Operator: corev1.TolerationOpExists})))
	case "activeDeadlineSeconds":
		return s.dryPatch(ctx, pod, "", spec(name, 1000))
	case "resize":
		return s.dryPatch(ctx, pod, "resize", container("resources", map[string]any{"requests": map[string]string{"cpu": "20m"}}))
	default:
		return s.dryPatch(ctx, pod, "", container(name, "registry.example.com/other:1"))
	}
}

func (s *server) dryPatch(ctx context.Context, pod *corev1.Pod, subresource string, patch any) answer {
	body, err := json.Marshal(patch)
	if err != nil {
		return answer{err: err}
	}
	request := s.client.CoreV1().RESTClient().Patch(types.StrategicMergePatchType).Namespace(pod.Namespace).Resource("pods").Name(pod.Name).
		SubResource(subresource).Body(body).
		VersionedParams(&metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}}, scheme.ParameterCodec)
	if subresource == "" {
		request = s.client.CoreV1().RESTClient().Patch(types.StrategicMergePatchType).Namespace(pod.Namespace).Resource("pods").Name(pod.Name).Body(body).
			VersionedParams(&metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}}, scheme.ParameterCodec)
	}
	return s.ask(ctx, "", request, nil)
}
