package migration

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/rbac"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

func TestPlanPermissions(t *testing.T) {
	const who = "1 subject beside cluster admins and the system may: user/dev"
	forget := []string{"kubectl annotate ns kube-system pss.dev/relabel-reviewed-"}
	f := planFacts()
	_, digest := relabelers(WhoRelabels(&f.Access, ""))
	record := []string{"kubectl annotate ns kube-system --overwrite pss.dev/relabel-reviewed=" + digest}
	reviewed := func(f *PlanFacts, digest string) {
		f.System.Annotations = map[string]string{ReviewedAnnotation: digest}
	}
	for name, tt := range map[string]struct {
		given func(*PlanFacts)
		want  planned
	}{
		"not reviewed": {func(*PlanFacts) {}, planned{
			report.StepOpen, who + "; see kubectl pss who-can relabel, then record that you did", record, forget,
		}},
		"reviewed": {func(f *PlanFacts) { reviewed(f, digest) }, planned{report.StepDone, "reviewed: " + who, nil, forget}},
		"reviewed, and another right came": {
			func(f *PlanFacts) { reviewed(f, "0123456789ab") },
			planned{
				report.StepOpen, "not the same as when it was reviewed: " + who + "; see kubectl pss who-can relabel", record,
				[]string{"kubectl annotate ns kube-system --overwrite pss.dev/relabel-reviewed=0123456789ab"},
			},
		},
		"nobody": {func(f *PlanFacts) { f.Access.ClusterRoleBindings = f.Access.ClusterRoleBindings[:1] }, planned{
			State: report.StepDone, Why: "nobody but cluster admins and the system's own components may",
		}},
		"no rights": {
			func(f *PlanFacts) {
				f.Check.Gaps = []report.Gap{gapOf("rolebindings.rbac.authorization.k8s.io"), gapOf("clusterroles.rbac.authorization.k8s.io")}
			},
			planned{State: report.StepUnknown, Why: "could not read RBAC objects"},
		},
		"no kube-system": {func(f *PlanFacts) { f.System = nil }, planned{
			State: report.StepUnknown, Why: "could not read namespace kube-system, where the review is recorded",
		}},
	} {
		t.Run(name, func(t *testing.T) { same(t, tt.given, StepPermissions, tt.want) })
	}
}

// The digest is that of what subjects may, whatever the order in which it was read.
func TestRelabelersDigest(t *testing.T) {
	subject := func(name string, verbs ...string) report.Access {
		return report.Access{Is: report.AccessSubject, Kind: "ServiceAccount", SubjectNamespace: "ci", Name: name, Via: []report.AccessVia{
			{Verbs: verbs, Resource: "namespaces", Binding: "clusterrolebinding/ci", Role: "clusterrole/ci"},
		}}
	}
	a, b := subject("a", "patch", "update"), subject("b", "create")
	admin := report.Access{Is: report.AccessAdmin, Kind: "Group", Name: "system:masters"}
	names, one := relabelers([]report.Access{a, b})
	if diff := cmp.Diff([]string{"serviceaccount/ci/a", "serviceaccount/ci/b"}, names); diff != "" {
		t.Error(diff)
	}
	if _, other := relabelers([]report.Access{admin, b, subject("a", "update", "patch")}); other != one {
		t.Errorf("another order gives %s, want %s", other, one)
	}
	for name, list := range map[string][]report.Access{
		"a verb less":    {subject("a", "patch"), b},
		"a subject less": {b},
		"a subject more": {a, b, subject("c", "create")},
	} {
		if _, other := relabelers(list); other == one {
			t.Errorf("%s: the digest stays %s", name, one)
		}
	}
}

