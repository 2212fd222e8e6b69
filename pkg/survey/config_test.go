package survey

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionapi "k8s.io/pod-security-admission/admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
)

// configFile is a file in the newest format with those defaults for enforce.
func configFile(level, version string) *simulate.ConfigFile {
	return &simulate.ConfigFile{Version: "v1", Config: &admissionapi.PodSecurityConfiguration{
		Defaults: admissionapi.PodSecurityDefaults{
			Enforce: level, EnforceVersion: version, Audit: "restricted", AuditVersion: "latest", Warn: "baseline", WarnVersion: "v1.30",
		},
		Exemptions: admissionapi.PodSecurityExemptions{
			Namespaces: []string{"kube-system", "build"}, RuntimeClasses: []string{"gvisor"}, Usernames: []string{"jane", "bob"},
		},
	}}
}

func TestConfigFacts(t *testing.T) {
	var want []report.ConfigFact
	for _, fact := range [][3]string{
		{"default", "enforce", "privileged:latest"},
		{"default", "audit", "restricted:latest"},
		{"default", "warn", "baseline:v1.30"},
		{"exemptNamespace", "build", "exempt"},
		{"exemptNamespace", "kube-system", "exempt"},
		{"exemptRuntimeClass", "gvisor", "exempt"},
		{"exemptUser", "bob", "exempt"},
		{"exemptUser", "jane", "exempt"},
	} {
		want = append(want, report.ConfigFact{Subject: fact[0], Name: fact[1], Value: fact[2], Source: "config"})
	}
	if diff := cmp.Diff(want, ConfigFacts(configFile("privileged", "latest").Config)); diff != "" {
		t.Error(diff)
	}
}

