//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// The policies of this test, which differ in what they write.
const (
	writesGroup  = "pick-a-writes-group"
	writesUser   = "pick-b-writes-user"
	wantsNoToken = "pick-c-wants-no-token"
	writesNought = "pick-z-writes-nought"
)

// choice is a workload whose pods some policies could admit.
type choice struct {
	name string
	// make is the workload without pods, wake lets it make one.
	make func(namespace string) object
	wake string
	// use are grants, as subject=policy; want is the policy that wins, empty where none admits.
	use  []string
	want string
}

// Workloads asleep, and what wakes them.
const (
	scaleUp   = "kubectl scale -n %s %s w --replicas=1"
	resume    = `kubectl patch -n %s %s w -p '{"spec":{"suspend":false}}'`
	widen     = `kubectl patch -n %s %s w --type=json -p '[{"op":"remove","path":"/spec/template/spec/nodeSelector"}]'`
	runByHand = "kubectl create job now -n %s --from=%s/w"
)

func sleeping(edits ...edit) func(string) object {
	return func(ns string) object { return deployment(plainPod(ns, "w", edits...), 0) }
}

func choices() []choice {
	user5000 := func(p *corev1.Pod) { containerSecurity(p).RunAsUser = new(int64(5000)) }
	group2000 := func(p *corev1.Pod) { security(p).FSGroup = new(int64(2000)) }
	asleep, up := sleeping(), scaleUp
	return []choice{
		{"nothing-to-write-wins", asleep, up, []string{"account=" + writesGroup, "account=" + writesUser, "account=" + writesNought}, writesNought},
		{"first-of-two-writers", asleep, up, []string{"account=" + writesUser, "account=" + writesGroup}, writesGroup},
		{"already-in-line", sleeping(user5000), up, []string{"account=" + writesUser, "account=" + writesGroup}, writesUser},
		{"in-line-with-the-first", sleeping(group2000, user5000), up, []string{"account=" + writesUser, "account=" + writesGroup}, writesGroup},
		{"first-one-refuses", asleep, up, []string{"account=" + wantsNoToken, "account=" + writesNought}, writesNought},
		{"only-one-and-it-refuses", asleep, up, []string{"account=" + wantsNoToken}, ""},
		{"refuses-but-for-the-token", sleeping(noToken), up, []string{"account=" + wantsNoToken, "account=" + writesNought}, wantsNoToken},
		{"extensions", asleep, up, []string{"extensions/account=" + writesGroup}, writesGroup},
		{"group-of-the-namespace", asleep, up, []string{"accounts-here=" + writesUser}, writesUser},
		{"group-of-all-accounts", asleep, up, []string{"accounts=" + writesUser}, writesUser},
		{"group-of-all-known", asleep, up, []string{"authenticated=" + writesUser}, writesUser},
		{"some-other-account", asleep, up, []string{"other=" + writesUser}, ""},
		{"the-controller", asleep, up, []string{"replicaset-controller=" + writesUser}, writesUser},
		{"the-controller-before-the-account", asleep, up, []string{"replicaset-controller=" + writesGroup, "account=" + writesUser}, writesGroup},
		{"not-that-controller", asleep, up, []string{"deployment-controller=" + writesUser}, ""},
		{"nobody", asleep, up, nil, ""},
		{"stateful-set", func(ns string) object { return statefulSet(plainPod(ns, "w"), 0) }, up, []string{"statefulset-controller=" + writesUser}, writesUser},
		// The demo lets this controller use node-agent everywhere, which writes as well and comes first.
		{"daemon-set", func(ns string) object {
			d := daemonSet(plainPod(ns, "w"))
			d.Spec.Template.Spec.NodeSelector = map[string]string{"e2e.pss.dev/none": ""}
			return d
		}, widen, []string{"daemon-set-controller=" + writesUser}, "node-agent"},
		{"job", func(ns string) object {
			j := job(plainPod(ns, "w"))
			j.Spec.Suspend = new(true)
			return j
		}, resume, []string{"job-controller=" + writesUser, "cronjob-controller=" + writesGroup}, writesUser},
		{"cron-job", func(ns string) object { return cronJob(plainPod(ns, "w"), true) }, runByHand, []string{"job-controller=" + writesUser}, writesUser},
	}
}

