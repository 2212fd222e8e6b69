package migration

import (
	"encoding/json"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
)

// rawObjects are objects as they stand in a manifest.
func rawObjects(objects []any) []json.RawMessage {
	var list []json.RawMessage
	for _, o := range objects {
		if raw, err := manifestOf(o); err == nil {
			list = append(list, raw)
		}
	}
	return list
}

// manifestOf leaves out what only a server says.
func manifestOf(object any) (json.RawMessage, error) {
	raw, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	var fields map[string]any
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, err
	}
	delete(fields, "status")
	if m, ok := fields["metadata"].(map[string]any); ok {
		for _, key := range []string{"creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid"} {
			delete(m, key)
		}
	}
	return json.Marshal(fields)
}

// newPolicy is an empty policy of that name.
func newPolicy(name string) *psp.Policy {
	return &psp.Policy{
		TypeMeta:   metav1.TypeMeta{APIVersion: "policy/v1beta1", Kind: psp.Kind},
		ObjectMeta: metav1.ObjectMeta{Name: name},
	}
}

func newClusterRole(name string, rules ...rbacv1.PolicyRule) *rbacv1.ClusterRole {
	return &rbacv1.ClusterRole{
		TypeMeta:   typeOf(clusterRoleKind),
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Rules:      rules,
	}
}

// newRoleBinding binds a ClusterRole to a group within a namespace.
func newRoleBinding(namespace, name, clusterRole, group string) *rbacv1.RoleBinding {
	return &rbacv1.RoleBinding{
		TypeMeta:   typeOf("RoleBinding"),
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: clusterRoleKind, Name: clusterRole},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: group}},
	}
}
