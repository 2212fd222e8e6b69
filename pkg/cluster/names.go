package cluster

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// namesPage is how many names are asked for at a time: the first ones should be there early.
const namesPage = 500

// Names are the names of a namespace's objects of a kind, or with kind Namespace those of namespaces, as far as they
// could be read until the context ended. They serve to complete what somebody types, so that some are better than none.
func (c *Client) Names(ctx context.Context, group, kindName, namespace string) ([]string, error) {
	k, ok := kindOf(group, kindName)
	switch {
	case kindName == "Namespace":
		k, namespace = namespaceKind(), ""
	case !ok:
		return nil, fmt.Errorf("kind %q in group %q is not one that is read", kindName, group)
	}
	var names []string
	for o := (metav1.ListOptions{Limit: namesPage}); ; {
		page := k.list()
		if err := c.list(ctx, k, namespace, o, page); err != nil {
			if len(names) > 0 {
				return names, nil
			}
			return nil, err
		}
		err := meta.EachListItem(page, func(obj runtime.Object) error {
			m, err := meta.Accessor(obj)
			if err == nil {
				names = append(names, m.GetName())
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		list, err := meta.ListAccessor(page)
		if err != nil {
			return nil, err
		}
		if o.Continue = list.GetContinue(); o.Continue == "" {
			return names, nil
		}
	}
}
