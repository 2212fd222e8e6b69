package standard

import (
	"reflect"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
)

func TestLocateVolumes(t *testing.T) {
	runLocate(t, []locateCase{
		{"types", "restrictedVolumes", 0, `
spec:
  volumes:
  - {name: a, nfs: {server: nas, path: /export}}
  - {name: b, configMap: {name: x}}
  - {name: c, hostPath: {path: /}}
  - {name: d, gitRepo: {repository: "https://user:secret@example.com/x.git?token=secret"}}`, []Field{
			{"spec.volumes[0].nfs", "", "nas:/export"},
			{"spec.volumes[2].hostPath", "", "/"},
			{"spec.volumes[3].gitRepo", "", "https://example.com/x.git"},
		}},
		{
			"no source, or one that this build does not know", "restrictedVolumes", 37, `{spec: {volumes: [{name: a}]}}`,
			[]Field{{"spec.volumes[0]", "", nil}},
		},
		{"several bad sources", "restrictedVolumes", 37, `
spec: {volumes: [{name: a, hostPath: {path: /}, cephfs: {monitors: [m], path: /x}}]}`, []Field{
			{"spec.volumes[0].hostPath", "", "/"}, {"spec.volumes[0].cephfs", "", "/x"},
		}},
		{"one good source among bad ones", "restrictedVolumes", 37, `
spec: {volumes: [{name: a, hostPath: {path: /}, emptyDir: {}}]}`, nil},
	})
}

// Every source that the API has must be either allowed or found under its own name, with what tells it from others.
func TestLocateVolumeSources(t *testing.T) {
	for server, want := range map[int]int{NewestMinor: 21, imageVolumesSince - 1: 22} {
		if found := restrictedSourcesOn(t, server); found != want {
			t.Errorf("v1.%d: %d restricted sources, want %d", server, found, want)
		}
	}
}

// restrictedSourcesOn is how many sources a server's restricted level does not allow.
func restrictedSourcesOn(t *testing.T, server int) (found int) {
	t.Helper()
	check := checkByID(t, "restrictedVolumes")
	for _, f := range reflect.VisibleFields(reflect.TypeFor[corev1.VolumeSource]()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		p := &corev1.Pod{Spec: corev1.PodSpec{Volumes: []corev1.Volume{{Name: "v"}}}}
		source := reflect.New(f.Type.Elem())
		for _, text := range source.Elem().Fields() {
			if text.Kind() == reflect.String {
				text.SetString("x")
			}
		}
		if fc, is := reflect.TypeAssert[*corev1.FCVolumeSource](source); is {
			fc.TargetWWNs = []string{"x"}
		}
		reflect.ValueOf(&p.Spec.Volumes[0].VolumeSource).Elem().FieldByIndex(f.Index).Set(source)
		denied, err := invariants(server, check, api.LatestVersion(), p)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !denied {
			continue
		}
		found++
		fields := newEvaluator(t, server).Locate(check.ID, api.LatestVersion(), &p.ObjectMeta, &p.Spec)
		if len(fields) != 1 || fields[0].Path != "spec.volumes[0]."+name || !strings.Contains(fields[0].Value.(string), "x") {
			t.Errorf("%s: found %v", name, fields)
		}
	}
	return found
}

func TestWithoutCredentials(t *testing.T) {
	for address, want := range map[string]string{
		"":                             "",
		"https://example.com/x.git":    "https://example.com/x.git",
		"https://u:p@example.com/x":    "https://example.com/x",
		"https://u:p/q@example.com/x":  "https://example.com/x",
		"https://u:p@@example.com/x":   "https://example.com/x",
		"https://u:p://@example.com/x": "https://example.com/x",
		"https://example.com/x?t=p#p":  "https://example.com/x",
		"git@example.com:x.git":        "example.com:x.git",
		"/srv/x":                       "/srv/x",
	} {
		if got := withoutCredentials(address); got != want {
			t.Errorf("withoutCredentials(%q) = %q, want %q", address, got, want)
		}
	}
}
