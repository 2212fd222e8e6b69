package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

const (
	// parallelLists is how many requests are under way at once: each kind's list in a cluster-wide read.
	parallelLists = 9
	// fewNamespaces is up to how many selected namespaces are read one by one. Each costs nine small lists,
	// where the cluster-wide lists cost everything that the cluster has.
	fewNamespaces = 16
)

// Options say what of a cluster is read. Names, Among, Selector and Only exclude each other; with none of them it is
// everything.
type Options struct {
	// Names are namespaces, read through namespaced requests only.
	Names []string
	// Among are namespaces that may be many, or gone by now: what is gone is left out.
	Among []string
	// Selector selects namespaces by label.
	Selector string
	// Only is a single pod or workload.
	Only *Target
	// ChunkSize is how many objects are asked for at a time; 0 asks for whole lists.
	ChunkSize int64
	// OnPage hears of every page that arrives, from several goroutines at once; remaining is how many objects
	// are still to come, -1 where the server does not say.
	OnPage func(resource string, items int, remaining int64)
	// Whole keeps all metadata of the namespaces, of which a survey needs name, UID and labels only.
	Whole bool
	// Beyond keeps of pods what the controls beyond the Standards look at: images, limits, mounts.
	Beyond bool
	// Convert reduces a workload; nil means workload.From.
	Convert func(runtime.Object) *workload.Object
}

// Target is a single pod or workload.
type Target struct {
	workload.Ref
	Namespace string
}

// Source reads a cluster for a survey.
type Source struct {
	client  *Client
	options Options
}

// NewSource refuses options that contradict each other.
func NewSource(c *Client, o Options) (*Source, error) {
	switch {
	case (len(o.Names) > 0 || len(o.Among) > 0) && o.Selector != "":
		return nil, errors.New("namespaces cannot be given both by name and by selector")
	case o.Only != nil && (len(o.Names) > 0 || o.Selector != ""):
		return nil, errors.New("a single object cannot be combined with namespaces")
	case o.ChunkSize < 0:
		return nil, fmt.Errorf("chunk size %d is negative", o.ChunkSize)
	}
	if o.Only != nil {
		if _, ok := kindOf(o.Only.Group, o.Only.Kind); !ok {
			return nil, fmt.Errorf("kind %q in group %q has no pods that a check could follow", o.Only.Kind, o.Only.Group)
		}
		o.Names = []string{o.Only.Namespace}
	}
	if o.OnPage == nil {
		o.OnPage = func(string, int, int64) {}
	}
	if o.Convert == nil {
		now := time.Now()
		o.Convert = func(obj runtime.Object) *workload.Object { return workload.From(obj, now) }
	}
	return &Source{client: c, options: o}, nil
}

// Namespaces implements workload.Source. An unknown name comes back as the server's own error.
func (s *Source) Namespaces(ctx context.Context) ([]corev1.Namespace, error) {
	switch {
	case len(s.options.Names) > 0:
		return s.named(ctx, s.options.Names)
	case len(s.options.Among) > 0 && s.oneByOne(len(s.options.Among)):
		return s.named(ctx, s.options.Among)
	}
	var all []corev1.Namespace
	seen := map[string]bool{}
	among := sets.New(s.options.Among...)
	list := listing{kind: namespaceKind(), options: metav1.ListOptions{LabelSelector: s.options.Selector}, whole: s.options.Whole}
	failure, err := s.stream(ctx, list, func(page runtime.Object) error {
		return meta.EachListItem(page, func(obj runtime.Object) error {
			ns, ok := obj.(*corev1.Namespace)
			if !ok || seen[ns.Name] || len(among) > 0 && !among.Has(ns.Name) { // seen: a list that had to start again
				return nil
			}
			seen[ns.Name] = true
			all = append(all, s.reduce(ns))
			return nil
		})
	})
	switch {
	case err != nil:
		return nil, err
	case apierrors.IsForbidden(failure):
		return nil, &HintError{Err: failure, Hint: "pass the namespaces that you may read by name: kubectl pss check ns NAME"}
	case failure != nil:
		return nil, failure
	}
	return all, nil
}

// oneByOne says whether so many namespaces are read through requests of their own.
func (s *Source) oneByOne(namespaces int) bool {
	switch {
	case len(s.options.Names) > 0:
		return true
	case s.options.Selector != "", len(s.options.Among) > 0:
		return namespaces <= fewNamespaces
	default:
		return false
	}
}

// named gets namespaces one by one, in the order given; the first that fails speaks for the others.
func (s *Source) named(ctx context.Context, given []string) ([]corev1.Namespace, error) {
	var names []string
	for _, name := range given {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	found, failures := make([]corev1.Namespace, len(names)), make([]error, len(names))
	var group errgroup.Group
	group.SetLimit(parallelLists)
	for i, name := range names {
		group.Go(func() error {
			var ns corev1.Namespace
			failures[i] = s.client.get(ctx, namespaceKind(), "", name, &ns)
			found[i] = s.reduce(&ns)
			return nil
		})
	}
	_ = group.Wait() // failures holds them in order
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	there := found[:0]
	for i, err := range failures {
		switch {
		case err == nil:
			there = append(there, found[i])
		case apierrors.IsNotFound(err) && len(s.options.Among) > 0:
		default:
			return nil, err
		}
	}
	return there, nil
}

// reduce keeps of a namespace what is asked for.
func (s *Source) reduce(ns *corev1.Namespace) corev1.Namespace {
	if s.options.Whole {
		return *ns
	}
	return corev1.Namespace{
		ObjectMeta: metav1.ObjectMeta{Name: ns.Name, UID: ns.UID, Labels: ns.Labels},
		Status:     corev1.NamespaceStatus{Phase: ns.Status.Phase},
	}
}
