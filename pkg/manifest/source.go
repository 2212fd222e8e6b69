// Package manifest reads pods, workloads and namespaces from files, as kubectl's -f and -k name them, and hands them
// on as a server would store them: it stands where pkg/cluster stands for a live cluster. Nothing leaves the machine,
// unless the caller brings a Cluster to ask for the namespaces' labels.
package manifest

import (
	"context"
	"io"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// pageSize is how many objects go to the sink at once: few enough that every core gets some.
const pageSize = 100

// Options say what is read, and as which server would take it.
type Options struct {
	// Filenames are files, directories, glob patterns, or - for Stdin.
	Filenames []string
	// Kustomize is a directory with a kustomization; it excludes Filenames and Recursive.
	Kustomize string
	// Recursive also reads what is below the directories of Filenames.
	Recursive bool
	Stdin     io.Reader
	// Namespace is where objects without a namespace go; empty means default.
	Namespace string
	// Minor is the server's, which decides what it makes of a manifest.
	Minor int
}

// Source is a set of files. It is read once, when its namespaces are asked for.
type Source struct {
	options Options
	roots   []root
	cluster *Cluster // nil for files that are judged offline
	set     *set
}

var _ workload.Files = (*Source)(nil)

// NewSource refuses options that contradict each other, paths that do not exist, and URLs.
func NewSource(o Options) (*Source, error) {
	if o.Namespace == "" {
		o.Namespace = corev1.NamespaceDefault
	}
	roots, err := rootsOf(&o)
	if err != nil {
		return nil, err
	}
	return &Source{options: o, roots: roots}, nil
}

// Namespaces implements workload.Source: those declared in the files, with their labels, and those that pods and
// workloads name, without; for a cluster, with the labels that they will have there. It reads the files; an error means that they cannot be judged at all. What is wrong with
// single documents is in Errors.
func (s *Source) Namespaces(ctx context.Context) ([]corev1.Namespace, error) {
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	return slices.Clone(s.set.namespaces), nil
}

// Read implements workload.Source. Its gaps are the documents that could not be decoded, and objects of kinds that
// are not known but make pods by the look of them.
func (s *Source) Read(ctx context.Context, namespaces []corev1.Namespace, sink workload.Sink) ([]workload.Gap, error) {
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	wanted := make(map[string]bool, len(namespaces))
	for i := range namespaces {
		wanted[namespaces[i].Name] = true
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for page := range slices.Chunk(s.set.pods, pageSize) {
		group.Go(func() error { return sink.Pods(ctx, podsIn(wanted, page)) })
	}
	for page := range slices.Chunk(s.set.objects, pageSize) {
		group.Go(func() error { return sink.Objects(ctx, objectsIn(wanted, page)) })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return slices.Clone(s.set.gaps), nil
}

func podsIn(wanted map[string]bool, page []corev1.Pod) []corev1.Pod {
	kept := make([]corev1.Pod, 0, len(page)) // the sink owns what it gets
	for i := range page {
		if wanted[page[i].Namespace] {
			kept = append(kept, page[i])
		}
	}
	return kept
}

func objectsIn(wanted map[string]bool, page []*workload.Object) []*workload.Object {
	kept := make([]*workload.Object, 0, len(page))
	for _, o := range page {
		if wanted[o.Namespace] {
			own := *o // the sink takes the template away
			kept = append(kept, &own)
		}
	}
	return kept
}

// Locate implements workload.Files.
func (s *Source) Locate(pod types.UID) *workload.Location {
	if s.set == nil {
		return nil
	}
	return s.set.locations[pod]
}

// Errors are the documents and files that could not be decoded, in the order of the files. They are gaps, too.
func (s *Source) Errors() []DocumentError {
	if s.set == nil {
		return nil
	}
	return s.set.errors
}

// Warnings are what was judged all the same, but not as it stands there.
func (s *Source) Warnings() []Remark {
	if s.set == nil {
		return nil
	}
	return s.set.warnings
}

// PassedOver counts the objects that make no pods, by kind.
func (s *Source) PassedOver() []Count {
	if s.set == nil {
		return nil
	}
	return s.set.passedOver()
}

// load reads the files, once.
func (s *Source) load(ctx context.Context) error {
	if s.set != nil {
		return nil
	}
	l := newLoader(s)
	if err := l.run(ctx); err != nil {
		return err
	}
	read, err := l.result()
	if err != nil {
		return err
	}
	if s.cluster != nil {
		if err := read.settle(ctx, s.cluster); err != nil {
			return err
		}
	}
	s.set = read
	return nil
}
