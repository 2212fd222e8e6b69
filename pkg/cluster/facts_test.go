package cluster

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/version"

	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

const metrics = `# HELP aggregator_discovery_aggregation_count_total [ALPHA] Counter of number of times discovery was aggregated
# TYPE aggregator_discovery_aggregation_count_total counter
aggregator_discovery_aggregation_count_total 6
# TYPE apiserver_admission_controller_admission_duration_seconds histogram
apiserver_admission_controller_admission_duration_seconds_bucket{name="LimitRanger",operation="CREATE",rejected="false",type="validate",le="0.005"} 9
apiserver_admission_controller_admission_duration_seconds_count{name="LimitRanger",operation="CREATE",rejected="false",type="validate"} 9
PLUGIN
# TYPE apiserver_admission_step_admission_duration_seconds histogram
apiserver_admission_step_admission_duration_seconds_count{operation="CREATE",rejected="false",type="validate"} 9
`

const plugin = `apiserver_admission_controller_admission_duration_seconds_count{name="PodSecurity",operation="CREATE",rejected="false",type="validate"} 9`

func apiServer(args ...string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "kube-system", Name: "kube-apiserver-1", Labels: map[string]string{"component": "kube-apiserver"}},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "kube-apiserver", Command: append([]string{"kube-apiserver"}, args...)}}},
	}
}

func webhook(name string) *admissionv1.ValidatingWebhookConfiguration {
	return &admissionv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "some-configuration"},
		Webhooks:   []admissionv1.ValidatingWebhook{{Name: name}},
	}
}

