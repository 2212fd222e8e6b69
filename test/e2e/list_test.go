//go:build e2e

package e2e

import (
	"context"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// list calls a typed client's List and takes out the items.
func list[L, T any](t *testing.T, read func(context.Context, metav1.ListOptions) (*L, error), o metav1.ListOptions, items func(*L) []T) []T {
	t.Helper()
	all, err := read(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return items(all)
}

// pointerTo is an object's pointer type.
type pointerTo[T any] interface {
	*T
	object
}

// keep takes objects of the estate's namespaces into stock.
func keep[T any, P pointerTo[T]](k *stock, items []T) {
	for i := range items {
		if o := P(&items[i]); slices.Contains(k.namespaces, o.GetNamespace()) {
			k.workloads = append(k.workloads, o)
			k.byUID[o.GetUID()] = o
		}
	}
}
