package probe

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func newNamespace(name string, labels ...string) corev1.Namespace {
	ns := corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	for i := 0; i < len(labels); i += 2 {
		metav1.SetMetaDataLabel(&ns.ObjectMeta, "pod-security.kubernetes.io/"+labels[i], labels[i+1])
	}
	return ns
}

// admin may do everything.
func admin() []string {
	return []string{"create namespaces", "patch namespaces", "create pods", "create deployments", "impersonate users", "impersonate serviceaccounts"}
}

// standard is a cluster with an exempt namespace, one that labels hold to baseline and some without labels.
func standardNamespaces() []corev1.Namespace {
	return []corev1.Namespace{
		newNamespace("kube-system"), newNamespace("kube-public"), newNamespace("exempt-a"), newNamespace("shop", "enforce", "baseline", "enforce-version", "v1.20"),
	}
}

// search asks everything, and holds what is said beforehand to what is sent.
func search(t *testing.T, s *apiServer, classes, users []string) (*Discovery, string) {
	t.Helper()
	found, err := s.client(t).Search(t.Context(), Wanted{Minor: s.minor, Namespaces: s.namespaces, RuntimeClasses: classes, Users: users})
	if err != nil {
		t.Fatal(err)
	}
	most := found.Most()
	d, err := found.Run(t.Context(), func() {})
	if err != nil {
		t.Fatal(err)
	}
	if d.Asked > most || d.Asked != len(s.seen) {
		t.Errorf("%d asked, %d seen, at most %d", d.Asked, len(s.seen), most)
	}
	var b strings.Builder
	line := func(name string, f Fact) {
		if f.Known() {
			fmt.Fprintf(&b, "%s: %s (%s)\n", name, f.Value, f.Needs)
		} else {
			fmt.Fprintf(&b, "%s: ? %s (%s)\n", name, f.How, f.Needs)
		}
	}
	line("Pod Security", d.PodSecurity)
	line("enforce", d.Enforce)
	line("audit", d.Audit)
	line("warn", d.Warn)
	for _, group := range []struct {
		kind  string
		facts map[string]Fact
	}{{"namespace", d.Namespaces}, {"class", d.RuntimeClasses}, {"user", d.Users}} {
		for _, name := range slices.Sorted(maps.Keys(group.facts)) {
			line(group.kind+" "+name, group.facts[name])
		}
	}
	return d, b.String()
}

const everyKind = `
defaults: {enforce: baseline, enforce-version: v1.30, audit: restricted, audit-version: v1.29, warn: restricted, warn-version: v1.28}
exemptions: {namespaces: [exempt-a], runtimeClasses: [trusted], usernames: [boss, "system:serviceaccount:kube-system:job-controller"]}
`

