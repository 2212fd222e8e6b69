// Package estate draws the cluster that the benchmarks read: namespaces, workloads of every usual kind with the
// controllers between them and their pods, and the pods. It only computes; drawing the same index twice gives the
// same objects, so that an estate grows by drawing further indexes.
package estate

import (
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The proportions of an estate.
const (
	PodsPerWorkload       = 10
	WorkloadsPerNamespace = 5
	PodsPerNamespace      = PodsPerWorkload * WorkloadsPerNamespace
)

// Namespace draws a namespace by index. Most carry no Pod Security labels; none is enforced, as the server would
// refuse the estate's pods.
func Namespace(i int) *corev1.Namespace {
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: namespaceName(i),
		Labels: map[string]string{
			"team":        pick(i, "checkout", "catalogue", "identity", "platform", "data", "risk"),
			"environment": pick(i, "production", "staging"),
		},
	}}
	const prefix = "pod-security.kubernetes.io/"
	switch i % 6 {
	case 1:
		ns.Labels[prefix+"warn"] = "restricted"
	case 3:
		ns.Labels[prefix+"audit"] = "baseline"
		ns.Labels[prefix+"audit-version"] = "v1.30"
	case 5:
		ns.Labels[prefix+"enforce"] = "privileged"
		ns.Labels[prefix+"warn"] = "baseline"
	}
	return ns
}

func namespaceName(i int) string { return fmt.Sprintf("bench-%05d", i) }

// Kind is what sort of workload an index draws.
type Kind string

// The kinds of workloads.
const (
	Deployment  Kind = "Deployment"
	StatefulSet Kind = "StatefulSet"
	DaemonSet   Kind = "DaemonSet"
	Job         Kind = "Job"
	CronJob     Kind = "CronJob"
)

// Workload is a workload that an index draws, with what its parts have in common.
type Workload struct {
	Index           int
	Kind            Kind
	Namespace, Name string
	Flaw            Flaw
}

// At draws a workload by index: thirteen Deployments, three StatefulSets, two DaemonSets, a CronJob and a Job in
// every twenty.
func At(i int) Workload {
	kind := Deployment
	switch i % 20 {
	case 3, 9, 14:
		kind = StatefulSet
	case 7, 17:
		kind = DaemonSet
	case 11:
		kind = Job
	case 18:
		kind = CronJob
	}
	role := pick(i, "api", "web", "worker", "gateway", "cache", "indexer", "mailer")
	return Workload{
		Index: i, Kind: kind, Flaw: flawOf(i),
		Namespace: namespaceName(i / WorkloadsPerNamespace),
		Name:      fmt.Sprintf("%s-%s-%d", pick(i/7, "orders", "payments", "search", "profile", "stock"), role, i),
	}
}

// Labels are those of the workload and of its pods.
func (w Workload) Labels() map[string]string {
	return map[string]string{
		"app.kubernetes.io/name":       w.Name,
		"app.kubernetes.io/instance":   w.Name + "-" + w.Namespace,
		"app.kubernetes.io/component":  "server",
		"app.kubernetes.io/part-of":    "shop",
		"app.kubernetes.io/managed-by": "Helm",
		"app.kubernetes.io/version":    fmt.Sprintf("2.%d.%d", w.Index%40, w.Index%7),
		"helm.sh/chart":                "service-4.17.2",
	}
}

// Selector selects the workload's pods.
func (w Workload) Selector() *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{"app.kubernetes.io/name": w.Name}}
}

// Meta is the metadata of the workload itself.
func (w Workload) Meta() metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Namespace: w.Namespace, Name: w.Name, Labels: w.Labels(),
		Annotations: map[string]string{
			"meta.helm.sh/release-name":      w.Name,
			"meta.helm.sh/release-namespace": w.Namespace,
		},
	}
}

// Owned is the metadata of an object that a controller made.
func (w Workload) Owned(owner *metav1.OwnerReference, name string, labels, annotations map[string]string) metav1.ObjectMeta {
	m := metav1.ObjectMeta{Namespace: w.Namespace, Name: name, Labels: w.Labels(), Annotations: annotations}
	maps.Copy(m.Labels, labels)
	if owner != nil {
		m.OwnerReferences = []metav1.OwnerReference{*owner}
	}
	return m
}

// ControllerRef refers to a controller that has been made.
func ControllerRef(apiVersion, kind string, m *metav1.ObjectMeta) *metav1.OwnerReference {
	yes := true
	return &metav1.OwnerReference{
		APIVersion: apiVersion, Kind: kind, Name: m.Name, UID: m.UID,
		Controller: &yes, BlockOwnerDeletion: &yes,
	}
}

// Suffix is five characters such as the API server generates.
func Suffix(n int) string {
	const alphabet = "bcdfghjklmnpqrstvwxz2456789"
	mixed := uint64(n)*0x9E3779B97F4A7C15 + 0x1234567
	var b [5]byte
	for i := range b {
		b[i] = alphabet[mixed%uint64(len(alphabet))]
		mixed /= uint64(len(alphabet))
	}
	return string(b[:])
}

func pick(i int, from ...string) string { return from[i%len(from)] }
