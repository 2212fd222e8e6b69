package printer

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

func printed(t *testing.T, format string, documents ...report.Document) string {
	t.Helper()
	streams, _, _, _ := terminal.NewTest()
	write, err := Documents(format, streams)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := write(&b, documents); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func configMap(name, text string) map[string]any {
	return map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": name}, "data": map[string]any{"text": text}}
}

func TestDocuments(t *testing.T) {
	two := []report.Document{
		{Comments: []string{"First.", "", "  - " + strings.Repeat("word ", 20), "Last."}, Object: configMap("a", "1 < 2 && true")},
		{Object: configMap("b", "one\ntwo")},
	}
	for format, want := range map[string]string{
		"": `# First.
#
#   - word word word word word word word word word word word word word word word word word word word
#     word
# Last.
apiVersion: v1
data:
  text: 1 < 2 && true
kind: ConfigMap
metadata:
  name: a
---
apiVersion: v1
data:
  text: |-
    one
    two
kind: ConfigMap
metadata:
  name: b
`,
		"JSON": `{
    "apiVersion": "v1",
    "items": [
        {
            "apiVersion": "v1",
            "data": {
                "text": "1 < 2 && true"
            },
            "kind": "ConfigMap",
            "metadata": {
                "name": "a"
            }
        },
        {
            "apiVersion": "v1",
            "data": {
                "text": "one\ntwo"
            },
            "kind": "ConfigMap",
            "metadata": {
                "name": "b"
            }
        }
    ],
    "kind": "List"
}
`,
	} {
		if diff := cmp.Diff(want, printed(t, format, two...)); diff != "" {
			t.Errorf("-o %q (-want +got):\n%s", format, diff)
		}
		if got := printed(t, format); got != "" {
			t.Errorf("-o %q writes %q for nothing", format, got)
		}
	}
}

func TestDocumentsOfNoSuchFormat(t *testing.T) {
	streams, _, _, _ := terminal.NewTest()
	_, err := Documents("table", streams)
	const want = `unable to match a printer suitable for the output format "table", allowed formats are: json,yaml`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// A comment is told by a cluster in part. Whatever stands in it, the document is the object alone.
func TestCommentsStayComments(t *testing.T) {
	for _, evil := range []string{
		"a\nkind: Secret", "a\r\nkind: Secret", "a\u2028kind: Secret", "a\u0085kind: Secret", "\x00", "\xff", "a\n---\nkind: Secret", "\ufeff", "...", "%YAML", "a\u0085---\u0085kind: Secret", "\u202e",
		strings.Repeat("x", 300) + " kind: Secret", "  \n  kind: Secret",
	} {
		text := printed(t, "yaml", report.Document{Comments: []string{evil}, Object: configMap("a", evil)})
		var got map[string]any
		if err := sigsyaml.UnmarshalStrict([]byte(text), &got); err != nil {
			t.Errorf("%q: %v in\n%s", evil, err, text)
			continue
		}
		if strings.Contains(evil, "\xff") {
			continue // no JSON holds it
		}
		if diff := cmp.Diff(configMap("a", evil), got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", evil, diff)
		}
	}
}
