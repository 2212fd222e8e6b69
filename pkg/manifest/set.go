package manifest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// Count is how many objects of a kind there were.
type Count struct {
	schema.GroupKind
	Objects int
}

// set is what the files hold.
type set struct {
	namespaces []corev1.Namespace
	pods       []corev1.Pod
	objects    []*workload.Object
	gaps       []workload.Gap
	errors     []DocumentError
	warnings   []Remark
	locations  map[types.UID]*workload.Location // of pods
	// absent and leaving are namespaces of the cluster that the files are for.
	absent, leaving []string

	passed   map[schema.GroupKind]int
	declared map[string]workload.Location // of namespaces
	index    map[string]int               // of namespaces
	uids     map[types.UID]bool
}

func newSet() *set {
	return &set{
		locations: map[types.UID]*workload.Location{}, passed: map[schema.GroupKind]int{},
		declared: map[string]workload.Location{}, index: map[string]int{}, uids: map[types.UID]bool{},
	}
}

// add takes what became of the next document.
func (s *set) add(d *decoded) {
	s.warnings = append(s.warnings, d.warnings...)
	for _, e := range d.errors {
		s.errors = append(s.errors, e)
		s.gaps = append(s.gaps, e.gap())
	}
	for i := range d.namespaces {
		s.declare(&d.namespaces[i], d.document)
	}
	for i := range d.pods {
		pod := d.pods[i]
		pod.UID = s.uid(pod.UID)
		location := d.document.location()
		s.locations[pod.UID] = &location
		s.mention(pod.Namespace)
		s.pods = append(s.pods, pod)
	}
	for _, o := range d.objects {
		o.UID = s.uid(o.UID)
		s.mention(o.Namespace)
		s.objects = append(s.objects, o)
	}
	for _, g := range d.gaps {
		s.mention(g.Namespace)
		s.gaps = append(s.gaps, g)
	}
	for _, gk := range d.passed {
		s.passed[gk]++
	}
}

// uid keeps the UID that an object has from a server, since owners are found by it, and makes one up for the others.
// A second object with the same one is another object.
func (s *set) uid(have types.UID) types.UID {
	for n := len(s.uids); have == "" || s.uids[have]; n++ {
		have = types.UID(fmt.Sprintf("manifest-%d", n))
	}
	s.uids[have] = true
	return have
}

// mention makes room for a namespace that something lies in.
func (s *set) mention(name string) *corev1.Namespace {
	i, ok := s.index[name]
	if !ok {
		i = len(s.namespaces)
		s.index[name] = i
		s.namespaces = append(s.namespaces, corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
	}
	return &s.namespaces[i]
}

// declare takes a namespace's labels. As when files are applied one after the other, the last word counts.
func (s *set) declare(ns *corev1.Namespace, d *document) {
	if ns.Name == "" {
		s.passed[schema.GroupKind{Kind: "Namespace"}]++ // the server would name it, and nothing can lie in it yet
		return
	}
	if first, again := s.declared[ns.Name]; again {
		s.warnings = append(s.warnings, Remark{Location: d.location(), Line: d.line + d.firstLine() - 1, Text: fmt.Sprintf(
			"declares namespace %q again, after document %d of %s: these labels are taken", ns.Name, first.Document, first.File)})
	} else {
		s.declared[ns.Name] = d.location()
	}
	s.mention(ns.Name).Labels = ns.Labels
}

// empty says that there was nothing at all: no object, and no error that hides one.
func (s *set) empty() bool {
	return len(s.namespaces) == 0 && len(s.passed) == 0 && len(s.errors) == 0
}

// close puts everything into its final order.
func (s *set) close() {
	slices.SortFunc(s.namespaces, func(a, b corev1.Namespace) int { return strings.Compare(a.Name, b.Name) })
}

func (s *set) passedOver() []Count {
	list := make([]Count, 0, len(s.passed))
	for gk, n := range s.passed {
		list = append(list, Count{GroupKind: gk, Objects: n})
	}
	slices.SortFunc(list, func(a, b Count) int {
		return cmp.Or(cmp.Compare(b.Objects, a.Objects), strings.Compare(a.String(), b.String()))
	})
	return list
}
