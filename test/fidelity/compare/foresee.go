package compare

import (
	"context"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// name is what an object is known by in a report. All that are asked about at a time differ in it.
type name struct{ namespace, kind, name string }

// foresight is what is predicted of everything in a source: by a survey of it, as `kubectl pss check` makes it, and,
// of the annotations that its report leaves out, by the simulation that the survey makes use of.
type foresight struct {
	items map[string]*report.Namespace
	// pods are what is said of violating pods; those that no evidence names violate nothing.
	pods      map[name]*report.PodOutcome
	templates map[name]*report.Outcome

	mu                         sync.Mutex
	evaluator                  *standard.Evaluator
	admission                  *simulate.Admission
	labels                     map[string]map[string]string
	binary                     int
	podAnswers, made, workload map[name]simulate.Answer
}

// foresee surveys a source and sends it through the simulation.
func (s *Server) foresee(ctx context.Context, source workload.Source, o survey.Options) (*foresight, error) {
	o.Admission = s.admission
	r, err := survey.Run(ctx, source, o)
	if err != nil {
		return nil, err
	}
	if len(r.Gaps) > 0 {
		return nil, fmt.Errorf("%d gaps, the first is %+v", len(r.Gaps), r.Gaps[0])
	}
	f := &foresight{
		items: map[string]*report.Namespace{}, pods: map[name]*report.PodOutcome{}, templates: map[name]*report.Outcome{},
		evaluator: s.evaluator, admission: s.admission.ForServer(s.Binary), binary: s.Binary,
		labels:     map[string]map[string]string{},
		podAnswers: map[name]simulate.Answer{}, made: map[name]simulate.Answer{}, workload: map[name]simulate.Answer{},
	}
	for i := range r.Items {
		f.take(&r.Items[i])
	}
	namespaces, err := source.Namespaces(ctx)
	if err != nil {
		return nil, err
	}
	for i := range namespaces {
		f.labels[namespaces[i].Name] = namespaces[i].Labels
	}
	_, err = source.Read(ctx, namespaces, f)
	return f, err
}

// take indexes what a report says of a namespace.
func (f *foresight) take(item *report.Namespace) {
	f.items[item.Namespace] = item
	for i := range item.Workloads {
		w := &item.Workloads[i]
		for j := range w.Evidence {
			e := &w.Evidence[j]
			if e.Source == report.EvidenceTemplate {
				f.templates[name{item.Namespace, w.Kind, w.Name}] = &e.Outcome
			}
			for _, pod := range e.Pods {
				f.pods[name{item.Namespace, "Pod", pod}] = &e.Outcome.Pod
			}
		}
	}
}

var _ workload.Sink = (*foresight)(nil)

// Pods implements workload.Sink.
func (f *foresight) Pods(_ context.Context, page []corev1.Pod) error {
	for i := range page {
		pod, user := &page[i], ""
		if owner := workload.OwnerOf(&pod.ObjectMeta); owner != nil {
			user = workload.ControllerUser(owner.Kind)
		}
		answer := f.admission.CreatePod(f.labels[pod.Namespace], pod, user, f.recall(pod))
		f.mu.Lock()
		f.podAnswers[name{pod.Namespace, "Pod", pod.Name}] = answer
		f.mu.Unlock()
	}
	return nil
}

// Objects implements workload.Sink.
func (f *foresight) Objects(_ context.Context, page []*workload.Object) error {
	for _, o := range page {
		if o.Template == nil {
			continue // no evidence, such as a ReplicaSet without replicas that a Deployment owns
		}
		labels, key := f.labels[o.Namespace], name{o.Namespace, o.Kind, o.Name}
		pod := workload.PodOf(o, f.binary)
		stored := &corev1.Pod{ObjectMeta: o.Template.ObjectMeta, Spec: o.Template.Spec}
		made := f.admission.CreatePod(labels, pod, workload.ControllerUser(o.Kind), f.recall(pod))
		answer := f.admission.CreateWorkload(labels, o.Namespace, o.Template, f.recall(stored))
		f.mu.Lock()
		f.made[key], f.workload[key] = made, answer
		f.mu.Unlock()
	}
	return nil
}

func (f *foresight) recall(pod *corev1.Pod) simulate.Recall {
	return func(lv api.LevelVersion) []policy.CheckResult {
		return f.evaluator.EvaluatePod(lv, &pod.ObjectMeta, &pod.Spec)
	}
}

// pod is what is predicted of a pod.
func (f *foresight) pod(n name) (Verdict, error) {
	simulated, ok := f.podAnswers[n]
	if !ok {
		return Verdict{}, fmt.Errorf("nothing is said of %v", n)
	}
	outcome, violates := f.pods[n]
	if !violates {
		outcome = &report.PodOutcome{Allowed: true}
	}
	return ofPod(outcome, simulated), nil
}

// object is what is predicted of a workload object, and madeOf of the pods that its controller makes of it.
func (f *foresight) object(n name) (Verdict, error) {
	outcome, ok := f.templates[n]
	if !ok || outcome.Workload == nil {
		return Verdict{}, fmt.Errorf("nothing is said of %v", n)
	}
	return ofWorkload(outcome.Workload, f.workload[n]), nil
}

func (f *foresight) madeOf(n name) (Verdict, error) {
	outcome, ok := f.templates[n]
	if !ok {
		return Verdict{}, fmt.Errorf("nothing is said of the pods of %v", n)
	}
	return ofPod(&outcome.Pod, f.made[n]), nil
}
