package survey

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// fakeFiles is a set of files: what a cluster in memory holds, each object in a file named like its UID.
type fakeFiles struct{ fakeSource }

var _ workload.Files = (*fakeFiles)(nil)

func (f *fakeFiles) Locate(pod types.UID) *workload.Location {
	return &workload.Location{File: string(pod) + ".yaml", Document: 1}
}

func (f *fakeFiles) Read(ctx context.Context, namespaces []corev1.Namespace, sink workload.Sink) ([]workload.Gap, error) {
	return f.fakeSource.Read(ctx, namespaces, locating{sink})
}

type locating struct{ workload.Sink }

func (l locating) Objects(ctx context.Context, page []*workload.Object) error {
	for _, o := range page {
		o.Location = &workload.Location{File: string(o.UID) + ".yaml", Document: 1}
	}
	return l.Sink.Objects(ctx, page)
}

// Two files that hold the same object are judged each, a bare pod is yet to be made, and no pod runs that a change of
// labels could meet.
func TestFiles(t *testing.T) {
	source := &fakeFiles{fakeSource{namespaces: []corev1.Namespace{namespace("ns", "enforce", "baseline")}}}
	source.deployment("ns", "web", hostPath(), "")
	source.deployment("ns", "web", hardened(), "")
	source.deploys[1].UID = "again"
	source.pod("ns", "bare", nil, hostPath())
	source.pod("ns", "bare", nil, hostPath()).UID = "bare-again"

	r := run(t, source, Options{Candidate: Candidate{Enforce: {Level: "restricted"}}})
	var got []string
	for _, w := range r.Items[0].Workloads {
		got = append(got, fmt.Sprintf("%s/%s in %s: blocks %t, %s, %d pods", w.Kind, w.Name, w.Location.File, w.Blocks, w.Next.Event, w.Evidence[0].Count))
	}
	want := []string{
		"Pod/bare in bare-again.yaml: blocks true, apply, 1 pods",
		"Pod/bare in ns/bare.yaml: blocks true, apply, 1 pods",
		"Deployment/web in again.yaml: blocks false, reschedule, 0 pods",
		"Deployment/web in ns/web.yaml: blocks true, reschedule, 0 pods",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("workloads (-want +got):\n%s", diff)
	}
	if change := r.Items[0].LabelChange; change != nil {
		t.Errorf("answer to a change of labels that nobody asked of a server: %+v", change)
	}
}

func TestGapsWithoutNamespacesAreIncomplete(t *testing.T) {
	source := &fakeFiles{fakeSource{gaps: []workload.Gap{{Resource: "a.yaml", Reason: "undecodable"}}}}
	if got := run(t, source, Options{}).Summary.Verdict; got != report.Incomplete {
		t.Errorf("verdict %q, want %q", got, report.Incomplete)
	}
}

// What is not known of a namespace's labels is marked as assumed, and never makes it comply.
func TestUnreadNamespace(t *testing.T) {
	source := &fakeFiles{fakeSource{
		namespaces: []corev1.Namespace{namespace("known"), namespace("unread", "audit", "baseline", "warn", "strict")},
		gaps:       []workload.Gap{{Resource: "namespaces", Namespace: "unread", Reason: "forbidden"}},
	}}
	source.pod("known", "p", nil, hardened())
	source.pod("unread", "p", nil, hardened())
	r := run(t, source, Options{})
	var got []string
	for i := range r.Items {
		item := &r.Items[i]
		got = append(got, fmt.Sprintf("%s: enforce %s, audit %s, warn %s: %s", item.Namespace,
			item.Current.Enforce.Source, item.Current.Audit.Source, item.Current.Warn.Source, item.Verdict))
	}
	want := []string{
		"known: enforce default, audit default, warn default: complies",
		"unread: enforce assumed, audit label, warn invalid: incomplete",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("policies (-want +got):\n%s", diff)
	}
	r = run(t, source, Options{Candidate: Candidate{Enforce: {Level: "restricted"}}})
	if c := r.Items[1].Candidate; c.Enforce.Source != report.SourceLabel || r.Items[1].Verdict != report.Incomplete {
		t.Errorf("with a proposal: %+v, verdict %s", c.Enforce, r.Items[1].Verdict)
	}
}