func TestPlanCreation(t *testing.T) {
	commands := []string{
		"kubectl pss psp plan --step creation -o objects > pod-security.yaml",
		"# on every control plane node: make it /etc/kubernetes/pod-security.yaml, let kube-apiserver see that file, and start it with " +
			"--admission-control-config-file=/etc/kubernetes/pod-security.yaml (kubeadm: extraArgs and extraVolumes of apiServer in its ClusterConfiguration)",
	}
	undo := []string{"# start kube-apiserver without --admission-control-config-file, or with the file that it had before"}
	for name, tt := range map[string]struct {
		given func(*PlanFacts)
		want  planned
	}{
		"privileged": {func(*PlanFacts) {}, planned{
			report.StepOpen, "namespaces without labels are privileged (probed); enforce comes first, in shop: what is not labelled then gets these levels", commands, undo,
		}},
		"privileged, and all are labelled": {
			func(f *PlanFacts) {
				labelled(f, planNoon(), map[string]string{enforceLabel: "restricted"})
				f.Shell.Among = []string{"shop"}
			},
			planned{report.StepOpen, "namespaces without labels are privileged (probed)", commands, undo},
		},
		"levels": {
			func(f *PlanFacts) {
				f.Defaults = &report.Defaults{Enforce: "baseline:latest", Warn: "restricted:v1.24", Source: report.SourceConfig}
			},
			planned{report.StepDone, "namespaces without labels have enforce baseline:latest, warn restricted:v1.24 (config)", nil, undo},
		},
		"not known": {func(f *PlanFacts) { f.Defaults, f.DefaultsWhy = nil, "no API shows it; --probe asks" }, planned{
			report.StepUnknown, "no API shows it; --probe asks", commands, undo,
		}},
	} {
		t.Run(name, func(t *testing.T) { same(t, tt.given, StepCreation, tt.want) })
	}
	f := planFacts()
	f.Namespaces = append(f.Namespaces, corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "kube-labelled", Labels: map[string]string{enforceLabel: "privileged"}}})
	pods := []report.PSPWorkload{{Kind: "Pod", Name: "p"}}
	f.Check.Items = append(
		f.Check.Items, report.PSPNamespace{Namespace: "kube-flannel", Workloads: pods}, report.PSPNamespace{Namespace: "kube-public"},
		report.PSPNamespace{Namespace: "kube-labelled", Workloads: pods},
	)
	item := stepOf(t, &f, StepCreation)
	want := `{"apiVersion":"apiserver.config.k8s.io/v1","kind":"AdmissionConfiguration","plugins":[{"configuration":{` +
		`"apiVersion":"pod-security.admission.config.k8s.io/v1beta1","defaults":{"audit":"restricted","audit-version":"latest",` +
		`"enforce":"baseline","enforce-version":"latest","warn":"restricted","warn-version":"latest"},` +
		`"exemptions":{"namespaces":["kube-system","kube-flannel"],"runtimeClasses":[],"usernames":[]},"kind":"PodSecurityConfiguration"},"name":"PodSecurity"}]}`
	if diff := cmp.Diff([]json.RawMessage{json.RawMessage(want)}, item.Objects); diff != "" {
		t.Error(diff)
	}
}

func TestPlanPluginOff(t *testing.T) {
	on := planned{
		report.StepOpen, "metrics know it; enforce and bypass come first, in shop",
		[]string{
			"# on every control plane node: take PodSecurityPolicy out of --enable-admission-plugins of kube-apiserver; with kubeadm:",
			"sed -i -e '/--enable-admission-plugins=/s/PodSecurityPolicy,//' -e '/--enable-admission-plugins=/s/,PodSecurityPolicy//' " +
				"-e '/--enable-admission-plugins=PodSecurityPolicy$/d' /etc/kubernetes/manifests/kube-apiserver.yaml",
			"# and the same in the ClusterConfiguration (kubectl edit configmap -n kube-system kubeadm-config), or the next upgrade brings it back",
		},
		[]string{
			"# on every control plane node: put it back; with kubeadm:",
			"sed -i '/--enable-admission-plugins=/s/$/,PodSecurityPolicy/' /etc/kubernetes/manifests/kube-apiserver.yaml",
		},
	}
	unknown := on
	unknown.State, unknown.Why = report.StepUnknown, "nothing can be read"
	for name, tt := range map[string]struct {
		given func(*PlanFacts)
		want  planned
	}{
		"on": {func(*PlanFacts) {}, on},
		"off": {func(f *PlanFacts) {
			f.Plugin = report.Fact{Value: report.PodSecurityInactive, Reason: "metrics do not know it"}
		}, planned{
			report.StepDone, "metrics do not know it", nil, on.Undo,
		}},
		"not known": {func(f *PlanFacts) {
			f.Plugin = report.Fact{Value: report.PodSecurityUnknown, Reason: "nothing can be read"}
		}, unknown},
		"not served": {func(f *PlanFacts) { f.Check.Served = false }, planned{State: report.StepNone, Why: "this server has no PodSecurityPolicy"}},
	} {
		t.Run(name, func(t *testing.T) { same(t, tt.given, StepPlugin, tt.want) })
	}
}

