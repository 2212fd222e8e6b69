package cluster

import (
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/sets"
)

const (
	// stalePages is how many pages may begin like an earlier one, or be empty, before a list is given up. Servers send
	// none; a cache in between may send one.
	stalePages = 8
	// listedObjects is more than any etcd can hold of one kind.
	listedObjects = 20_000_000
)

// endlessError says that a list was given up which would have gone on for ever.
type endlessError struct{ resource, why string }

// Error implements error.
func (e *endlessError) Error() string {
	return fmt.Sprintf("the list of %s does not end: %s; --chunk-size=0 asks for it as a whole", e.resource, e.why)
}

// course is the way of one list from page to page. Nothing but the server says when a list ends, so that one which is
// broken, or something between it and us, could keep us for ever.
type course struct {
	resource       string
	limit          int // of objects
	tokens, begins sets.Set[string]
	stale, objects int
}

func newCourse(resource string) *course {
	return &course{resource: resource, limit: listedObjects, tokens: sets.New[string](), begins: sets.New[string]()}
}

// follow takes down a page: the token behind it, how its first object is called and how many it has. An error says why
// the list is not worth following.
func (c *course) follow(token, begin string, objects int) error {
	if token == "" {
		return nil
	}
	c.objects += objects
	if objects == 0 || c.begins.Has(begin) {
		c.stale++
	}
	switch {
	case c.tokens.Has(token):
		return &endlessError{c.resource, "the server gave the same continue token twice"}
	case c.stale > stalePages:
		return &endlessError{c.resource, fmt.Sprintf("%d of its pages brought nothing new", c.stale)}
	case c.objects > c.limit:
		return &endlessError{c.resource, fmt.Sprintf("it has more than %d objects", c.limit)}
	}
	c.tokens.Insert(token)
	c.begins.Insert(begin)
	return nil
}

// whole says what is wrong with an answer that was cut off where it can still be decoded: to protobuf and to JSON an
// object without content is an object. Every server gives a list a resourceVersion, and an object its name.
func whole(obj runtime.Object, name string) error {
	if m, err := meta.ListAccessor(obj); err == nil {
		if m.GetResourceVersion() == "" {
			return errors.New("the answer is no list: it has no resourceVersion")
		}
		return nil
	}
	m, err := meta.Accessor(obj)
	if err != nil {
		return err
	}
	if m.GetName() != name {
		return fmt.Errorf("the answer is another object: %q instead of %q", m.GetName(), name)
	}
	return nil
}
