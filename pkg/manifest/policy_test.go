package manifest

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// restrictedYAML is a policy that a server of 1.24 takes.
const restrictedYAML = `apiVersion: policy/v1beta1
kind: PodSecurityPolicy
metadata: {name: restricted}
spec:
  privileged: false
  seLinux: {rule: RunAsAny}
  runAsUser: {rule: MustRunAsNonRoot}
  supplementalGroups: {rule: RunAsAny}
  fsGroup: {rule: RunAsAny}
`

// flowYAML is how the current website writes policies: flow style, with comments and trailing commas.
const flowYAML = `---
{
  apiVersion: "extensions/v1beta1",
  kind: "PodSecurityPolicy", # once
  metadata: {
    name: "flow",
  },
  spec: {
    seLinux: {rule: "RunAsAny"},
    runAsUser: {rule: "RunAsAny"},
    supplementalGroups: {rule: "RunAsAny"},
    fsGroup: {rule: "RunAsAny"},
    volumes: ["*",],
  },
}
`

const configMapYAML = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: b}\n"

// listYAML is what kubectl get -o yaml prints, and what the API answers, whose items do not say what they are.
const listYAML = `apiVersion: v1
kind: List
items:
- apiVersion: policy/v1beta1
  kind: PodSecurityPolicy
  metadata: {name: a}
  spec: {seLinux: {rule: RunAsAny}, runAsUser: {rule: RunAsAny}, supplementalGroups: {rule: RunAsAny}, fsGroup: {rule: RunAsAny}}
- {apiVersion: v1, kind: Secret, metadata: {name: s}}
---
apiVersion: policy/v1beta1
kind: PodSecurityPolicyList
items:
- metadata: {name: b}
  spec: {seLinux: {rule: RunAsAny}, runAsUser: {rule: RunAsAny}, supplementalGroups: {rule: RunAsAny}, fsGroup: {rule: RunAsAny}}
`

func TestReadPolicies(t *testing.T) {
	without := func(line string) string { return strings.Replace(restrictedYAML, line+"\n", "", 1) }
	for _, c := range []struct {
		name, text                    string
		names, errors, warnings, pass []string
	}{
		{name: "one", text: restrictedYAML, names: []string{"restricted"}},
		{name: "flow style", text: flowYAML, names: []string{"flow"}},
		{name: "lists", text: listYAML, names: []string{"a", "b"}, pass: []string{"Secret"}},
		{name: "beside others", text: configMapYAML + "---\n" + restrictedYAML + "---\n" + configMapYAML, names: []string{"restricted"}, pass: []string{"ConfigMap"}},
		{
			name: "the same name again", text: restrictedYAML + "---\n" + restrictedYAML, names: []string{"restricted"},
			warnings: []string{`-: document 2: has policy "restricted" again, after document 1 of -: this one is taken`},
		},
		{
			name: "a missing rule", text: without("  fsGroup: {rule: RunAsAny}") + "---\n" + flowYAML, names: []string{"restricted (invalid)", "flow"},
			errors: []string{`-: document 1, line 4: policy "restricted": spec.fsGroup.rule: Unsupported value: "": supported values: "MayRunAs", "MustRunAs", "RunAsAny"`},
		},
		{
			name: "two unknown fields", text: restrictedYAML + "  hostNetworks: true\n  volume: [secret]\n", names: []string{"restricted (invalid)"},
			errors: []string{
				`-: document 1, line 10: policy "restricted": unknown field "spec.hostNetworks"`,
				`-: document 1, line 11: policy "restricted": unknown field "spec.volume"`,
			},
		},
		{
			name: "a wrong type", text: restrictedYAML + "  hostPID: 'yes'\n", names: []string{"restricted (invalid)"},
			errors: []string{`-: document 1, line 10: policy "restricted": field "spec.hostPID" cannot be a string`},
		},
		{
			name: "an unknown version", text: strings.Replace(restrictedYAML, "policy/v1beta1", "policy/v1", 1), names: []string{"restricted (invalid)"},
			errors: []string{`-: document 1, line 1: policy "restricted": apiVersion is "policy/v1", and policies are of policy/v1beta1 or extensions/v1beta1`},
		},
		{
			name: "broken YAML", text: restrictedYAML + "---\n{]\n", names: []string{"restricted"},
			errors: []string{`-: document 2, line 11: did not find expected node content`},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			read, err := ReadPolicies(t.Context(), Options{Filenames: []string{"-"}, Stdin: strings.NewReader(c.text)})
			if err != nil {
				t.Fatal(err)
			}
			var names, errs, warnings, pass []string
			for i := range read.Items {
				p := &read.Items[i]
				if len(p.Invalid) > 0 {
					names = append(names, p.Name+" (invalid)")
					continue
				}
				names = append(names, p.Policy.Name)
			}
			for _, e := range read.Errors {
				errs = append(errs, e.Error())
			}
			for _, w := range read.Warnings {
				warnings = append(warnings, w.String())
			}
			for _, p := range read.PassedOver {
				pass = append(pass, p.String())
			}
			if diff := cmp.Diff([][]string{c.names, c.errors, c.warnings, c.pass}, [][]string{names, errs, warnings, pass}); diff != "" {
				t.Errorf("names, errors, warnings, passed over: -want +got:\n%s", diff)
			}
		})
	}
}

func TestValidPolicies(t *testing.T) {
	text := restrictedYAML + "---\n" + strings.Replace(strings.Replace(flowYAML, "RunAsAny", "RunAsSome", 1), "---\n", "", 1)
	read, err := ReadPolicies(t.Context(), Options{Filenames: []string{"-"}, Stdin: strings.NewReader(text)})
	if err != nil {
		t.Fatal(err)
	}
	if valid := read.Valid(); len(valid) != 1 || valid[0].Name != "restricted" || len(read.Items) != 2 {
		t.Errorf("%d of %d policies are valid", len(valid), len(read.Items))
	}
}

func TestNoPolicies(t *testing.T) {
	dir := write(t, map[string]string{"c.yaml": configMapYAML, "below/p.yaml": restrictedYAML})
	_, err := ReadPolicies(t.Context(), Options{Filenames: []string{dir}})
	if want := "no PodSecurityPolicy in " + dir + ", only ConfigMap"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	read, err := ReadPolicies(t.Context(), Options{Filenames: []string{dir}, Recursive: true})
	if err != nil || len(read.Items) != 1 || read.Items[0].Location.File != filepath.Join(dir, "below", "p.yaml") {
		t.Errorf("%+v, %v", read, err)
	}
	if _, err := ReadPolicies(t.Context(), Options{Filenames: []string{"-"}, Stdin: strings.NewReader("")}); err == nil || err.Error() != "no PodSecurityPolicy in -" {
		t.Errorf("of nothing: %v", err)
	}
}
