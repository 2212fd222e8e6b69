package relabel

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

const outdated = "the answer is older (resourceVersion 1001) than what is known (1002): " +
	"a proxy answers from a cache, or the cluster was restored from a backup"

// past is a server whose namespace shop had newLabels, in version 1001, and now has oldLabels, in version 1002.
func past(t *testing.T) *fakeapi.Server {
	t.Helper()
	s := start(t, live("shop", newLabels()))
	s.Change("shop", func(ns *corev1.Namespace) { ns.Labels = survey.WithLabels(ns.Labels, oldLabels()) })
	if got := s.Namespace("shop").ResourceVersion; got != "1002" {
		t.Fatalf("resourceVersion %s", got)
	}
	return s
}

// A cache between us and the server answers with what was; we know that it was, or cannot know.
func TestGetOutdated(t *testing.T) {
	for name, tc := range map[string]struct {
		known string
		times int // 0 is for ever
		want  labelSet
	}{
		"nothing is known":       {"", 0, newLabels()},
		"as old as is known":     {"1001", 0, newLabels()},
		"older":                  {"1002", 0, nil},
		"older, and then not":    {"1002", 2, oldLabels()},
		"versions without order": {"v1002", 0, newLabels()},
	} {
		t.Run(name, func(t *testing.T) {
			s := past(t)
			fault := onGet(0, fakeapi.Older())
			fault.Times = tc.times
			s.Inject(fault)
			got, err := connect(t, s, 0, APIOptions{}).Get(loud(t), "shop", tc.known)
			if tc.want == nil {
				if err == nil || err.Error() != outdated {
					t.Errorf("%v, error %v", got, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, survey.PodSecurityLabels(got.Labels)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What was before the plan was made is not taken for what the plan is to bring.
func TestWriteOutdated(t *testing.T) {
	item := change("shop", oldLabels(), newLabels())
	item.Seen = "1002"
	for name, tc := range map[string]struct {
		times int
		want  report.Result
	}{
		"for ever": {0, ending(report.EndingFailed, outdated)},
		"once":     {1, written()},
	} {
		t.Run(name, func(t *testing.T) {
			s := past(t)
			fault := onGet(0, fakeapi.Older())
			fault.Times = tc.times
			s.Inject(fault)
			results := connect(t, s, 0, APIOptions{}).Write(loud(t), []report.Planned{item}, Hooks{})
			if diff := cmp.Diff([]report.Result{tc.want}, results, inOutline()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A plan remembers which states it was made of, and a journal in which states it left namespaces, whatever came after.
func TestKnown(t *testing.T) {
	if p := undone(&report.Planned{Namespace: "shop", UID: "uid-shop"}, true, func(string) (*corev1.Namespace, error) {
		ns := live("shop", oldLabels())
		ns.ResourceVersion = "7"
		return ns, nil
	}); p.Seen != "7" {
		t.Errorf("seen %q", p.Seen)
	}
	s, id := keep(t, func(j *Journal) {
		j.Done("shop", report.Result{Outcome: report.EndingWritten, ResourceVersion: "1002"})
	})
	j, run, err := s.Resume(id)
	if err != nil {
		t.Fatal(err)
	}
	j.Done("shop", report.Result{Outcome: report.EndingFailed, Message: "no"})
	if err := j.Close(); err != nil || run.Known("shop") != "1002" || run.Known("web") != "" || run.Known("other") != "" {
		t.Errorf("%q, %q, %q, error %v", run.Known("shop"), run.Known("web"), run.Known("other"), err)
	}
	if run, err = s.Load(id); err != nil || run.Known("shop") != "1002" {
		t.Errorf("later %q, error %v", run.Known("shop"), err)
	}
}
