package relabel

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

const shopPath = "/api/v1/namespaces/shop"

func oldLabels() labelSet { return labelSet{enforce: "baseline", enforceVersion: "v1.30"} }
func newLabels() labelSet { return labelSet{enforce: "restricted", warn: "restricted"} }

// onPatch is a fault of the patch of shop, for so many times; 0 is always.
func onPatch(times int, do fakeapi.Action) fakeapi.Fault {
	return fakeapi.Fault{Method: http.MethodPatch, Path: shopPath, Times: times, Do: do}
}

func onGet(skip int, do fakeapi.Action) fakeapi.Fault {
	return fakeapi.Fault{Method: http.MethodGet, Path: shopPath, Skip: skip, Do: do}
}

func relabeled(key, value string) func(*corev1.Namespace) {
	return func(ns *corev1.Namespace) { ns.Labels[key] = value }
}

func annotated(ns *corev1.Namespace) { ns.Annotations["note"] += "x" }

// writeCase is one namespace "shop" on its way from oldLabels to newLabels.
type writeCase struct {
	timeout time.Duration
	dryRun  bool
	// disturb has something go wrong.
	disturb func(*fakeapi.Server)
	begin   error
	want    report.Result
	// labels are those of Pod Security in the end; nil means newLabels.
	labels labelSet
	// patches is how many left; begun says whether the journal was told.
	patches int
	begun   bool
}

func runWriteCases(t *testing.T, cases map[string]writeCase) {
	t.Helper()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := start(t, live("shop", oldLabels()))
			if tc.disturb != nil {
				tc.disturb(s)
			}
			before := s.Namespace("shop")
			var begun []string
			var done []report.Result
			a := connect(t, s, tc.timeout, APIOptions{DryRun: tc.dryRun})
			results := a.Write(loud(t), []report.Planned{change("shop", oldLabels(), newLabels())}, Hooks{
				Begin: func(namespace string) error {
					if n := patches(s); n > 0 {
						t.Errorf("begun after %d patches", n)
					}
					begun = append(begun, namespace)
					return tc.begin
				},
				Done: func(_ string, r report.Result) { done = append(done, r) },
			})
			if diff := cmp.Diff([]report.Result{tc.want}, results, inOutline()); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]report.Result{tc.want}, done, inOutline()); diff != "" {
				t.Errorf("done: %s", diff)
			}
			if n := patches(s); n != tc.patches {
				t.Errorf("%d patches, want %d", n, tc.patches)
			}
			if want := map[bool]int{true: 1}[tc.begun]; len(begun) != want {
				t.Errorf("begun %q", begun)
			}
			after := s.Namespace("shop")
			if before == nil || after == nil || after.UID != before.UID {
				return
			}
			if r := results[0]; !tc.dryRun && (r.Outcome == report.EndingWritten || r.Outcome == report.EndingAlready) != (r.ResourceVersion != "") {
				t.Errorf("resourceVersion %q of one that ended %s", r.ResourceVersion, r.Outcome)
			} else if r.ResourceVersion != "" && older(after, r.ResourceVersion) {
				t.Errorf("resourceVersion %s, and %s in the end", r.ResourceVersion, after.ResourceVersion)
			}
			if r := results[0]; strings.HasPrefix(r.Message, "whether ") && r.Reason != "" {
				t.Errorf("reason %s of what nobody knows: a rollback would not look", r.Reason)
			}
			want := tc.labels
			if want == nil {
				want = newLabels()
			}
			if diff := cmp.Diff(want, survey.PodSecurityLabels(after.Labels)); diff != "" {
				t.Error(diff)
			}
			before.Annotations["note"] = after.Annotations["note"] // others may change that in the meantime
			onlyLabelsChanged(t, before, after)
		})
	}
}

func patches(s *fakeapi.Server) int {
	n := 0
	for _, r := range s.Requests() {
		if r.Method == http.MethodPatch {
			n++
		}
	}
	return n
}

func written(warnings ...string) report.Result {
	return report.Result{Outcome: report.EndingWritten, Warnings: warnings}
}

func ending(outcome report.Ending, message string) report.Result {
	return report.Result{Outcome: outcome, Message: message}
}

