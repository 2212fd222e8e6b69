package rbac

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestServiceAccount(t *testing.T) {
	want := User{
		Name:   "system:serviceaccount:shop:web",
		Groups: []string{"system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"},
	}
	if diff := cmp.Diff(want, ServiceAccount("shop", "web")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, tt := range []struct {
		user, namespace, name string
		ok                    bool
	}{
		{"system:serviceaccount:shop:web", "shop", "web", true},
		{"system:serviceaccount:shop", "shop", "", false},
		{"system:serviceaccount::web", "", "web", false},
		{"ann", "", "", false},
	} {
		if namespace, name, ok := ServiceAccountOf(tt.user); namespace != tt.namespace || name != tt.name || ok != tt.ok {
			t.Errorf("%s: %q, %q, %v", tt.user, namespace, name, ok)
		}
	}
}

func TestMay(t *testing.T) {
	use := func(name string) Action { return Action{"use", "policy", "podsecuritypolicies", name} }
	w := (&world{}).
		clusterRole("use-a", "use podsecuritypolicies@policy a").
		clusterRole("use-any", "use podsecuritypolicies@policy").
		role("shop", "use-b", "use podsecuritypolicies@policy b").
		bind("all-accounts", "use-a", "Group system:serviceaccounts").
		bind("unreachable", "use-any", "ServiceAccount /web").
		bindIn("shop", "b", "Role use-b", "ServiceAccount /web").
		bindIn("shop", "named", "ClusterRole use-any", "User system:serviceaccount:pay:api", "Robot web").
		bindIn("pay", "of-shop", "ClusterRole use-any", "Group system:serviceaccounts:shop").
		bindIn("ops", "everybody", "ClusterRole use-any", "Group system:authenticated")
	for _, tt := range []struct {
		name      string
		user      User
		namespace string
		action    Action
		want      bool
	}{
		{"by the group of all service accounts", ServiceAccount("shop", "x"), "shop", use("a"), true},
		{"a subject without namespace is of the binding's", ServiceAccount("shop", "web"), "shop", use("b"), true},
		{"and only of that", ServiceAccount("pay", "web"), "shop", use("b"), false},
		{"a role binding ends at its namespace", ServiceAccount("shop", "web"), "pay-2", use("b"), false},
		{"a service account as a user", ServiceAccount("pay", "api"), "shop", use("z"), true},
		{"by the group of a namespace's service accounts", ServiceAccount("shop", "x"), "pay", use("z"), true},
		{"not by the group of another's", ServiceAccount("ops", "x"), "pay", use("z"), false},
		{"by system:authenticated", ServiceAccount("shop", "x"), "ops", use("z"), true},
		{"without groups", User{Name: "system:serviceaccount:shop:x"}, "ops", use("z"), false},
		{"a subject of an unknown kind", User{Name: "web", Groups: []string{"web"}}, "shop", use("b"), false},
		{"a user named as a service account's group", User{Name: "system:serviceaccounts"}, "shop", use("a"), false},
		{"system:masters needs no RBAC", User{Name: "root", Groups: []string{Masters}}, "shop", use("z"), true},
		{"nowhere", ServiceAccount("shop", "web"), "", use("b"), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := w.May(tt.user, tt.namespace, tt.action); got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}
