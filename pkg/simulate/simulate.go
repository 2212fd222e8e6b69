// Package simulate asks upstream's own admission code, run in-process, what the API server would answer: to the
// creation of a pod, to a workload object, to a change of a namespace's labels. Texts are never composed here.
// It stands between the survey's evidence and the report, and is pure.
package simulate

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-logr/logr"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/klog/v2"
	"k8s.io/pod-security-admission/admission"
	admissionapi "k8s.io/pod-security-admission/admission/api"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/metrics"
	"k8s.io/pod-security-admission/policy"

	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
)

// Admission is one API server's Pod Security admission. It is safe for concurrent use.
type Admission struct {
	upstream admission.Admission
	defaults api.Policy
	config   *admissionapi.PodSecurityConfiguration
	// server is the minor of its release.
	server int
	// quiet keeps upstream's logging off stderr. It is no request's context on purpose: a deadline would cut the
	// simulated server short.
	quiet context.Context
}

// New returns the admission of the newest server with that configuration.
func New(config *admissionapi.PodSecurityConfiguration) (*Admission, error) {
	defaults, err := admissionapi.ToPolicy(config.Defaults)
	if err != nil {
		return nil, fmt.Errorf("defaults of the Pod Security configuration: %w", err)
	}
	quiet := klog.NewContext(context.Background(), logr.Discard())
	a := &Admission{defaults: defaults, config: config, server: standard.NewestMinor, quiet: quiet, upstream: admission.Admission{
		Configuration:   config,
		Metrics:         noMetrics{},
		Evaluator:       recall(nil),
		NamespaceGetter: namespace{},
		PodLister:       pods(nil),
	}}
	// The order matters to upstream.
	if err := a.upstream.CompleteConfiguration(); err != nil {
		return nil, fmt.Errorf("the Pod Security configuration: %w", err)
	}
	if err := a.upstream.ValidateConfiguration(); err != nil {
		return nil, fmt.Errorf("the Pod Security configuration: %w", err)
	}
	return a, nil
}

// Defaults is the policy of a namespace without labels.
func (a *Admission) Defaults() api.Policy { return a.defaults }

// Policy is the effective policy of a namespace with those labels, and upstream's complaints about them.
func (a *Admission) Policy(labels map[string]string) (api.Policy, field.ErrorList) {
	return api.PolicyToEvaluate(a.seen(labels), a.defaults)
}

// ExemptNamespace says whether the configuration exempts a namespace.
func (a *Admission) ExemptNamespace(name string) bool {
	return contains(a.config.Exemptions.Namespaces, name)
}

// ExemptRuntimeClass says whether the configuration exempts a runtime class.
func (a *Admission) ExemptRuntimeClass(name *string) bool {
	return name != nil && contains(a.config.Exemptions.RuntimeClasses, *name)
}

// ExemptUser says whether the configuration exempts a user.
func (a *Admission) ExemptUser(name string) bool {
	return contains(a.config.Exemptions.Usernames, name)
}

func contains(list []string, s string) bool {
	if s == "" {
		return false
	}
	return slices.Contains(list, s)
}

// Answer is what the API server says to one request.
type Answer struct {
	Allowed bool
	// Message is the denial; for a pod it is what follows `pods "NAME" is forbidden: `.
	Message  string
	Warnings []string
	// Audit are the audit annotations by key, without upstream's prefix.
	Audit map[string]string
}

// Recall answers from memory what an evaluation under a level and version found.
type Recall func(api.LevelVersion) []policy.CheckResult

// CreatePod is the server's answer to the creation of a pod in a namespace with those labels by that user.
// Only the pod's name, namespace and runtime class are read; what its checks found comes from found.
func (a *Admission) CreatePod(labels map[string]string, pod *corev1.Pod, user string, found Recall) Answer {
	response := a.with(labels, pod.Namespace, found).Validate(a.quiet, &api.AttributesRecord{
		Name: pod.Name, Namespace: pod.Namespace,
		Kind:      corev1.SchemeGroupVersion.WithKind("Pod"),
		Resource:  corev1.SchemeGroupVersion.WithResource("pods"),
		Operation: admissionv1.Create, Object: pod, Username: user,
	})
	answer := answerOf(response)
	if _, text, found := strings.Cut(answer.Message, " is forbidden: "); found {
		answer.Message = text
	}
	return answer
}

// CreateWorkload is the server's answer to the creation, or any update, of an object with that pod template. Only
// the template's runtime class is read; what its checks found comes from found.
func (a *Admission) CreateWorkload(labels map[string]string, namespace string, template *corev1.PodTemplateSpec, found Recall) Answer {
	// Upstream treats all eight kinds alike once the template is out; a PodTemplate holds nothing else.
	holder := &corev1.PodTemplate{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: template.Name},
		Template:   *template,
	}
	return answerOf(a.with(labels, namespace, found).Validate(a.quiet, &api.AttributesRecord{
		Name: holder.Name, Namespace: namespace,
		Kind:      corev1.SchemeGroupVersion.WithKind("PodTemplate"),
		Resource:  corev1.SchemeGroupVersion.WithResource("podtemplates"),
		Operation: admissionv1.Create, Object: holder,
	}))
}

func (a *Admission) with(labels map[string]string, name string, found Recall) *admission.Admission {
	upstream := a.upstream
	upstream.NamespaceGetter = namespace{name: name, labels: a.seen(labels)}
	upstream.Evaluator = recall(func(lv api.LevelVersion, _ *metav1.ObjectMeta) []policy.CheckResult { return found(lv) })
	return &upstream
}

func answerOf(r *admissionv1.AdmissionResponse) Answer {
	// Responses may be shared by upstream: copied, never changed.
	answer := Answer{Allowed: r.Allowed, Warnings: append([]string(nil), r.Warnings...)}
	if r.Result != nil && !r.Allowed {
		answer.Message = r.Result.Message
	}
	if len(r.AuditAnnotations) > 0 {
		answer.Audit = maps.Clone(r.AuditAnnotations)
	}
	return answer
}

type noMetrics struct{}

func (noMetrics) RecordEvaluation(metrics.Decision, api.LevelVersion, metrics.Mode, api.Attributes) {}

func (noMetrics) RecordExemption(api.Attributes) {}

func (noMetrics) RecordError(bool, api.Attributes) {}

type namespace struct {
	name   string
	labels map[string]string
}

func (n namespace) GetNamespace(context.Context, string) (*corev1.Namespace, error) {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: n.name, Labels: n.labels}}, nil
}

// recall is an evaluator that answers from memory.
type recall func(api.LevelVersion, *metav1.ObjectMeta) []policy.CheckResult

func (r recall) EvaluatePod(lv api.LevelVersion, m *metav1.ObjectMeta, _ *corev1.PodSpec) []policy.CheckResult {
	return r(lv, m)
}

var _ policy.Evaluator = recall(nil)
