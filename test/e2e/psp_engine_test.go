//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
)

// engine is a namespace of the server with PodSecurityPolicy in which each user may create pods and use some policies.
type engine struct {
	*server
	namespace string
	policies  []*psp.Policy       // as the server gave them back
	users     map[string][]string // the policies of a user, by the user's name
}

// tally counts answers by what they were.
type tally struct{ asked, admitted, mutated, invalid, differ atomic.Int64 }

// TestPolicyEngine holds psp.Choose to the plug-in: policies with every field, one at a time and several together,
// against pods with every field. What is compared is whether a pod is admitted, by which policy, what this made of it,
// and the text of the refusal. The plug-in tries every policy on every pod, so that few are there at a time.
func TestPolicyEngine(t *testing.T) {
	t.Parallel()
	const seed, random, batch, sets = 5, 30, 12, 8
	s := pspServer(t)
	runtimeClasses(t, s)
	r := rand.New(rand.NewPCG(seed, seed))
	var n tally
	start, round := time.Now(), 0
	for policies := range slices.Chunk(enginePolicies(r, "engine-", random), batch) {
		round++
		t.Run(fmt.Sprintf("policies %d", round), func(t *testing.T) {
			s.policyTurn.Lock() // until they are gone
			t.Cleanup(s.policyTurn.Unlock)
			e := newEngine(t, s, fmt.Sprintf("psp-engine-%d", round), policies)
			e.open(t, r, sets)
			e.askAll(t, r, &n)
		})
	}
	compared.Add(n.asked.Load())
	t.Logf("%d answers in %v: %d admitted (%d mutated), %d invalid once admitted, %d differ",
		n.asked.Load(), time.Since(start).Round(time.Millisecond),
		n.admitted.Load(), n.mutated.Load(), n.invalid.Load(), n.differ.Load())
	if n.mutated.Load() < 500 || n.asked.Load()-n.admitted.Load() < 500 || n.admitted.Load()-n.mutated.Load() < 500 {
		t.Error("the policies and the pods do not try enough of anything")
	}
}

// askAll lets each user create pods, a quarter of those that there are.
func (e *engine) askAll(t *testing.T, r *rand.Rand, n *tally) {
	t.Helper()
	const random, share, workers = 40, 4, 4
	var wait sync.WaitGroup
	work := make(chan func())
	for range workers {
		wait.Go(func() {
			for do := range work {
				do()
			}
		})
	}
	probes := enginePods(r, e.namespace, random)
	for _, user := range slices.Sorted(maps.Keys(e.users)) {
		for _, pod := range probes {
			if r.IntN(share) == 0 {
				work <- func() { e.compare(t, user, pod, n) }
			}
		}
	}
	close(work)
	wait.Wait()
}

func (e *engine) compare(t *testing.T, user string, pod *corev1.Pod, n *tally) {
	want, choice := e.predict(e.users[user], pod)
	got, unknown := e.tried(t.Context(), user, pod, want.Message)
	n.asked.Add(1)
	switch {
	case unknown:
		n.invalid.Add(1)
		got = want
		if choice.Policy == nil {
			got.Message = "admitted, and then found invalid"
		}
	case choice.Policy != nil:
		n.admitted.Add(1)
		if choice.Mutated {
			n.mutated.Add(1)
		}
	}
	if diff := cmp.Diff(got, want); diff != "" && n.differ.Add(1) <= 10 {
		t.Errorf("under %v (-server +engine):\n%s\npod: %s", e.users[user], diff, written(pod))
	}
}

