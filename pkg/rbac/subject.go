package rbac

import (
	"errors"
	"strings"
	"unicode"

	rbacv1 "k8s.io/api/rbac/v1"
)

// SubjectText is a subject in one word: user/NAME, group/NAME or serviceaccount/NAMESPACE/NAME.
func SubjectText(s rbacv1.Subject) string {
	if s.Kind == rbacv1.ServiceAccountKind {
		return "serviceaccount/" + s.Namespace + "/" + s.Name
	}
	return strings.ToLower(s.Kind) + "/" + s.Name
}

// ParseSubject reads what SubjectText writes, and sa/ for serviceaccount/. Names of users and groups may have slashes.
func ParseSubject(text string) (rbacv1.Subject, error) {
	kind, name, _ := strings.Cut(text, "/")
	if name == "" || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }) {
		return rbacv1.Subject{}, errNoSubject()
	}
	switch strings.ToLower(kind) {
	case "user":
		if namespace, account, ok := ServiceAccountOf(name); ok {
			return rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: account}, nil
		}
		return rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: name}, nil
	case "group":
		return rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: name}, nil
	case "serviceaccount", "sa":
		namespace, account, _ := strings.Cut(name, "/")
		if namespace == "" || account == "" || strings.Contains(account, "/") {
			return rbacv1.Subject{}, errors.New("a service account needs its namespace: serviceaccount/NAMESPACE/NAME")
		}
		return rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: account}, nil
	default:
		return rbacv1.Subject{}, errNoSubject()
	}
}

func errNoSubject() error {
	return errors.New("must be user/NAME, group/NAME or serviceaccount/NAMESPACE/NAME")
}
