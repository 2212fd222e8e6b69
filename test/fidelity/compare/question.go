package compare

import (
	"context"
	"fmt"
	"net/http"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
	"github.com/kubectl-pss/kubectl-pss/test/fidelity/random"
)

// question is one request, what is predicted of it, and what came of it.
type question struct {
	// what it is for people, and number what it was made from.
	what   string
	number uint64
	request

	// object is the pod or workload that is to be created. Else labels are a new namespace's, or change is a change.
	object random.Object
	labels map[string]string
	change *change
	// touched says that the object is there already.
	touched bool
	// of is the workload whose pod is asked about, nil for everything else.
	of *question

	predicted []prediction
	answer    *Answer
	// invalid says that the server refused the object for reasons of its own.
	invalid bool
	real    Verdict
}

// prediction is what is said of a question, and on which ground.
type prediction struct {
	ground string
	Verdict
}

// The grounds of predictions.
const (
	asWritten = "as written (check -f)"
	asApplied = "as written (check -f --live)"
	asStored  = "as stored (check)"
	asRunning = "as running (check)"
)

// newQuestion asks for the creation of an object.
func newQuestion(number uint64, o random.Object, user string) *question {
	return &question{
		what: o.GetObjectKind().GroupVersionKind().Kind, number: number, object: o,
		request: request{verb: http.MethodPost, path: pathOf(o), contentType: jsonType, user: user, body: encoded(o)},
	}
}

// name is the name under which a manifest's object is reported: one that the server is to end has a star.
func (q *question) name() name {
	n := name{q.object.GetNamespace(), q.object.GetObjectKind().GroupVersionKind().Kind, q.object.GetName()}
	if n.name == "" {
		n.name = q.object.GetGenerateName() + "*"
	}
	return n
}

// stored is the object as the server would store it.
func (q *question) stored() (random.Object, error) {
	into, err := scheme.Scheme.New(q.object.GetObjectKind().GroupVersionKind())
	if err != nil {
		return nil, err
	}
	if err := runtime.DecodeInto(scheme.Codecs.UniversalDeserializer(), q.answer.body, into); err != nil {
		return nil, fmt.Errorf("%s: %w", q.path, err)
	}
	o, ok := into.(random.Object)
	if !ok {
		return nil, fmt.Errorf("%s: a %T is no object", q.path, into)
	}
	o.GetObjectKind().SetGroupVersionKind(q.object.GetObjectKind().GroupVersionKind())
	return o, nil
}

// makes asks for the pod that the controller of a workload makes of it, once the server has taken that.
func (q *question) makes() (*question, error) {
	o, err := q.stored()
	if err != nil {
		return nil, err
	}
	pod := random.Made(o)
	apiVersion, kind := o.GetObjectKind().GroupVersionKind().ToAPIVersionAndKind()
	pod.OwnerReferences = []metav1.OwnerReference{{
		APIVersion: apiVersion, Kind: kind, Name: o.GetName(), UID: o.GetUID(), Controller: new(true),
	}}
	made := newQuestion(q.number, pod, workload.ControllerUser(kind))
	made.what, made.of = "the pod that is made of "+q.what, q
	return made, nil
}

// askAll sends requests, several at once.
func (s *Server) askAll(ctx context.Context, parallel int, questions []*question) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, q := range questions {
		group.Go(func() (err error) {
			q.answer, err = s.ask(ctx, &q.request)
			return err
		})
	}
	return group.Wait()
}

// conclude turns answers into verdicts, once the server has logged them.
func (s *Server) conclude(ctx context.Context, questions []*question, of func(*Answer, map[string]string) Verdict) error {
	ids := make([]string, 0, len(questions))
	for _, q := range questions {
		ids = append(ids, q.answer.auditID)
	}
	logged, err := s.log.annotations(ctx, ids)
	if err != nil {
		return err
	}
	for _, q := range questions {
		q.real = of(q.answer, logged[q.answer.auditID])
	}
	return nil
}