// runtimeClasses are there until the test ends.
func runtimeClasses(t *testing.T, s *server) {
	t.Helper()
	client := s.client.NodeV1().RuntimeClasses()
	for _, name := range []string{classA, classB} {
		class := &nodev1.RuntimeClass{ObjectMeta: metav1.ObjectMeta{Name: name}, Handler: "none"}
		if _, err := client.Create(t.Context(), class, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		ctx := context.WithoutCancel(t.Context())
		t.Cleanup(func() { _ = client.Delete(ctx, name, metav1.DeleteOptions{}) })
	}
}

// newEngine creates the policies that are valid, and holds Validate to what the server says of all.
func newEngine(t *testing.T, s *server, name string, policies []*psp.Policy) *engine {
	t.Helper()
	e := &engine{server: s, namespace: s.namespace(t, name, nil), users: map[string][]string{}}
	for _, p := range policies {
		stored, a := s.createPolicy(t, p)
		compareCauses(t, p, a)
		if stored != nil {
			e.policies = append(e.policies, stored)
		}
	}
	return e
}

const policiesPath = "/apis/policy/v1beta1/podsecuritypolicies"

// createPolicy creates a policy until its batch is through, and decodes what the server made of it.
func (s *server) createPolicy(t *testing.T, p *psp.Policy) (*psp.Policy, answer) {
	t.Helper()
	body, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	rest := s.client.CoreV1().RESTClient()
	result := rest.Post().AbsPath(policiesPath).SetHeader("Content-Type", "application/json").
		SetHeader("Accept", "application/json").Body(body).Do(t.Context())
	if err := result.Error(); err != nil { // Raw does not read what a server says
		return nil, answer{err: err}
	}
	raw, err := result.Raw()
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.WithoutCancel(t.Context())
	t.Cleanup(func() { _ = rest.Delete().AbsPath(policiesPath, p.Name).Do(ctx).Error() })
	var obj map[string]any
	if err := json.Unmarshal(raw, &obj); err != nil {
		t.Fatal(err)
	}
	stored, err := psp.Decode(obj)
	if err != nil {
		t.Fatalf("policy %s is stored and cannot be read: %v", p.Name, err)
	}
	return stored, answer{}
}

// open lets a user each use one policy, and so many users several, and waits until the server knows.
func (e *engine) open(t *testing.T, r *rand.Rand, sets int) {
	t.Helper()
	for _, p := range e.policies {
		e.users["user-of-"+p.Name] = []string{p.Name}
	}
	for i := range sets {
		var names []string
		for range 2 + r.IntN(4) {
			names = append(names, e.policies[r.IntN(len(e.policies))].Name)
		}
		e.users[fmt.Sprintf("user-of-set-%d", i)] = names
	}
	canary, _ := e.createPolicy(t, engineOpen("engine-canary"))
	for user, names := range e.users {
		e.grant(t, user, names...)
	}
	e.grant(t, "user-of-canary", canary.Name)
	// Each kind of object reaches the plug-in in its order: what came before the canary is there when the canary is.
	for tries := 0; ; tries++ {
		a := e.dryCreate(t.Context(), "user-of-canary", plainPod(e.namespace, "canary"))
		if a.err == nil {
			return
		}
		if tries > 200 {
			t.Fatalf("the policies do not work: %v", a.err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (e *engine) grant(t *testing.T, user string, policies ...string) {
	t.Helper()
	role := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: user}, Rules: []rbacv1.PolicyRule{
		{Verbs: []string{"create"}, APIGroups: []string{""}, Resources: []string{"pods"}},
		{Verbs: []string{"use"}, APIGroups: []string{"policy"}, Resources: []string{"podsecuritypolicies"}, ResourceNames: policies},
	}}
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: user},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: user},
	}
	rbac := e.client.RbacV1()
	if _, err := rbac.Roles(e.namespace).Create(t.Context(), role, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := rbac.RoleBindings(e.namespace).Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// engineAnswer is what is compared.
type engineAnswer struct {
	Policy  string
	Pod     string
	Message string
}

// predict is what the plug-in makes of a pod whose creator may use the policies of those names.
func (e *engine) predict(names []string, pod *corev1.Pod) (engineAnswer, psp.Choice) {
	may := map[string]bool{}
	for _, name := range names {
		may[name] = true
	}
	choice := psp.Choose(e.policies, func(name string) bool { return may[name] }, psp.WithToken(pod, nil))
	if choice.Policy == nil {
		return engineAnswer{Message: e.refusal(choice)}, choice
	}
	return engineAnswer{Policy: choice.Policy.Name, Pod: written(choice.Pod)}, choice
}

// tried is what the server says, with the message as predicted if it says the same things in another order. Unknown is
// a pod that is refused for what it has become, after a policy has admitted it.
func (e *engine) tried(ctx context.Context, user string, pod *corev1.Pod, message string) (got engineAnswer, unknown bool) {
	a := e.dryCreate(ctx, user, pod)
	if a.code() == http.StatusUnprocessableEntity {
		return engineAnswer{}, true
	}
	if a.err != nil {
		got.Message = a.message()
		if sameRefusal(got.Message, message) {
			got.Message = message
		}
		return got, false
	}
	stored, ok := a.stored.(*corev1.Pod)
	if !ok {
		return engineAnswer{Message: fmt.Sprintf("a %T came back", a.stored)}, false
	}
	return engineAnswer{Policy: stored.Annotations[psp.Annotation], Pod: written(stored)}, false
}
