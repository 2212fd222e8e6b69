package rbac

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// An action on namespaces in RBAC's words.
func on(verb, resource, name string) Action {
	return Action{Verb: verb, Resource: resource, Name: name}
}

func TestWhoMatchesRules(t *testing.T) {
	for _, tt := range []struct {
		name string
		rule string
		ask  Action
		some []string // what WhoSome confines the grant to, "" for all; nil: nobody may
		who  bool
	}{
		{"exact", "update,patch namespaces@", on("patch", "namespaces", ""), []string{""}, true},
		{"other verb", "get,list namespaces@", on("patch", "namespaces", ""), nil, false},
		{"any verb", "* namespaces@", on("patch", "namespaces", ""), []string{""}, true},
		{"any resource", "patch *@", on("patch", "namespaces", ""), []string{""}, true},
		{"any resource includes subresources", "patch *@", on("patch", "namespaces/status", ""), []string{""}, true},
		{"any group", "patch namespaces@*", on("patch", "namespaces", ""), []string{""}, true},
		{"other group", "patch namespaces@apps", on("patch", "namespaces", ""), nil, false},
		{"one of two groups", "use podsecuritypolicies@extensions+policy p", Action{"use", "extensions", "podsecuritypolicies", "p"}, []string{"p"}, true},
		{"the resource is not its subresource", "patch namespaces@", on("patch", "namespaces/status", ""), nil, false},
		{"the subresource is not its resource", "patch namespaces/status@", on("patch", "namespaces", ""), nil, false},
		{"the subresource of all", "patch */status@", on("patch", "namespaces/status", ""), []string{""}, true},
		{"the subresource of all is not another", "update */status@", on("update", "namespaces/finalize", ""), nil, false},
		{"all subresources of one are not a thing", "patch namespaces/*@", on("patch", "namespaces/status", ""), nil, false},
		{"by name", "patch namespaces@ a,b", on("patch", "namespaces", "b"), []string{"a", "b"}, true},
		{"by another name", "patch namespaces@ a,b", on("patch", "namespaces", "c"), []string{"a", "b"}, false},
		{"all names include one", "patch namespaces@", on("patch", "namespaces", "c"), []string{""}, true},
		{"a name is not all", "patch namespaces@ a", on("patch", "namespaces", ""), []string{"a"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := (&world{}).clusterRole("r", tt.rule).bind("b", "r", "User ann")
			var names []string
			for _, g := range w.WhoSome(tt.ask) {
				names = append(names, g.Action.Name)
			}
			if diff := cmp.Diff(tt.some, names); diff != "" {
				t.Errorf("some: -want +got:\n%s", diff)
			}
			if who := len(w.Who(tt.ask)) > 0; who != tt.who {
				t.Errorf("who: %v, want %v", who, tt.who)
			}
			if may := w.May(User{Name: "ann"}, "", tt.ask); may != tt.who {
				t.Errorf("may: %v, want %v", may, tt.who)
			}
		})
	}
}

func TestWhoFollowsBindings(t *testing.T) {
	w := (&world{}).
		clusterRole("ns-editor", "get,patch namespaces@").
		clusterRole("ns-viewer", "get namespaces@").
		role("shop", "ns-editor", "patch namespaces@ shop").
		role("pay", "own", "patch namespaces@").
		bind("editors", "ns-editor", "User ann", "User ann", "Group ops", "ServiceAccount ci/deployer", "ServiceAccount /nobody").
		bind("viewers", "ns-viewer", "User eve").
		bind("gone", "no-such-role", "User eve").
		bindIn("shop", "team", "ClusterRole ns-editor", "User bob", "ServiceAccount /local", "ServiceAccount ci/deployer").
		bindIn("shop", "narrow", "Role ns-editor", "User cyd").
		bindIn("pay", "elsewhere", "Role ns-editor", "User eve").
		bindIn("pay", "own", "Role own", "Group team-pay")
	want := []string{
		"Group ops by clusterrolebinding/editors of clusterrole/ns-editor",
		"Group team-pay by rolebinding/own of role/own in pay",
		"ServiceAccount ci/deployer by clusterrolebinding/editors of clusterrole/ns-editor",
		"ServiceAccount ci/deployer by rolebinding/team of clusterrole/ns-editor in shop",
		"ServiceAccount shop/local by rolebinding/team of clusterrole/ns-editor in shop",
		"User ann by clusterrolebinding/editors of clusterrole/ns-editor",
		"User bob by rolebinding/team of clusterrole/ns-editor in shop",
		"User cyd by rolebinding/narrow of role/ns-editor in shop for shop",
	}
	if diff := cmp.Diff(want, lines(w.WhoSome(on("patch", "namespaces", "")))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff(want[:7], lines(w.Who(on("patch", "namespaces", "")))); diff != "" {
		t.Errorf("all objects: -want +got:\n%s", diff)
	}
}

// A name that several rules of a role mention is one grant, and none beside a rule for all.
func TestWhoSomeSaysItOnce(t *testing.T) {
	w := (&world{}).
		clusterRole("twice", "patch namespaces@ a,b", "* *@* b").
		clusterRole("both", "patch namespaces@ a", "* *@*").
		bind("twice", "twice", "User ann").bind("both", "both", "User bob")
	want := []string{
		"User ann by clusterrolebinding/twice of clusterrole/twice for a",
		"User ann by clusterrolebinding/twice of clusterrole/twice for b",
		"User bob by clusterrolebinding/both of clusterrole/both",
	}
	if diff := cmp.Diff(want, lines(w.WhoSome(on("patch", "namespaces", "ignored")))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
