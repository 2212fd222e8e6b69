package scripts

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"go.yaml.in/yaml/v3"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/version"

	"github.com/kubectl-pss/kubectl-pss/pkg/cmd"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

// nasty is evil text that is a link as well, markup of two sorts, an object of its own, and what only YAML takes for the
// end of a line.
const nasty = evil + "\x1b]8;;x:y\x1b\\link\u2066\u200d<script>[l](javascript:x)\u2028\u0085x: y\n---\napiVersion: v1\nkind: Secret\n#"

// nastyEstate has such text wherever a cluster's users write text: names, labels, annotations, messages, subjects.
func nastyEstate() []runtime.Object {
	two, notes := int32(2), map[string]string{"description": nasty, "deployment.kubernetes.io/revision": "1"}
	shop := namespace("shop", map[string]string{"pod-security.kubernetes.io/enforce": "baseline", "pod-security.kubernetes.io/warn": nasty})
	shop.Annotations = notes
	template := corev1.PodTemplateSpec{Spec: hostPath()}
	template.Labels, template.Annotations = map[string]string{"app": "agent", "note": nasty}, notes
	template.Spec.Containers[0].Name, template.Spec.Containers[0].Image = nasty, nasty
	template.Spec.Volumes[0].Name, template.Spec.Volumes[0].HostPath.Path = nasty, nasty
	template.Spec.HostPID, template.Spec.ServiceAccountName = true, "agent"
	deployment := &appsv1.Deployment{ObjectMeta: meta("shop", "agent", nil)}
	deployment.Annotations, deployment.Spec.Template, deployment.Spec.Replicas = notes, template, &two
	rs := &appsv1.ReplicaSet{ObjectMeta: meta("shop", nasty, owner("apps/v1", "Deployment", &deployment.ObjectMeta))}
	rs.Annotations, rs.Spec.Replicas, rs.Spec.Template, rs.Status.Replicas = notes, &two, template, 1
	refused := `pods "x" is forbidden: violates PodSecurity "baseline:latest": ` + nasty
	rs.Status.Conditions = []appsv1.ReplicaSetCondition{{
		Type: appsv1.ReplicaSetReplicaFailure, Status: corev1.ConditionTrue, Reason: "FailedCreate", Message: refused,
	}}
	event := &corev1.Event{ObjectMeta: meta("shop", "refused", nil), Reason: "FailedCreate", Type: "Warning", Message: "Error creating: " + refused}
	event.InvolvedObject = corev1.ObjectReference{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: nasty, Namespace: "shop", UID: rs.UID}
	pod := &corev1.Pod{ObjectMeta: meta("shop", nasty, owner("apps/v1", "ReplicaSet", &rs.ObjectMeta)), Spec: template.Spec}
	pod.Annotations = map[string]string{"kubernetes.io/psp": nasty}
	bare := &corev1.Pod{ObjectMeta: meta("shop", nasty+"2", nil), Spec: template.Spec}
	bare.Annotations = map[string]string{"kubernetes.io/psp": "benign"}
	role := rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: nasty}
	rules := []rbacv1.PolicyRule{
		{APIGroups: []string{""}, Resources: []string{"namespaces"}, Verbs: []string{"patch", "update"}},
		{APIGroups: []string{"policy"}, Resources: []string{"podsecuritypolicies"}, Verbs: []string{"use"}, ResourceNames: []string{nasty, "benign"}},
	}
	subjects := []rbacv1.Subject{
		{APIGroup: rbacv1.GroupName, Kind: "User", Name: nasty},
		{APIGroup: rbacv1.GroupName, Kind: "Group", Name: nasty},
		{Kind: "ServiceAccount", Name: nasty, Namespace: nasty},
	}
	return []runtime.Object{
		shop, namespace(nasty, nil), namespace("kube-system", nil), deployment, rs, event, pod, bare, nastyPolicy(nasty), nastyPolicy("benign"),
		&rbacv1.ClusterRole{ObjectMeta: meta("", nasty, nil), Rules: rules},
		&rbacv1.ClusterRoleBinding{ObjectMeta: meta("", nasty, nil), RoleRef: role, Subjects: subjects},
		&rbacv1.RoleBinding{ObjectMeta: meta("shop", nasty, nil), RoleRef: role, Subjects: subjects},
	}
}

func nastyPolicy(name string) runtime.Object {
	rule := map[string]any{"rule": "RunAsAny"}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "policy/v1beta1", "kind": "PodSecurityPolicy",
		"metadata": map[string]any{"name": name, "annotations": map[string]any{
			"description": nasty, "seccomp.security.alpha.kubernetes.io/allowedProfileNames": "localhost/" + nasty,
			"seccomp.security.alpha.kubernetes.io/defaultProfileName": "localhost/" + nasty,
		}},
		"spec": map[string]any{
			"volumes": []any{"hostPath", "flexVolume"}, "runAsUser": map[string]any{"rule": "MustRunAsNonRoot"}, "supplementalGroups": rule, "fsGroup": rule,
			"seLinux":             map[string]any{"rule": "MustRunAs", "seLinuxOptions": map[string]any{"user": nasty, "level": "s0"}},
			"allowedHostPaths":    []any{map[string]any{"pathPrefix": "/" + nasty}},
			"allowedFlexVolumes":  []any{map[string]any{"driver": nasty}},
			"allowedCapabilities": []any{nasty},
		},
	}}
}

