package migration

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// pages is a source of one namespace.
type pages struct {
	pods    []corev1.Pod
	objects []*workload.Object
}

func (p pages) Namespaces(context.Context) ([]corev1.Namespace, error) {
	return []corev1.Namespace{{ObjectMeta: metav1.ObjectMeta{Name: "shop", Annotations: map[string]string{"a": "b"}}}}, nil
}

func (p pages) Read(ctx context.Context, _ []corev1.Namespace, sink workload.Sink) ([]workload.Gap, error) {
	if err := sink.Pods(ctx, p.pods); err != nil {
		return nil, err
	}
	return nil, sink.Objects(ctx, p.objects)
}

// wasteful is a sink that spoils what it gets, as the survey's may.
type wasteful struct{ pods, objects int }

func (w *wasteful) Pods(_ context.Context, page []corev1.Pod) error {
	w.pods += len(page)
	clear(page)
	return nil
}

func (w *wasteful) Objects(_ context.Context, page []*workload.Object) error {
	for _, o := range page {
		o.Template = nil
		w.objects++
	}
	return nil
}

func podOfAge(name string, ago time.Duration, phase corev1.PodPhase, policy string) corev1.Pod {
	p := corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name, CreationTimestamp: metav1.NewTime(planNoon().Add(-ago))}}
	p.Status.Phase = phase
	if policy != "" {
		p.Annotations = map[string]string{psp.Annotation: policy}
	}
	return p
}

func minor24() int { return 24 }

func TestLedger(t *testing.T) {
	marked := &corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{psp.Annotation: "hardened"}}}
	source := pages{
		pods: []corev1.Pod{
			podOfAge("old", 5*time.Hour, corev1.PodRunning, "hardened"),
			podOfAge("over", 9*time.Hour, corev1.PodSucceeded, "hardened"),
			podOfAge("failed", 8*time.Hour, corev1.PodFailed, ""),
			podOfAge("young", time.Hour, corev1.PodRunning, "hardened"),
		},
		objects: []*workload.Object{
			{Ref: workload.Ref{Group: "apps", Kind: "Deployment", Name: "web"}, Namespace: "shop", Template: marked},
			{Ref: workload.Ref{Group: "apps", Kind: "Deployment", Name: "api"}, Namespace: "shop", Template: &corev1.PodTemplateSpec{}},
		},
	}
	l := NewLedger(source, minor24)
	namespaces, err := l.Namespaces(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sink := &wasteful{}
	if _, err := l.Read(t.Context(), namespaces, sink); err != nil {
		t.Fatal(err)
	}
	if sink.pods != 4 || sink.objects != 2 {
		t.Errorf("%d pods and %d objects went on", sink.pods, sink.objects)
	}
	var f PlanFacts
	l.Note(&f)
	if diff := cmp.Diff(map[string]Made{"shop": {"shop", "old", planNoon().Add(-5 * time.Hour), true}}, f.Oldest); diff != "" {
		t.Error(diff)
	}
	if len(f.Namespaces) != 1 || f.Namespaces[0].Annotations["a"] != "b" {
		t.Errorf("namespaces are %v", f.Namespaces)
	}
	if len(f.Leftovers) != 1 || f.Leftovers[0].Name != "web" {
		t.Errorf("leftovers are %v", f.Leftovers)
	}
}

// The youngest pod tells of the plug-in where nothing else does.
func TestLedgerPlugin(t *testing.T) {
	admitted := podOfAge("new", time.Minute, corev1.PodRunning, "hardened")
	free := podOfAge("new", time.Minute, corev1.PodSucceeded, "")
	old := podOfAge("old", time.Hour, corev1.PodRunning, "hardened")
	unread := report.Fact{Value: report.PodSecurityUnknown, Source: report.SourceAssumed, Reason: "nothing can be read"}
	read := report.Fact{Value: report.PodSecurityActive, Source: report.SourceProbed, Reason: "metrics know it"}
	for name, tt := range map[string]struct {
		pods        []corev1.Pod
		given, want report.Fact
	}{
		"admitted": {[]corev1.Pod{admitted, old}, unread, report.Fact{
			Value: report.PodSecurityActive, Source: report.SourceAssumed,
			Reason: "the youngest pod, new in shop, was admitted by a policy; --probe asks the server",
		}},
		"put to none": {[]corev1.Pod{old, free}, unread, report.Fact{
			Value: report.PodSecurityInactive, Source: report.SourceAssumed, Reason: "the youngest pod, new in shop, was put to no policy",
		}},
		"something tells": {[]corev1.Pod{free}, read, read},
		"no pods":         {nil, unread, unread},
	} {
		t.Run(name, func(t *testing.T) {
			l := NewLedger(pages{pods: tt.pods}, minor24)
			if _, err := l.Read(t.Context(), nil, &wasteful{}); err != nil {
				t.Fatal(err)
			}
			f := PlanFacts{Plugin: tt.given}
			l.Note(&f)
			if diff := cmp.Diff(tt.want, f.Plugin); diff != "" {
				t.Error(diff)
			}
		})
	}
}
