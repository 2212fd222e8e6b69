package rbac

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
)

func TestParseSubject(t *testing.T) {
	const any = "must be user/NAME, group/NAME or serviceaccount/NAMESPACE/NAME"
	account := rbacv1.Subject{Kind: "ServiceAccount", Namespace: "ops", Name: "bot"}
	for _, tt := range []struct {
		text string
		want rbacv1.Subject
		err  string
	}{
		{text: "user/ann", want: rbacv1.Subject{APIGroup: "rbac.authorization.k8s.io", Kind: "User", Name: "ann"}},
		{text: "User/https://idp/x#ann", want: rbacv1.Subject{APIGroup: "rbac.authorization.k8s.io", Kind: "User", Name: "https://idp/x#ann"}},
		{text: "group/system:masters", want: rbacv1.Subject{APIGroup: "rbac.authorization.k8s.io", Kind: "Group", Name: "system:masters"}},
		{text: "serviceaccount/ops/bot", want: account},
		{text: "sa/ops/bot", want: account},
		{text: "user/system:serviceaccount:ops:bot", want: account},
		{text: "sa/bot", err: "a service account needs its namespace: serviceaccount/NAMESPACE/bot"},
		{text: "sa/ops/", err: "a service account needs its namespace: serviceaccount/NAMESPACE/ops"},
		{text: "sa/ops/bot/x", err: "a service account needs its namespace: serviceaccount/NAMESPACE/opsbotx"},
		{text: "ann", err: any},
		{text: "user/", err: any},
		{text: "robot/x", err: any},
		{text: "user/a\nb", err: any},
		{text: "user/a\xff", err: any},
	} {
		got, err := ParseSubject(tt.text)
		text := ""
		if err != nil {
			text = err.Error()
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || text != tt.err {
			t.Errorf("%q: error %q, want %q, -want +got:\n%s", tt.text, text, tt.err, diff)
		}
		if err == nil {
			if again, err := ParseSubject(SubjectText(got)); err != nil || again != got {
				t.Errorf("%q: read again as %v, error %v", SubjectText(got), again, err)
			}
		}
	}
}