func TestWriteUndisturbed(t *testing.T) {
	recreate := func(s *fakeapi.Server) {
		s.Delete("shop")
		again := live("shop", oldLabels())
		again.UID = "another"
		s.Add(again)
	}
	runWriteCases(t, map[string]writeCase{
		"written": {want: written(), patches: 1, begun: true},
		"warnings, in order": {
			disturb: func(s *fakeapi.Server) {
				s.Inject(onPatch(0, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
					w.Header().Add("Warning", `112 - "a proxy is disconnected"`)
					fakeapi.Warn("existing pods in namespace")(w, r, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						fakeapi.Warn("api: privileged")(w, r, next)
					}))
				}))
			},
			want: written("existing pods in namespace", "api: privileged"), patches: 1, begun: true,
		},
		"dry run": {
			dryRun:  true,
			disturb: func(s *fakeapi.Server) { s.Inject(onPatch(0, fakeapi.Warn("existing pods"))) },
			want:    written("existing pods"), labels: oldLabels(), patches: 1, begun: true,
		},
		"being deleted": {
			disturb: func(s *fakeapi.Server) {
				s.Change("shop", func(ns *corev1.Namespace) { ns.Status.Phase = corev1.NamespaceTerminating })
			},
			want: written(), patches: 1, begun: true,
		},
		"already": {
			disturb: func(s *fakeapi.Server) {
				s.Change("shop", func(ns *corev1.Namespace) { ns.Labels = survey.WithLabels(ns.Labels, newLabels()) })
			},
			want: ending(report.EndingAlready, ""),
		},
		"moved": {
			disturb: func(s *fakeapi.Server) {
				s.Change("shop", relabeled(enforce, "restricted"))
				s.Change("shop", relabeled(audit, "baseline"))
				s.Change("shop", func(ns *corev1.Namespace) { delete(ns.Labels, enforceVersion) })
			},
			want: ending(report.EndingMoved, "pod-security.kubernetes.io/enforce: the plan saw baseline, now it is restricted; "+
				"pod-security.kubernetes.io/enforce-version: the plan saw v1.30, now it is no label; "+
				"pod-security.kubernetes.io/audit: the plan saw no label, now it is baseline"),
			labels: labelSet{enforce: "restricted", audit: "baseline"},
		},
		"gone": {
			disturb: func(s *fakeapi.Server) { s.Delete("shop") },
			want:    ending(report.EndingGone, `namespaces "shop" not found`),
		},
		"recreated": {
			disturb: recreate,
			want:    ending(report.EndingGone, "deleted and created again: the plan saw UID uid-shop, now it is another"), labels: oldLabels(),
		},
		"gone in the middle": {
			disturb: func(s *fakeapi.Server) { s.Inject(onPatch(0, fakeapi.Call(func() { s.Delete("shop") }))) },
			want:    ending(report.EndingGone, `namespaces "shop" not found`), patches: 1, begun: true,
		},
		"recreated in the middle": {
			disturb: func(s *fakeapi.Server) { s.Inject(onPatch(0, fakeapi.Call(func() { recreate(s) }))) },
			want:    ending(report.EndingGone, "deleted and created again: the plan saw UID uid-shop, now it is another"), patches: 1, begun: true,
		},
		"the journal fails": {
			begin: errors.New("writing the journal: no space left on device"),
			want:  ending(report.EndingFailed, "writing the journal: no space left on device"), labels: oldLabels(), begun: true,
		},
	})
}