func TestFacts(t *testing.T) {
	s, c := serve(t, newNamespace("kube-system"), apiServer("--admission-control-config-file=/etc/kubernetes/admission.yaml"), webhook("policy.example.com"))
	s.SetVersion(version.Info{Major: "1", Minor: "36", EmulationMajor: "1", EmulationMinor: "34", GitVersion: "v1.36.3"})
	s.SetMetrics(strings.ReplaceAll(metrics, "PLUGIN", plugin))
	got, err := c.Facts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := Facts{
		Version:         version.Info{Major: "1", Minor: "36", EmulationMajor: "1", EmulationMinor: "34", GitVersion: "v1.36.3"},
		ClusterUID:      "uid-kube-system",
		Context:         "fake",
		Host:            s.URL(),
		PodSecurity:     Fact{Active, Probed, "the API server's metrics know the admission plug-in PodSecurity"},
		AdmissionConfig: "/etc/kubernetes/admission.yaml",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := len(s.Requests()); n != 5 {
		t.Errorf("%d requests, want 5", n)
	}
}

func TestFactsWithoutRights(t *testing.T) {
	s, c := serve(t, newNamespace("kube-system"))
	s.Inject(fakeapi.Fault{Path: "/api*", Do: fakeapi.Refuse(http.StatusForbidden, "Forbidden", "no")})
	got, err := c.Facts(t.Context())
	if err != nil || got.ClusterUID != "" || got.Version.GitVersion != "v1.37.0" {
		t.Errorf("facts %+v, error %v", got, err)
	}
	if diff := cmp.Diff(Fact{Active, Assumed, "on by default in Kubernetes 1.37"}, got.PodSecurity); diff != "" {
		t.Error(diff)
	}
}

func TestFactsErrors(t *testing.T) {
	s, c := serve(t)
	s.Inject(fakeapi.Fault{Path: "/version", Times: 1, Do: fakeapi.Refuse(http.StatusForbidden, "Forbidden", "no version for you")})
	if _, err := c.Facts(t.Context()); err == nil || !strings.Contains(err.Error(), "no version for you") {
		t.Errorf("error %v", err)
	}
	s.Inject(fakeapi.Fault{Path: "/version", Do: func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { _, _ = w.Write([]byte("hello")) }})
	if _, err := c.Facts(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "reading the server's version: ") {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Facts(ctx); err == nil {
		t.Error("no error from an interrupted question")
	}
}

// Evidence that does not come is not waited for, and the version is there at once.
func TestFactsDoNotWait(t *testing.T) {
	s, c := serve(t, newNamespace("kube-system"))
	s.Inject(fakeapi.Fault{Path: "/metrics", Do: fakeapi.Hang()})
	i := c.Ask(t.Context())
	i.patience = 30 * time.Millisecond
	start := time.Now()
	if info, err := i.Version(); err != nil || info.GitVersion != "v1.37.0" {
		t.Errorf("version %v, error %v", info, err)
	}
	facts, err := i.Facts()
	if err != nil || facts.PodSecurity.Source != Assumed {
		t.Errorf("facts %+v, error %v", facts, err)
	}
	if d := time.Since(start); d > 20*time.Second { // a busy machine, and nobody who waits: that would be for ever
		t.Errorf("took %v", d)
	}
}

func TestPodSecurity(t *testing.T) {
	absentMetrics := strings.ReplaceAll(metrics, "PLUGIN\n", "")
	presentMetrics := strings.ReplaceAll(metrics, "PLUGIN", plugin)
	disabled := apiServer("--disable-admission-plugins", "NodeRestriction,PodSecurity")
	second := apiServer("--v=2")
	second.Name = "kube-apiserver-2"
	standIn := webhook("advisory.pod-security-webhook.kubernetes.io")
	byService := webhook("some.example.com")
	byService.Webhooks[0].ClientConfig.Service = &admissionv1.ServiceReference{Namespace: "pod-security-webhook"}
	const gateOff = "Kubernetes 1.22 has Pod Security behind a feature gate that is off by default"
	for name, tc := range map[string]struct {
		version, metrics string
		objects          []runtime.Object
		want             Fact
	}{
		"old":                {"v1.21.14", "", nil, Fact{Inactive, Probed, "Kubernetes 1.21 has no Pod Security admission"}},
		"old, with webhook":  {"v1.21.14", "", []runtime.Object{standIn}, Fact{Inactive, Probed, `Kubernetes 1.21 has no Pod Security admission; the webhook "some-configuration" judges pods instead`}},
		"alpha":              {"v1.22.17", "", nil, Fact{Inactive, Assumed, gateOff}},
		"alpha, in metrics":  {"v1.22.17", presentMetrics, nil, Fact{Inactive, Assumed, gateOff}},
		"alpha, by flags":    {"v1.22.17", "", []runtime.Object{apiServer("--v=2")}, Fact{Inactive, Probed, gateOff}},
		"alpha, gate on":     {"v1.22.17", "", []runtime.Object{apiServer("--feature-gates=PodSecurity=true")}, Fact{Active, Probed, "the flags of kube-apiserver leave it on"}},
		"alpha, all on":      {"v1.22.17", "", []runtime.Object{apiServer("--feature-gates=X=false,AllAlpha=true")}, Fact{Active, Probed, "the flags of kube-apiserver leave it on"}},
		"beta":               {"v1.24.17", "", nil, Fact{Active, Assumed, "on by default in Kubernetes 1.24"}},
		"beta, in metrics":   {"v1.24.17", presentMetrics, nil, Fact{Active, Assumed, "on by default in Kubernetes 1.24"}},
		"beta, gate off":     {"v1.23.1", presentMetrics, []runtime.Object{apiServer("--feature-gates=A=true", "--feature-gates=PodSecurity=False")}, Fact{Inactive, Probed, "kube-apiserver runs with --feature-gates=PodSecurity=false"}},
		"beta, all off":      {"v1.23.1", "", []runtime.Object{apiServer("--feature-gates=AllBeta=false")}, Fact{Inactive, Probed, "kube-apiserver runs with --feature-gates=AllBeta=false"}},
		"stable":             {"v1.30.2-eks-1", "", nil, Fact{Active, Assumed, "on by default in Kubernetes 1.30"}},
		"stable, webhook":    {"v1.30.2", "", []runtime.Object{byService}, Fact{Active, Assumed, `on by default in Kubernetes 1.30; the webhook "some-configuration" judges pods as well`}},
		"in metrics":         {"v1.30.2", presentMetrics, []runtime.Object{standIn}, Fact{Active, Probed, "the API server's metrics know the admission plug-in PodSecurity"}},
		"not in metrics":     {"v1.30.2", absentMetrics, nil, Fact{Inactive, Probed, "the API server's metrics know admission plug-ins, but not PodSecurity"}},
		"by flags":           {"v1.30.2", "", []runtime.Object{second}, Fact{Active, Probed, "the flags of kube-apiserver leave it on"}},
		"disabled":           {"v1.30.2", "", []runtime.Object{disabled}, Fact{Inactive, Probed, "kube-apiserver runs with --disable-admission-plugins=PodSecurity"}},
		"disabled on one":    {"v1.30.2", "", []runtime.Object{disabled, second}, Fact{Unknown, Probed, "the API servers differ: on 1 of 2, kube-apiserver runs with --disable-admission-plugins=PodSecurity"}},
		"no version to tell": {"dev", "", nil, Fact{Unknown, Assumed, `the server's version "dev" cannot be told`}},
	} {
		t.Run(name, func(t *testing.T) {
			s, c := serve(t, append(tc.objects, newNamespace("kube-system"))...)
			s.SetVersion(version.Info{GitVersion: tc.version})
			s.SetMetrics(tc.metrics)
			got, err := c.Facts(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got.PodSecurity); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPluginIn(t *testing.T) {
	series := func(name, operation, rejected, step string) string {
		return pluginMetric + `_count{name="` + name + `",operation="` + operation + `",rejected="` + rejected + `",type="` + step + `"} 1` + "\n"
	}
	for name, tc := range map[string]struct {
		text string
		want presence
	}{
		"nothing":          {"", presenceUnknown},
		"present":          {series("A", "CREATE", "false", "validate") + series("PodSecurity", "UPDATE", "true", "validate"), present},
		"absent":           {series("A", "UPDATE", "false", "validate"), absent},
		"deletes only":     {series("A", "DELETE", "false", "validate"), presenceUnknown},
		"mutating only":    {series("A", "CREATE", "false", "admit"), presenceUnknown},
		"all were refused": {series("A", "CREATE", "true", "validate"), presenceUnknown},
		"after the family": {"apiserver_zzz 1\n" + series("PodSecurity", "CREATE", "false", "validate"), presenceUnknown},
		"a line too long":  {series("A", "UPDATE", "false", "validate") + strings.Repeat("x", 2<<20), presenceUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			if got := pluginIn(strings.NewReader(tc.text), "PodSecurity"); got != tc.want {
				t.Errorf("%v, want %v", got, tc.want)
			}
		})
	}
}
