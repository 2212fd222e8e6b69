package relabel

import (
	"net/http"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

// Something before the server says no to what the server has done. What the journal says of it decides whether a rollback
// takes it back.
func TestWriteDenied(t *testing.T) {
	denials := map[string]fakeapi.Action{
		"401": fakeapi.Refuse(http.StatusUnauthorized, metav1.StatusReasonUnauthorized, "Unauthorized"),
		"403": fakeapi.Refuse(http.StatusForbidden, metav1.StatusReasonForbidden, "no"),
		"410": fakeapi.Expire(false),
		"429": fakeapi.RetryAfter(http.StatusTooManyRequests, 0),
	}
	cases := map[string]writeCase{
		"403 after writing, and unreadable": {
			disturb: func(s *fakeapi.Server) {
				s.Inject(onPatch(1, fakeapi.After(denials["403"])))
				s.Inject(onGet(1, denials["401"]))
			},
			want: ending(report.EndingFailed, "whether the labels were written is not known: no; and then: Unauthorized"), patches: 1, begun: true,
		},
		"403, and another who wants the same": {
			disturb: func(s *fakeapi.Server) {
				s.Inject(onPatch(0, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
					s.Change("shop", func(ns *corev1.Namespace) {
						ns.Labels = survey.WithLabels(ns.Labels, newLabels())
						ns.ManagedFields = append(ns.ManagedFields, metav1.ManagedFieldsEntry{
							Manager: "platform", Operation: metav1.ManagedFieldsOperationUpdate, APIVersion: "v1", FieldsType: "FieldsV1",
							FieldsV1: metav1.NewFieldsV1(`{"f:metadata":{"f:labels":{"f:` + warn + `":{}}}}`),
						})
					})
					denials["403"](w, r, next)
				}))
			},
			want: ending(report.EndingFailed, "no"), patches: 1, begun: true,
		},
		"a dry run, 403": {
			dryRun: true, disturb: func(s *fakeapi.Server) { s.Inject(onPatch(0, denials["403"])) },
			want: ending(report.EndingFailed, "no"), labels: oldLabels(), patches: 1, begun: true,
		},
	}
	for name, deny := range denials {
		cases[name+" after writing"] = writeCase{
			disturb: func(s *fakeapi.Server) { s.Inject(onPatch(1, fakeapi.After(deny))) },
			want:    written(), patches: map[string]int{"429": 2}[name] + map[bool]int{true: 1}[name != "429"], begun: true,
		}
	}
	runWriteCases(t, cases)
}

// What the server answers to a patch that it has not carried out is an older state, however it says that all is well.
func TestWriteUnshown(t *testing.T) {
	const unshown = "the server's answer does not show the labels that it was sent"
	older := func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		r.Method = http.MethodGet
		next.ServeHTTP(w, r)
	}
	runWriteCases(t, map[string]writeCase{
		"once": {
			disturb: func(s *fakeapi.Server) { s.Inject(onPatch(1, older)) },
			want:    ending(report.EndingFailed, unshown), labels: oldLabels(), patches: 1, begun: true,
		},
		"although written": {
			disturb: func(s *fakeapi.Server) {
				s.Inject(onPatch(1, fakeapi.After(fakeapi.Hollow())))
			},
			want: written(), patches: 1, begun: true,
		},
		"as it is to be, and was": { // older states show what a rollback wants
			disturb: func(s *fakeapi.Server) {
				s.Change("shop", func(ns *corev1.Namespace) { ns.Labels = survey.WithLabels(ns.Labels, newLabels()) })
				s.Change("shop", func(ns *corev1.Namespace) { ns.Labels = survey.WithLabels(ns.Labels, oldLabels()) })
				s.Inject(onPatch(1, fakeapi.Older()))
			},
			want: ending(report.EndingFailed, unshown), labels: oldLabels(), patches: 1, begun: true,
		},
		"a dry run": {
			dryRun: true, disturb: func(s *fakeapi.Server) { s.Inject(onPatch(0, older)) },
			want: ending(report.EndingFailed, unshown), labels: oldLabels(), patches: 1, begun: true,
		},
	})
}
