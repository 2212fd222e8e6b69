package manifest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Whatever is wrong is said with document and line, and the documents around it are judged.
func TestBadDocuments(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string // without "-: "
	}{
		{name: "tab", text: "kind: Pod\nmetadata:\n\tname: x\n", want: []string{"document 2, line 12: found character that cannot start any token"}},
		{name: "mapping", text: "kind: Pod\nmetadata: a: b\n", want: []string{"document 2, line 11: mapping values are not allowed in this context"}},
		{name: "dedent", text: "kind: Pod\nmetadata:\n    name: x\n  labels: {}\n", want: []string{"document 2, line 13: did not find expected key"}},
		{name: "quote", text: "kind: Pod\nmetadata: \"x\n", want: []string{"document 2, line 11: found unexpected end of stream"}},
		{name: "duplicate key", text: "kind: Pod\nmetadata:\n  name: x\n  name: y\n", want: []string{`document 2, line 13: key "name" already set in map`}},
		{name: "template", text: "kind: Pod\nmetadata: {{ .Values.meta }}\n", want: []string{
			`document 2, line 11: invalid map key: {".Values.meta":interface {}(nil)}; a template has to be rendered first: helm template CHART | kubectl pss check -f -`,
		}},
		{name: "binary", text: "kind: \x00\xff\n", want: []string{"document 2, line 10: is not a text file in UTF-8 or UTF-16"}},
		{name: "latin-1", text: "kind: Pod\nmetadata: {name: caf\xe9}\n", want: []string{"document 2, line 11: is not a text file in UTF-8 or UTF-16"}},
		{name: "scalar", text: "just words\n", want: []string{"document 2, line 10: must be an object, not a string"}},
		{name: "list", text: "- kind: Pod\n", want: []string{"document 2, line 10: must be an object, not a list"}},
		{name: "no kind", text: "services:\n  web: {image: x}\n", want: []string{"document 2, line 10: kind is missing: not a Kubernetes object"}},
		{name: "no apiVersion", text: "# by hand\n\nkind: Pod\n", want: []string{"document 2, line 12: apiVersion is missing: not a Kubernetes object"}},
		{name: "wrong type", text: "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n      - name: c\n        ports:\n        - containerPort: http\n", want: []string{
			"document 2, line 18: spec.template.spec.containers[0].ports[0].containerPort: must be a whole number in range, not a string",
		}},
		{name: "quantity", text: "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: c\n    resources:\n      limits:\n        cpu: 1\n        memory: 1 GB\n", want: []string{
			"document 2, line 18: spec.containers[0].resources.limits.memory: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
		}},
		{name: "two of a kind", text: "apiVersion: v1\nkind: Pod\nspec: {hostPID: 'yes', hostIPC: 'yes'}\n", want: []string{
			"document 2, line 12: spec.hostIPC: must be true or false, not a string",
		}},
		{name: "header", text: "apiVersion: 1\nkind: Pod\n", want: []string{"document 2, line 10: apiVersion: must be a string, not a number: put it in quotes"}},
		{name: "JSON", text: "{\"kind\": \"Pod\",\n \"metadata\": {\"name\": \"x\"\n", want: []string{"document 2, line 13: did not find expected ',' or '}'"}},
		{name: "JSON key twice", text: "{\"apiVersion\": \"v1\", \"kind\": \"Pod\",\n \"spec\": {\n\"hostPID\": true,\n \"hostPID\": false}}\n", want: []string{`document 2, line 13: duplicate field "spec.hostPID"`}},
		{name: "item of a list", text: "apiVersion: v1\nkind: List\nitems:\n- kind: Pod\n- apiVersion: v1\n  kind: Pod\n  spec: {hostPID: 3}\n", want: []string{
			"document 2, line 13: items[0]: apiVersion is missing: not a Kubernetes object",
			"document 2, line 16: spec.hostPID: must be true or false, not a number",
		}},
		{name: "alias without anchor", text: "kind: *x\n", want: []string{"document 2, line 10: unknown anchor 'x' referenced"}},
		{name: "infinity", text: "kind: .inf\n", want: []string{"document 2, line 10: json: unsupported value: +Inf"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, got, _, gaps := readText(t, podYAML+"---\n"+tt.text+"\n---\n"+deploymentYAML)
			var want []string
			for _, w := range tt.want {
				want = append(want, "-: "+w)
			}
			if diff := cmp.Diff(want, lines(s.Errors())); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
			if len(got.pods) != 1 || len(got.objects) != 1 {
				t.Errorf("%d pods and %d workloads of the other documents, want one each", len(got.pods), len(got.objects))
			}
			var messages []string
			for _, g := range gaps {
				messages = append(messages, g.Resource+": "+g.Message)
			}
			if diff := cmp.Diff(want, messages); diff != "" {
				t.Errorf("gaps (-want +got):\n%s", diff)
			}
		})
	}
}

