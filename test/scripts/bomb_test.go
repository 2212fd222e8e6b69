package scripts

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

const (
	// mostAllocated is what a command may allocate in all, in bytes, before it refuses a bomb of less than one megabyte.
	mostAllocated = 300 << 20
	longestTime   = 5 * time.Second * slower
)

// laughs is a text of a kilobyte whose aliases stand for some 10^10 values, which a decoder that counts them refuses.
func laughs() string {
	lines, before := []string{}, "x"
	for i := range 10 {
		lines = append(lines, fmt.Sprintf("x%d: &x%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(before+",", 9), ",")))
		before = fmt.Sprintf("*x%d", i)
	}
	return strings.Join(lines, "")
}

// echo is a long text that few aliases repeat, so that no decoder counts too many values: of 0.1 MB it makes 400 MB.
func echo() string {
	return "x: &x " + strings.Repeat("x", 100_000) + "\ny: [" + strings.TrimSuffix(strings.Repeat("*x,", 4000), ",") + "]\n"
}

// inner is an echo below a key, as part of what is asked for.
func inner(key string) string {
	return key + ":\n  " + strings.ReplaceAll(strings.TrimSuffix(echo(), "\n"), "\n", "\n  ") + "\n"
}

// TestAliasBombs: whoever reads YAML refuses a small file whose aliases stand for gigabytes, before it makes them.
func TestAliasBombs(t *testing.T) {
	server := fakeapi.New(namespace("shop", nil), namespace("kube-system", nil))
	t.Cleanup(server.Close)
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	kubeconfig := write("kubeconfig", string(server.Kubeconfig()))
	const (
		deployment = "apiVersion: apps/v1\nkind: Deployment\n"
		policy     = "apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\n"
		admission  = "apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\n"
		config     = "apiVersion: pod-security.admission.config.k8s.io/v1\nkind: PodSecurityConfiguration\n"
		pod        = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: a, image: b}]}\n"
		kustomized = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [pod.yaml]\n"
		plan       = "apiVersion: pss.dev/v1alpha1\nkind: LabelPlan\n"
	)
	bombs := map[string]string{"laughs": laughs(), "echo": echo(), "metadata": inner("metadata"), "spec": inner("spec")}
	for name, bomb := range bombs {
		behind := write(name+"-behind.yaml", config+bomb)
		for i, tt := range []struct {
			head string
			args []string // before the path
		}{
			{deployment, []string{"check", "-f"}},
			{policy, []string{"psp", "list", "-f"}},
			{policy, []string{"psp", "check", "-f"}},
			{policy, []string{"psp", "explain", "-f"}},
			{policy, []string{"export", "shop", "--server-version", "v1.36", "-f"}},
			{admission, []string{"config", "-f"}},
			{config, []string{"config", "-f"}},
			{admission + "plugins:\n- {name: PodSecurity, path: " + filepath.Base(behind) + "}\n#", []string{"config", "-f"}},
			{admission, []string{"check", "ns", "--admission-config"}},
			{config, []string{"check", "ns", "--admission-config"}},
			{config, []string{"label", "ns", "shop", "--recommend", "--dry-run=client", "--admission-config"}},
			{config, []string{"who-can", "--guard", "--allow", "user/ann", "--server-version", "v1.36", "--admission-config"}},
			{plan, []string{"label", "--yes", "-f"}},
		} {
			name := fmt.Sprintf("%s-%d.yaml", name, i)
			said := name // the file that is named
			text, harmless := strings.CutSuffix(tt.head, "#")
			if harmless {
				said = behind
			} else {
				text += bomb
			}
			detonate(t, said, append(tt.args, write(name, text), "--kubeconfig", kubeconfig))
		}
	}
	for name, bomb := range bombs {
		for file, texts := range map[string][2]string{ // a kustomization, and what it names
			"pod.yaml":           {kustomized, "---\n" + pod + "---\n" + pod + bomb},
			"kustomization.yaml": {kustomized + bomb, pod},
			"patch.yaml":         {kustomized + "patches: [{path: patch.yaml}]\n", pod},
			"base/pod.yaml":      {strings.Replace(kustomized, "pod.yaml", "base", 1), pod},
			"inline":             {kustomized + "patches:\n- patch: |\n    " + strings.ReplaceAll(pod+bomb, "\n", "\n    ") + "\n", pod},
		} {
			top := name + "-" + strings.ReplaceAll(file, "/", "-")
			write(top+"/kustomization.yaml", texts[0])
			write(top+"/pod.yaml", texts[1])
			write(top+"/patch.yaml", pod+bomb)
			write(top+"/base/kustomization.yaml", kustomized)
			write(top+"/base/pod.yaml", pod+bomb)
			if file == "inline" {
				file = "kustomization.yaml"
			}
			detonate(t, file, []string{"check", "-k", filepath.Join(dir, top), "--server-version", "v1.36"})
		}
	}
	if writes := writesIn(server.Requests()); len(writes) > 0 {
		t.Errorf("the server got %v", writes)
	}
}

// detonate runs a command that has to name the file and the cause, at little cost.
func detonate(t *testing.T, path string, args []string) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	_, stderr := runIn(t, args...)
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	allocated := after.TotalAlloc - before.TotalAlloc
	t.Logf("%q: %v, %d MiB", args, took.Round(time.Millisecond), allocated>>20)
	if !strings.Contains(stderr, filepath.Base(path)) || !strings.Contains(stderr, "alias") {
		t.Errorf("%q does not name the file and the cause: %.1000s", args, stderr)
	}
	if took > longestTime || allocated > mostAllocated {
		t.Errorf("%q took %v and allocated %d MiB, at most %v and %d", args, took, allocated>>20, longestTime, mostAllocated>>20)
	}
}
