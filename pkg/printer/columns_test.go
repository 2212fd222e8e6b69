package printer

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

func columnsOf(t *testing.T, args ...string) string {
	t.Helper()
	s, _, _, _ := terminal.NewTest()
	write, err := ToPrinter(command(t, args...), s, Check(Options{}))
	if err != nil {
		t.Fatal(err)
	}
	return render(t, write, small().CheckReport)
}

func TestCustomColumns(t *testing.T) {
	file := filepath.Join(t.TempDir(), "columns")
	if err := os.WriteFile(file, []byte("NAMESPACE   PODS\n.namespace  {.pods.total}\nmore\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"every way to write a path": {
			[]string{"-o=custom-columns=A:namespace,B:.namespace,C:{namespace},D:{.namespace}"},
			"A      B      C      D\nshop   shop   shop   shop\n",
		},
		"a list, and nothing there": {
			[]string{"-o=custom-columns=WORKLOADS:.workloads[*].name,NOTHING:.nothing.at.all,COUNTED:.counted"},
			"WORKLOADS   NOTHING   COUNTED\nweb         <none>    true\n",
		},
		"a file":                     {[]string{"-o=custom-columns-file=" + file}, "NAMESPACE   PODS\nshop        3\n"},
		"no headers":                 {[]string{"-o=custom-columns=A:.namespace", "--no-headers"}, "shop\n"},
		"columns by --template":      {[]string{"-o=custom-columns", "--template=A:.namespace"}, "A\nshop\n"},
		"a title and a path with =s": {[]string{"-o=custom-columns=A=B:.workloads[?(@.kind=='Deployment')].name"}, "A=B\nweb\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, columnsOf(t, tt.args...)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The items of other documents, and what they say of time, are as in their JSON.
func TestCustomColumnsOfOtherDocuments(t *testing.T) {
	s, _, _, _ := terminal.NewTest()
	write, err := ToPrinter(command(t, "-o=custom-columns=NAME:.name,MISSING:.missing,SINCE:.since"), s, Blocked())
	if err != nil {
		t.Fatal(err)
	}
	want := "NAME   MISSING   SINCE\napi    2         2026-11-21T01:00:00Z\n"
	if diff := cmp.Diff(want, render(t, write, oneBlocked())); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff("NAME   MISSING   SINCE\n", render(t, write, newBlocked())); diff != "" {
		t.Error(diff)
	}
}

// What a cluster's text holds must not move cells, lines or the terminal.
func TestCustomColumnsEscape(t *testing.T) {
	s, _, _, _ := terminal.NewTest()
	write, err := ToPrinter(command(t, "-o=custom-columns=A:.message,B:.namespace"), s, Blocked())
	if err != nil {
		t.Fatal(err)
	}
	r := oneBlocked()
	r.Items = []report.Blocked{{Namespace: "shop", Message: "a\tb\nc\x1b[31m"}}
	want := "A                 B\na\\tb\\nc\\x1b[31m   shop\n"
	if diff := cmp.Diff(want, render(t, write, r)); diff != "" {
		t.Error(diff)
	}
}

// A field that is unset is null in JSON.
func TestCustomColumnsOfNull(t *testing.T) {
	s, _, _, _ := terminal.NewTest()
	write, err := ToPrinter(command(t, "-o=custom-columns=PATH:.workloads[*].evidence[*].violations[*].fields[*].path,"+
		"VALUE:.workloads[*].evidence[*].violations[*].fields[*].value"), s, Check(Options{}))
	if err != nil {
		t.Fatal(err)
	}
	r := newEstate(namespace("shop", 1).with(workload("Pod/a").template(unset("c")[0]), workload("Pod/b").template(root("c")...)))
	want := "PATH VALUE " +
		"spec.containers[0].securityContext.allowPrivilegeEscalation,spec.containers[0].securityContext.runAsUser <none>,0"
	if diff := cmp.Diff(strings.Fields(want), strings.Fields(render(t, write, r.CheckReport))); diff != "" {
		t.Error(diff)
	}
}

func TestCustomColumnsFail(t *testing.T) {
	s, _, _, _ := terminal.NewTest()
	write, err := ToPrinter(command(t, "-o=custom-columns=A:.workloads[9].name"), s, Check(Options{}))
	if err != nil {
		t.Fatal(err)
	}
	err = write(io.Discard, small().CheckReport)
	if err == nil || err.Error() != "array index out of bounds: index 9, length 1" {
		t.Errorf("got %v", err)
	}
}
