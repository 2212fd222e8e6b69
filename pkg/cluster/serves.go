package cluster

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/version"
)

// Version is the server's version, for those who ask nothing else about it.
func (c *Client) Version(ctx context.Context) (version.Info, error) { return c.serverVersion(ctx) }

// Serves is which resources of a version of an API group the server has, by plural: none where it has not the version. What
// a server has everybody may read by default; ok is false where it does not say.
func (c *Client) Serves(ctx context.Context, gv schema.GroupVersion) (plurals sets.Set[string], ok bool, err error) {
	path := "/apis/" + gv.Group + "/" + gv.Version
	if gv.Group == "" {
		path = "/api/" + gv.Version
	}
	var served metav1.APIResourceList
	err = c.rawJSON(ctx, path, nil, &served)
	switch {
	case ctx.Err() != nil:
		return nil, false, ctx.Err()
	case apierrors.IsNotFound(err):
		return sets.New[string](), true, nil
	case err != nil && noAnswer(err):
		return nil, false, err
	case err != nil:
		return nil, false, nil
	}
	plurals = sets.New[string]()
	for i := range served.APIResources {
		plurals.Insert(served.APIResources[i].Name)
	}
	return plurals, true, nil
}

// Object reads a pod or a workload as it is stored. That it cannot be read is the server's own error.
func (c *Client) Object(ctx context.Context, t Target) (runtime.Object, error) {
	k, ok := kindOf(t.Group, t.Kind)
	if !ok {
		return nil, fmt.Errorf("kind %q in group %q is not one that is read", t.Kind, t.Group)
	}
	obj := k.one()
	if err := c.get(ctx, k, t.Namespace, t.Name, obj); err != nil {
		return nil, err
	}
	return obj, nil
}
