package migration

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// A pod without what its policy wrote is its template again, field by field, and keeps what others wrote.
func TestWithout(t *testing.T) {
	const before = `
metadata: {annotations: {other: stays}}
spec:
  securityContext: {supplementalGroups: [7]}
  initContainers: [{name: a.b, securityContext: {capabilities: {drop: [KILL]}}}]
  containers: [{name: app}, {name: own, securityContext: {runAsUser: 7}}]`
	const after = `
metadata: {annotations: {other: stays, "container.apparmor.security.beta.kubernetes.io/app": runtime/default}}
spec:
  runtimeClassName: gvisor
  securityContext: {fsGroup: 1, supplementalGroups: [1], seccompProfile: {type: RuntimeDefault}}
  initContainers: [{name: a.b, securityContext: {runAsNonRoot: true, capabilities: {drop: [ALL]}}}]
  containers:
  - {name: app, securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, seLinuxOptions: {level: s0}}}
  - {name: own, securityContext: {runAsUser: 7, runAsGroup: 9}}`
	template, pod := podFrom(t, before), podFrom(t, after)
	written := psp.Written(template, pod)
	if len(written) != 11 {
		t.Fatalf("%d fields differ", len(written))
	}
	bare := without(pod, written)
	if left := psp.Written(template, bare); len(left) != 0 {
		t.Errorf("still different: %v", left)
	}
	if bare.Annotations["other"] != "stays" || *bare.Spec.Containers[1].SecurityContext.RunAsUser != 7 {
		t.Errorf("too much is gone: %+v", bare)
	}
	if diff := cmp.Diff(podFrom(t, after), pod); diff != "" {
		t.Errorf("the pod itself has changed:\n%s", diff)
	}
	// Of two fields one is left to whoever wrote it.
	bare = without(pod, []report.PSPDifference{{Path: "spec.containers[own].securityContext.runAsGroup", Template: json.RawMessage(`3`)}})
	if *bare.Spec.Containers[1].SecurityContext.RunAsGroup != 3 || *bare.Spec.SecurityContext.FSGroup != 1 {
		t.Errorf("%+v", bare.Spec)
	}
}

func podFrom(t *testing.T, text string) *corev1.Pod {
	t.Helper()
	var pod corev1.Pod
	if err := sigsyaml.UnmarshalStrict([]byte(text), &pod); err != nil {
		t.Fatal(err)
	}
	return &pod
}

// A template is reduced when it is judged. The patches made from it have to be right for the whole one.
func TestPatchesFitTheWholeObject(t *testing.T) {
	armed := strings.Replace(hardening, "annotations:", `annotations:
    apparmor.security.beta.kubernetes.io/defaultProfileName: runtime/default
    apparmor.security.beta.kubernetes.io/allowedProfileNames: runtime/default`, 1)
	template := plain()
	template.Labels = map[string]string{"app": "web"}
	template.Annotations = map[string]string{"prometheus.io/scrape": "true"}
	template.Spec.Tolerations = []corev1.Toleration{{Operator: corev1.TolerationOpExists}}
	template.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "A", Value: "b"}}
	template.Spec.Containers[0].Command = []string{"run"}
	before, err := json.Marshal(&appsv1.Deployment{Spec: appsv1.DeploymentSpec{Template: template}})
	if err != nil {
		t.Fatal(err)
	}
	e := newEstate(t, armed)
	e.deploy("web", 1, template, by(t, armed))
	w := e.only(t)
	patched := patchedDeployment(t, before, w.Patch)
	whole := patched.Spec.Template
	if whole.Annotations["container.apparmor.security.beta.kubernetes.io/app"] != "runtime/default" || !*whole.Spec.Containers[0].SecurityContext.RunAsNonRoot {
		t.Errorf("not patched: %s", w.Patch)
	}
	whole.Spec.SecurityContext, whole.Spec.Containers[0].SecurityContext = nil, nil
	delete(whole.Annotations, "container.apparmor.security.beta.kubernetes.io/app")
	if diff := cmp.Diff(template, whole); diff != "" {
		t.Errorf("more has changed than a policy writes:\n%s", diff)
	}
	data, err := json.Marshal(patchedDeployment(t, before, w.Patch))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(template, patchedDeployment(t, data, w.Undo).Spec.Template); diff != "" {
		t.Errorf("the undo leads elsewhere:\n%s", diff)
	}
}

func patchedDeployment(t *testing.T, object, patch []byte) *appsv1.Deployment {
	t.Helper()
	raw, err := strategicpatch.StrategicMergePatch(object, patch, &appsv1.Deployment{})
	if err != nil {
		t.Fatal(err)
	}
	var d appsv1.Deployment
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	return &d
}
