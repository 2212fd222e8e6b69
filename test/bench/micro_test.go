//go:build unix

package main

import (
	"context"
	"fmt"
	"io"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/kubectl-pss/kubectl-pss/pkg/beyond"
	"github.com/kubectl-pss/kubectl-pss/pkg/printer"
	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
	"github.com/kubectl-pss/kubectl-pss/test/bench/estate"
)

// Decoding a page is what the floor does too: the measure of everything below.
func BenchmarkDecodePage(b *testing.B) {
	data, err := (&corev1.PodList{Items: newMemory(pageSize).pages[0]}).Marshal()
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if err := new(corev1.PodList).Unmarshal(data); err != nil {
			b.Fatal(err)
		}
	}
}

// Judging a page: what baseline and restricted deny of each pod, and which fields say so.
func BenchmarkEvaluate(b *testing.B) {
	e := evaluator(b)
	page := newMemory(pageSize).pages[0]
	b.ReportAllocs()
	for b.Loop() {
		denials := 0
		for i := range page {
			pod := &page[i]
			for _, lv := range levels() {
				for _, d := range e.Denials(lv, &pod.ObjectMeta, &pod.Spec) {
					denials++
					e.Locate(d.Check, e.Latest(), &pod.ObjectMeta, &pod.Spec)
				}
			}
		}
		if denials == 0 {
			b.Fatal("nothing is denied")
		}
	}
	perPod(b, pageSize)
}

// The server's answers, from what evaluation found.
func BenchmarkSimulate(b *testing.B) {
	a, page := admission(b), newMemory(10000).pages
	pod := &page[0][2*estate.PodsPerWorkload] // its workload runs as root
	found := recall(evaluator(b), pod)
	restricted := map[string]string{api.EnforceLevelLabel: "restricted", api.WarnLevelLabel: "restricted"}
	b.Run("pod", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if a.CreatePod(restricted, pod, "", found).Allowed {
				b.Fatal("allowed")
			}
		}
	})
	template := &corev1.PodTemplateSpec{ObjectMeta: pod.ObjectMeta, Spec: pod.Spec}
	b.Run("workload", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if len(a.CreateWorkload(restricted, pod.Namespace, template, found).Warnings) == 0 {
				b.Fatal("no warnings")
			}
		}
	})
	for _, pods := range []int{estate.PodsPerNamespace, simulate.MaxPods} {
		b.Run(fmt.Sprintf("labels-pods=%d", pods), func(b *testing.B) {
			var existing []simulate.Skeleton
			for i := range pods {
				p := &page[i/pageSize][i%pageSize]
				existing = append(existing, simulate.Skeleton{
					Name: p.Name, UID: p.UID, Controller: p.OwnerReferences[0].UID, Found: recall(evaluator(b), p),
				})
			}
			b.ReportAllocs()
			for b.Loop() {
				if len(a.ChangeLabels("a", nil, restricted, existing).Warnings) == 0 {
					b.Fatal("no warnings")
				}
			}
			perPod(b, pods)
		})
	}
}

// Folding: everything that happens to decoded pages while they arrive, evaluation of what is new included.
func BenchmarkFold(b *testing.B) {
	const pods = 10000
	m, o := &timed{memory: newMemory(pods), b: b}, newest(b, nil)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer() // but for timed.Read
		if _, err := survey.Run(b.Context(), m, o); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	perPod(b, pods)
}

// timed lets the clock run only while the sink takes pages.
type timed struct {
	*memory

	b *testing.B
}

func (t *timed) Read(ctx context.Context, namespaces []corev1.Namespace, sink workload.Sink) ([]workload.Gap, error) {
	t.b.StartTimer()
	defer t.b.StopTimer()
	return t.memory.Read(ctx, namespaces, sink)
}

// From decoded pages to the report: evaluating, folding, resolving and simulating.
func BenchmarkSurvey(b *testing.B) {
	restricted := survey.Candidate{survey.Enforce: {Level: api.LevelRestricted}}
	for _, c := range []struct {
		name      string
		pods      int
		candidate survey.Candidate
		beyond    *beyond.Options
	}{
		{"page", pageSize, nil, nil},
		{"page-candidate", pageSize, restricted, nil},
		{"estate", 10000, nil, nil},
		{"estate-candidate", 10000, restricted, nil},
		{"estate-beyond", 10000, nil, &beyond.Options{Registries: []string{"registry.k8s.io", "docker.io/library"}}},
	} {
		b.Run(c.name, func(b *testing.B) {
			m, o := newMemory(c.pods), newest(b, c.candidate)
			o.Beyond = c.beyond
			b.ReportAllocs()
			for b.Loop() {
				surveyed(b, m, o)
			}
			perPod(b, c.pods)
		})
	}
}

// The report on 10,000 pods, written.
func BenchmarkPrint(b *testing.B) {
	r := surveyed(b, newMemory(10000), newest(b, nil))
	for _, format := range []string{"", "wide", "json", "yaml"} {
		b.Run("format="+format, func(b *testing.B) {
			streams, _, _, _ := terminal.NewTest()
			flags := printer.NewFlags()
			flags.Output = format
			write, err := printer.ToPrinter(flags, streams, printer.Check(printer.Options{}))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := write(io.Discard, r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func levels() []api.LevelVersion {
	return []api.LevelVersion{
		{Level: api.LevelBaseline, Version: api.LatestVersion()}, {Level: api.LevelRestricted, Version: api.LatestVersion()},
	}
}

func evaluator(tb testing.TB) *standard.Evaluator {
	tb.Helper()
	e, err := standard.NewEvaluator(standard.NewestMinor)
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

// recall remembers what a pod is denied.
func recall(e *standard.Evaluator, pod *corev1.Pod) simulate.Recall {
	found := map[api.LevelVersion][]policy.CheckResult{}
	for _, lv := range levels() {
		found[lv] = standard.Results(e.Denials(lv, &pod.ObjectMeta, &pod.Spec))
	}
	return func(lv api.LevelVersion) []policy.CheckResult { return found[lv] }
}

func perPod(b *testing.B, pods int) {
	b.Helper()
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*pods), "ns/pod")
}
