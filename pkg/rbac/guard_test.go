package rbac

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/pod-security-admission/api"
)

// What these expressions do is tried on a real server, in test/e2e; here stands what they are made of.
func TestGuardNamesThoseWhoMay(t *testing.T) {
	group, user := rbacv1.Subject{Kind: "Group", Name: "ops"}, rbacv1.Subject{Kind: "User", Name: `a"b\c`}
	account := rbacv1.Subject{Kind: "ServiceAccount", Namespace: "ci", Name: "bot"}
	for _, tt := range []struct {
		name         string
		allowed      []rbacv1.Subject
		others, told string
	}{
		{"nobody", nil, "true", "nobody"},
		{"a group", []rbacv1.Subject{group}, `!request.userInfo.?groups.orValue([]).exists(g, g in ["ops"])`, "group/ops"},
		{"a user to be quoted", []rbacv1.Subject{user}, `!(request.userInfo.username in ["a\"b\\c"])`, `user/a"b\c`},
		{
			"all kinds",
			[]rbacv1.Subject{user, group, account},
			`!(request.userInfo.username in ["a\"b\\c", "system:serviceaccount:ci:bot"]) && ` +
				`!request.userInfo.?groups.orValue([]).exists(g, g in ["ops"])`,
			`user/a"b\c, group/ops, serviceaccount/ci/bot`,
		},
		{
			"many",
			[]rbacv1.Subject{group, group, group, group, group, group, group},
			`!request.userInfo.?groups.orValue([]).exists(g, g in ["ops", "ops", "ops", "ops", "ops", "ops", "ops"])`,
			"group/ops, group/ops, group/ops, group/ops, group/ops and 2 more",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			spec := Guard{Allowed: tt.allowed, Default: api.LevelVersion{Level: api.LevelPrivileged, Version: api.LatestVersion()}}.Policy().Spec
			if diff := cmp.Diff(tt.others, spec.MatchConditions[0].Expression); diff != "" {
				t.Errorf("others: -want +got:\n%s", diff)
			}
			if want := "only " + tt.told + " may loosen Pod Security"; spec.Validations[0].Message != want {
				t.Errorf("message %q, want %q", spec.Validations[0].Message, want)
			}
			if want := fmt.Sprintf("%q + object.metadata.name + ", "only "+tt.told+" may loosen Pod Security: enforce of namespace "); !strings.HasPrefix(spec.Validations[0].MessageExpression, want) {
				t.Errorf("message expression %s, want it to begin with %s", spec.Validations[0].MessageExpression, want)
			}
		})
	}
}

func TestGuardKnowsTheDefault(t *testing.T) {
	g := Guard{Default: api.LevelVersion{Level: api.LevelBaseline, Version: api.MajorMinorVersion(1, 30)}}
	got := map[string]string{}
	for _, v := range g.Policy().Spec.Variables {
		got[v.Name] = v.Expression
	}
	const minor = "variables.version%[1]s.matches('^v1[.](0|[1-9][0-9]{0,8})$') ? int(variables.version%[1]s.substring(3)) : 1000000000"
	want := map[string]string{
		"ranks":         `{"privileged": 0, "baseline": 1}`,
		"levelBefore":   `oldObject.metadata.?labels[?"pod-security.kubernetes.io/enforce"].orValue("baseline")`,
		"versionBefore": `oldObject.metadata.?labels[?"pod-security.kubernetes.io/enforce-version"].orValue("v1.30")`,
		"rankBefore":    "variables.ranks[?variables.levelBefore].orValue(2)",
		"minorBefore":   fmt.Sprintf(minor, "Before"),
		"levelAfter":    `object.metadata.?labels[?"pod-security.kubernetes.io/enforce"].orValue("baseline")`,
		"versionAfter":  `object.metadata.?labels[?"pod-security.kubernetes.io/enforce-version"].orValue("v1.30")`,
		"rankAfter":     "variables.ranks[?variables.levelAfter].orValue(2)",
		"minorAfter":    fmt.Sprintf(minor, "After"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if p, b := g.Policy(), g.Binding(); p.Name != b.Spec.PolicyName || b.Spec.ValidationActions[0] != "Deny" || *p.Spec.FailurePolicy != "Fail" {
		t.Errorf("policy %q, failure policy %v, binding %+v", p.Name, *p.Spec.FailurePolicy, b.Spec)
	}
}