func TestWriteConflicts(t *testing.T) {
	const modified = `Operation cannot be fulfilled on namespaces "shop": the object has been modified; please apply your changes to the latest version and try again`
	meanwhile := func(times int, change func(*corev1.Namespace)) func(*fakeapi.Server) {
		return func(s *fakeapi.Server) {
			s.Inject(onPatch(times, fakeapi.Call(func() { s.Change("shop", change) })))
		}
	}
	runWriteCases(t, map[string]writeCase{
		"of something else":        {disturb: meanwhile(3, annotated), want: written(), patches: 4, begun: true},
		"of something else always": {disturb: meanwhile(0, annotated), want: ending(report.EndingFailed, modified), labels: oldLabels(), patches: 6, begun: true},
		"of the labels": {
			disturb: meanwhile(1, relabeled(enforce, "privileged")),
			want:    ending(report.EndingMoved, "pod-security.kubernetes.io/enforce: the plan saw baseline, now it is privileged"),
			labels:  labelSet{enforce: "privileged", enforceVersion: "v1.30"}, patches: 1, begun: true,
		},
		"with one who wants the same": {
			disturb: meanwhile(1, func(ns *corev1.Namespace) { ns.Labels = survey.WithLabels(ns.Labels, newLabels()) }),
			want:    ending(report.EndingAlready, ""), patches: 1, begun: true,
		},
		"on a dry run": {dryRun: true, disturb: meanwhile(1, annotated), want: written(), labels: oldLabels(), patches: 2, begun: true},
		"that cannot be looked at": {
			disturb: func(s *fakeapi.Server) {
				meanwhile(1, annotated)(s)
				s.Inject(onGet(1, fakeapi.Refuse(http.StatusForbidden, metav1.StatusReasonForbidden, "no longer yours")))
			},
			want: ending(report.EndingFailed, "no longer yours"), labels: oldLabels(), patches: 1, begun: true,
		},
	})
}

func TestWriteRefused(t *testing.T) {
	refuse := func(code int32, reason metav1.StatusReason, message string) func(*fakeapi.Server) {
		return func(s *fakeapi.Server) { s.Inject(onPatch(0, fakeapi.Refuse(code, reason, message))) }
	}
	const forbidden = `namespaces "shop" is forbidden: User "tester" cannot patch resource "namespaces" in API group "" in the namespace "shop"`
	const policy = `namespaces "shop" is forbidden: ValidatingAdmissionPolicy 'labels' with binding 'labels' denied request: ask the platform team`
	runWriteCases(t, map[string]writeCase{
		"403": {disturb: refuse(http.StatusForbidden, metav1.StatusReasonForbidden, forbidden), want: ending(report.EndingFailed, forbidden), labels: oldLabels(), patches: 1, begun: true},
		"422": {disturb: refuse(http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, policy), want: ending(report.EndingFailed, policy), labels: oldLabels(), patches: 1, begun: true},
		"401": {disturb: refuse(http.StatusUnauthorized, metav1.StatusReasonUnauthorized, "Unauthorized"), want: ending(report.EndingFailed, "Unauthorized"), labels: oldLabels(), patches: 1, begun: true},
		"warned and refused": {
			disturb: func(s *fakeapi.Server) {
				s.Inject(onPatch(0, func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
					fakeapi.Warn("mind the policy")(w, r, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						fakeapi.Refuse(http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, policy)(w, r, nil)
					}))
				}))
			},
			want:   report.Result{Outcome: report.EndingFailed, Message: policy, Warnings: []string{"mind the policy"}},
			labels: oldLabels(), patches: 1, begun: true,
		},
		"read refused": {
			disturb: func(s *fakeapi.Server) {
				s.Inject(onGet(0, fakeapi.Refuse(http.StatusForbidden, metav1.StatusReasonForbidden, "no")))
			},
			want: ending(report.EndingFailed, "no"), labels: oldLabels(),
		},
	})
}

