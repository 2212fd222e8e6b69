package rbac

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
)

func TestParseSubject(t *testing.T) {
	const none = "must be user/NAME, group/NAME or serviceaccount/NAMESPACE/NAME"
	const alone = "a service account needs its namespace: serviceaccount/NAMESPACE/NAME"
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
		{text: "sa/bot", err: alone},
		{text: "sa/ops/", err: alone},
		{text: "sa/ops/bot/x", err: alone},
		{text: "ann", err: none},
		{text: "user/", err: none},
		{text: "robot/x", err: none},
		{text: "user/a\nb", err: none},
		{text: "user/a\xff", err: none},
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
