package compare

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
)

func TestCompare(t *testing.T) {
	denied := Verdict{Message: "violates", Audit: map[string]string{"enforce-policy": "baseline:latest"}}
	warned := Verdict{Allowed: true, Warnings: []string{"a", "b"}}
	swapped := Verdict{Allowed: true, Warnings: []string{"b", "a"}}
	unlogged := Verdict{Message: "violates"}
	invalid := &Answer{status: &metav1.Status{Details: &metav1.StatusDetails{Causes: []metav1.StatusCause{
		{Field: "spec.containers[12].image", Message: `Invalid value: "x y": must not hold blanks`},
	}}}}
	for name, tc := range map[string]struct {
		asked     question
		differing int
		want      Tally
	}{
		"foreseen": {
			question{predicted: []prediction{{asWritten, denied}, {asStored, denied}}, real: denied},
			0,
			Tally{Requests: 1, Compared: 1, Predictions: 2, Refused: 1},
		},
		"one of two was wrong": {
			question{predicted: []prediction{{asWritten, warned}, {asStored, denied}}, real: warned},
			1,
			Tally{Requests: 1, Compared: 1, Predictions: 2, Warned: 1},
		},
		"the order of warnings": {
			question{predicted: []prediction{{asWritten, warned}}, real: swapped},
			1,
			Tally{Requests: 1, Compared: 1, Predictions: 1, Warned: 1},
		},
		"an annotation": {
			question{predicted: []prediction{{asWritten, unlogged}}, real: denied},
			1,
			Tally{Requests: 1, Compared: 1, Predictions: 1, Refused: 1},
		},
		"invalid": {
			question{predicted: []prediction{{asWritten, warned}}, invalid: true, answer: invalid},
			0,
			Tally{Requests: 1, Invalid: 1, Reasons: map[string]int{"spec.containers[].image: Invalid value: must not hold blanks": 1}},
		},
	} {
		var got Tally
		if n := len(got.compare([]*question{&tc.asked})); n != tc.differing {
			t.Errorf("%s: %d differ, want %d", name, n, tc.differing)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestVerdicts(t *testing.T) {
	refusal := func(code int, message string, causes ...metav1.StatusCause) *Answer {
		return &Answer{code: code, status: &metav1.Status{Message: message, Details: &metav1.StatusDetails{Causes: causes}}}
	}
	audit := map[string]string{"exempt": "namespace"}
	for name, tc := range map[string]struct{ want, got Verdict }{
		"a denial": {
			Verdict{Message: "violates PodSecurity", Audit: audit},
			ofAnswer(refusal(http.StatusForbidden, `pods "p" is forbidden: violates PodSecurity`), audit),
		},
		"warnings of others": {
			Verdict{Allowed: true, Warnings: []string{podWarning + "a"}},
			ofAnswer(&Answer{warnings: []string{"unknown field", podWarning + "a"}}, nil),
		},
		"a namespace": {
			Verdict{Message: "metadata.labels[a]: bad\nmetadata.labels[b]: worse"},
			ofNamespace(refusal(http.StatusUnprocessableEntity, "", metav1.StatusCause{Field: "metadata.labels[a]", Message: "bad"},
				metav1.StatusCause{Field: "metadata.labels[b]", Message: "worse"}), nil),
		},
		"a change of labels": {
			Verdict{Message: `Namespace "n" is invalid: a`},
			ofChange(refusal(http.StatusUnprocessableEntity, `Namespace "n" is invalid: a`), nil),
		},
		"what the report leaves out of the annotations is not made up": {
			Verdict{Allowed: true, Audit: map[string]string{"enforce-policy": "a"}},
			ofPod(&report.PodOutcome{Allowed: true, Warnings: []string{}}, simulate.Answer{
				Audit: map[string]string{"enforce-policy": "a", "audit-violations": "only simulated"},
			}),
		},
		"what only the report says counts": {
			Verdict{Allowed: true, Audit: map[string]string{"audit-violations": "said"}},
			ofWorkload(&report.WorkloadOutcome{Audit: "said"}, simulate.Answer{}),
		},
	} {
		if diff := cmp.Diff(tc.want, tc.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
