//go:build unix

package main

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-pss/kubectl-pss/test/fidelity/compare"
)

func TestTable(t *testing.T) {
	tb := &table{command: "make fidelity", rows: []row{
		{"newest", &compare.Tally{Requests: 12000, Compared: 12000, Predictions: 30000, Refused: 4000, Warned: 3000, Elapsed: time.Minute}},
		{"v1.24.17+config", &compare.Tally{
			Requests: 100, Invalid: 3, Compared: 97, Predictions: 200, Refused: 50, Warned: 40, Elapsed: time.Second,
			Reasons:     map[string]int{"spec.volumes: Required value": 3},
			Differences: []compare.Difference{{What: "Pod", Number: 7, Ground: "as written", Text: "-a\n+b\n", Smallest: "kind: Pod\n"}},
		}},
	}}
	want := `           SERVER  REQUESTS  INVALID  COMPARED  PREDICTIONS  REFUSED  WARNED  DIFFERENCES  PER SECOND
           newest    12,000        0    12,000       30,000    4,000   3,000            0         200
  v1.24.17+config       100        3        97          200       50      40            1         100
              all    12,100        3    12,097       30,200    4,050   3,040            1         198

make fidelity

v1.24.17+config refused as invalid, most often:
  3 times spec.volumes: Required value

v1.24.17+config, difference 1: Pod, number 7, as written
-a
+b
kind: Pod
`
	var out strings.Builder
	tb.print(&out)
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
	err := tb.judge()
	if want := "v1.24.17+config: 1 differences\nv1.24.17+config: 3 of 100 requests were invalid, more than 2%"; err == nil || err.Error() != want {
		t.Errorf("judged as %v, want %s", err, want)
	}
	tb.rows = tb.rows[:1]
	if err := tb.judge(); err != nil {
		t.Errorf("without a difference: %v", err)
	}
}

func TestParse(t *testing.T) {
	o, err := parse([]string{"--seed", "7", "--servers", "newest+emulate=1.35,v1.24.17+config,v1.30.14"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range o.servers {
		got = append(got, c.String())
	}
	if diff := cmp.Diff([]string{"newest+emulate=1.35", "v1.24.17+config", "v1.30.14"}, got); diff != "" {
		t.Errorf("servers (-want +got):\n%s", diff)
	}
	if got, want := o.command(), `make fidelity FIDELITY="--seed 7 --servers newest+emulate=1.35,v1.24.17+config,v1.30.14"`; got != want {
		t.Errorf("command %s, want %s", got, want)
	}
	for text, want := range map[string]string{
		"--servers=1.30":            `invalid argument "1.30" for "--servers" flag: must be newest or a release such as v1.30.14`,
		"--servers=newest+emulated": `invalid argument "newest+emulated" for "--servers" flag: "emulated" is neither config nor emulate=1.N`,
		"--requests=0":              "--requests, --configurations and --parallel must be at least 1",
		"more":                      `unexpected argument "more"`,
	} {
		if _, err := parse([]string{text}, io.Discard); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
