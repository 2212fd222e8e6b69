package migration

import (
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// Ledger is a Source that notes on the way what a plan asks beyond a check: the namespaces as they are, when their pods
// were made, whether the youngest pod carries the mark of a policy, and what PodSecurityPolicy left in templates. It keeps
// one pod's name a namespace.
type Ledger struct {
	workload.Source
	// minor is the minor of the server's release, which is known by the time something is read.
	minor func() int

	mu         sync.Mutex
	namespaces []corev1.Namespace
	oldest     map[string]Made
	newest     Made
	leftovers  []psp.Leftover
}

// Made is a pod, when it was made, and whether a PodSecurityPolicy admitted it. The zero value is none.
type Made struct {
	Namespace, Name string
	At              time.Time
	Admitted        bool
}

// NewLedger reads the source of a server of that minor through a ledger; it is asked when templates arrive.
func NewLedger(source workload.Source, minor func() int) *Ledger {
	return &Ledger{Source: source, minor: minor, oldest: map[string]Made{}}
}

// Note puts what was noted into the facts of a plan. Where nothing else tells whether PodSecurityPolicy is on, the
// youngest pod does.
func (l *Ledger) Note(f *PlanFacts) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f.Namespaces, f.Oldest = l.namespaces, l.oldest
	f.Leftovers = append(f.Leftovers, l.leftovers...)
	if f.Plugin.Value == report.PodSecurityActive || f.Plugin.Value == report.PodSecurityInactive || l.newest.Name == "" {
		return
	}
	f.Plugin = report.Fact{
		Value: report.PodSecurityInactive, Source: report.SourceAssumed,
		Reason: fmt.Sprintf("the youngest pod, %s in %s, was put to no policy", l.newest.Name, l.newest.Namespace),
	}
	if l.newest.Admitted {
		f.Plugin.Value = report.PodSecurityActive
		f.Plugin.Reason = fmt.Sprintf("the youngest pod, %s in %s, was admitted by a policy; --probe asks the server", l.newest.Name, l.newest.Namespace)
	}
}

// Namespaces implements workload.Source.
func (l *Ledger) Namespaces(ctx context.Context) ([]corev1.Namespace, error) {
	list, err := l.Source.Namespaces(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.namespaces = append([]corev1.Namespace{}, list...)
	return list, err
}

// Read implements workload.Source.
func (l *Ledger) Read(ctx context.Context, namespaces []corev1.Namespace, sink workload.Sink) ([]workload.Gap, error) {
	return l.Source.Read(ctx, namespaces, &noting{Sink: sink, ledger: l})
}

// noting is a sink that notes what passes.
type noting struct {
	workload.Sink
	ledger *Ledger
}

// Pods implements workload.Sink. A page is looked at before it is handed on, since it is the sink's from then on.
func (n *noting) Pods(ctx context.Context, page []corev1.Pod) error {
	n.ledger.note(page)
	return n.Sink.Pods(ctx, page)
}

// Objects implements workload.Sink. The sink may drop a template once it has judged it.
func (n *noting) Objects(ctx context.Context, page []*workload.Object) error {
	if err := n.ledger.noteTemplates(page); err != nil {
		return err
	}
	return n.Sink.Objects(ctx, page)
}

func (l *Ledger) noteTemplates(page []*workload.Object) error {
	for _, o := range page {
		found, err := psp.TemplateLeftovers(o, l.minor())
		if err != nil {
			return err
		}
		l.mu.Lock()
		l.leftovers = append(l.leftovers, found...)
		l.mu.Unlock()
	}
	return nil
}

func (l *Ledger) note(page []corev1.Pod) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range page {
		pod := &page[i]
		made := Made{pod.Namespace, pod.Name, pod.CreationTimestamp.Time, pod.Annotations[psp.Annotation] != ""}
		if made.At.After(l.newest.At) {
			l.newest = made
		}
		if pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed {
			continue
		}
		if first, ok := l.oldest[pod.Namespace]; !ok || made.At.Before(first.At) {
			l.oldest[pod.Namespace] = made
		}
	}
}