func TestWriteUncertain(t *testing.T) {
	internal := fakeapi.Refuse(http.StatusInternalServerError, metav1.StatusReasonInternalError, "etcd is on fire")
	inject := func(times int, do fakeapi.Action) func(*fakeapi.Server) {
		return func(s *fakeapi.Server) { s.Inject(onPatch(times, do)) }
	}
	afterwards := func(change func(*corev1.Namespace)) func(*fakeapi.Server) {
		return func(s *fakeapi.Server) {
			s.Inject(onPatch(1, fakeapi.After(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				s.Change("shop", change)
				fakeapi.HangUp()(w, r, next)
			})))
		}
	}
	runWriteCases(t, map[string]writeCase{
		"429 twice":                   {disturb: inject(2, fakeapi.RetryAfter(http.StatusTooManyRequests, 0)), want: written(), patches: 3, begun: true},
		"429 always":                  {disturb: inject(0, fakeapi.RetryAfter(http.StatusTooManyRequests, 0)), want: ending(report.EndingFailed, "too many requests, please try again later"), labels: oldLabels(), patches: 11, begun: true},
		"500 twice":                   {disturb: inject(2, internal), want: written(), patches: 3, begun: true},
		"500 always":                  {disturb: inject(0, internal), want: ending(report.EndingFailed, "etcd is on fire"), labels: oldLabels(), patches: 4, begun: true},
		"500 after writing":           {disturb: inject(1, fakeapi.After(internal)), want: written(), patches: 1, begun: true},
		"503 with Retry-After":        {disturb: inject(1, fakeapi.RetryAfter(http.StatusServiceUnavailable, 0)), want: written(), patches: 2, begun: true},
		"503 with it, after writing":  {disturb: inject(1, fakeapi.After(fakeapi.RetryAfter(http.StatusServiceUnavailable, 0))), want: written(), patches: 2, begun: true},
		"reset":                       {disturb: inject(2, fakeapi.HangUp()), want: written(), patches: 3, begun: true},
		"reset after writing":         {disturb: inject(1, fakeapi.After(fakeapi.HangUp())), want: written(), patches: 1, begun: true},
		"reset in the answer":         {disturb: inject(1, fakeapi.Break()), want: written(), patches: 1, begun: true},
		"no answer":                   {timeout: 300 * time.Millisecond, disturb: inject(0, fakeapi.Hang()), want: ending(report.EndingFailed, "no answer within --request-timeout=300ms"), labels: oldLabels(), patches: 1, begun: true},
		"no answer after writing":     {timeout: 300 * time.Millisecond, disturb: inject(0, fakeapi.After(fakeapi.Hang())), want: written(), patches: 1, begun: true},
		"no answer to the read":       {timeout: 300 * time.Millisecond, disturb: func(s *fakeapi.Server) { s.Inject(onGet(0, fakeapi.Hang())) }, want: ending(report.EndingFailed, "no answer within --request-timeout=300ms"), labels: oldLabels()},
		"dry run, 500 twice":          {dryRun: true, disturb: inject(2, internal), want: written(), labels: oldLabels(), patches: 3, begun: true},
		"dry run, reset in an answer": {dryRun: true, disturb: inject(1, fakeapi.Break()), want: written(), labels: oldLabels(), patches: 2, begun: true},
		"written, lost and moved": {
			disturb: afterwards(relabeled(enforce, "privileged")),
			want: ending(report.EndingFailed, "whether the labels were written is not known, for they have moved since: "+
				"pod-security.kubernetes.io/enforce: the plan saw baseline, now it is privileged; "+
				"pod-security.kubernetes.io/enforce-version: the plan saw v1.30, now it is no label; "+
				"pod-security.kubernetes.io/warn: the plan saw no label, now it is restricted"),
			labels: labelSet{enforce: "privileged", warn: "restricted"}, patches: 1, begun: true,
		},
		"written, lost and unreadable": {
			disturb: func(s *fakeapi.Server) {
				inject(1, fakeapi.After(internal))(s)
				s.Inject(onGet(1, fakeapi.Refuse(http.StatusForbidden, metav1.StatusReasonForbidden, "no longer yours")))
			},
			want:    ending(report.EndingFailed, "whether the labels were written is not known: etcd is on fire; and then: no longer yours"),
			patches: 1, begun: true,
		},
	})
}

// A server that is there and goes away is waited for, and then reported.
func TestWriteServerGone(t *testing.T) {
	s := fakeapi.New(live("shop", oldLabels()))
	t.Cleanup(s.Close)
	a := connect(t, s, 0, APIOptions{})
	results := a.Write(loud(t), []report.Planned{change("shop", oldLabels(), newLabels())}, Hooks{
		Begin: func(string) error {
			s.Close()
			return nil
		},
	})
	if r := results[0]; r.Outcome != report.EndingFailed || !strings.Contains(r.Message, "connection refused") {
		t.Errorf("%+v", r)
	}
}

