package migration

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

const refusal = `violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "app" must set securityContext.allowPrivilegeEscalation=false), ` +
	`unrestricted capabilities (container "app" must set securityContext.capabilities.drop=["ALL"]), ` +
	`runAsNonRoot != true (pod or container "app" must set securityContext.runAsNonRoot=true), ` +
	`seccompProfile (pod or container "app" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`

// written are the fields that hardening writes into the plain template.
func written() []report.PSPDifference {
	const sc = "spec.containers[app].securityContext."
	return []report.PSPDifference{
		{Path: "spec.securityContext.seccompProfile", Pod: json.RawMessage(`{"type":"RuntimeDefault"}`), Policy: "hardening"},
		{Path: sc + "allowPrivilegeEscalation", Pod: json.RawMessage(`false`), Policy: "hardening"},
		{Path: sc + "capabilities.drop", Pod: json.RawMessage(`["ALL"]`), Policy: "hardening"},
		{Path: sc + "runAsNonRoot", Pod: json.RawMessage(`true`), Policy: "hardening"},
	}
}

func patch() (do, undo json.RawMessage) {
	return json.RawMessage(`{"spec":{"template":{"spec":{"containers":[{"name":"app","securityContext":` +
			`{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]},"runAsNonRoot":true}}],` +
			`"securityContext":{"seccompProfile":{"type":"RuntimeDefault"}}}}}}`),
		json.RawMessage(`{"spec":{"template":{"spec":{"containers":[{"name":"app","securityContext":null}],"securityContext":null}}}}`)
}

