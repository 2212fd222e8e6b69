package cel

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"sigs.k8s.io/yaml"
)

// How many fixtures upstream has, as test/conformance counts them.
const wantPass, wantFail = 1051, 3486

// class is a directory of upstream's fixtures: LEVEL/VERSION/{pass,fail}.
type class struct {
	lv   api.LevelVersion
	pass bool
	pods map[string]*corev1.Pod
}

func classes(t *testing.T) []class {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/pod-security-admission").Output()
	if err != nil {
		t.Fatalf("finding upstream's fixtures: %v", err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), "test", "testdata", "*", "v1.*", "*", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var list []class
	for _, file := range files {
		dir := filepath.Dir(file)
		parts := strings.Split(filepath.ToSlash(dir), "/")
		parts = parts[len(parts)-3:]
		version, err := api.ParseVersion(parts[1])
		if err != nil {
			t.Fatal(err)
		}
		c := class{lv: api.LevelVersion{Level: api.Level(parts[0]), Version: version}, pass: parts[2] == "pass"}
		if n := len(list); n == 0 || list[n-1].lv != c.lv || list[n-1].pass != c.pass {
			c.pods = map[string]*corev1.Pod{}
			list = append(list, c)
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		pod := &corev1.Pod{}
		if err := yaml.UnmarshalStrict(data, pod); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		pod.Namespace = "n"
		for i, v := range pod.Spec.Volumes { // as a server would
			if v.VolumeSource == (corev1.VolumeSource{}) {
				pod.Spec.Volumes[i].EmptyDir = &corev1.EmptyDirVolumeSource{}
			}
		}
		list[len(list)-1].pods[file] = pod
	}
	return list
}