// Items that change nothing are not touched, and one namespace's failure stops no other.
func TestWriteMany(t *testing.T) {
	s := start(t)
	var items []report.Planned
	for i := range 40 {
		name := fmt.Sprintf("ns-%02d", i)
		s.Add(live(name, oldLabels()))
		items = append(items, change(name, oldLabels(), newLabels()))
		switch i % 4 {
		case 1:
			s.Inject(fakeapi.Fault{Method: http.MethodPatch, Path: "/api/v1/namespaces/" + name, Do: fakeapi.Refuse(http.StatusForbidden, metav1.StatusReasonForbidden, "no")})
		case 2:
			items[i].Action = report.ActionKeep
		}
	}
	var done sync.Map
	results := connect(t, s, 0, APIOptions{}).Write(loud(t), items, Hooks{Done: func(namespace string, r report.Result) {
		if _, twice := done.LoadOrStore(namespace, r); twice {
			t.Errorf("%s is done twice", namespace)
		}
	}})
	for i := range items {
		want, labels := written(), newLabels()
		switch i % 4 {
		case 1:
			want, labels = ending(report.EndingFailed, "no"), oldLabels()
		case 2:
			want, labels = report.Result{}, oldLabels()
		}
		if diff := cmp.Diff(want, results[i], inOutline()); diff != "" {
			t.Errorf("%d: %s", i, diff)
		}
		if forbidden := results[i].Reason == "Forbidden"; forbidden != (want.Message == "no") {
			t.Errorf("%d: reason %q", i, results[i].Reason)
		}
		if diff := cmp.Diff(labels, survey.PodSecurityLabels(s.Namespace(items[i].Namespace).Labels)); diff != "" {
			t.Errorf("%d: %s", i, diff)
		}
		if _, told := done.Load(items[i].Namespace); told != (i%4 != 2) {
			t.Errorf("%d: done is %v", i, told)
		}
	}
	if n := len(s.Requests()); n != 2*30+10 {
		t.Errorf("%d requests, want a read and a patch each, and a second read of those refused", n)
	}
}

// What a rollback left alone stands in the result.
func TestWriteLeft(t *testing.T) {
	s := start(t, live("shop", oldLabels()))
	item := change("shop", oldLabels(), newLabels())
	item.Left = []string{audit}
	results := connect(t, s, 0, APIOptions{}).Write(loud(t), []report.Planned{item}, Hooks{})
	if diff := cmp.Diff([]report.Result{{Outcome: report.EndingWritten, Left: []string{audit}}}, results, inOutline()); diff != "" {
		t.Error(diff)
	}
}

// Two who change the same namespaces at once: each namespace is as one of them planned it, whole, and the other is told.
func TestTwoAdmins(t *testing.T) {
	s := start(t)
	afters := []labelSet{{enforce: "restricted", warn: "restricted"}, {enforce: "privileged", audit: "baseline"}}
	plans := make([][]report.Planned, 2)
	var before []*corev1.Namespace
	for i := range 60 {
		name := fmt.Sprintf("ns-%02d", i)
		s.Add(live(name, oldLabels()))
		before = append(before, s.Namespace(name))
		for admin, after := range afters {
			plans[admin] = append(plans[admin], change(name, oldLabels(), after))
		}
	}
	results := make([][]report.Result, 2)
	var both sync.WaitGroup
	for admin := range plans {
		a := connect(t, s, 0, APIOptions{})
		both.Go(func() { results[admin] = a.Write(loud(t), plans[admin], Hooks{}) })
	}
	both.Wait()
	for i, ns := range before {
		now := s.Namespace(ns.Name)
		onlyLabelsChanged(t, ns, now)
		winner := 0
		if results[1][i].Outcome == report.EndingWritten {
			winner = 1
		}
		got := []report.Ending{results[winner][i].Outcome, results[1-winner][i].Outcome}
		if diff := cmp.Diff([]report.Ending{report.EndingWritten, report.EndingMoved}, got); diff != "" {
			t.Errorf("%s: %s", ns.Name, diff)
		}
		if diff := cmp.Diff(afters[winner], survey.PodSecurityLabels(now.Labels)); diff != "" {
			t.Errorf("%s: %s", ns.Name, diff)
		}
	}
}

// inOutline leaves the server's one-word reason out of a comparison, whose message says more; and the resourceVersion.
func inOutline() cmp.Option {
	return cmpopts.IgnoreFields(report.Result{}, "Reason", "ResourceVersion")
}
