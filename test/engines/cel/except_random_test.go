package cel

import (
	"context"
	"fmt"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/admission"
	admissionapi "k8s.io/pod-security-admission/admission/api"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/metrics"
	upstream "k8s.io/pod-security-admission/policy"

	"github.com/kubectl-pss/kubectl-pss/pkg/beyond"
	"github.com/kubectl-pss/kubectl-pss/pkg/export"
	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
	"github.com/kubectl-pss/kubectl-pss/test/fidelity/random"
)

// Random pods at random versions: the rules refuse what upstream denies, check by check. (3 s)
func TestExceptRandomPods(t *testing.T) {
	all, told, let := courts{}, tally{}, 0
	const pods = 1000
	for i := range uint64(pods) {
		d := random.NewDice(21, i, standard.NewestMinor)
		lv := api.LevelVersion{
			Level:   random.OneOf(d, api.LevelBaseline, api.LevelRestricted),
			Version: random.OneOf(d, api.MajorMinorVersion(1, 18), api.MajorMinorVersion(1, 30), api.MajorMinorVersion(1, 35), api.LatestVersion()),
		}
		if all.of(t, lv).judge(t, lv, fmt.Sprintf("pod %d", i), random.Pod(d, "n", "p"), told) {
			let++
		}
	}
	if let < pods/20 || let > pods*19/20 {
		t.Errorf("%d of %d pods are let in, which tries one side too little", let, pods)
	}
	for _, check := range upstream.DefaultChecks() {
		if told[check.ID] == nil {
			t.Errorf("no pod was refused by %s", check.ID)
		}
	}
}

// updates are changes of a pod that a server takes, with the subresource that they go to. Those that Pod Security does not
// look at are among them.
func updates() map[string]func(*corev1.Pod) (subresource string) {
	added := func(p *corev1.Pod, name, image string) {
		p.Spec.EphemeralContainers = append(p.Spec.EphemeralContainers, corev1.EphemeralContainer{
			EphemeralContainerCommon: corev1.EphemeralContainerCommon{Name: name, Image: image},
		})
	}
	return map[string]func(*corev1.Pod) string{
		"nothing":     func(*corev1.Pod) string { return "" },
		"label":       func(p *corev1.Pod) string { p.Labels = map[string]string{"new": ""}; return "" },
		"annotation":  func(p *corev1.Pod) string { p.Annotations = map[string]string{"new": ""}; return "" },
		"finalizer":   func(p *corev1.Pod) string { p.Finalizers = []string{"example.com/new"}; return "" },
		"deadline":    func(p *corev1.Pod) string { p.Spec.ActiveDeadlineSeconds = new(int64(5)); return "" },
		"toleration":  func(p *corev1.Pod) string { p.Spec.Tolerations = []corev1.Toleration{{Key: "new"}}; return "" },
		"image":       func(p *corev1.Pod) string { p.Spec.Containers[0].Image = "new"; return "" },
		"no image":    func(p *corev1.Pod) string { p.Spec.Containers[0].Image = ""; return "" },
		"last image":  func(p *corev1.Pod) string { p.Spec.Containers[len(p.Spec.Containers)-1].Image = "new"; return "" },
		"debugger":    func(p *corev1.Pod) string { added(p, "new", "i"); return "ephemeralcontainers" },
		"two of them": func(p *corev1.Pod) string { added(p, "new", "i"); added(p, "newer", "i"); return "ephemeralcontainers" },
		"init image": func(p *corev1.Pod) string {
			if len(p.Spec.InitContainers) > 0 {
				p.Spec.InitContainers[0].Image = "new"
			}
			return ""
		},
		"debugger's image": func(p *corev1.Pod) string {
			if len(p.Spec.EphemeralContainers) > 0 {
				p.Spec.EphemeralContainers[0].Image = "new"
			}
			return "ephemeralcontainers"
		},
		"debugger's command": func(p *corev1.Pod) string {
			if len(p.Spec.EphemeralContainers) > 0 {
				p.Spec.EphemeralContainers[0].Command = []string{"new"}
			}
			return "ephemeralcontainers"
		},
		"debugger gone": func(p *corev1.Pod) string { p.Spec.EphemeralContainers = nil; return "ephemeralcontainers" },
	}
}

