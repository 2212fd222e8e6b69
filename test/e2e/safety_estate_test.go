//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/pod-security-admission/api"
)

// byHand is a field manager that owns nothing: what somebody has typed, nobody writes again.
const byHand = "kubectl-label"

// seeded returns a source of chance that PSS_E2E_SEED repeats.
func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	if text := os.Getenv("PSS_E2E_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("PSS_E2E_SEED=%d repeats the choices of this test", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// mixture is a namespace's own mixture of labels: of the six any or none, and such as are somebody else's.
func mixture(random *rand.Rand) map[string]string {
	labels := map[string]string{}
	for _, mode := range []string{"enforce", "audit", "warn"} {
		switch random.IntN(4) {
		case 0: // none
		case 1:
			labels[labelKey(mode)] = pick(random, "privileged", "baseline", "restricted")
		case 2:
			labels[labelKey(mode)+"-version"] = pick(random, "latest", "v1.25", "v1.31")
		case 3:
			labels[labelKey(mode)] = pick(random, "privileged", "baseline", "restricted")
			labels[labelKey(mode)+"-version"] = pick(random, "latest", "v1.25", "v1.31")
		}
	}
	for _, key := range []string{"team", "pod-security.kubernetes.io/other", "security.openshift.io/scc.podSecurityLabelSync"} {
		if random.IntN(3) == 0 {
			labels[key] = pick(random, "a", "b", "")
		}
	}
	return labels
}

func pick(random *rand.Rand, from ...string) string { return from[random.IntN(len(from))] }

// crowd makes many namespaces with a mixture of labels each, and returns when they are there. The label
// e2e.pss.dev/lane says to which lane the first of them belong. Here and there is a label that no server takes any more,
// and a Deployment with a pod.
func (s *server) crowd(t *testing.T, random *rand.Rand, name string) {
	t.Helper()
	const parallel, count = 16, sizeOfCrowd
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(parallel)
	for i := range count {
		labels := mixture(random)
		labels[crowdLabel] = name
		if i < lanesOfCrowd*sizeOfLane {
			labels[laneLabel] = strconv.Itoa(i % lanesOfCrowd)
		}
		ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
			Name: fmt.Sprintf("%s-%03d", name, i), Labels: labels,
			Annotations: map[string]string{"e2e.pss.dev/note": strconv.Itoa(i)},
		}}
		group.Go(func() error {
			o := metav1.CreateOptions{FieldManager: byHand}
			if _, err := s.client.CoreV1().Namespaces().Create(ctx, ns, o); err != nil {
				return err
			}
			if i%9 != 0 {
				return nil
			}
			return s.mislabel(ctx, ns.Name, api.WarnLevelLabel, "strict")
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < count; i += 25 {
		namespace := fmt.Sprintf("%s-%03d", name, i)
		if err := s.account(t.Context(), namespace, "default"); err != nil {
			t.Fatal(err)
		}
		create(t, s, deployment(strictPod(namespace, "d"), 1))
		s.eventuallyPods(t, namespace, 1)
	}
}

// The labels by which a crowd is selected.
const (
	crowdLabel = "e2e.pss.dev/crowd"
	laneLabel  = "e2e.pss.dev/lane"
)

// mislabel sets a label to what Pod Security does not take, as namespaces have it that are older than the server's
// Pod Security: changes of the status are not looked at.
func (s *server) mislabel(ctx context.Context, namespace, key, value string) error {
	patch, err := labelPatch(map[string]*string{key: &value})
	if err != nil {
		return err
	}
	o := metav1.PatchOptions{FieldManager: byHand}
	_, err = s.client.CoreV1().Namespaces().Patch(ctx, namespace, types.MergePatchType, patch, o, "status")
	return err
}

// setLabels changes a namespace's labels as somebody does by hand; nil removes a label.
func (s *server) setLabels(ctx context.Context, namespace string, labels map[string]*string) error {
	patch, err := labelPatch(labels)
	if err != nil {
		return err
	}
	o := metav1.PatchOptions{FieldManager: byHand}
	_, err = s.client.CoreV1().Namespaces().Patch(ctx, namespace, types.MergePatchType, patch, o)
	return err
}
