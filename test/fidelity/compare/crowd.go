package compare

import (
	"context"
	"encoding/json"
	"net/http"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
	"github.com/kubectl-pss/kubectl-pss/test/fidelity/random"
)

// resident is a pod that is to run, and what becomes of it.
type resident struct {
	*corev1.Pod
	random.Life
}

// podsPerWriter is how many pods of a crowd are written one after the other.
const podsPerWriter = 10

// crowd makes a namespace with pods and workloads in it, as far as they are valid, gives it its labels, and returns
// the workloads. Every third pod has a controller, of a kind that makes no difference.
func (s *Server) crowd(
	ctx context.Context, name string, labels map[string]string, pods []resident, works []random.Object,
) ([]random.Object, error) {
	if err := s.namespace(ctx, name, map[string]string{api.EnforceLevelLabel: "privileged"}); err != nil {
		return nil, err
	}
	account, err := s.client.CoreV1().ServiceAccounts(name).Get(ctx, "default", metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(len(pods)/podsPerWriter + 1)
	for i, pod := range pods {
		pod.Namespace = name
		if i%3 == 0 {
			pod.OwnerReferences = []metav1.OwnerReference{{
				APIVersion: "v1", Kind: "ServiceAccount", Name: account.Name, UID: account.UID, Controller: new(true),
			}}
		}
		group.Go(func() error { return s.live(groupCtx, pod) })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var stored []random.Object
	for _, o := range works {
		err := s.client.CoreV1().RESTClient().Post().AbsPath(pathOf(o)).SetHeader("Content-Type", jsonType).Body(encoded(o)).Do(ctx).Error()
		if apierrors.IsInvalid(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		stored = append(stored, o)
	}
	return stored, s.relabel(ctx, name, labels)
}

// live writes a pod and lets it live, if it is valid.
func (s *Server) live(ctx context.Context, r resident) error {
	pods := s.client.CoreV1().Pods(r.Namespace)
	if r.Going {
		r.Finalizers = []string{"example.com/held"}
	}
	var made *corev1.Pod
	err := poll(ctx, settling, func() (_ bool, err error) {
		made, err = pods.Create(ctx, r.Pod, metav1.CreateOptions{})
		if apierrors.IsForbidden(err) { // the server has not noticed the labels yet
			return false, nil
		}
		return err == nil, err
	})
	if apierrors.IsInvalid(err) {
		return nil
	}
	if err == nil && r.Debugger != nil {
		made.Spec.EphemeralContainers = []corev1.EphemeralContainer{*r.Debugger}
		made, err = pods.UpdateEphemeralContainers(ctx, made.Name, made, metav1.UpdateOptions{})
	}
	if err == nil && r.Phase != "" {
		made.Status.Phase = r.Phase
		made, err = pods.UpdateStatus(ctx, made, metav1.UpdateOptions{})
	}
	if err == nil && r.Going {
		err = pods.Delete(ctx, made.Name, metav1.DeleteOptions{GracePeriodSeconds: new(int64(0))})
	}
	return err
}

// touches asks about changes of workloads that are there, which leave their templates as they are: the server answers
// as if they were new.
func (s *Server) touches(ctx context.Context, parallel int, source *recorded, works []random.Object) ([]*question, error) {
	f, err := s.foresee(ctx, source, survey.Options{Minor: s.Minor, Binary: s.Binary})
	if err != nil {
		return nil, err
	}
	patch, err := labelPatch(nil, map[string]string{"touched": "yes"})
	if err != nil {
		return nil, err
	}
	questions := make([]*question, len(works))
	for i, o := range works {
		kind := o.GetObjectKind().GroupVersionKind().Kind
		v, err := f.object(name{o.GetNamespace(), kind, o.GetName()})
		if err != nil {
			return nil, err
		}
		questions[i] = &question{
			what: kind + " that is there already", touched: true, object: o, predicted: []prediction{{asStored, v}},
			request: request{verb: http.MethodPatch, path: pathOf(o) + "/" + o.GetName(), contentType: mergeType, body: patch},
		}
	}
	if err := s.askAll(ctx, parallel, questions); err != nil {
		return nil, err
	}
	return questions, s.conclude(ctx, questions, ofAnswer)
}

// pathOf is where an object is created.
func pathOf(o random.Object) string {
	apiVersion, kind := o.GetObjectKind().GroupVersionKind().ToAPIVersionAndKind()
	return collection(apiVersion, kind, o.GetNamespace())
}

// encoded is an object as it is sent.
func encoded(o any) []byte {
	body, err := json.Marshal(o)
	if err != nil {
		panic(err) // API objects are encoded always
	}
	return body
}
