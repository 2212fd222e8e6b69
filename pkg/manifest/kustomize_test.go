package manifest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestKustomize(t *testing.T) {
	dir := write(t, map[string]string{
		"base/kustomization.yaml":  "resources: [web.yaml]\n",
		"base/web.yaml":            deploymentYAML,
		"live/kustomization.yaml":  "namespace: live\nnamePrefix: my-\nresources: [../base, ns.yaml]\npatches:\n- target: {kind: Deployment}\n  patch: |-\n    - {op: add, path: /spec/template/spec/hostNetwork, value: true}\n",
		"live/ns.yaml":             "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: live\n  labels: {pod-security.kubernetes.io/enforce: baseline}\n",
		"fetch/kustomization.yaml": "resources: [../middle]\n",
		"none/web.yaml":            deploymentYAML,
		"middle/Kustomization":     "patches:\n- path: https://example.org/patch.yaml\n",
	})
	s, got, namespaces, _ := read(t, Options{Kustomize: dir + "/live"})
	if diff := cmp.Diff([]string{"Deployment.apps live/my-web in document 2, active, reschedule"}, held(s, got)); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
	if !got.objects[0].Template.Spec.HostNetwork || namespaces[0].Labels["pod-security.kubernetes.io/enforce"] != "baseline" {
		t.Error("the patch or the namespace's label is missing")
	}
	if file := got.objects[0].Location.File; file != dir+"/live" {
		t.Errorf("file %q, want the directory", file)
	}

	for name, want := range map[string]string{
		"none":  "DIR/none: unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory 'DIR/none'",
		"fetch": `DIR/fetch: DIR/middle/Kustomization names "https://example.org/patch.yaml", which is remote, and files are judged offline: kubectl kustomize DIR/fetch | kubectl pss check -f -`,
	} {
		s, _, _, gaps := read(t, Options{Kustomize: dir + "/" + name})
		if diff := cmp.Diff(want, strings.ReplaceAll(strings.Join(lines(s.Errors()), "\n"), dir, "DIR")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if len(gaps) != 1 {
			t.Errorf("%s: %d gaps, want one", name, len(gaps))
		}
	}
}
