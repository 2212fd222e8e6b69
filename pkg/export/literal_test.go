package export

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParamExpression(t *testing.T) {
	for _, tt := range []struct {
		value any
		want  string
	}{
		{true, "true"},
		{int64(-5), "-5"},
		{"runtime/default", "'runtime/default'"},
		{`it's`, `"it's"`},
		{`say "no"`, `"say \"no\""`},
		{"a\\b\nc\x00", `'a\\b\nc\x00'`},
		{"\u202e", `'\u202e'`},
		{[]string(nil), "[]"},
		{[]string{"a", "b"}, "['a', 'b']"},
		{[]int64{1, 2}, "[1, 2]"},
		{[]Range{{Min: 1, Max: 5}, {Min: 7, Max: 7}}, "[{'min': 1, 'max': 5}, {'min': 7, 'max': 7}]"},
	} {
		got, err := Param{Name: "p", Value: tt.value}.Expression()
		if err != nil {
			t.Errorf("%#v: %v", tt.value, err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%#v:\n%s", tt.value, diff)
		}
	}
}

func TestParamOfNoType(t *testing.T) {
	_, err := Param{Name: "p", Value: 1.5}.Expression()
	if err == nil || err.Error() != "parameter p: a float64 cannot be written as CEL" {
		t.Errorf("error is %v", err)
	}
}
