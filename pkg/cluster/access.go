package cluster

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-pss/kubectl-pss/pkg/rbac"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

func serviceAccountKind() kind {
	return newKind[corev1.ServiceAccount, corev1.ServiceAccountList](corev1.SchemeGroupVersion, "ServiceAccount", "serviceaccounts")
}

// clusterAccessKinds say what goes for the whole cluster, namespaceAccessKinds what goes for one namespace.
func clusterAccessKinds() []kind {
	return []kind{
		newKind[rbacv1.ClusterRole, rbacv1.ClusterRoleList](rbacv1.SchemeGroupVersion, "ClusterRole", "clusterroles"),
		newKind[rbacv1.ClusterRoleBinding, rbacv1.ClusterRoleBindingList](rbacv1.SchemeGroupVersion, "ClusterRoleBinding", "clusterrolebindings"),
	}
}

func namespaceAccessKinds() []kind {
	return []kind{
		newKind[rbacv1.Role, rbacv1.RoleList](rbacv1.SchemeGroupVersion, "Role", "roles"),
		newKind[rbacv1.RoleBinding, rbacv1.RoleBindingList](rbacv1.SchemeGroupVersion, "RoleBinding", "rolebindings"),
	}
}

// Access reads the RBAC objects of the cluster, of its namespaces only the given ones unless there are none. What cannot
// be read is a gap; an error means that no server took any request.
func (c *Client) Access(ctx context.Context, chunk int64, namespaces []string) (rbac.Objects, []workload.Gap, error) {
	var lists []listing
	for _, k := range clusterAccessKinds() {
		lists = append(lists, listing{kind: k})
	}
	for _, k := range namespaceAccessKinds() {
		lists = append(lists, inNamespaces(k, namespaces)...)
	}
	var o rbac.Objects
	gaps, err := c.collect(ctx, chunk, lists, func(obj runtime.Object) {
		switch obj := obj.(type) {
		case *rbacv1.ClusterRole:
			o.ClusterRoles = append(o.ClusterRoles, *obj)
		case *rbacv1.ClusterRoleBinding:
			o.ClusterRoleBindings = append(o.ClusterRoleBindings, *obj)
		case *rbacv1.Role:
			o.Roles = append(o.Roles, *obj)
		case *rbacv1.RoleBinding:
			o.RoleBindings = append(o.RoleBindings, *obj)
		}
	})
	if err != nil {
		return rbac.Objects{}, nil, err
	}
	byName(o.ClusterRoles)
	byName(o.ClusterRoleBindings)
	byName(o.Roles)
	byName(o.RoleBindings)
	return o, gaps, nil
}

// ServiceAccounts are the names of the service accounts of some namespaces, or of all with none given, sorted.
func (c *Client) ServiceAccounts(ctx context.Context, chunk int64, namespaces []string) ([]types.NamespacedName, []workload.Gap, error) {
	var names []types.NamespacedName
	gaps, err := c.collect(ctx, chunk, inNamespaces(serviceAccountKind(), namespaces), func(obj runtime.Object) {
		if m, err := meta.Accessor(obj); err == nil {
			names = append(names, types.NamespacedName{Namespace: m.GetNamespace(), Name: m.GetName()})
		}
	})
	if err != nil {
		return nil, nil, err
	}
	slices.SortFunc(names, func(a, b types.NamespacedName) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return names, gaps, nil
}

// inNamespaces are a kind's lists in some namespaces, or the one of the whole cluster.
func inNamespaces(k kind, namespaces []string) []listing {
	if len(namespaces) == 0 {
		return []listing{{kind: k}}
	}
	var lists []listing
	for _, namespace := range namespaces {
		lists = append(lists, listing{kind: k, namespace: namespace})
	}
	return lists
}

// collect reads lists and hands on each object once, one at a time and in no order. Managed fields are left out.
func (c *Client) collect(ctx context.Context, chunk int64, lists []listing, take func(runtime.Object)) ([]workload.Gap, error) {
	source, err := NewSource(c, Options{ChunkSize: chunk})
	if err != nil {
		return nil, err
	}
	r := &reading{Source: source}
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallelLists)
	for _, l := range lists {
		group.Go(func() error {
			seen := map[types.NamespacedName]bool{}
			failure, err := r.stream(ctx, l, func(page runtime.Object) error {
				r.note(l, nil)
				mu.Lock()
				defer mu.Unlock()
				return meta.EachListItem(page, func(obj runtime.Object) error {
					m, err := meta.Accessor(obj)
					if err != nil {
						return err
					}
					name := types.NamespacedName{Namespace: m.GetNamespace(), Name: m.GetName()}
					if !seen[name] { // a list that had to start again
						seen[name] = true
						m.SetManagedFields(nil)
						take(obj)
					}
					return nil
				})
			})
			if err == nil {
				r.note(l, failure)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return r.result()
}

// byName sorts objects by namespace and name: lists arrive side by side.
func byName[T any, P interface {
	*T
	metav1.Object
}](objects []T) {
	slices.SortFunc(objects, func(a, b T) int {
		x, y := P(&a), P(&b)
		return cmp.Or(cmp.Compare(x.GetNamespace(), y.GetNamespace()), cmp.Compare(x.GetName(), y.GetName()))
	})
}