// Updates of pods that exist are refused where upstream's admission refuses them, and no other. (2 s)
func TestExceptUpdates(t *testing.T) {
	lv := api.LevelVersion{Level: api.LevelRestricted, Version: api.MajorMinorVersion(1, standard.NewestMinor)}
	c, server, refused := courts{}.of(t, lv), newServer(t, lv), map[string]int{}
	for i := range uint64(25) {
		d := random.NewDice(31, i, standard.NewestMinor)
		old := random.Pod(d, "n", "p")
		old.Spec.RuntimeClassName = nil
		if i%2 == 0 {
			old.Spec.EphemeralContainers = []corev1.EphemeralContainer{{EphemeralContainerCommon: corev1.EphemeralContainerCommon{Name: "debugger", Image: "i"}}}
		}
		for name, change := range updates() {
			pod := old.DeepCopy()
			subresource := change(pod)
			refusals, err := c.policies.Judge(t.Context(), Request{Pod: pod, Old: old, Subresource: subresource})
			if err != nil {
				t.Fatalf("pod %d, %s: %v", i, name, err)
			}
			answer := server.ValidatePod(t.Context(), &api.AttributesRecord{
				Name: "p", Namespace: "n", Subresource: subresource, Operation: admissionv1.Update, Object: pod, OldObject: old,
				Resource: corev1.SchemeGroupVersion.WithResource("pods"), Kind: corev1.SchemeGroupVersion.WithKind("Pod"),
			})
			if answer.Allowed != (len(refusals) == 0) {
				t.Errorf("pod %d, %s: upstream allows it: %t, and the rules say %v", i, name, answer.Allowed, refusals)
			}
			if !answer.Allowed {
				refused[name]++
			}
		}
	}
	for name := range updates() {
		matters := map[string]bool{
			"image": true, "no image": true, "last image": true, "init image": true, "debugger": true, "two of them": true, "debugger's image": true,
		}[name]
		if (refused[name] > 0) != matters {
			t.Errorf("%s was refused %d times", name, refused[name])
		}
	}
}

// newServer is upstream's admission in a namespace that enforces a level.
func newServer(t *testing.T, lv api.LevelVersion) *admission.Admission {
	t.Helper()
	evaluator, err := upstream.NewEvaluator(upstream.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	n := server{Labels: map[string]string{api.EnforceLevelLabel: string(lv.Level), api.EnforceVersionLabel: lv.Version.String()}}
	a := &admission.Admission{
		Configuration: &admissionapi.PodSecurityConfiguration{Defaults: admissionapi.PodSecurityDefaults{
			Enforce: "privileged", EnforceVersion: "latest", Audit: "privileged", AuditVersion: "latest", Warn: "privileged", WarnVersion: "latest",
		}},
		Evaluator: evaluator, Metrics: n, NamespaceGetter: n, PodLister: n,
	}
	if err := a.CompleteConfiguration(); err != nil {
		t.Fatal(err)
	}
	if err := a.ValidateConfiguration(); err != nil {
		t.Fatal(err)
	}
	return a
}

// server is what upstream's admission asks for: one namespace, and nobody who counts.
type server struct{ Labels map[string]string }

func (s server) GetNamespace(context.Context, string) (*corev1.Namespace, error) {
	n := &corev1.Namespace{}
	n.Name, n.Labels = "n", s.Labels
	return n, nil
}

func (server) ListPods(context.Context, string) ([]*corev1.Pod, error) { return nil, nil }

func (server) RecordEvaluation(metrics.Decision, api.LevelVersion, metrics.Mode, api.Attributes) {}
func (server) RecordExemption(api.Attributes)                                                    {}
func (server) RecordError(bool, api.Attributes)                                                  {}

// The expressions fit the types of a Pod, and servers from v1.30 on know all that they call. (5 s)
func TestRulesFitTheirTypes(t *testing.T) {
	var sets []*export.Set
	for _, lv := range []api.LevelVersion{
		{Level: api.LevelBaseline, Version: api.MajorMinorVersion(1, 18)},
		{Level: api.LevelBaseline, Version: api.LatestVersion()},
		{Level: api.LevelRestricted, Version: api.LatestVersion()},
	} {
		set, err := export.FromStandard(lv.Level, lv.Version, agent())
		if err != nil {
			t.Fatal(err)
		}
		sets = append(sets, set)
	}
	set, err := export.FromControls(beyond.Names(), export.ControlParams{Registries: []string{"registry.example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, set := range append(sets, set) {
		objects, err := FromSet(set)
		if err != nil {
			t.Fatal(err)
		}
		for _, object := range objects {
			if key := fmt.Sprint(object.Spec.Variables); !seen[key] {
				seen[key] = true
				for _, warning := range Check(object) {
					t.Error(warning)
				}
			}
		}
	}
}
