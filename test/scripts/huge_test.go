package scripts

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

const (
	// manyContainers of names as long as they may be make the server's answer 660 KB long.
	manyContainers = 10_000 / slower
	longestLine    = 5000
)

// crowded is a pod that violates baseline in each of its containers.
func crowded() corev1.PodSpec {
	yes := true
	var spec corev1.PodSpec
	for i := range manyContainers {
		name := fmt.Sprintf("%s-%05d", strings.Repeat("c", 57), i)
		spec.Containers = append(spec.Containers, corev1.Container{
			Name: name, Image: "registry.example.com/c:1", SecurityContext: &corev1.SecurityContext{Privileged: &yes},
		})
	}
	return spec
}

// huge are annotations of a megabyte, as far as a server keeps them.
func huge() map[string]string {
	return map[string]string{
		"deployment.kubernetes.io/revision": "1", "kubectl.kubernetes.io/last-applied-configuration": strings.Repeat("x", 1<<20),
	}
}

// crowd is a Deployment of two such pods, of which one is missing, in a namespace; all with huge annotations.
func crowd() (*corev1.Namespace, *appsv1.Deployment, *appsv1.ReplicaSet, *corev1.Pod) {
	ns := namespace("shop", map[string]string{"pod-security.kubernetes.io/enforce": "baseline"})
	ns.Annotations = huge()
	two := int32(2)
	deployment := &appsv1.Deployment{ObjectMeta: meta("shop", "crowd", nil)}
	deployment.Annotations, deployment.Spec.Replicas, deployment.Spec.Template.Spec = huge(), &two, crowded()
	rs := &appsv1.ReplicaSet{ObjectMeta: meta("shop", "crowd-1", owner("apps/v1", "Deployment", &deployment.ObjectMeta))}
	rs.Annotations, rs.Spec.Replicas, rs.Spec.Template.Spec, rs.Status.Replicas = huge(), &two, crowded(), 1
	rs.Status.Conditions = []appsv1.ReplicaSetCondition{{
		Type: appsv1.ReplicaSetReplicaFailure, Status: corev1.ConditionTrue, Reason: "FailedCreate",
		Message: `pods "crowd-1-x" is forbidden: violates PodSecurity "baseline:latest": privileged (` + strings.Repeat("containers ", 1<<16) + `)`,
	}}
	pod := &corev1.Pod{ObjectMeta: meta("shop", "crowd-1-a", owner("apps/v1", "ReplicaSet", &rs.ObjectMeta)), Spec: crowded()}
	pod.Annotations = huge()
	return ns, deployment, rs, pod
}

// TestHuge: annotations of a megabyte and pods of ten thousand containers neither fill the memory nor the screen.
func TestHuge(t *testing.T) {
	ns, deployment, rs, pod := crowd()
	server := fakeapi.New(ns, namespace("kube-system", nil), deployment, rs, pod)
	t.Cleanup(server.Close)
	dir := t.TempDir()
	kubeconfig, file := filepath.Join(dir, "kubeconfig"), filepath.Join(dir, "crowd.yaml")
	deployment.APIVersion, deployment.Kind = "apps/v1", "Deployment"
	text, err := yaml.Marshal(deployment)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{kubeconfig: server.Kubeconfig(), file: text} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		args []string
		want string // in what it says
	}{
		{[]string{"check", "ns"}, "privileged"},
		{[]string{"check", "ns", "shop", "--enforce", "restricted"}, fmt.Sprintf("and %d more", manyContainers-8)},
		{[]string{"check", "deploy/crowd", "-n", "shop"}, "more bytes, see -o json"},
		{[]string{"check", "-f", file, "--enforce", "baseline"}, "more bytes, see -o json"},
		{[]string{"label", "ns", "shop", "--enforce", "restricted", "--dry-run"}, "shop"},
		{[]string{"label", "--dry-run"}, "shop"},
		{[]string{"blocked"}, "Deployment/crowd"},
		{[]string{"blocked", "-o", "wide"}, "more bytes, see -o json"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		stdout, stderr := runIn(t, append(tt.args, "--kubeconfig", kubeconfig)...)
		runtime.ReadMemStats(&after)
		t.Logf("%q: %d bytes, %d MiB allocated in all", tt.args, len(stdout)+len(stderr), (after.TotalAlloc-before.TotalAlloc)>>20)
		if !strings.Contains(stdout+stderr, tt.want) {
			t.Errorf("%q does not say %q: %.2000s %.2000s", tt.args, tt.want, stdout, stderr)
		}
		for line := range strings.Lines(stdout + stderr) {
			if len(line) > longestLine {
				t.Errorf("%q prints a line of %d bytes: %.300s", tt.args, len(line), line)
				break
			}
		}
	}
}