// Nothing that fits into a file takes minutes or gigabytes: the test's own time limit watches over it.
func TestHostileDocuments(t *testing.T) {
	var laughs strings.Builder
	laughs.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 10; i++ {
		fmt.Fprintf(&laughs, "a%d: &a%d [%s]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 9))
	}
	const tenMB = 10_000_000 / patience
	tests := []struct {
		name, text string
		want       string // part of the errors; empty for none
	}{
		{name: "billion laughs", text: laughs.String(), want: "its aliases stand for more than 10 MiB"},
		{name: "long strings repeated", text: "a: &a " + strings.Repeat("x", 1<<20) + "\nb: [" + strings.Repeat("*a, ", 2000) + "]\n", want: "its aliases stand for more than 10 MiB"},
		{name: "an alias of itself", text: "a: &a [*a]\n", want: "its aliases stand for more than 10 MiB"},
		{name: "deep flow", text: strings.Repeat("[", 5_000_000), want: "exceeded max depth of 10000"},
		{name: "deep block", text: strings.Repeat("- ", 5_000_000), want: "exceeded max depth of 10000"},
		{name: "deep JSON", text: strings.Repeat(`{"a":`, 1_000_000) + "1" + strings.Repeat("}", 1_000_000), want: "exceeded max depth of 10000"},
		{name: "deeper JSON", text: strings.Repeat(`{"a":`, 3_000_000), want: "document 1, line 1: is not valid JSON: "},
		{name: "nested as deep as it goes", text: "apiVersion: v1\nkind: X\nspec: " + strings.Repeat("[", 9_000) + strings.Repeat("]", 9_000)},
		{name: "10 MB in a document", text: "apiVersion: v1\nkind: ConfigMap\ndata:\n  a: " + strings.Repeat("x", tenMB)},
		{name: "more than 10 MiB in a document", text: "apiVersion: v1\nkind: ConfigMap\ndata:\n  a: " + strings.Repeat("x", 11<<20), want: "is larger than 10 MiB: split it, or write it as JSON, which takes less memory"},
		{name: "more in JSON", text: `{"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "` + strings.Repeat("x", 11<<20) + `"}}`},
		{name: "many lines", text: "apiVersion: v1\nkind: ConfigMap" + strings.Repeat("\n", tenMB)},
		{name: "many separators", text: "apiVersion: v1\nkind: ConfigMap\n" + strings.Repeat("---\n", tenMB/4)},
		{name: "many quotes", text: strings.Repeat("\"", tenMB), want: "must be an object, not a string"},
		{name: "many anchors", text: "apiVersion: v1\nkind: X\na: *\n" + strings.Repeat("- &a b\n", tenMB/7), want: "did not find expected"},
		{name: "many wrong items", text: "apiVersion: v1\nkind: List\nitems:\n" + strings.Repeat("- {apiVersion: v1, kind: Pod, spec: {hostPID: 1}}\n", 50_000/patience), want: "more objects that cannot be decoded"},
		{name: "many wrong fields", text: "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n" + strings.Repeat("  - name: 1\n", 100_000/patience), want: "must be a string, not a number"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, _, _, _ := readText(t, tt.text)
			got := strings.Join(lines(s.Errors()), "\n")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) || len(s.Errors()) > 1+remarks {
				t.Errorf("errors %.300q, want %q", got, tt.want)
			}
		})
	}
}
