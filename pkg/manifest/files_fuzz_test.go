package manifest

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzFiles reads whatever stands in a file as `check -f` and as `psp -f` do: nothing is passed over in silence, every
// mistake has its place, what is found lies in a namespace that is named, and a second reading finds the same.
func FuzzFiles(f *testing.F) {
	for _, seed := range []string{
		podYAML, deploymentYAML + "---\n" + podYAML, "", "null", "--- {}", "apiVersion: v1\nkind: List\nitems: [" + strings.TrimSpace(flowPod) + ", null, 1]",
		"apiVersion: v1\nkind: PodList\nitems: [{metadata: {name: p, namespace: ../kube-system}}]", "apiVersion: v1\nkind: Namespace\nmetadata: {name: \"\\u202e\"}",
		"apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\nspec: {schedule: '@every -1s'}", "apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nspec: {privileged: 1}",
		"apiVersion: x/v1\nkind: Widget\nspec: &s {containers: [*s]}", "a: &a [*a]\n", "apiVersion: v1\nkind: Pod\nkind: Pod\n", "\ufeff{\"apiVersion\": \"v1\"}", "\xfe\xff\x00a",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<16 {
			return // bad_test.go is about size
		}
		first, mistakes := everything(t, text)
		second, _ := everything(t, text)
		if diff := cmp.Diff(first, second); diff != "" {
			t.Errorf("the second reading (-first +second): %s", diff)
		}
		lines := 1 + strings.Count(string(toUTF8([]byte(text))), "\n")
		for _, m := range mistakes {
			if m.Line < 1 || m.Line > lines || m.Location.File == "" {
				t.Errorf("in line %d of %d of %q: %s", m.Line, lines, m.Location.File, m.Text)
			}
		}
	})
}

const flowPod = `{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {hostPID: true, containers: [{name: c, ports: [{hostPort: 1}]}]}}`

// everything is what files with that text come to, in words, and what is wrong in them.
func everything(t *testing.T, text string) (said []string, mistakes []DocumentError) {
	t.Helper()
	o := Options{Filenames: []string{"-"}, Stdin: strings.NewReader(text), Minor: newest}
	source, err := NewSource(o)
	if err != nil {
		t.Fatal(err)
	}
	namespaces, err := source.Namespaces(t.Context())
	if err != nil {
		said = append(said, err.Error())
	} else {
		var got sink
		gaps, err := source.Read(t.Context(), namespaces, &got)
		if err != nil {
			t.Fatal(err)
		}
		named := map[string]bool{}
		for i := range namespaces {
			named[namespaces[i].Name] = true
			said = append(said, "namespace "+namespaces[i].Name)
		}
		for i := range got.pods {
			said = append(said, "pod "+got.pods[i].Namespace+"/"+got.pods[i].Name+" "+got.pods[i].Spec.String())
			if !named[got.pods[i].Namespace] || got.pods[i].UID == "" {
				t.Errorf("pod %q lies in %q, which is not named", got.pods[i].Name, got.pods[i].Namespace)
			}
		}
		for _, o := range got.objects {
			said = append(said, o.Kind+" "+o.Namespace+"/"+o.Name)
			if !named[o.Namespace] || o.Location == nil {
				t.Errorf("%s %q lies in %q, which is not named, at %v", o.Kind, o.Name, o.Namespace, o.Location)
			}
		}
		for _, g := range gaps {
			said = append(said, "gap "+g.Resource+" "+g.Namespace+" "+g.Message)
		}
		mistakes = source.Errors()
		if len(gaps) < len(mistakes) {
			t.Errorf("%d mistakes and only %d gaps: %v", len(mistakes), len(gaps), mistakes)
		}
		if whole := len(namespaces) + len(mistakes) + len(source.PassedOver()); whole == 0 {
			t.Errorf("%q is nothing, and no error", text)
		}
	}
	o.Stdin = strings.NewReader(text)
	policies, err := ReadPolicies(t.Context(), o)
	if err != nil {
		slices.Sort(said) // pages are sent as they come
		return append(said, err.Error()), mistakes
	}
	for i := range policies.Items {
		p := &policies.Items[i]
		said = append(said, "policy "+p.Name+" "+strings.Join(p.Invalid, "; "))
		if p.Policy == nil && len(p.Invalid) == 0 {
			t.Errorf("policy %q is none, and nothing is wrong with it", p.Name)
		}
	}
	slices.Sort(said)
	return said, append(mistakes, policies.Errors...)
}
