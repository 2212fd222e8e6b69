//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/printer"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
	"github.com/kubectl-pss/kubectl-pss/test/bench/estate"
)

const pageSize = 500

// memory is a cluster in memory, as decoded pages: every workload a Deployment with one ReplicaSet.
type memory struct {
	namespaces []corev1.Namespace
	pages      [][]corev1.Pod
	deploys    []appsv1.Deployment
	sets       []appsv1.ReplicaSet
}

var _ workload.Source = (*memory)(nil)

func newMemory(pods int) *memory {
	m := &memory{}
	for i := range pods / estate.PodsPerNamespace {
		m.namespaces = append(m.namespaces, *estate.Namespace(i))
	}
	var page []corev1.Pod
	for i := range pods / estate.PodsPerWorkload {
		w := estate.At(i)
		d := appsv1.Deployment{ObjectMeta: w.Meta(), Spec: appsv1.DeploymentSpec{Template: w.Template()}}
		d.UID = types.UID("d" + strconv.Itoa(i))
		r := appsv1.ReplicaSet{Spec: appsv1.ReplicaSetSpec{Template: w.Template()}}
		r.ObjectMeta = w.Owned(estate.ControllerRef("apps/v1", "Deployment", &d.ObjectMeta), w.Name+"-1", nil, nil)
		r.UID, r.Status.Replicas = types.UID("r"+strconv.Itoa(i)), estate.PodsPerWorkload
		m.deploys, m.sets = append(m.deploys, d), append(m.sets, r)
		for n := range estate.PodsPerWorkload {
			pod := w.Pod(estate.ControllerRef("apps/v1", "ReplicaSet", &r.ObjectMeta), fmt.Sprintf("%s-%d", r.Name, n), nil)
			pod.UID = types.UID("p" + strconv.Itoa(i) + "-" + strconv.Itoa(n))
			if page = append(page, *pod); len(page) == pageSize {
				m.pages, page = append(m.pages, page), nil
			}
		}
	}
	return m
}

func (m *memory) Namespaces(context.Context) ([]corev1.Namespace, error) { return m.namespaces, nil }

func (m *memory) Read(ctx context.Context, _ []corev1.Namespace, sink workload.Sink) ([]workload.Gap, error) {
	for _, page := range m.pages {
		if err := sink.Pods(ctx, page); err != nil {
			return nil, err
		}
	}
	var objects []*workload.Object
	for i := range m.deploys {
		objects = append(objects, workload.From(&m.deploys[i], time.Time{}), workload.From(&m.sets[i], time.Time{}))
	}
	return nil, sink.Objects(ctx, objects)
}

func options37(tb testing.TB, candidate survey.Candidate) survey.Options {
	tb.Helper()
	config, err := simulate.DefaultConfig()
	if err != nil {
		tb.Fatal(err)
	}
	admission, err := simulate.New(config)
	if err != nil {
		tb.Fatal(err)
	}
	return survey.Options{Minor: standard.NewestMinor, Admission: admission, Candidate: candidate}
}

func surveyed(tb testing.TB, m *memory, o survey.Options) *report.CheckReport {
	tb.Helper()
	r, err := survey.Run(tb.Context(), m, o)
	if err != nil {
		tb.Fatal(err)
	}
	if want := len(m.pages) * pageSize; r.Summary.Pods != want {
		tb.Fatalf("surveyed %d pods, want %d", r.Summary.Pods, want)
	}
	return r
}

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

// From decoded pages to the report: evaluating, folding, resolving and simulating.
func BenchmarkSurvey(b *testing.B) {
	restricted := survey.Candidate{survey.Enforce: {Level: api.LevelRestricted}}
	for _, c := range []struct {
		name      string
		pods      int
		candidate survey.Candidate
	}{
		{"page", pageSize, nil},
		{"page-candidate", pageSize, restricted},
		{"estate", 10000, nil},
		{"estate-candidate", 10000, restricted},
	} {
		b.Run(c.name, func(b *testing.B) {
			m, o := newMemory(c.pods), options37(b, c.candidate)
			b.ReportAllocs()
			for b.Loop() {
				surveyed(b, m, o)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*c.pods), "ns/pod")
		})
	}
}

// The report on 10,000 pods, written.
func BenchmarkPrint(b *testing.B) {
	r := surveyed(b, newMemory(10000), options37(b, nil))
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

// What the benchmarks measure is an estate as it is meant to be.
func TestEstate(t *testing.T) {
	r := surveyed(t, newMemory(10000), options37(t, nil))
	strictest := map[string]int{}
	for i := range r.Items {
		for k := range r.Items[i].Workloads {
			strictest[r.Items[i].Workloads[k].Strictest]++
		}
	}
	if r.Summary.Namespaces != 200 || r.Summary.Workloads != 1000 || strictest["restricted"] != 600 || len(strictest) != 3 {
		t.Errorf("%d namespaces, %d workloads, strictest levels %v: want 200, 1000, 600 of them restricted",
			r.Summary.Namespaces, r.Summary.Workloads, strictest)
	}
	total := 0
	for i := range 100 {
		spec, err := json.Marshal(estate.At(i).Template().Spec)
		if err != nil {
			t.Fatal(err)
		}
		total += len(spec)
	}
	if mean := total / 100; mean < 3000 || mean > 5000 {
		t.Errorf("a pod spec has %d bytes in JSON, which is not what they are like", mean)
	}
}

func TestFigures(t *testing.T) {
	took := func(wall time.Duration) sample { return sample{Wall: wall * time.Second} }
	r := &result{Sizes: []*sizeResult{
		{Scenarios: []*measurement{
			{Name: "floor", Samples: []sample{took(1), took(3), took(2)}},
			{Name: "check", Samples: []sample{took(2), took(3), took(3)}},
		}},
		{Scenarios: []*measurement{
			{Name: "floor", Samples: []sample{took(4)}},
			{Name: "check", Samples: []sample{took(9)}},
		}},
	}}
	r.evaluate()
	want := figure{Median: 3, Min: 2, Max: 3, Ratio: 1.5, RatioMin: 1, RatioMax: 2}
	if got := r.Sizes[0].Scenarios[1].Wall; got != want {
		t.Errorf("check is %+v, want %+v", got, want)
	}
	if got := r.Sizes[1].Scenarios[1].Wall.Growth; got != 3 {
		t.Errorf("check grew by %v, want 3", got)
	}
}
