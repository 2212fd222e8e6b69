package cluster

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

const (
	// prefetch is how many pages may wait while the sink works on one and another is on its way.
	prefetch = 0
	// restarts bounds how often a list starts again whose continue token expired without a successor, and how
	// often in a row it may expire without a page in between.
	restarts = 3
)

// listing is one list: a kind in a namespace, or in all.
type listing struct {
	kind      kind
	namespace string
	options   metav1.ListOptions
	// whole leaves nothing out of the objects.
	whole bool
}

// stream reads a list page by page; handle works on a page while the next one is fetched. failure says why the
// list ended early, stop why everything has to: handle refused, or the context ended.
func (s *Source) stream(ctx context.Context, l listing, handle func(page runtime.Object) error) (failure, stop error) {
	fetching, cancel := context.WithCancel(ctx)
	defer cancel()
	pages := make(chan runtime.Object, prefetch)
	go func() {
		defer close(pages)
		failure = s.fetch(fetching, l, pages)
	}()
	for page := range pages {
		if stop != nil {
			continue // let the fetcher find out and close
		}
		if stop = handle(page); stop != nil {
			cancel()
		}
	}
	if stop == nil && failure != nil {
		stop = ctx.Err()
	}
	return failure, stop
}

// fetch follows a list's continue tokens and sends its pages on. A token that expired (the server keeps them
// some five minutes) is replaced by the one that comes with the refusal; the rest of such a list is newer than
// its beginning. Without one the list starts again.
func (s *Source) fetch(ctx context.Context, l listing, pages chan<- runtime.Object) error {
	o := l.options
	o.Limit = s.options.ChunkSize
	in := &intake{to: pages, handed: map[identity]struct{}{}}
	if !l.whole {
		ctx = withCut(ctx, s.cut(l.kind), &batcher{
			kind: l.kind.Kind + "List", most: batchItems, list: l.kind.list,
			take: func(part runtime.Object) error { return in.send(ctx, part) },
		})
	}
	way := newCourse(l.kind.name())
	for restarted, stalled := 0, 0; ; stalled = 0 {
		page := l.kind.list()
		err := s.client.list(ctx, l.kind, l.namespace, o, page)
		for apierrors.IsResourceExpired(err) && restarted < restarts && stalled < restarts {
			if o.Continue = successor(err); o.Continue == "" {
				restarted++
				way = newCourse(l.kind.name())
			}
			stalled++
			err = s.client.list(ctx, l.kind, l.namespace, o, page)
		}
		if err != nil {
			return err
		}
		m, err := meta.ListAccessor(page)
		if err != nil {
			return err
		}
		next := m.GetContinue()
		if err := in.send(ctx, page); err != nil {
			return err
		}
		following := way.follow(next, in.begin, len(in.handed))
		s.options.OnPage(l.kind.name(), len(in.handed), remaining(m))
		in.next()
		if o.Continue = next; next == "" || following != nil {
			return following
		}
	}
}

// cut is what lists of a kind leave out.
func (s *Source) cut(k kind) *cut {
	if s.options.Beyond && k.resource == podKind().resource {
		return beyondCut()
	}
	return k.cut()
}

// successor is the token with which an expired list goes on, empty for none.
func successor(err error) string {
	status, ok := errors.AsType[*apierrors.StatusError](err)
	if !ok {
		return ""
	}
	return status.ErrStatus.Continue
}

// remaining is how many objects are still to come. Servers leave it out where they would have to count.
func remaining(m metav1.ListInterface) int64 {
	switch n := m.GetRemainingItemCount(); {
	case n != nil:
		return *n
	case m.GetContinue() == "":
		return 0
	default:
		return -1
	}
}
