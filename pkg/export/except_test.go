package export

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

func ref(kind, name string) workload.Ref { return workload.Ref{Group: "apps", Kind: kind, Name: name} }

func TestFromStandardConditions(t *testing.T) {
	set, err := FromStandard(api.LevelBaseline, api.LatestVersion(), Exception{Workloads: []ExceptedWorkload{
		{Ref: ref("DaemonSet", "agent"), Namespace: "payments", ServiceAccount: "agent", Labels: map[string]string{"b": "", "a": "x"}},
		{Ref: ref("Deployment", "agent"), Labels: map[string]string{"app": "it's"}},
		{Ref: ref("Deployment", "node.agent"), ServiceAccount: "own"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := []Condition{
		changedImages(),
		{"not-agent", "!(request.namespace == 'payments' && object.spec.?serviceAccountName.orValue('default') == 'agent' && " +
			"object.metadata.?labels[?'a'].orValue('') == 'x' && object.metadata.?labels[?'b'].hasValue() && object.metadata.?labels[?'b'].orValue('') == '')"},
		{"not-agent-1", `!(object.spec.?serviceAccountName.orValue('default') == 'default' && object.metadata.?labels[?'app'].orValue('') == "it's")`},
		{"not-node-agent", "!(object.spec.?serviceAccountName.orValue('default') == 'own')"},
	}
	if diff := cmp.Diff(want, set.Conditions); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff("baseline-except-agent-and-2", set.Name); diff != "" {
		t.Error(diff)
	}
}

// What the exception can be abused for is told, and most of all where it is wide.
func TestFromStandardAbout(t *testing.T) {
	about := func(level api.Level, w ...ExceptedWorkload) string {
		set, err := FromStandard(api.LevelRestricted, api.MajorMinorVersion(1, 30), Exception{Level: level, Workloads: w})
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(set.About, "\n")
	}
	const shared, unlabelled = "The service account default is everybody's", "every pod with that service account is excepted"
	narrow := about(api.LevelBaseline, ExceptedWorkload{Ref: ref("DaemonSet", "agent"), ServiceAccount: "agent", Labels: map[string]string{"app": "a"}})
	for _, text := range []string{
		"Pod Security's restricted:v1.30", "no more than baseline", "DaemonSet/agent, told by all of: service account agent, label app=a.", "pods/ephemeralcontainers",
	} {
		if !strings.Contains(narrow, text) {
			t.Errorf("%q is not told in\n%s", text, narrow)
		}
	}
	if strings.Contains(narrow, shared) || strings.Contains(narrow, unlabelled) {
		t.Errorf("a narrow exception is told to be wide:\n%s", narrow)
	}
	if wide := about("", ExceptedWorkload{Ref: ref("Deployment", "a"), Labels: map[string]string{"app": "a"}}); !strings.Contains(wide, shared) {
		t.Errorf("not told that the service account is everybody's:\n%s", wide)
	}
	if wide := about("", ExceptedWorkload{Ref: ref("Deployment", "a"), ServiceAccount: "a"}); !strings.Contains(wide, unlabelled) {
		t.Errorf("not told that there are no labels:\n%s", wide)
	}
}

func TestFromStandardErrors(t *testing.T) {
	one := []ExceptedWorkload{{Ref: ref("DaemonSet", "agent"), ServiceAccount: "agent"}}
	for _, tt := range []struct {
		level api.Level
		e     Exception
		want  string
	}{
		{api.LevelPrivileged, Exception{Workloads: one}, `level "privileged" forbids nothing that could be excepted: choose baseline or restricted`},
		{
			api.LevelBaseline,
			Exception{Workloads: one, Level: api.LevelBaseline},
			"a namespace that enforces baseline holds its pods to baseline already: no policy can except any of them",
		},
		{
			api.LevelBaseline,
			Exception{},
			"an exception without a workload matches nothing: name one, such as daemonset/agent, or enforce the level by the namespace's label",
		},
		{
			api.LevelBaseline,
			Exception{Workloads: append(one, ExceptedWorkload{Ref: ref("Deployment", "web"), ServiceAccount: "default"})},
			"Deployment/web has no service account of its own and no labels, so that an exception for it would match every pod: give it a service account",
		},
	} {
		if _, err := FromStandard(tt.level, api.LatestVersion(), tt.e); err == nil || err.Error() != tt.want {
			t.Errorf("error is %v, want %s", err, tt.want)
		}
	}
}

// Each check of upstream has a rule wherever it runs, with the revision that runs there.
func TestFromStandardRules(t *testing.T) {
	e := Exception{Workloads: []ExceptedWorkload{{Ref: ref("DaemonSet", "agent"), ServiceAccount: "agent"}}}
	rules := func(level api.Level, minor int) []string {
		set, err := FromStandard(level, api.MajorMinorVersion(1, minor), e)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, r := range set.Rules {
			all = append(all, strings.TrimPrefix(r.Source, "check ")+" "+r.Name)
		}
		return all
	}
	if diff := cmp.Diff([]string{
		"appArmorProfile v1.0 app-armor-profile", "capabilities_baseline v1.0 capabilities-baseline", "hostNamespaces v1.0 host-namespaces",
		"hostPathVolumes v1.0 host-path-volumes", "hostPorts v1.0 host-ports", "privileged v1.0 privileged", "procMount v1.0 proc-mount",
		"seLinuxOptions v1.0 se-linux-options", "seccompProfile_baseline v1.19 seccomp-profile-baseline", "sysctls v1.27 sysctls",
		"windowsHostProcess v1.0 windows-host-process",
	}, rules(api.LevelBaseline, 28)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{
		"appArmorProfile v1.0 app-armor-profile", "hostNamespaces v1.0 host-namespaces", "hostPorts v1.0 host-ports",
		"hostProbesAndHostLifecycle v1.34 host-probes-and-host-lifecycle", "privileged v1.0 privileged", "seLinuxOptions v1.31 se-linux-options",
		"sysctls v1.37 sysctls", "windowsHostProcess v1.0 windows-host-process", "allowPrivilegeEscalation v1.25 allow-privilege-escalation",
		"capabilities_restricted v1.25 capabilities-restricted", "procMount_restricted v1.35 proc-mount-restricted", "restrictedVolumes v1.0 restricted-volumes",
		"runAsNonRoot v1.35 run-as-non-root", "runAsUser v1.35 run-as-user", "seccompProfile_restricted v1.25 seccomp-profile-restricted",
	}, rules(api.LevelRestricted, standard.NewestMinor)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(rules(api.LevelRestricted, standard.NewestMinor), rules(api.LevelRestricted, standard.NewestMinor+5)); diff != "" {
		t.Error(diff)
	}
	set, err := FromStandard(api.LevelBaseline, api.MajorMinorVersion(1, 28), e)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(set.Rules, func(r Rule) bool { return r.Name == "privileged" })
	if diff := cmp.Diff(Rule{
		Name: "privileged", Title: "Forbids privileged containers", Source: "check privileged v1.0",
		Variables: []Variable{everyContainer(), {
			"bad", "variables.containers.filter(c, c.?securityContext.?privileged.orValue(false)).map(c, c.name)",
		}},
		Validations: []Validation{{
			Expression: "size(variables.bad) == 0",
			Message:    "violates baseline:v1.28: privileged",
			MessageExpression: `'violates baseline:v1.28: privileged (' + (size(variables.bad) == 1 ? 'container "' : 'containers "') + ` +
				`variables.bad.join('", "') + '"' + ' must not set securityContext.privileged=true' + ')'`,
		}},
	}, set.Rules[at]); diff != "" {
		t.Error(diff)
	}
}
