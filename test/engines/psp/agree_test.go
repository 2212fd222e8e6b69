// Package psp holds exported sets to the policies that they come from: pods are mutated and judged as the API server's
// own engine does, and by pkg/psp, which has been held to a real 1.24 server.
package psp

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/kubectl-pss/kubectl-pss/pkg/export"
	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/test/engines/cel"
)

// exported is a set as a server has it.
type exported struct {
	set      *export.Set
	mutator  *cel.Mutator
	policies cel.Policies
}

// render makes objects of a set as the command prints them, and compiles those. To check their types takes a while.
func render(t *testing.T, set *export.Set, check bool) exported {
	t.Helper()
	docs, err := export.VAP.Render(set, export.Options{Enforce: true, MutatingPolicies: true})
	if err != nil {
		t.Fatal(err)
	}
	e := exported{set: set, mutator: &cel.Mutator{}}
	var objects []*admissionv1.ValidatingAdmissionPolicy
	for _, doc := range docs {
		content := doc.Object.(map[string]any)
		switch content["kind"] {
		case "ValidatingAdmissionPolicy":
			objects = append(objects, decode[admissionv1.ValidatingAdmissionPolicy](t, content))
		case "MutatingAdmissionPolicy":
			if e.mutator, err = cel.CompileMutations(decode[admissionv1.MutatingAdmissionPolicy](t, content)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, object := range objects {
		if !check {
			break
		}
		for _, wrong := range cel.Check(object) {
			t.Error(wrong)
		}
	}
	if e.policies, err = cel.CompilePolicies(objects); err != nil {
		t.Fatal(err)
	}
	return e
}

func decode[T any](t *testing.T, content map[string]any) *T {
	t.Helper()
	var object T
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(content, &object, true); err != nil {
		t.Fatal(err)
	}
	return &object
}

// refused is what becomes of a pod, and what a set has against that.
func (e *exported) refused(t *testing.T, pod *corev1.Pod) (*corev1.Pod, []cel.Refusal) {
	t.Helper()
	after, err := e.mutator.Mutate(t.Context(), cel.Request{Pod: pod})
	if err != nil {
		t.Fatal(err)
	}
	refusals, err := e.policies.Judge(t.Context(), cel.Request{Pod: after})
	if err != nil {
		t.Fatal(err)
	}
	return after, refusals
}

// comparison holds sets to policies, and counts.
type comparison struct {
	evaluator             policy.Evaluator
	policies, pods, alike int
	// found are the differences by name, and how often each was seen.
	found map[string]int
}

func newComparison(t *testing.T) *comparison {
	t.Helper()
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return &comparison{evaluator: evaluator, found: map[string]int{}}
}

func (c *comparison) admits(level api.LevelVersion, pod *corev1.Pod) bool {
	return !slices.ContainsFunc(c.evaluator.EvaluatePod(level, &pod.ObjectMeta, &pod.Spec), func(r policy.CheckResult) bool { return !r.Allowed })
}

// one holds the set of one policy to it for some pods. Those that the level refuses are none of the set's business.
func (c *comparison) one(t *testing.T, p *psp.Policy, level api.LevelVersion, pods []*corev1.Pod, check bool) {
	t.Helper()
	set, err := export.FromPolicy(p, level)
	if err != nil {
		t.Fatal(err)
	}
	c.policies++
	e := render(t, set, check)
	for i, pod := range pods {
		want, errs := p.Admit(pod)
		got, refusals := e.refused(t, pod)
		if !c.admits(level, got) {
			continue
		}
		c.pods++
		refused := len(errs) > 0
		if refused == (len(refusals) > 0) && (refused || samePod(pod, want, got)) {
			c.alike++
			continue
		}
		if name := difference(set, pod); name != "" {
			c.found[name]++
			continue
		}
		diff := ""
		if !refused {
			diff = cmp.Diff(canonical(pod, want), canonical(pod, got))
		}
		t.Errorf("%s at %s, pod %d: the policy says %v, the set %v\n%s", p.Name, level, i, errs, refusals, diff)
	}
}

// differences are those that are meant, with their reasons.
func differences() map[string]string {
	return map[string]string{
		windows:        "a policy writes into pods for Windows what the API then refuses them; sets leave them alone",
		contradiction:  "the level wins over a policy that admits or writes only what the level refuses",
		oldAnnotations: "servers from 1.27 on do not read seccomp annotations, which 1.24 turned into fields",
	}
}

const (
	windows        = "windows"
	contradiction  = "contradiction"
	oldAnnotations = "seccomp annotation"
)

func difference(set *export.Set, pod *corev1.Pod) string {
	if pod.Spec.OS != nil && pod.Spec.OS.Name == corev1.Windows {
		return windows
	}
	for key := range pod.Annotations {
		if key == corev1.SeccompPodAnnotationKey || strings.HasPrefix(key, corev1.SeccompContainerAnnotationKeyPrefix) {
			return oldAnnotations
		}
	}
	for _, line := range set.About {
		if strings.HasSuffix(line, ": there is no rule for it.") || strings.HasSuffix(line, ": it is not written.") {
			return contradiction
		}
	}
	return ""
}

func samePod(before, a, b *corev1.Pod) bool {
	return equality.Semantic.DeepEqual(canonical(before, a), canonical(before, b))
}

// canonical is a pod after it has been written to, apart from how profiles and capabilities are spelled: 1.24 said by
// annotations what is said by fields today, and sorted lists that it changed.
func canonical(before, after *corev1.Pod) *corev1.Pod {
	pod := after.DeepCopy()
	pod.TypeMeta = metav1.TypeMeta{}
	for key := range pod.Annotations {
		if key == corev1.SeccompPodAnnotationKey || strings.HasPrefix(key, corev1.SeccompContainerAnnotationKeyPrefix) {
			delete(pod.Annotations, key)
		}
	}
	for _, list := range [][]corev1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for i := range list {
			key := corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix + list[i].Name
			if value := pod.Annotations[key]; value != before.Annotations[key] {
				delete(pod.Annotations, key)
				if old, found := before.Annotations[key]; found {
					pod.Annotations[key] = old
				}
				if list[i].SecurityContext == nil {
					list[i].SecurityContext = &corev1.SecurityContext{}
				}
				list[i].SecurityContext.AppArmorProfile = appArmor(value)
			}
			if sc := list[i].SecurityContext; sc != nil && sc.Capabilities != nil {
				slices.Sort(sc.Capabilities.Add)
				slices.Sort(sc.Capabilities.Drop)
				sc.Capabilities.Add, sc.Capabilities.Drop = slices.Compact(sc.Capabilities.Add), slices.Compact(sc.Capabilities.Drop)
			}
		}
	}
	return pod
}

func appArmor(name string) *corev1.AppArmorProfile {
	switch file, local := strings.CutPrefix(name, "localhost/"); {
	case local:
		return &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeLocalhost, LocalhostProfile: &file}
	case name == "unconfined":
		return &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeUnconfined}
	default:
		return &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeRuntimeDefault}
	}
}
