//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
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

func newest(tb testing.TB, candidate survey.Candidate) survey.Options {
	tb.Helper()
	return survey.Options{Minor: standard.NewestMinor, Admission: admission(tb), Candidate: candidate}
}

func admission(tb testing.TB) *simulate.Admission {
	tb.Helper()
	config, err := simulate.DefaultConfig()
	if err != nil {
		tb.Fatal(err)
	}
	a, err := simulate.New(config)
	if err != nil {
		tb.Fatal(err)
	}
	return a
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

// What the benchmarks measure is an estate as it is meant to be.
func TestEstate(t *testing.T) {
	r := surveyed(t, newMemory(10000), newest(t, nil))
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