func TestPlanLeftovers(t *testing.T) {
	off := report.Fact{Value: report.PodSecurityInactive, Reason: "metrics do not know it"}
	found := []psp.Leftover{
		{Kind: "Deployment", Namespace: "shop", Name: "web", What: "annotation", Command: []string{"patch", "deploy", "web", "-p", `{"a":"é"}`}, Undo: []string{"patch", "deploy", "web", "-p", `{"a":2}`}},
		{Kind: "Deployment", Namespace: "shop", Name: "api", What: "annotation", Command: []string{"patch", "deploy", "api"}, Undo: []string{"patch", "deploy", "api", "--back"}},
		{Kind: "Deployment", Namespace: "shop", Name: "api", What: "annotation"}, // a list that started again
	}
	for name, tt := range map[string]struct {
		given func(*PlanFacts)
		want  planned
	}{
		"policies still admit": {func(f *PlanFacts) { f.Leftovers = found }, planned{
			State: report.StepOpen, Why: "5 objects: podsecuritypolicy/hardened, clusterrole/psp-hardened, clusterrolebinding/psp-hardened and 2 more; " +
				"not before PodSecurityPolicy is off, since without policies it admits no pod",
		}},
		"off": {func(f *PlanFacts) { f.Leftovers, f.Plugin = found, off }, planned{
			report.StepOpen, "5 objects: podsecuritypolicy/hardened, clusterrole/psp-hardened, clusterrolebinding/psp-hardened and 2 more",
			[]string{
				"kubectl patch deploy api", `kubectl patch deploy web -p '{"a":"\u00e9"}'`,
				"kubectl pss psp plan --leftovers > psp-leftovers.yaml && kubectl delete -f psp-leftovers.yaml",
			},
			[]string{"kubectl create -f psp-leftovers.yaml", `kubectl patch deploy web -p '{"a":2}'`, "kubectl patch deploy api --back"},
		}},
		"not served": {
			func(f *PlanFacts) {
				f.Check.Served, f.Policies, f.Leftovers, f.Access = false, nil, found[:1], rbac.Objects{}
			},
			planned{
				report.StepOpen, "1 object: deployment/web in shop", []string{`kubectl patch deploy web -p '{"a":"\u00e9"}'`}, []string{`kubectl patch deploy web -p '{"a":2}'`},
			},
		},
		"rights alone": {
			func(f *PlanFacts) { f.Check.Served, f.Policies = false, nil },
			planned{
				report.StepOpen, "2 objects: clusterrole/psp-hardened and clusterrolebinding/psp-hardened",
				[]string{"kubectl pss psp plan --leftovers > psp-leftovers.yaml && kubectl delete -f psp-leftovers.yaml"},
				[]string{"kubectl create -f psp-leftovers.yaml"},
			},
		},
		"nothing": {func(f *PlanFacts) { f.Policies, f.Access = nil, rbac.Objects{} }, planned{State: report.StepDone, Why: "nothing is left of PodSecurityPolicy"}},
		"nothing that could be read": {
			func(f *PlanFacts) {
				f.Policies, f.Access, f.Check.Gaps = nil, rbac.Objects{}, []report.Gap{gapOf(resourcePolicies), gapOf("pods")}
			},
			planned{State: report.StepUnknown, Why: "could not read podsecuritypolicies.policy, pods"},
		},
	} {
		t.Run(name, func(t *testing.T) { same(t, tt.given, StepLeftovers, tt.want) })
	}
	f := planFacts()
	f.Plugin = off
	item := stepOf(t, &f, StepLeftovers)
	if len(item.Objects) != 3 || string(item.Objects[1]) != `{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole",`+
		`"metadata":{"name":"psp-hardened"},"rules":[{"apiGroups":["policy"],"resourceNames":["hardened"],"resources":["podsecuritypolicies"],"verbs":["use"]}]}` {
		t.Errorf("objects are %s", item.Objects)
	}
}
