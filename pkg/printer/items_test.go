package printer

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/printers"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// every kind of document, with items and without.
func everyDocument() []runtime.Object {
	return []runtime.Object{
		company().CheckReport, proposal().CheckReport, withGapsAndViolations().CheckReport, lookedBeyond().CheckReport, frozenPods().CheckReport,
		&report.CheckReport{}, newEstate().CheckReport, upgrading().CheckReport, inPayments(), everyKindBlocked(), hollowed(), explainedChecks(),
		halfway(), rollbackPlan(), runList(), pspListed(), pspChecked(),
	}
}

// What is written item by item is what kubectl's printers write of the whole.
func TestItemsAreWrittenAsKubectlWritesThem(t *testing.T) {
	unlike := []string{"", "\n    \"items\": []\n", "\nitems: []\n", "- items: []", strings.Repeat("a long text, which YAML folds or not ", 20), "two\n  lines\n\n", "<&>", "null", "1e3"}
	kinds := map[reflect.Type]bool{}
	for _, text := range unlike {
		for _, document := range everyDocument() {
			kinds[reflect.TypeOf(document)] = true
			fill(reflect.ValueOf(document).Elem(), text)
			document.GetObjectKind().SetGroupVersionKind(schema.FromAPIVersionAndKind(report.APIVersion, "Any"))
			for format, p := range map[string]printers.ResourcePrinter{FormatJSON: &printers.JSONPrinter{}, FormatYAML: &printers.YAMLPrinter{}} {
				var want bytes.Buffer
				if err := p.PrintObj(document, &want); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want.String(), render(t, toFormat(t, format), document)); diff != "" {
					t.Errorf("%T with %q as %s (-kubectl +got):\n%s", document, text, format, diff)
				}
			}
		}
	}
	if len(kinds) != 10 {
		t.Errorf("%d kinds of documents: %v", len(kinds), kinds)
	}
}

func toFormat(t *testing.T, format string) func(io.Writer, runtime.Object) error {
	t.Helper()
	f := NewFlags()
	f.Output = format
	s, _, _, _ := terminal.NewTest()
	write, err := ToPrinter(f, s, Document[runtime.Object]{})
	if err != nil {
		t.Fatal(err)
	}
	return write
}

// fill puts the same text into every string.
func fill(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + text)
	case reflect.Pointer:
		if !v.IsNil() {
			fill(v.Elem(), text)
		}
	case reflect.Slice:
		for i := range v.Len() {
			fill(v.Index(i), text)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), text)
			}
		}
	default:
	}
}

// What YAML cannot say is escaped where it stands, and changes nothing else.
func TestOnlyRefusedItemsAreEscaped(t *testing.T) {
	for _, odd := range []string{"a\x7fb", "a\u009b1m", "a\u0085b", "a\u2028b: c", "a\u2029- b", "a\u2028items: []\nb"} {
		want := company().CheckReport
		want.Items[1].Namespace, want.Items[2].Namespace = odd, "zero\u200bwidth"
		out := render(t, toFormat(t, FormatYAML), runtime.Object(want))
		want.Items[1] = escaped(want.Items[1])
		assertSays(t, out, want)
	}
}

func TestRefusedEnvelopesAreEscaped(t *testing.T) {
	for _, odd := range []string{"a\x7fb", "a\u2028items: []\nb", "\nitems: []\u2028"} {
		want := company().CheckReport
		want.Server.Context = odd
		out := render(t, toFormat(t, FormatYAML), runtime.Object(want))
		want.Server.Context = terminal.Escape(odd)
		assertSays(t, out, want)
	}
}

// assertSays compares what YAML says with a document, as what JSON says of it.
func assertSays(t *testing.T, text string, document runtime.Object) {
	t.Helper()
	got, err := sigsyaml.YAMLToJSONStrict([]byte(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	want, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	var is, be any
	if err := errors.Join(json.Unmarshal(got, &is), json.Unmarshal(want, &be)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(be, is); diff != "" {
		t.Errorf("says another thing (-want +got):\n%s", diff)
	}
}

type fullDisk struct{ room int }

func (d *fullDisk) Write(p []byte) (int, error) {
	if d.room -= len(p); d.room < 0 {
		return 0, errors.New("no space left on device")
	}
	return len(p), nil
}

func TestItemsOnAFullDisk(t *testing.T) {
	for _, format := range []string{FormatJSON, FormatYAML} {
		for _, room := range []int{0, 5000} {
			if err := toFormat(t, format)(&fullDisk{room}, company().CheckReport); err == nil {
				t.Errorf("%s: nothing says that only %d bytes were written", format, room)
			}
		}
	}
}
