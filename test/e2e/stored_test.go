//go:build e2e

package e2e

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// namespaced are the resources that a check through admission might leave something of: all that are in every cluster but
// events and leases.
func namespaced() map[schema.GroupVersion][]string {
	return map[schema.GroupVersion][]string{
		{Version: "v1"}: {
			"pods", "replicationcontrollers", "podtemplates", "persistentvolumeclaims", "configmaps", "secrets", "serviceaccounts",
			"services", "resourcequotas", "limitranges",
		},
		{Group: "apps", Version: "v1"}:                      {"deployments", "replicasets", "statefulsets", "daemonsets", "controllerrevisions"},
		{Group: "batch", Version: "v1"}:                     {"jobs", "cronjobs"},
		{Group: "rbac.authorization.k8s.io", Version: "v1"}: {"roles", "rolebindings"},
	}
}

// everythingIn is every object of a namespace but events and leases, with its UID and generation.
func (s *server) everythingIn(t *testing.T, namespace string) []string {
	t.Helper()
	return s.metadata(t, namespace, namespaced())
}

// everything is what could have been changed, with its labels and what counts changes of its spec: of the status
// controllers write as well.
func (s *server) everything(t *testing.T) []string {
	t.Helper()
	return s.metadata(t, metav1.NamespaceAll, map[schema.GroupVersion][]string{
		{Version: "v1"}: {"namespaces", "pods"}, {Group: "apps", Version: "v1"}: {"deployments", "replicasets"},
	})
}

// metadata is a line for each object of some resources, in their order.
func (s *server) metadata(t *testing.T, namespace string, resources map[schema.GroupVersion][]string) []string {
	t.Helper()
	var lines []string
	for group, names := range resources {
		for _, name := range names {
			found, err := s.meta.Resource(group.WithResource(name)).Namespace(namespace).List(t.Context(), metav1.ListOptions{})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for i := range found.Items {
				o := &found.Items[i]
				lines = append(lines, fmt.Sprintln(name, o.Namespace, o.Name, o.UID, o.Generation, o.Labels)) // maps print sorted
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// atRestIn waits until the controllers of a namespace have looked at everything in it, and made what belongs to it.
func (s *server) atRestIn(t *testing.T, namespace string) {
	t.Helper()
	core, apps := s.client.CoreV1(), s.client.AppsV1()
	eventually(t, namespace+" to come to rest", func() (bool, error) {
		rc, rcErr := core.ReplicationControllers(namespace).List(t.Context(), metav1.ListOptions{})
		d, dErr := apps.Deployments(namespace).List(t.Context(), metav1.ListOptions{})
		rs, rsErr := apps.ReplicaSets(namespace).List(t.Context(), metav1.ListOptions{})
		sts, stsErr := apps.StatefulSets(namespace).List(t.Context(), metav1.ListOptions{})
		ds, dsErr := apps.DaemonSets(namespace).List(t.Context(), metav1.ListOptions{})
		_, err := core.ConfigMaps(namespace).Get(t.Context(), "kube-root-ca.crt", metav1.GetOptions{})
		if err := cmp.Or(rcErr, dErr, rsErr, stsErr, dsErr, err); err != nil {
			return false, err
		}
		looked := true
		look := func(o object, observed int64) { looked = looked && o.GetGeneration() == observed }
		for i := range rc.Items {
			look(&rc.Items[i], rc.Items[i].Status.ObservedGeneration)
		}
		for i := range d.Items {
			look(&d.Items[i], d.Items[i].Status.ObservedGeneration)
		}
		for i := range rs.Items {
			look(&rs.Items[i], rs.Items[i].Status.ObservedGeneration)
		}
		for i := range sts.Items {
			look(&sts.Items[i], sts.Items[i].Status.ObservedGeneration)
		}
		for i := range ds.Items {
			look(&ds.Items[i], ds.Items[i].Status.ObservedGeneration)
		}
		return looked, nil
	})
}