// pickPolicies holds which policy is said to admit the pods of workloads that have none yet against the one that did
// once they have: by the names and rights of several, and by every way of granting them.
func (s *server) pickPolicies(t *testing.T) {
	t.Helper()
	s.lend(t, policy(writesGroup, func(p *psp.Policy) { p.Spec.FSGroup = mustRunAs(2000, 2000) }))
	s.lend(t, policy(writesUser, func(p *psp.Policy) { p.Spec.RunAsUser = mustRunAs(5000, 5000) }))
	s.lend(t, policy(wantsNoToken, func(p *psp.Policy) { p.Spec.Volumes = []string{"emptyDir"} }))
	s.lend(t, policy(writesNought))
	places, want := map[string]choice{}, map[string]string{}
	var namespaces []string
	for i, c := range choices() {
		ns := s.passing(t, fmt.Sprintf("pick-%02d", i), nil)
		namespaces, places[ns], want[c.name] = append(namespaces, ns), c, c.want
		for _, grant := range c.use {
			s.grantTo(t, ns, grant)
		}
		create(t, s, c.make(ns))
	}
	check := func(source string) map[string]string {
		c, _ := s.checkPolicies(t, namespaces...)
		return foretold(t, c, places, source)
	}
	if diff := cmp.Diff(want, check(report.PSPByAuthorisation)); diff != "" {
		t.Errorf("what is foretold (-want +got):\n%s", diff)
	}
	for ns, c := range places {
		_, plural := s.resource(c.make(ns))
		s.must(t, t.TempDir(), fmt.Sprintf(c.wake, ns, plural))
	}
	eventually(t, "pods, or refusals", func() (bool, error) { return alike(want, s.admitted(t, places)) })
	silent := func(name, policy string) bool { return policy == "" || strings.HasSuffix(name, "job") } // pods that ended have no say
	got := check(report.PSPByAnnotation)
	maps.DeleteFunc(want, silent)
	maps.DeleteFunc(got, silent)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what is said of pods that run (-want +got):\n%s", diff)
	}
	compared.Add(int64(len(places) + len(want)))
}

// foretold are the policies that a check names, if it names them for the reason given.
func foretold(t *testing.T, c *report.PSPCheck, places map[string]choice, source string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for i := range c.Items {
		n := &c.Items[i]
		if len(n.Workloads) == 0 {
			t.Fatalf("%s has no workloads", n.Namespace)
		}
		last := n.Workloads[len(n.Workloads)-1] // a Job that was made by hand comes after its CronJob
		var names []string
		for _, p := range last.Policies {
			if p.Source == source {
				names = append(names, p.Name)
			}
		}
		if len(names) == 0 && len(last.Refused) == 0 && source == report.PSPByAuthorisation {
			names = []string{"neither admitted nor refused"}
		}
		found[places[n.Namespace].name] = strings.Join(names, ",")
	}
	return found
}

// admitted are the policies that have admitted pods; where nothing has been decided yet, that is said in their place.
func (s *server) admitted(t *testing.T, places map[string]choice) map[string]string {
	t.Helper()
	found := map[string]string{}
	for ns, c := range places {
		found[c.name] = "undecided"
		for _, pod := range s.pods(t, ns) {
			found[c.name] = pod.Annotations[psp.Annotation]
		}
		events, err := s.client.CoreV1().Events(ns).List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events.Items {
			if strings.Contains(e.Message, "PodSecurityPolicy: unable to admit pod") {
				found[c.name] = ""
			}
		}
	}
	return found
}

// grantTo makes one grant, [API-GROUP/]SUBJECT=POLICY, in a namespace.
func (s *server) grantTo(t *testing.T, ns, grant string) {
	t.Helper()
	who, policy, _ := strings.Cut(grant, "=")
	group, name, old := strings.Cut(who, "/")
	if !old {
		group, name = "policy", who
	}
	groups := map[string]string{
		"accounts-here": "system:serviceaccounts:" + ns, "accounts": "system:serviceaccounts", "authenticated": "system:authenticated",
	}
	subject := rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: metav1.NamespaceSystem, Name: name}
	switch {
	case groups[name] != "":
		subject = rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: groups[name]}
	case name == "account":
		subject.Namespace, subject.Name = ns, "default"
	case name == "other":
		subject.Namespace = ns
	}
	s.letUseIn(t, group, policy, ns, subject)
}

// lend stores a policy for the time of a test.
func (s *server) lend(t *testing.T, p *psp.Policy) {
	t.Helper()
	s.storePolicy(t, p)
	t.Cleanup(func() { s.removePolicy(context.WithoutCancel(t.Context()), t, p.Name) })
}
