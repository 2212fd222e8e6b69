//go:build e2e

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// lab is a built localkube whose clusters are apart from the user's own; the cache of builds is the user's.
type lab struct {
	t       *testing.T
	binary  string
	state   string
	kubectl []string
}

// status is what the tests read of "status -o json".
type status struct {
	Running                              bool
	Phase, Kubeconfig, Kubectl, AuditLog string
	Processes                            []struct {
		Name string
		PID  int
	}
}

func newLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{t: t, binary: filepath.Join(t.TempDir(), "localkube"), state: t.TempDir()}
	if out, err := exec.Command("go", "build", "-o", l.binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Setenv("XDG_STATE_HOME", l.state)
	t.Cleanup(func() { _ = exec.Command(l.binary, "down", "--all").Run() })

	return l
}

// run returns the exit code and what was printed, complaints last.
func (l *lab) run(command string, args ...string) (int, string) {
	l.t.Helper()
	var out, complaints bytes.Buffer
	cmd := exec.Command(command, args...)
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		l.t.Fatal(err)
	}

	return cmd.ProcessState.ExitCode(), out.String() + complaints.String()
}

func (l *lab) want(code int, args ...string) string {
	l.t.Helper()
	got, text := l.run(l.binary, args...)
	if got != code {
		l.t.Fatalf("localkube %s: exit code %d, want %d\n%s", strings.Join(args, " "), got, code, text)
	}

	return text
}

func (l *lab) status(code int) status {
	l.t.Helper()
	var s status
	if err := json.Unmarshal([]byte(l.want(code, "status", "-o", "json")), &s); err != nil {
		l.t.Fatal(err)
	}

	return s
}

// eventually runs kubectl until it prints want.
func (l *lab) eventually(want string, args ...string) {
	l.t.Helper()
	var text string
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		if _, text = l.run(l.kubectl[0], append(l.kubectl[1:], args...)...); text == want {
			return
		}
	}
	l.t.Fatalf("kubectl %s: %q, want %q", strings.Join(args, " "), text, want)
}

// wantNothing looks for files of clusters, and for processes that were given a path of one.
func (l *lab) wantNothing() {
	l.t.Helper()
	_ = filepath.WalkDir(l.state, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			l.t.Errorf("left the file %s", path)
		}

		return err
	})
	processes, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		l.t.Fatal(err)
	}
	for _, path := range processes {
		if raw, err := os.ReadFile(path); err == nil && bytes.Contains(raw, []byte(l.state)) {
			l.t.Errorf("left the process %s", bytes.ReplaceAll(raw, []byte{0}, []byte{' '}))
		}
	}
}

const estate = `
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {inject: "yes", pod-security.kubernetes.io/audit: restricted}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata: {name: sidecar}
spec:
  matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
  failurePolicy: Fail
  reinvocationPolicy: Never
  mutations:
  - patchType: JSONPatch
    jsonPatch:
      expression: '[JSONPatch{op: "add", path: "/spec/containers/-", value: Object.spec.containers{name: "proxy", image: "proxy"}}]'
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicyBinding
metadata: {name: sidecar}
spec: {policyName: sidecar, matchResources: {namespaceSelector: {matchLabels: {inject: "yes"}}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec:
  replicas: 3
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: db, volumeMounts: [{name: data, mountPath: /data}]}]}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: once, namespace: shop}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: once, image: once}]}}}
`

func TestLifecycle(t *testing.T) {
	l := newLab(t)
	l.want(0, "up", "--audit-log", "--nodes", "2", "--user", "jane,devs=secret")
	s := l.status(0)
	l.kubectl = []string{s.Kubectl, "--kubeconfig=" + s.Kubeconfig, "--cache-dir=" + t.TempDir()}
	l.eventually("True True", "get", "nodes", "-o", `jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}`)

	manifest := filepath.Join(t.TempDir(), "estate.yaml")
	if err := os.WriteFile(manifest, []byte(estate), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, text := l.run(l.kubectl[0], append(l.kubectl[1:], "apply", "-f", manifest)...); code != 0 {
		t.Fatal(text)
	}
	l.eventually("3", "-n", "shop", "get", "sts", "db", "-o", "jsonpath={.status.readyReplicas}")
	l.eventually("1", "-n", "shop", "get", "job", "once", "-o", "jsonpath={.status.succeeded}")
	l.eventually("p proxy", "-n", "shop", "run", "p", "--image=p", "--dry-run=server", "-o", "jsonpath={.spec.containers[*].name}")
	l.eventually("no\n", "--context=localkube-pss-jane", "auth", "can-i", "list", "pods")
	audit, err := os.ReadFile(s.AuditLog)
	if err != nil || !bytes.Contains(audit, []byte(`"pod-security.kubernetes.io/audit-violations":"would violate PodSecurity`)) {
		t.Errorf("the audit log lacks the annotation, %v", err)
	}

	if text := l.want(1, "up"); !strings.Contains(text, `cluster "pss" is already running at`) {
		t.Errorf("the second up says %s", text)
	}
	l.want(0, "up", "--name", "other", "--no-kwok")
	l.want(0, "down", "--name", "other")
	for _, p := range s.Processes {
		if p.Name == "kube-apiserver" {
			if err := syscall.Kill(p.PID, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}
	}
	if s := l.status(3); s.Running {
		t.Errorf("counts as running: %+v", s)
	}
	l.want(0, "down")
	l.wantNothing()
	l.want(0, "down")
}

// Whenever "up" is killed, "down" finds everything that it started.
func TestKilledUp(t *testing.T) {
	l := newLab(t)
	for _, component := range []string{"", "etcd", "kube-apiserver", "kwok"} {
		up := exec.Command(l.binary, "up")
		if err := up.Start(); err != nil {
			t.Fatal(err)
		}
		sign := filepath.Join(l.state, "kubectl-pss", "localkube", "pss", "state.json")
		if component != "" {
			sign = filepath.Join(filepath.Dir(sign), "run", component+".json")
		}
		for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
			if _, err := os.Stat(sign); err == nil {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("no %s", sign)
			}
		}
		if err := up.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = up.Wait()
		if s := l.status(3); s.Running || s.Phase != "starting" {
			t.Errorf("killed at %s: %+v", component, s)
		}
		l.want(0, "down")
		l.wantNothing()
	}
}

// A "down" during "up" ends that first, and a terminated "up" clears its own remains.
func TestDownDuringUp(t *testing.T) {
	l := newLab(t)
	var out bytes.Buffer
	up := exec.Command(l.binary, "up", "--apiserver-arg=--etcd-servers=http://127.0.0.1:1")
	up.Stderr = &out
	if err := up.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); len(l.processes()) < 2; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the API server does not start")
		}
	}
	if text := l.want(1, "up"); !strings.Contains(text, "is just being started by process "+strconv.Itoa(up.Process.Pid)) {
		t.Errorf("the second up says %s", text)
	}
	l.want(0, "down")
	_ = up.Wait()
	if code := up.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d, %s", code, &out)
	}
	l.wantNothing()
}

func (l *lab) processes() []string {
	found, err := filepath.Glob(filepath.Join(l.state, "kubectl-pss", "localkube", "pss", "run", "*.json"))
	if err != nil {
		l.t.Fatal(err)
	}

	return found
}
