package compare

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
	"github.com/kubectl-pss/kubectl-pss/test/fidelity/random"
)

// explained is how many differences are made as small as can be; more hardly tell more.
const explained = 3

// scene is everything that an answer depends on, whichever question it is.
type scene struct {
	// Labels are those of the namespace, NewLabels those that it is to have.
	Labels    map[string]string `json:"labels,omitempty"`
	NewLabels map[string]string `json:"newLabels,omitempty"`
	// Object is what is to be created in it, Pods are what runs there.
	Object json.RawMessage `json:"object,omitempty"`
	Pods   []*corev1.Pod   `json:"pods,omitempty"`
}

// explain finds the smallest request that is still answered otherwise than foreseen.
func (r *round) explain(ctx context.Context, q *question) Difference {
	p := q.differs()
	d := Difference{What: q.what, Number: q.number, Ground: p.ground, Text: cmp.Diff(p.Verdict, q.real)}
	if len(r.tally.Differences) >= explained || r.Tries == 0 {
		return d
	}
	if q.touched {
		d.Smallest = asYAML(q.object)
		return d
	}
	whole, err := r.sceneOf(q)
	if err != nil {
		d.Smallest = "# cannot be told: " + err.Error()
		return d
	}
	smallest := shrink(whole, r.Tries, func(smaller any) bool {
		again := r.replay(ctx, q, smaller)
		if again == nil {
			return false
		}
		p := again.differs()
		d.Ground, d.Text = p.ground, cmp.Diff(p.Verdict, again.real)
		return true
	})
	d.Smallest = asYAML(smallest)
	return d
}

func asYAML(o any) string {
	text, err := yaml.Marshal(o)
	if err != nil {
		return "# cannot be told: " + err.Error()
	}
	return string(text)
}

// sceneOf is a tree of a question's scene.
func (r *round) sceneOf(q *question) (any, error) {
	var s scene
	switch {
	case q.change != nil:
		s.Labels, s.NewLabels = r.crowdLabels(q.change.namespace), q.change.labels
		for i := range r.crowds.pods {
			if pod := &r.crowds.pods[i]; pod.Namespace == q.change.namespace {
				s.Pods = append(s.Pods, &corev1.Pod{
					ObjectMeta: metav1.ObjectMeta{Name: pod.Name, Annotations: pod.Annotations}, Spec: pod.Spec,
				})
			}
		}
	case q.object == nil:
		s.NewLabels = q.labels
	default:
		asked := q
		if q.of != nil {
			asked = q.of
		}
		s.Labels, s.Object = r.labels[asked.object.GetNamespace()], asked.body
	}
	data, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	var tree any
	return tree, json.Unmarshal(data, &tree)
}

// crowdLabels are the labels of a namespace in which pods run.
func (r *round) crowdLabels(name string) map[string]string {
	i := slices.IndexFunc(r.crowds.namespaces, func(ns corev1.Namespace) bool { return ns.Name == name })
	return survey.PodSecurityLabels(r.crowds.namespaces[i].Labels)
}

// replay asks a question again in another scene; nil where that is answered as foreseen, or is no question any more.
func (r *round) replay(ctx context.Context, q *question, tree any) *question {
	data, err := json.Marshal(tree)
	if err != nil {
		return nil
	}
	var s scene
	if json.Unmarshal(data, &s) != nil {
		return nil
	}
	var asked []*question
	r.replayed++
	ns := fmt.Sprintf("replay-%s-%d-%d", r.id, r.n, r.replayed)
	switch {
	case q.change != nil:
		asked, err = r.replayChange(ctx, ns, &s)
	case q.object == nil:
		asked, err = r.creations(ctx, 1, q.number, map[string]map[string]string{ns: s.NewLabels})
	default:
		asked, err = r.replayObject(ctx, q, ns, &s)
	}
	if err != nil {
		return nil // such as an object that has lost its kind
	}
	i := slices.IndexFunc(asked, func(a *question) bool { return a.what == q.what && a.differs() != nil })
	if i < 0 {
		return nil
	}
	return asked[i]
}

func (r *round) replayObject(ctx context.Context, q *question, ns string, s *scene) ([]*question, error) {
	was := q
	if q.of != nil {
		was = q.of
	}
	into, err := scheme.Scheme.New(was.object.GetObjectKind().GroupVersionKind())
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(s.Object, into); err != nil {
		return nil, err
	}
	o, ok := into.(random.Object)
	if !ok {
		return nil, fmt.Errorf("a %T is no object", into)
	}
	if slices.Contains(random.ExemptNamespaces(), was.object.GetNamespace()) {
		ns = was.object.GetNamespace()
	}
	o.SetNamespace(ns)
	if err := r.namespace(ctx, ns, s.Labels); err != nil {
		return nil, err
	}
	if err := r.settle(ctx, false); err != nil {
		return nil, err
	}
	return r.objects(ctx, 1, map[string]map[string]string{ns: s.Labels}, []*question{newQuestion(q.number, o, "")})
}

func (r *round) replayChange(ctx context.Context, ns string, s *scene) ([]*question, error) {
	var pods []resident
	for _, pod := range s.Pods {
		var life random.Life
		if debuggers := pod.Spec.EphemeralContainers; len(debuggers) > 0 {
			life.Debugger, pod.Spec.EphemeralContainers = &debuggers[0], nil
		}
		pods = append(pods, resident{pod, life})
	}
	if _, err := r.crowd(ctx, ns, s.Labels, pods, nil); err != nil {
		return nil, err
	}
	if err := r.settle(ctx, true); err != nil {
		return nil, err
	}
	source, err := r.record(ctx, ns)
	if err != nil {
		return nil, err
	}
	return r.changes(ctx, 1, source, []change{{namespace: ns, labels: s.NewLabels}})
}
