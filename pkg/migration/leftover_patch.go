package migration

import (
	"encoding/json"
	"fmt"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/shell"
)

// operation is one of a JSON patch.
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"`
}

// removeRules turns rules into those that are kept, from the last one on, so that no index moves. What it touches it
// tests first: a role that has changed meanwhile is left as it is.
func removeRules(rules []rbacv1.PolicyRule, kept []*rbacv1.PolicyRule) []operation {
	var patch []operation
	for i, rule := range slices.Backward(rules) {
		path := fmt.Sprintf("/rules/%d", i)
		switch {
		case kept[i] == &rules[i]:
		case kept[i] == nil:
			patch = append(patch, operation{"test", path, rule}, operation{"remove", path, nil})
		default:
			patch = append(patch, operation{"test", path, rule}, operation{"replace", path, kept[i]})
		}
	}
	return patch
}

// restoreRules is the way back, from the first one on. It tests all that is left, so that it does nothing twice.
func restoreRules(rules []rbacv1.PolicyRule, kept []*rbacv1.PolicyRule) []operation {
	left := slices.DeleteFunc(slices.Clone(kept), func(r *rbacv1.PolicyRule) bool { return r == nil })
	patch := []operation{{"test", "/rules", left}}
	for i := range rules {
		path := fmt.Sprintf("/rules/%d", i)
		switch {
		case kept[i] == &rules[i]:
		case kept[i] == nil:
			patch = append(patch, operation{"add", path, rules[i]})
		default:
			patch = append(patch, operation{"replace", path, rules[i]})
		}
	}
	return patch
}

// jsonPatch is a patch as kubectl takes it. Rules are plain data, which can always be encoded.
func jsonPatch(patch []operation) string {
	raw, err := json.Marshal(patch)
	if err != nil {
		return ""
	}
	return shell.JSON(raw)
}

// Removal are the commands that remove a leftover and that put it back; both are empty for what cannot be changed.
func (s Shell) Removal(l *psp.Leftover) (command, undo string) {
	if l.Command == nil {
		return "", ""
	}
	command, undo = s.kubectl(l.Command...), s.kubectl(l.Undo...)
	if l.Object != nil {
		undo = "printf %s " + shell.Quote(shell.JSON(l.Object)) + " | " + undo
	}
	return command, undo
}