func TestConfigFindings(t *testing.T) {
	inFormat := func(f *simulate.ConfigFile, version string) *simulate.ConfigFile {
		f.Version = version
		return f
	}
	const group = "pod-security.admission.config.k8s.io/"
	outdated := report.ConfigFinding{
		Field: "apiVersion", Value: group + "v1beta1", Reason: "deprecated",
		Message: "v1 has taken its place since v1.25, and any release may drop it", Remedy: "write apiVersion: " + group + "v1",
	}
	latest := report.ConfigFinding{
		Field: "defaults.enforce-version", Value: "latest", Reason: "unpinned",
		Message: "an upgrade of the API server changes what is refused in every namespace without labels",
		Remedy:  "pin it to what the server knows: enforce-version: v1.36",
	}
	later := latest
	later.Value = "v1.37"
	later.Message = "newer than a server of v1.36, which judges by its own version: each upgrade up to that changes what is refused in every " +
		"namespace without labels"
	ignored := configFile("privileged", "latest")
	ignored.Ignored = []simulate.Ignored{{Field: "plugins", Why: "nothing there"}, {Field: "document 2", Why: "one is enough", Meant: true}}
	wrapped := configFile("privileged", "latest")
	wrapped.Wrapped, wrapped.Wrapper = true, "v1"
	for _, c := range []struct {
		name    string
		file    *simulate.ConfigFile
		setting ConfigSetting
		want    []report.ConfigFinding
	}{
		{"sound", configFile("baseline", "v1.36"), ConfigSetting{Minor: 36}, nil},
		{"older", configFile("baseline", "v1.0"), ConfigSetting{Minor: 36}, nil},
		{"privileged needs no pin", configFile("privileged", "latest"), ConfigSetting{Minor: 36}, nil},
		{"the built-in one", inFormat(configFile("privileged", "latest"), ""), ConfigSetting{Minor: 24}, nil},
		{"latest", configFile("baseline", "latest"), ConfigSetting{Minor: 36}, []report.ConfigFinding{latest}},
		{"newer than the server", configFile("restricted", "v1.37"), ConfigSetting{Minor: 36}, []report.ConfigFinding{later}},
		{"v1beta1", inFormat(configFile("baseline", "latest"), "v1beta1"), ConfigSetting{Minor: 36}, []report.ConfigFinding{latest, outdated}},
		{"v1beta1 on 1.24", inFormat(configFile("privileged", "latest"), "v1beta1"), ConfigSetting{Minor: 24}, nil},
		{"v1 on 1.24 that emulates", configFile("privileged", "latest"), ConfigSetting{Minor: 24, Binary: 36}, nil},
		{"v1 on 1.24", configFile("privileged", "latest"), ConfigSetting{Minor: 24}, []report.ConfigFinding{{
			Field: "apiVersion", Value: group + "v1", Reason: "unsupported", Grave: true,
			Message: "known since v1.25: a server of v1.24 does not start with it", Remedy: "write apiVersion: " + group + "v1beta1",
		}}},
		{"v1alpha1 on 1.24", inFormat(configFile("privileged", "latest"), "v1alpha1"), ConfigSetting{Minor: 24}, []report.ConfigFinding{{
			Field: "apiVersion", Value: group + "v1alpha1", Reason: "deprecated",
			Message: "v1beta1 has taken its place since v1.23, and any release may drop it", Remedy: "write apiVersion: " + group + "v1beta1",
		}}},
		{"unknown around it", wrapped, ConfigSetting{Minor: 36}, []report.ConfigFinding{{
			Field: "apiVersion", Value: "v1", Reason: "unsupported", Grave: true,
			Message: "no API server knows an AdmissionConfiguration of this version, and none starts with it",
			Remedy:  "write apiVersion: apiserver.config.k8s.io/v1",
		}}},
		{"ignored, the grave one first", ignored, ConfigSetting{Minor: 36}, []report.ConfigFinding{
			{Field: "document 2", Reason: "ignored", Grave: true, Message: "one is enough", Remedy: "leave it out, or put it where the server reads it"},
			{Field: "plugins", Reason: "ignored", Message: "nothing there"},
		}},
		{
			"missing", configFile("privileged", "latest"),
			ConfigSetting{Minor: 36, MissingNamespaces: []string{"build"}, MissingRuntimeClasses: []string{"gvisor"}},
			[]report.ConfigFinding{
				{
					Field: "exemptions.namespaces[1]", Value: "build", Reason: "namespaceMissing", Grave: true,
					Message: "the cluster has no such namespace: whoever may create namespaces can have this one, and be exempt in it",
					Remedy:  "remove the exemption, or create the namespace",
				},
				{
					Field: "exemptions.runtimeClasses[0]", Value: "gvisor", Reason: "runtimeClassMissing", Grave: true,
					Message: "the cluster has no such runtime class: it exempts nothing, until somebody creates one and every pod that names it is exempt",
					Remedy:  "remove the exemption until the runtime class is there",
				},
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, ConfigFindings(c.file, c.setting)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Every reason has a rank, so that findings of a new one do not come first by accident.
func TestConfigFindingsGravestFirst(t *testing.T) {
	f := configFile("baseline", "latest")
	f.Version = "v1beta1"
	f.Config.Exemptions.Usernames = []string{"*", "system:serviceaccount:kube-system:job-controller"}
	f.Ignored = []simulate.Ignored{{Field: "document 2", Meant: true}}
	f.Wrapped = true
	setting := ConfigSetting{
		Minor: 36, MissingNamespaces: []string{"build"}, MissingRuntimeClasses: []string{"gvisor"},
		Check: checked(namespaceOf("shop", report.SourceDefault, "web")),
	}
	var got []string
	for _, finding := range ConfigFindings(f, setting) {
		got = append(got, finding.Reason)
	}
	want := "unsupported controllerExempt stricter neverMatches namespaceMissing runtimeClassMissing ignored unpinned deprecated"
	if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
		t.Error(diff)
	}
}

// namespaceOf is an item with Deployments that block.
func namespaceOf(name string, source report.Source, blocking ...string) report.Namespace {
	item := report.Namespace{Namespace: name}
	item.Current.Enforce.Source = source
	item.Workloads = []report.Workload{{Group: "apps", Kind: "Deployment", Name: "fine"}}
	for _, w := range blocking {
		item.Workloads = append(item.Workloads, report.Workload{Group: "apps", Kind: "Deployment", Name: w, Blocks: true})
	}
	return item
}

func checked(items ...report.Namespace) *report.CheckReport { return &report.CheckReport{Items: items} }

func TestConfigStricter(t *testing.T) {
	pods := namespaceOf("one", report.SourceDefault)
	pods.Workloads = []report.Workload{{Kind: "Pod", Name: "debug", Blocks: true}}
	for _, c := range []struct {
		name    string
		check   *report.CheckReport
		message string
		objects []string
	}{
		{"nothing blocks", checked(namespaceOf("a", report.SourceDefault)), "", nil},
		{"only where there are labels", checked(namespaceOf("a", report.SourceLabel, "web"), namespaceOf("b", report.SourceInvalid, "web")), "", nil},
		{
			"one", checked(pods), "refuses the next pods of 1 workload in namespace one, which has no enforce label",
			[]string{"pod/debug -n one"},
		},
		{
			"several, the system's too", checked(namespaceOf("kube-system", report.SourceDefault, "dns"), namespaceOf("b", report.SourceDefault, "api", "web")),
			"refuses the next pods of 3 workloads in 2 namespaces (kube-system, b), which have no enforce label",
			[]string{"deployment.apps/dns -n kube-system", "deployment.apps/api -n b", "deployment.apps/web -n b"},
		},
		{
			"many", checked(namespaceOf("a", report.SourceDefault, "w"), namespaceOf("b", report.SourceDefault, "w"), namespaceOf("c", report.SourceDefault, "w"),
				namespaceOf("d", report.SourceDefault, "w"), namespaceOf("e", report.SourceDefault, "w")),
			"refuses the next pods of 5 workloads in 5 namespaces (a, b, c and 2 more), which have no enforce label",
			[]string{
				"deployment.apps/w -n a", "deployment.apps/w -n b", "deployment.apps/w -n c", "deployment.apps/w -n d", "deployment.apps/w -n e",
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var want []report.ConfigFinding
			if c.message != "" {
				want = []report.ConfigFinding{{
					Field: "defaults.enforce", Value: "restricted:v1.30", Reason: "stricter", Grave: true, Message: c.message, Objects: c.objects,
					Remedy: "mend them, or label these namespaces by what they can bear before the server starts with the file", Command: "kubectl pss check",
				}}
			}
			got := ConfigFindings(configFile("restricted", "v1.30"), ConfigSetting{Minor: 36, Check: c.check, Command: "kubectl pss check"})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
