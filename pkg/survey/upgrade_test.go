package survey

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	admissionapi "k8s.io/pod-security-admission/admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// probeHost is denied by baseline since v1.34.
func probeHost() corev1.PodSpec {
	spec := plain()
	spec.Containers[0].LivenessProbe = &corev1.Probe{ProbeHandler: corev1.ProbeHandler{
		HTTPGet: &corev1.HTTPGetAction{Host: "127.0.0.1", Port: intstr.FromInt32(80)},
	}}
	return spec
}

// sysctl is allowed by baseline since v1.32.
func sysctl() corev1.PodSpec {
	spec := plain()
	spec.SecurityContext = &corev1.PodSecurityContext{Sysctls: []corev1.Sysctl{{Name: "net.ipv4.tcp_rmem", Value: "1 2 3"}}}
	return spec
}

// seLinuxUser is denied by all servers, and by those before 1.26 without saying why.
func seLinuxUser() corev1.PodSpec {
	spec := plain()
	spec.SecurityContext = &corev1.PodSecurityContext{SELinuxOptions: &corev1.SELinuxOptions{User: "u"}}
	return spec
}

// fromTo surveys a source on a server of one minor, with a look at another.
func fromTo(t *testing.T, source *fakeSource, from, to int, o Options) *report.CheckReport {
	t.Helper()
	o = options(t, o)
	o.Minor, o.UpgradeTo = from, &to
	r, err := Run(t.Context(), source, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func cause(check, mode string, how report.CauseChange, kept bool) report.UpgradeCause {
	return report.UpgradeCause{Check: check, Mode: mode, How: how, Kept: kept}
}

func TestUpgradeOfWorkloads(t *testing.T) {
	quiet := []string{"enforce", "baseline", "warn", "privileged"}
	probe := cause("hostProbesAndHostLifecycle", "enforce", report.CauseDenies, true)
	for name, tt := range map[string]struct {
		spec     corev1.PodSpec
		labels   []string
		from, to int
		want     *report.WorkloadUpgrade
	}{
		"newly fails": {probeHost(), quiet, 33, 37, &report.WorkloadUpgrade{
			Change: report.UpgradeFails, Modes: []string{"enforce"}, Blocks: true, Causes: []report.UpgradeCause{probe}, Kept: true,
		}},
		"newly fails everywhere": {probeHost(), []string{"enforce", "baseline", "audit", "baseline"}, 33, 37, &report.WorkloadUpgrade{
			Change: report.UpgradeFails, Modes: []string{"enforce", "audit", "warn"}, Blocks: true, Kept: true, Causes: []report.UpgradeCause{
				probe, cause("hostProbesAndHostLifecycle", "audit", report.CauseDenies, true), cause("hostProbesAndHostLifecycle", "warn", report.CauseDenies, true),
			},
		}},
		"pinned already": {probeHost(), append([]string{"enforce-version", "v1.33"}, quiet...), 33, 37, nil},
		"pinned ahead": {probeHost(), append([]string{"enforce-version", "v1.36"}, quiet...), 33, 37, &report.WorkloadUpgrade{
			Change: report.UpgradeFails, Modes: []string{"enforce"}, Blocks: true, Causes: []report.UpgradeCause{probe}, Kept: true,
		}},
		"no label":      {probeHost(), nil, 33, 37, nil},
		"nothing moves": {probeHost(), quiet, 35, 36, nil},
		"the way back": {probeHost(), quiet, 37, 33, &report.WorkloadUpgrade{
			Change: report.UpgradePasses, Modes: []string{"enforce"},
			Causes: []report.UpgradeCause{cause("hostProbesAndHostLifecycle", "enforce", report.CauseAllows, false)},
		}},
		"newly passes": {sysctl(), quiet, 31, 37, &report.WorkloadUpgrade{
			Change: report.UpgradePasses, Modes: []string{"enforce"}, Kept: true,
			Causes: []report.UpgradeCause{cause("sysctls", "enforce", report.CauseAllows, true)},
		}},
		"only told": {probeHost(), []string{"audit", "baseline"}, 33, 37, &report.WorkloadUpgrade{
			Change: report.UpgradeTold, Modes: []string{"audit"}, Kept: true,
			Causes: []report.UpgradeCause{cause("hostProbesAndHostLifecycle", "audit", report.CauseDenies, true)},
		}},
		"in other words": {seLinuxUser(), quiet, 24, 37, &report.WorkloadUpgrade{
			Change: report.UpgradeReworded, Modes: []string{"enforce"},
			Causes: []report.UpgradeCause{cause("seLinuxOptions", "enforce", report.CauseReworded, false)},
		}},
		"warn implied": {hostPath(), []string{"enforce", "baseline"}, 25, 26, &report.WorkloadUpgrade{
			Change: report.UpgradeTold, Modes: []string{"warn"}, Causes: []report.UpgradeCause{cause("", "warn", report.CauseImplied, false)},
		}},
		"host ports in templates": {hostPorts(), quiet, 24, 37, nil}, // a template that is stored stays
	} {
		t.Run(name, func(t *testing.T) {
			source := &fakeSource{namespaces: []corev1.Namespace{namespace("shop", tt.labels...)}}
			source.deployment("shop", "web", tt.spec, "1")
			r := fromTo(t, source, tt.from, tt.to, Options{})
			if diff := cmp.Diff(tt.want, r.Items[0].Workloads[0].Upgrade); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if changed := r.Items[0].Workloads[0].Evidence[0].Upgraded != nil; changed != (tt.want != nil) {
				t.Errorf("the evidence has another outcome there: %t", changed)
			}
			want := report.Complies
			if tt.want != nil && tt.want.Blocks {
				want = report.Violates
			}
			if r.Upgrade.Verdict != want {
				t.Errorf("verdict %s, want %s", r.Upgrade.Verdict, want)
			}
		})
	}
}

// hostPorts is a template as servers up to 1.27 store it.
func hostPorts() corev1.PodSpec {
	spec := plain()
	spec.HostNetwork = true
	spec.Containers[0].Ports = []corev1.ContainerPort{{ContainerPort: 80, HostPort: 80}}
	return spec
}

// TestUpgradePins: the labels that keep things, and the command that writes them.
func TestUpgradePins(t *testing.T) {
	const enforce, warn, audit = "pod-security.kubernetes.io/enforce-version", "pod-security.kubernetes.io/warn-version", "pod-security.kubernetes.io/audit-version"
	byDefault := func(c *admissionapi.PodSecurityConfiguration) { c.Defaults.Enforce = "baseline" }
	for name, tt := range map[string]struct {
		labels    []string
		configure func(*admissionapi.PodSecurityConfiguration)
		candidate Candidate
		pins      map[string]string
		command   string
	}{
		"enforce, and what it implies": {
			[]string{"enforce", "baseline"}, nil, nil, map[string]string{enforce: "v1.33"}, "kubectl pss label ns shop --enforce=baseline:v1.33",
		},
		"every mode": {
			[]string{"enforce", "baseline", "audit", "restricted", "warn", "restricted"},
			nil, nil,
			map[string]string{enforce: "v1.33", audit: "v1.33", warn: "v1.33"},
			"kubectl pss label ns shop --enforce=baseline:v1.33 --audit=restricted:v1.33 --warn=restricted:v1.33",
		},
		"a level by default": {
			nil, byDefault, nil,
			map[string]string{enforce: "v1.33"},
			"kubectl label ns shop --overwrite pod-security.kubernetes.io/enforce-version=v1.33",
		},
		"under a proposal": {
			nil, nil, Candidate{Enforce: {Level: "baseline"}}, map[string]string{enforce: "v1.33"}, "kubectl pss label ns shop --enforce=baseline:v1.33",
		},
	} {
		t.Run(name, func(t *testing.T) {
			config, err := simulate.DefaultConfig()
			if err != nil {
				t.Fatal(err)
			}
			if tt.configure != nil {
				tt.configure(config)
			}
			admission, err := simulate.New(config)
			if err != nil {
				t.Fatal(err)
			}
			source := &fakeSource{namespaces: []corev1.Namespace{namespace("shop", tt.labels...)}}
			source.deployment("shop", "web", probeHost(), "1")
			up := fromTo(t, source, 33, 37, Options{Admission: admission, Candidate: tt.candidate}).Items[0].Upgrade
			if diff := cmp.Diff(tt.pins, up.Pins); diff != "" {
				t.Errorf("pins (-want +got):\n%s", diff)
			}
			if up.Command != tt.command || !up.Kept || up.Policy.Enforce.EvaluatedAs != "v1.37" {
				t.Errorf("kept %t by %s; %+v", up.Kept, up.Command, up.Policy.Enforce)
			}
			// What the pins promise: nothing changes under them.
			pinned := pinned(source.namespaces[0].Labels, up.Pins)
			source.namespaces[0].Labels = tt.candidate.Apply(pinned)
			if again := fromTo(t, source, 33, 37, Options{Admission: admission}); again.Upgrade.Sum() != 0 {
				t.Errorf("with the pins something changes all the same: %+v", again.Items[0].Workloads[0].Upgrade)
			}
		})
	}
}

// TestUpgradeOfPods: pods that only the other server tells apart are told apart, and those that are not made again do not
// count.
func TestUpgradeOfPods(t *testing.T) {
	source := &fakeSource{namespaces: []corev1.Namespace{namespace("shop", "enforce", "baseline", "warn", "privileged"), namespace("kube-x", "enforce", "baseline")}}
	deployment := source.deployment("shop", "web", plain(), "1")
	rs := source.replicaSet(deployment, "web-1", "1", plain())
	source.pod("shop", "web-1-a", &rs, plain())
	source.pod("shop", "web-1-b", &rs, probeHost())
	source.pod("shop", "alone", nil, probeHost())
	done := source.pod("shop", "done", nil, probeHost())
	done.Status.Phase = corev1.PodSucceeded
	source.pod("kube-x", "sys", nil, probeHost())
	r := fromTo(t, source, 33, 37, Options{})
	shop := r.Items[1]
	got := map[string]report.WorkloadUpgrade{}
	for i := range shop.Workloads {
		if up := shop.Workloads[i].Upgrade; up != nil {
			got[shop.Workloads[i].Name] = report.WorkloadUpgrade{Change: up.Change, Blocks: up.Blocks}
		}
	}
	want := map[string]report.WorkloadUpgrade{"web": {Change: report.UpgradeFails, Blocks: true}, "alone": {Change: report.UpgradeFails}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var pods [][]string
	for _, w := range shop.Workloads {
		for _, e := range w.Evidence {
			if w.Name == "web" && e.Upgraded != nil {
				pods = append(pods, e.Pods)
			}
		}
	}
	if diff := cmp.Diff([][]string{{"web-1-b"}}, pods); diff != "" {
		t.Errorf("pods with another outcome (-want +got):\n%s", diff)
	}
	sum := report.Upgrade{
		From: "v1.33", To: "v1.37", Exact: true, Verdict: report.Violates, Namespaces: 2, Changes: report.Changes{Fails: 3},
	}
	if diff := cmp.Diff(sum, *r.Upgrade); diff != "" {
		t.Errorf("the sum (-want +got):\n%s", diff)
	}
}

// TestUpgradeRemakes: a pod that runs is made again by the other server in its own way.
func TestUpgradeRemakes(t *testing.T) {
	source := &fakeSource{namespaces: []corev1.Namespace{namespace("shop", "enforce", "baseline", "warn", "privileged")}}
	pod := source.pod("shop", "alone", nil, plain())
	const key = corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix + "c"
	pod.ObjectMeta = metav1.ObjectMeta{Namespace: "shop", Name: "alone", UID: "1", Annotations: map[string]string{key: "unconfined"}}
	r := fromTo(t, source, 24, 37, Options{})
	const want = `violates PodSecurity "baseline:latest": forbidden AppArmor profiles (container "c" and annotation must not set AppArmor profile type to "Unconfined", "` +
		key + `="unconfined"")`
	if got := r.Items[0].Workloads[0].Evidence[0].Upgraded.Pod.Message; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// TestUpgradeGaps: what was not read may fail.
func TestUpgradeGaps(t *testing.T) {
	source := &fakeSource{namespaces: []corev1.Namespace{namespace("shop")}}
	source.gaps = []workload.Gap{{Resource: "cronjobs.batch", Reason: "forbidden"}}
	if r := fromTo(t, source, 33, 37, Options{}); r.Upgrade.Verdict != report.Incomplete || r.Items[0].Upgrade != nil {
		t.Errorf("%+v %+v", r.Upgrade, r.Items[0].Upgrade)
	}
}