func TestSearch(t *testing.T) {
	const stock = ""
	pods := []*corev1.Pod{{ObjectMeta: metav1.ObjectMeta{Name: "proxy"}, Spec: corev1.PodSpec{HostNetwork: true}}}
	for name, tt := range map[string]struct {
		config string
		server *apiServer
		want   string
	}{
		"everything": {everyKind, &apiServer{minor: 37, rights: admin(), others: admin()}, `
Pod Security: active (create namespaces)
enforce: baseline:v1.30 (create namespaces)
audit: restricted:v1.29 (create namespaces)
warn: restricted:v1.28 (create namespaces)
namespace exempt-a: exempt (create namespaces)
namespace kube-public: notExempt (create namespaces)
namespace kube-system: notExempt (create namespaces)
namespace shop: notExempt (create namespaces)
class other: notExempt (create deployments.apps)
class trusted: exempt (create deployments.apps)
user boss: exempt (impersonate users boss)
user clerk: notExempt (impersonate users clerk)
user system:serviceaccount:kube-system:job-controller: exempt (impersonate serviceaccounts job-controller in namespace kube-system)
`},
		"stock": {stock, &apiServer{minor: 37, rights: admin(), others: admin(), pods: pods}, `
Pod Security: active (create namespaces)
enforce: privileged:latest (patch namespaces)
audit: ? only the warning of an exempt namespace names it, and none that was asked about is exempt ()
warn: privileged (create pods)
namespace exempt-a: notExempt (create namespaces)
namespace kube-public: notExempt (create namespaces)
namespace kube-system: notExempt (create namespaces)
namespace shop: notExempt (create namespaces)
class other: notExempt (create deployments.apps)
class trusted: notExempt (create deployments.apps)
user boss: notExempt (impersonate users boss)
user clerk: notExempt (impersonate users clerk)
user system:serviceaccount:kube-system:job-controller: notExempt (impersonate serviceaccounts job-controller in namespace kube-system)
`},
		"old": {everyKind, &apiServer{minor: 24, rights: admin(), others: admin()}, `
Pod Security: active (create namespaces)
enforce: baseline:v1.30 (create pods)
audit: ? Kubernetes 1.24 tells it the audit log alone ()
warn: restricted:v1.28 (create deployments.apps)
namespace exempt-a: exempt (create pods)
namespace kube-public: notExempt (create pods)
namespace kube-system: notExempt (create pods)
namespace shop: notExempt (create pods)
class other: notExempt (create deployments.apps)
class trusted: exempt (create deployments.apps)
user boss: exempt (impersonate users boss)
user clerk: notExempt (impersonate users clerk)
user system:serviceaccount:kube-system:job-controller: exempt (impersonate serviceaccounts job-controller in namespace kube-system)
`},
		"old, policies refuse": {everyKind, &apiServer{minor: 24, rights: admin(), others: admin(), psp: true}, `
Pod Security: active (create namespaces)
enforce: ? the server says: PodSecurityPolicy: unable to admit pod: [] ()
audit: ? Kubernetes 1.24 tells it the audit log alone ()
warn: restricted:v1.28 (create deployments.apps)
namespace exempt-a: exempt (create pods)
namespace kube-public: notExempt (create deployments.apps)
namespace kube-system: notExempt (create deployments.apps)
namespace shop: notExempt (create deployments.apps)
class other: notExempt (create deployments.apps)
class trusted: exempt (create deployments.apps)
user boss: exempt (impersonate users boss)
user clerk: notExempt (impersonate users clerk)
user system:serviceaccount:kube-system:job-controller: exempt (impersonate serviceaccounts job-controller in namespace kube-system)
`},
		"changes labels alone": {everyKind, &apiServer{minor: 37, rights: []string{"patch namespaces"}, pods: pods}, `
Pod Security: active (patch namespaces)
enforce: baseline:v1.30 (patch namespaces)
audit: restricted:v1.29 (patch namespaces)
warn: restricted:v1.28 (patch namespaces)
namespace exempt-a: exempt (patch namespaces)
namespace kube-public: notExempt (patch namespaces)
namespace kube-system: notExempt (patch namespaces)
namespace shop: notExempt (patch namespaces)
class other: ? no right to create pods or Deployments in a namespace that was read (create pods)
class trusted: ? no right to create pods or Deployments in a namespace that was read (create pods)
user boss: ? no right to ask as this user (impersonate users boss)
user clerk: ? no right to ask as this user (impersonate users clerk)
user system:serviceaccount:kube-system:job-controller: ? no right to ask as this user (impersonate serviceaccounts job-controller in namespace kube-system)
`},
		"creates pods alone": {everyKind, &apiServer{minor: 37, rights: []string{"create pods"}}, `
Pod Security: active (create pods)
enforce: baseline:v1.30 (create pods)
audit: ? only the warning of an exempt namespace names it (create namespaces)
warn: ? nobody is warned of a pod that is refused (create deployments.apps)
namespace exempt-a: exempt (create pods)
namespace kube-public: notExempt (create pods)
namespace kube-system: notExempt (create pods)
namespace shop: notExempt (create pods)
class other: notExempt (create pods)
class trusted: exempt (create pods)
user boss: ? no right to ask as this user (impersonate users boss)
user clerk: ? no right to ask as this user (impersonate users clerk)
user system:serviceaccount:kube-system:job-controller: ? no right to ask as this user (impersonate serviceaccounts job-controller in namespace kube-system)
`},
		"creates pods in one": {everyKind, &apiServer{minor: 37, rights: []string{"create pods shop"}}, `
Pod Security: active (create pods)
enforce: ? no namespace without labels could be asked ()
audit: ? only the warning of an exempt namespace names it (create namespaces)
warn: ? no namespace without labels could be asked ()
namespace exempt-a: ? no right to ask (create namespaces)
namespace kube-public: ? no right to ask (create namespaces)
namespace kube-system: ? no right to ask (create namespaces)
namespace shop: notExempt (create pods)
class other: notExempt (create pods)
class trusted: exempt (create pods)
user boss: ? no right to ask as this user (impersonate users boss)
user clerk: ? no right to ask as this user (impersonate users clerk)
user system:serviceaccount:kube-system:job-controller: ? no right to ask as this user (impersonate serviceaccounts job-controller in namespace kube-system)
`},
		"a reader": {everyKind, &apiServer{minor: 37}, `
Pod Security: ? no dry run told (create namespaces)
enforce: ? no right to create pods or Deployments in a namespace that was read (create pods)
audit: ? only the warning of an exempt namespace names it (create namespaces)
warn: ? no right to create pods or Deployments in a namespace that was read (create pods)
namespace exempt-a: ? no right to ask (create namespaces)
namespace kube-public: ? no right to ask (create namespaces)
namespace kube-system: ? no right to ask (create namespaces)
namespace shop: ? no right to ask (create namespaces)
class other: ? no right to create pods or Deployments in a namespace that was read (create pods)
class trusted: ? no right to create pods or Deployments in a namespace that was read (create pods)
user boss: ? no right to ask as this user (impersonate users boss)
user clerk: ? no right to ask as this user (impersonate users clerk)
user system:serviceaccount:kube-system:job-controller: ? no right to ask as this user (impersonate serviceaccounts job-controller in namespace kube-system)
`},
		"exempt oneself": {
			"defaults: {enforce: baseline}\nexemptions: {usernames: [me]}", &apiServer{minor: 37, rights: admin(), others: admin()}, `
Pod Security: active (create namespaces)
enforce: ? whoever asked is exempt as a user, and hears nothing ()
audit: ? only the warning of an exempt namespace names it, and none that was asked about is exempt ()
warn: ? whoever asked is exempt as a user, and hears nothing ()
namespace exempt-a: notExempt (create namespaces)
namespace kube-public: notExempt (create namespaces)
namespace kube-system: notExempt (create namespaces)
namespace shop: notExempt (create namespaces)
class other: ? whoever asked is exempt as a user, and hears nothing ()
class trusted: ? whoever asked is exempt as a user, and hears nothing ()
user boss: notExempt (impersonate users boss)
user clerk: notExempt (impersonate users clerk)
user system:serviceaccount:kube-system:job-controller: notExempt (impersonate serviceaccounts job-controller in namespace kube-system)
`,
		},
		"inactive": {everyKind, &apiServer{minor: 37, rights: admin(), inactive: true}, `
Pod Security: inactive (create namespaces)
enforce: ? Pod Security is not active ()
audit: ? Pod Security is not active ()
warn: ? Pod Security is not active ()
namespace exempt-a: ? Pod Security is not active ()
namespace kube-public: ? Pod Security is not active ()
namespace kube-system: ? Pod Security is not active ()
namespace shop: ? Pod Security is not active ()
class other: ? Pod Security is not active ()
class trusted: ? Pod Security is not active ()
user boss: ? Pod Security is not active ()
user clerk: ? Pod Security is not active ()
user system:serviceaccount:kube-system:job-controller: ? Pod Security is not active ()
`},
		"labels changed": {everyKind, &apiServer{minor: 37, rights: admin(), mutate: labelling("privileged")}, `
Pod Security: active (create pods)
enforce: baseline:v1.30 (create pods)
audit: ? only the warning of an exempt namespace names it, and what it said could not be relied on ()
warn: restricted:v1.28 (create deployments.apps)
namespace exempt-a: exempt (create namespaces)
namespace kube-public: notExempt (create pods)
namespace kube-system: notExempt (create pods)
namespace shop: notExempt (create pods)
class other: notExempt (create deployments.apps)
class trusted: exempt (create deployments.apps)
user boss: ? dry run of a Deployment in namespace shop as this user: the user has no right to that (create pods for boss)
user clerk: ? dry run of a Deployment in namespace shop as this user: the user has no right to that (create pods for clerk)
user system:serviceaccount:kube-system:job-controller: ? dry run of a Deployment in namespace shop as this user: the user has no right to that (create pods for system:serviceaccount:kube-system:job-controller)
`},
		"pods hardened": {stock, &apiServer{minor: 37, rights: admin(), mutate: hardening}, `
Pod Security: active (create namespaces)
enforce: ? something changes what is created there on its way ()
audit: ? only the warning of an exempt namespace names it, and none that was asked about is exempt ()
warn: ? something changes what is created there on its way ()
namespace exempt-a: notExempt (create namespaces)
namespace kube-public: notExempt (create namespaces)
namespace kube-system: notExempt (create namespaces)
namespace shop: notExempt (create namespaces)
class other: ? in no namespace that was asked Pod Security minded a pod or Deployment ()
class trusted: ? in no namespace that was asked Pod Security minded a pod or Deployment ()
user boss: ? in no namespace that was asked Pod Security minded a pod or Deployment ()
user clerk: ? in no namespace that was asked Pod Security minded a pod or Deployment ()
user system:serviceaccount:kube-system:job-controller: ? in no namespace that was asked Pod Security minded a pod or Deployment ()
`},
	} {
		t.Run(name, func(t *testing.T) {
			s := tt.server
			s.config, s.namespaces = configured(t, tt.config), standardNamespaces()
			_, got := search(t, s, []string{"trusted", "other"}, []string{"boss", "clerk", "system:serviceaccount:kube-system:job-controller"})
			if diff := cmp.Diff(strings.TrimSpace(tt.want), strings.TrimSpace(got)); diff != "" {
				t.Errorf("%s\n%s", diff, got)
			}
		})
	}
}
