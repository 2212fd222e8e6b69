package probe

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/pod-security-admission/api"
)

// TestSearchClaimsNothingWrong draws servers, and holds every claim to their configuration.
func TestSearchClaimsNothingWrong(t *testing.T) {
	const servers = 300
	claims := 0
	for seed := range uint64(servers) {
		r := rand.New(rand.NewPCG(seed, 6))
		s, config := draw(t, r)
		d, text := search(t, s, []string{"trusted", "other"}, []string{"boss", "clerk"})
		wrong := func(what string, f Fact, want ...string) {
			if !f.Known() {
				return
			}
			if claims++; !slices.Contains(want, f.Value) {
				t.Errorf("seed %d: %s is %s, and said to be %s: %s", seed, what, want, f.Value, f.How)
			}
		}
		before := t.Failed()
		wrong("Pod Security", d.PodSecurity, map[bool]string{true: Inactive, false: Active}[s.inactive])
		c := s.config
		wrong("enforce", d.Enforce, c.Defaults.Enforce+":"+c.Defaults.EnforceVersion, c.Defaults.Enforce)
		wrong("audit", d.Audit, c.Defaults.Audit+":"+c.Defaults.AuditVersion, c.Defaults.Audit)
		wrong("warn", d.Warn, c.Defaults.Warn+":"+c.Defaults.WarnVersion, c.Defaults.Warn)
		for _, group := range []struct {
			facts  map[string]Fact
			exempt []string
		}{{d.Namespaces, c.Exemptions.Namespaces}, {d.RuntimeClasses, c.Exemptions.RuntimeClasses}, {d.Users, c.Exemptions.Usernames}} {
			for name, f := range group.facts {
				wrong(name, f, map[bool]string{true: Exempt, false: NotExempt}[slices.Contains(group.exempt, name)])
			}
		}
		if t.Failed() && !before {
			t.Logf("%s\n%v\n%s", config, s.seen, text)
		}
	}
	if least := 4 * servers; claims < least {
		t.Errorf("%d claims of %d servers: they show too little to prove anything", claims, servers)
	}
}

// draw is a server at random.
func draw(t *testing.T, r *rand.Rand) (*apiServer, string) {
	t.Helper()
	some := func(of ...string) []string {
		return slices.DeleteFunc(of, func(string) bool { return r.IntN(2) == 0 })
	}
	one := func(of ...string) string { return of[r.IntN(len(of))] }
	level := func() string { return one("privileged", "privileged", "baseline", "restricted") }
	version := func() string { return one("latest", "v1.0", "v1.25", "v1.30") }
	list := func(names []string) string { return "[" + strings.Join(names, ", ") + "]" }
	config := fmt.Sprintf(`
defaults: {enforce: %s, enforce-version: %s, audit: %s, audit-version: %s, warn: %s, warn-version: %s}
exemptions: {namespaces: %s, runtimeClasses: %s, usernames: %s}
`, level(), version(), level(), version(), level(), version(),
		list(some("exempt-a", "kube-system", "shop", "kube-public")), list(some("trusted")), list(some("boss", me)))
	s := &apiServer{
		config: configured(t, config), minor: []int{24, 25, 37}[r.IntN(3)], inactive: r.IntN(12) == 0, psp: r.IntN(6) == 0,
		rights: some(admin()...), others: some("create pods", "create deployments"),
		namespaces: standardNamespaces(),
		pods:       []*corev1.Pod{{ObjectMeta: metav1.ObjectMeta{Name: "proxy"}, Spec: corev1.PodSpec{HostNetwork: r.IntN(2) == 0}}},
	}
	for i := range s.namespaces {
		for _, key := range some("enforce", "enforce-version", "warn", "warn-version", "audit") {
			value := level()
			if strings.HasSuffix(key, "-version") {
				value = version()
			}
			if r.IntN(2) == 0 {
				metav1.SetMetaDataLabel(&s.namespaces[i].ObjectMeta, "pod-security.kubernetes.io/"+key, value)
			}
		}
	}
	switch r.IntN(6) {
	case 0:
		s.mutate = hardening
	case 1:
		s.mutate = labelling(one("privileged", "baseline"))
	}
	return s, config
}

// hardening takes off pods what baseline forbids.
func hardening(o runtime.Object) {
	switch o := o.(type) {
	case *corev1.Pod:
		o.Spec.HostPID = false
	case *appsv1.Deployment:
		o.Spec.Template.Spec.HostPID = false
	}
}

// labelling gives every namespace a level.
func labelling(level string) func(runtime.Object) {
	return func(o runtime.Object) {
		if ns, ok := o.(*corev1.Namespace); ok {
			metav1.SetMetaDataLabel(&ns.ObjectMeta, api.EnforceLevelLabel, level)
		}
	}
}
