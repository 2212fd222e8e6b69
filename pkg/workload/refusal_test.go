package workload

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRefusalIn(t *testing.T) {
	const said = `violates PodSecurity "restricted:v1.30": host namespaces (hostPID=true)`
	for text, want := range map[string]string{
		`Error creating: pods "d-1-x" is forbidden: ` + said:                                      said,
		`(combined from similar events): Error creating: pods "d-1-x" is forbidden: ` + said:      said,
		`Create Pod s-0 in StatefulSet s failed error: pods "s-0" is forbidden: ` + said:          said,
		`pods "d-1-x" is forbidden: ` + said:                                                      said,
		`admission webhook "w" denied the request: pods "p" is forbidden: ` + said:                said,
		`Error creating: pods "d-1-x" is forbidden: exceeded quota: q, requested: pods=1`:         "",
		`would violate PodSecurity "restricted:v1.30": host namespaces (hostPID=true)`:            "",
		`Error creating: pods "violates PodSecurity \"x" is forbidden: exceeded quota: q`:         "",
		`Error creating: admission webhook "w" denied the request: it violates PodSecurity "mine`: "",
		"Created pod: d-1-x": "",
		"":                   "",
	} {
		if got := RefusalIn(text); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestPolicyOf(t *testing.T) {
	for text, want := range map[string]string{
		`violates PodSecurity "restricted:v1.30": host namespaces (hostPID=true)`: "restricted:v1.30",
		`violates PodSecurity "baseline:latest": volume "a"`:                      "baseline:latest",
		`violates PodSecurity "`: "",
		"":                       "",
	} {
		if got := PolicyOf(text); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

// at is a time so many seconds after noon.
func at(seconds int) time.Time { return noon().Add(time.Duration(seconds) * time.Second) }

// event says something from one second to another; a text is a refusal, none is anything else.
func event(order string, first, last int, text string) Word {
	return Word{First: at(first), Last: at(last), Order: order, Source: FromEvent, Message: text}
}

func condition(second int, text string) Word {
	return Word{First: at(second), Last: at(second), Source: FromCondition, Message: text}
}

func TestAfter(t *testing.T) {
	for name, tt := range map[string]struct {
		a, b Word
		want bool
	}{
		"later":                 {event("1", 0, 11, ""), event("2", 0, 10, ""), true},
		"earlier":               {event("2", 0, 9, ""), event("1", 0, 10, ""), false},
		"the same":              {event("7", 0, 10, ""), event("7", 0, 10, ""), false},
		"later by order":        {event("10", 0, 10, ""), event("9", 0, 10, ""), true},
		"earlier by order":      {event("9", 0, 10, ""), event("10", 0, 10, ""), false},
		"without an order":      {condition(10, ""), event("9", 0, 10, ""), false},
		"with a strange one":    {event("b", 0, 10, ""), event("a", 0, 10, ""), false},
		"later, without orders": {condition(11, ""), condition(10, ""), true},
	} {
		if got := tt.a.After(&tt.b); got != tt.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestCurrent(t *testing.T) {
	const a, b, other = "violates A", "violates B", ""
	for name, tt := range map[string]struct {
		missing int
		words   []Word
		want    Spell // none for nothing refused
	}{
		"nothing known":       {missing: 1},
		"all pods are there":  {missing: 0, words: []Word{event("1", 0, 10, a), condition(0, a)}},
		"more than all":       {missing: -1, words: []Word{event("1", 0, 10, a)}},
		"only something else": {missing: 1, words: []Word{event("1", 0, 10, other), condition(0, other)}},
		"an event": {
			missing: 1, words: []Word{event("1", 5, 10, a)},
			want: Spell{Since: at(5), Last: at(10), Message: a, Sources: []string{FromEvent}},
		},
		"a condition": {
			missing: 1, words: []Word{condition(3, a)},
			want: Spell{Since: at(3), Exact: true, Last: at(3), Message: a, Sources: []string{FromCondition}},
		},
		"both": {
			missing: 1, words: []Word{event("2", 3, 60, a), condition(4, a), event("1", 3, 3, a)},
			want: Spell{Since: at(4), Exact: true, Last: at(60), Message: a, Sources: []string{FromCondition, FromEvent}},
		},
		"the newest text, in any order": {
			missing: 1, words: []Word{event("9", 50, 60, b), event("1", 3, 7, a), condition(3, a)},
			want: Spell{Since: at(3), Exact: true, Last: at(60), Message: b, Sources: []string{FromCondition, FromEvent}},
		},
		"a pod was made later":             {missing: 2, words: []Word{event("1", 0, 10, a), event("2", 11, 11, other)}},
		"quota later, the condition stays": {missing: 2, words: []Word{condition(0, a), event("1", 0, 10, a), event("2", 11, 90, other)}},
		"one pod was made before and one after": {missing: 2, words: []Word{
			event("1", 0, 5, other), event("2", 20, 30, a), event("3", 40, 40, other),
		}},
		"a pod was made in the same second":   {missing: 2, words: []Word{event("7", 0, 10, a), event("8", 10, 10, other)}},
		"resource versions are no texts":      {missing: 2, words: []Word{event("9", 0, 10, a), event("10", 10, 10, other)}},
		"who was first cannot be told":        {missing: 2, words: []Word{event("", 0, 10, a), event("", 10, 10, other)}},
		"a condition about quota, and newest": {missing: 2, words: []Word{event("1", 0, 10, a), condition(20, other)}},
		"refused in the second in which a pod was made": {
			missing: 1, words: []Word{event("8", 10, 10, a), event("7", 0, 10, other)},
			want: Spell{Since: at(10), Last: at(10), Message: a, Sources: []string{FromEvent}},
		},
		"a condition begins in the second in which a pod was made": {
			missing: 1, words: []Word{condition(10, a), event("7", 0, 10, other)},
			want: Spell{Since: at(10), Exact: true, Last: at(10), Message: a, Sources: []string{FromCondition}},
		},
		"the condition still tells of a quota that is gone": {
			missing: 1, words: []Word{condition(0, other), event("1", 0, 20, other), event("2", 30, 40, a)},
			want: Spell{Since: at(30), Last: at(40), Message: a, Sources: []string{FromEvent}},
		},
		"refused again after a pod was made": {
			missing: 1, words: []Word{event("1", 0, 5, a), event("2", 10, 10, other), event("3", 20, 40, a)},
			want: Spell{Since: at(20), Last: at(40), Message: a, Sources: []string{FromEvent}},
		},
		"one event from before and after": {
			missing: 1, words: []Word{event("3", 0, 40, a), event("2", 10, 10, other)},
			want: Spell{Since: at(40), Last: at(40), Message: a, Sources: []string{FromEvent}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := Refusal{Object: &Object{}, Wanted: 3, Missing: tt.missing, Words: tt.words}
			got, now := r.Current()
			if now != (tt.want.Message != "") {
				t.Errorf("refused now: %v", now)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