// TestNastyCluster shows a cluster of such text in all formats: on a terminal nothing of it acts, in a pipe programs get
// the very text, and what is to be applied consists of our objects only.
func TestNastyCluster(t *testing.T) {
	t.Parallel()
	server := fakeapi.New(nastyEstate()...)
	t.Cleanup(server.Close)
	server.SetVersion(version.Info{Major: "1", Minor: "24", GitVersion: "v1.24.17"})
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(kubeconfig, server.Kubeconfig(), 0o600); err != nil {
		t.Fatal(err)
	}
	formats := []string{"", "wide", "name", "json", "yaml", "jsonpath={}"}
	objects := []string{"", "json"}
	for _, tt := range []struct {
		args    []string
		formats []string
	}{
		{[]string{"check", "ns"}, formats},
		{[]string{"check", "ns", "--details", "--enforce", "restricted"}, formats},
		{[]string{"check", "ns", "--beyond"}, formats},
		{[]string{"check", "deploy/agent", "-n", "shop"}, formats},
		{[]string{"blocked"}, formats},
		{[]string{"psp", "list"}, formats},
		{[]string{"psp", "check"}, append(formats, "patch")},
		{[]string{"psp", "check", "shop", "--details"}, formats},
		{[]string{"psp", "plan"}, formats},
		{[]string{"psp", "explain", "benign"}, []string{"", "json", "yaml"}},
		{[]string{"who-can"}, formats},
		{[]string{"who-can", "use", "benign"}, formats},
		{[]string{"label", "ns", "--all", "--enforce", "restricted", "--dry-run=client"}, append(formats, "patch")},
		{[]string{"label", "ns", "shop", "--warn", "restricted", "--dry-run=server"}, formats},
		{[]string{"export", "shop", "--psp", "benign", "--server-version", "v1.36"}, objects},
		{[]string{"export", "shop", "--psp", "benign", "--to", "gatekeeper"}, objects},
		{[]string{"export", "shop", "--psp", "benign", "--to", "kyverno"}, objects},
		{[]string{"export", "shop", "--except", "deploy/agent", "--level", "baseline", "--server-version", "v1.36"}, objects},
	} {
		for _, format := range tt.formats {
			args := append([]string{}, tt.args...)
			if format != "" {
				args = append(args, "-o", format)
			}
			args = append(args, "--kubeconfig", kubeconfig)
			shown := assertHarmless(t, args)
			if format != "" && format != "name" && format != "patch" && !strings.Contains(shown, "owned") {
				t.Errorf("%q: the text is not shown at all, so that nothing was tried: %.600s", args, shown)
			}
			assertFaithful(t, args, format)
		}
	}
}

// runOn runs the command with both outputs on a terminal, or on none.
func runOn(t *testing.T, isTerminal bool, args []string) (stdout, stderr string) {
	t.Helper()
	s, _, out, errOut := terminal.NewTest()
	s.OutTerminal, s.ErrTerminal = isTerminal, isTerminal
	cmd.Run(t.Context(), s, args)
	return out.String(), errOut.String()
}

// assertHarmless wants nothing on a terminal but text, line ends, and what we ourselves colour and draw progress with.
func assertHarmless(t *testing.T, args []string) (shown string) {
	t.Helper()
	ours := regexp.MustCompile("\x1b\\[(0|1|2|31|32|33|34|36|39|22)?m|\r?\x1b\\[2?K|\r")
	stdout, stderr := runOn(t, true, args)
	shown = stdout + stderr
	for _, text := range []string{ours.ReplaceAllString(stdout, ""), ours.ReplaceAllString(stderr, "")} {
		for _, r := range text {
			if !strings.ContainsRune("\n\t", r) && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) || r == unicode.ReplacementChar) {
				t.Errorf("%q: %U reaches the terminal: %.600q", args, r, text)
				break
			}
		}
	}
	return shown
}

// assertFaithful wants whole documents in a pipe, with the text as it is, and no object but ours.
func assertFaithful(t *testing.T, args []string, format string) {
	t.Helper()
	stdout, stderr := runOn(t, false, args)
	if strings.ContainsAny(stderr, "\x1b\r\u202e\u200b\u009b\u2066") {
		t.Errorf("%q: stderr is more than text: %.600q", args, stderr)
	}
	var values []any
	switch {
	case format == "json" || format == "jsonpath={}":
		var value any
		if err := json.Unmarshal([]byte(stdout), &value); err != nil {
			t.Errorf("%q: %v: %.300s", args, err, stdout)
		}
		values = append(values, value)
	case format == "yaml" || format == "" && args[0] == "export":
		for decoder := yaml.NewDecoder(bytes.NewReader([]byte(stdout))); ; {
			var value any
			err := decoder.Decode(&value)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Errorf("%q: %v: %.300s", args, err, stdout)
				break
			}
			values = append(values, value)
		}
	default:
		return
	}
	found := false
	for _, value := range values {
		object, _ := value.(map[string]any)
		if kind, _ := object["kind"].(string); kind == "" || kind == "Secret" {
			t.Errorf("%q: an object of kind %q: %.600s", args, kind, stdout)
		}
		found = found || holds(value)
	}
	if !found {
		t.Errorf("%q: the text does not come back: %.600s %.900s", args, stdout, stderr)
	}
}

// holds says whether a string within the value is the nasty text, or has it in it as a literal of another language.
func holds(value any) bool {
	switch v := value.(type) {
	case string:
		return strings.Contains(v, nasty) || strings.Contains(v, `\x1b]0;owned\a`)
	case []any:
		return slices.ContainsFunc(v, holds)
	case map[string]any:
		for key, child := range v {
			if holds(key) || holds(child) {
				return true
			}
		}
	}
	return false
}