func TestTheTrapIsNamedAndDisarmed(t *testing.T) {
	for name, replicas := range map[string]int32{"running": 3, "scaled to zero": 0} {
		t.Run(name, func(t *testing.T) {
			e := newEstate(t, hardening)
			e.deploy("web", replicas, plain(), by(t, hardening))
			want := report.PSPWorkload{
				Group: "apps", Kind: "Deployment", Name: "web", State: "active",
				Policies: []report.PSPAdmission{{Name: "hardening", Source: report.PSPByAnnotation, Pods: 3}},
				Written:  written(), WithPolicy: "restricted", Without: "baseline", Patched: "restricted",
				Trap: &report.PSPTrap{Policy: "hardening", Enforce: "restricted:latest", Message: refusal, Repaired: true},
			}
			want.Patch, want.Undo = patch()
			if replicas == 0 {
				want.State = "idle"
				want.Policies = []report.PSPAdmission{{Name: "hardening", Source: report.PSPByAuthorisation}}
			}
			r := e.check(t)
			if diff := cmp.Diff(want, r.Items[0].Workloads[0]); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			item := r.Items[0]
			item.Workloads = nil
			if diff := cmp.Diff(report.PSPNamespace{
				Namespace: "shop", Counted: true, Policies: []string{"hardening"},
				Current:      report.PSPModes{Enforce: "privileged:latest", Audit: "privileged:latest", Warn: "privileged:latest"},
				Recommended:  report.PSPModes{Enforce: "baseline", Audit: "restricted", Warn: "restricted"},
				AfterPatches: report.PSPModes{Enforce: "restricted", Audit: "restricted", Warn: "restricted"},
			}, item); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if diff := cmp.Diff(report.PSPSummary{Verdict: report.Violates, Namespaces: 1, Workloads: 1, Trapped: 1, Repaired: 1}, r.Summary); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestNoTrap(t *testing.T) {
	hard := plain()
	hard.Spec.SecurityContext, hard.Spec.Containers = mended()
	webhook := func(pod *corev1.Pod) {
		pod.Spec.SecurityContext = hard.Spec.SecurityContext
		pod.Spec.Containers[0].SecurityContext = hard.Spec.Containers[0].SecurityContext
	}
	for _, c := range []struct {
		name           string
		template       corev1.PodTemplateSpec
		admitted       func(*corev1.Pod)
		with, without  string
		written, other int
	}{
		{"hardened by hand", hard, by(t, hardening), "restricted", "restricted", 0, 0},
		{"a policy that writes nothing", plain(), by(t, open24), "baseline", "baseline", 0, 0},
		// A webhook goes on when policies are gone.
		{"hardened by a webhook", plain(), func(pod *corev1.Pod) { webhook(pod); by(t, open24)(pod) }, "restricted", "restricted", 0, 4},
		{"older than policies", plain(), untouched, "baseline", "baseline", 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEstate(t, hardening, open24)
			e.deploy("web", 2, c.template, c.admitted)
			w := e.only(t)
			if w.Trap != nil || w.Patch != nil || w.WithPolicy != c.with || w.Without != c.without {
				t.Errorf("passes %s, %s without, trap %+v, patch %s", w.WithPolicy, w.Without, w.Trap, w.Patch)
			}
			if len(w.Written) != c.written || len(w.Others) != c.other {
				t.Errorf("written %v, others %v", w.Written, w.Others)
			}
		})
	}
}

// Only what the policy wrote goes: what a webhook put in beside it stays, and may save the pod.
func TestWebhookBesideAPolicy(t *testing.T) {
	e := newEstate(t, hardening)
	yes := true
	e.deploy("web", 1, plain(), func(pod *corev1.Pod) {
		by(t, hardening)(pod)
		pod.Spec.Containers[0].SecurityContext.ReadOnlyRootFilesystem = &yes
		pod.Spec.Containers = append(pod.Spec.Containers, corev1.Container{Name: "proxy", SecurityContext: &corev1.SecurityContext{
			Capabilities: &corev1.Capabilities{Add: []corev1.Capability{"NET_ADMIN"}},
		}})
	})
	w := e.only(t)
	if diff := cmp.Diff(written(), w.Written); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	others := []report.PSPDifference{{Path: "spec.containers[app].securityContext.readOnlyRootFilesystem", Pod: json.RawMessage(`true`)}}
	if diff := cmp.Diff(others, w.Others); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if w.WithPolicy != "privileged" || w.Without != "privileged" || w.Trap != nil {
		t.Errorf("the sidecar is privileged with a policy and without: %s, %s, %+v", w.WithPolicy, w.Without, w.Trap)
	}
}

func TestWhoMayUseDecides(t *testing.T) {
	account := rbacv1.Subject{Kind: "ServiceAccount", Namespace: "shop", Name: "default"}
	controller := rbacv1.Subject{Kind: "ServiceAccount", Namespace: "kube-system", Name: "replicaset-controller"}
	other := rbacv1.Subject{Kind: "ServiceAccount", Namespace: "shop", Name: "other"}
	for _, c := range []struct {
		name, group string
		subject     rbacv1.Subject
		policy      string
		refused     []string
	}{
		{name: "service account", group: "policy", subject: account, policy: "hardening"},
		{name: "in the older group", group: "extensions", subject: account, policy: "hardening"},
		{name: "its controller", group: "policy", subject: controller, policy: "hardening"},
		{name: "another service account", group: "policy", subject: other, refused: []string{`service account "default" may use no policy in namespace "shop"`}},
		{name: "another group", group: "apps", subject: account, refused: []string{`service account "default" may use no policy in namespace "shop"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEstate(t)
			e.options.Policies = []*psp.Policy{policyOf(t, hardening)}
			e.grant("shop", c.group, "hardening", c.subject)
			e.deploy("web", 0, plain(), untouched)
			w := e.only(t)
			var got string
			if len(w.Policies) == 1 {
				got = w.Policies[0].Name
			}
			if got != c.policy {
				t.Errorf("admitted by %q, not %q", got, c.policy)
			}
			if diff := cmp.Diff(c.refused, w.Refused); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestRefusedByEveryPolicy(t *testing.T) {
	e := newEstate(t, hardening)
	host := plain()
	host.Spec.HostNetwork = true
	e.deploy("web", 0, host, untouched)
	w := e.only(t)
	if diff := cmp.Diff([]string{"hardening: spec.securityContext.hostNetwork: Invalid value: true: Host network is not allowed to be used"}, w.Refused); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if len(w.Policies) != 0 || w.Trap != nil || w.WithPolicy != "privileged" {
		t.Errorf("%+v", w)
	}
	e.options.Gaps = []workload.Gap{{Resource: "clusterroles.rbac.authorization.k8s.io", Reason: "forbidden"}}
	if w := e.only(t); len(w.Refused) != 0 {
		t.Errorf("somebody who may not see rights cannot know: %v", w.Refused)
	}
}

func TestPodsWithoutATemplate(t *testing.T) {
	yes := true
	e := newEstate(t, hardening)
	pod := &corev1.Pod{Spec: plain().Spec}
	e.pod(pod, metav1.OwnerReference{APIVersion: "example.com/v1", Kind: "Database", Name: "db", UID: "db", Controller: &yes}, by(t, hardening))
	want := report.PSPWorkload{
		Group: "example.com", Kind: "Database", Name: "db", State: "active", NoTemplate: true,
		Policies: []report.PSPAdmission{{Name: "hardening", Source: report.PSPByAnnotation, Pods: 1}},
		Written:  []report.PSPDifference{}, WithPolicy: "restricted", Without: "restricted",
	}
	if diff := cmp.Diff(&want, e.only(t)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A service account may keep its token from pods, and then a policy need not allow the volume.
func TestPodsWithoutAToken(t *testing.T) {
	no := false
	strict := strings.Replace(hardening, "[configMap, emptyDir, projected, secret]", "[configMap]", 1)
	e := newEstate(t, strict)
	e.automount = &no
	e.deploy("web", 1, plain(), by(t, strict))
	w := e.only(t)
	if diff := cmp.Diff(written(), w.Written); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if do, _ := patch(); w.Trap == nil || !w.Trap.Repaired || string(w.Patch) != string(do) {
		t.Errorf("trap %+v, patch %s", w.Trap, w.Patch)
	}
}

// What ended is no evidence of what comes.
func TestFinishedPodsDoNotCount(t *testing.T) {
	e := newEstate(t, hardening)
	e.deploy("web", 2, plain(), func(pod *corev1.Pod) { by(t, open24)(pod); pod.Status.Phase = corev1.PodFailed })
	w := e.only(t)
	want := []report.PSPAdmission{{Name: "hardening", Source: report.PSPByAuthorisation}}
	if diff := cmp.Diff(want, w.Policies); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A policy that pods name and nobody knows is a gap: what it wrote may be all that they pass by.
func TestUnknownPolicy(t *testing.T) {
	e := newEstate(t)
	e.options.Served = false
	e.deploy("web", 1, plain(), by(t, hardening))
	r := e.check(t)
	want := []report.Gap{{
		Resource: "podsecuritypolicies.policy", Reason: "notFound",
		Message: "pods were admitted by policies that are not there: hardening",
	}}
	if diff := cmp.Diff(want, r.Gaps); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	w := r.Items[0].Workloads[0]
	if len(w.Written) != 0 || len(w.Others) != 4 || r.Summary.Verdict != report.Incomplete {
		t.Errorf("written %v, others %v, %s", w.Written, w.Others, r.Summary.Verdict)
	}
	if w.NoTemplate || w.WithPolicy != "restricted" || w.Without != "baseline" || w.Trap != nil || r.Items[0].Recommended.Enforce != "baseline" {
		t.Errorf("no template: %v, passes %s, %s without, trap %+v", w.NoTemplate, w.WithPolicy, w.Without, w.Trap)
	}
	e.options.Gaps = []workload.Gap{{Resource: "podsecuritypolicies.policy", Reason: "forbidden"}}
	if r := e.check(t); len(r.Gaps) != 1 || r.Gaps[0].Reason != "forbidden" {
		t.Errorf("gaps %v", r.Gaps)
	}
}

// Where the plug-in is off, what it wrote into pods that run is still told, and of the next one it decides nothing.
func TestPluginOff(t *testing.T) {
	e := newEstate(t, hardening)
	e.options.Off = true
	e.deploy("idle", 0, plain(), nil)
	e.deploy("web", 1, plain(), by(t, hardening))
	got := map[string]int{}
	for _, w := range e.check(t).Items[0].Workloads {
		got[w.Name] = len(w.Policies)
		if len(w.Refused) > 0 || (w.Trap != nil) != (w.Name == "web") {
			t.Errorf("%s: refused %v, trap %v", w.Name, w.Refused, w.Trap)
		}
	}
	if diff := cmp.Diff(map[string]int{"idle": 0, "web": 1}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestAnInterruptedCheckHasNoAnswer(t *testing.T) {
	e := newEstate(t, hardening)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if r, err := Check(ctx, e, e.options); r != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v", r, err)
	}
}
