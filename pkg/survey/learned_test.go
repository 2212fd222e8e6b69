package survey

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionapi "k8s.io/pod-security-admission/admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// admissionWith is built-in but for exemptions.
func admissionWith(t *testing.T, exemptions admissionapi.PodSecurityExemptions) *simulate.Admission {
	t.Helper()
	config, err := simulate.DefaultConfig()
	if err != nil {
		t.Fatal(err)
	}
	config.Exemptions = exemptions
	a, err := simulate.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestLearnedDefaults(t *testing.T) {
	const privileged = "privileged:latest"
	for name, tt := range map[string]struct {
		configured bool
		learned    *Learned
		source     report.Source
		assumed    []string
	}{
		"not asked":       {source: report.SourceAssumed},
		"nothing told":    {learned: &Learned{}, source: report.SourceAssumed},
		"some":            {learned: &Learned{Defaults: map[Mode]bool{Enforce: true}}, source: report.SourceProbed, assumed: []string{"audit", "warn"}},
		"all":             {learned: &Learned{Defaults: map[Mode]bool{Enforce: true, Audit: true, Warn: true}}, source: report.SourceProbed},
		"a configuration": {configured: true, source: report.SourceConfig},
	} {
		t.Run(name, func(t *testing.T) {
			s := &survey{Options: Options{
				Admission: admissionWith(t, admissionapi.PodSecurityExemptions{}), Configured: tt.configured, Learned: tt.learned,
			}}
			want := report.Defaults{Enforce: privileged, Audit: privileged, Warn: privileged, Source: tt.source, Assumed: tt.assumed}
			if diff := cmp.Diff(want, s.defaults()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What is not exempt takes every way to be exempt to be known.
func TestLearnedExemptions(t *testing.T) {
	const controller = "system:serviceaccount:kube-system:replicaset-controller"
	s := &survey{Options: Options{
		Admission: admissionWith(t, admissionapi.PodSecurityExemptions{RuntimeClasses: []string{"trusted"}, Usernames: []string{"boss"}}),
		Learned: &Learned{
			Namespaces: map[string]bool{"told": true, "untold": false}, RuntimeClasses: map[string]bool{"trusted": true, "other": true},
			Users: map[string]bool{controller: true, "boss": true},
		},
	}}
	for name, want := range map[string]report.Source{"told": report.SourceProbed, "untold": report.SourceAssumed, "new": report.SourceAssumed} {
		if got := s.namespaceSource(name); got != want {
			t.Errorf("namespace %s: %s, want %s", name, got, want)
		}
	}
	for name, tt := range map[string]struct {
		user, class string
		want        report.Source
	}{
		"a controller":                      {controller, "", report.SourceProbed},
		"another one":                       {workload.ControllerUser("Job"), "", report.SourceAssumed},
		"a known class":                     {controller, "other", report.SourceProbed},
		"an unknown class":                  {controller, "new", report.SourceAssumed},
		"nobody knows who":                  {"", "", report.SourceAssumed},
		"exempt by class, nobody knows who": {"", "trusted", report.SourceProbed},
		"exempt by user, unknown class":     {"boss", "new", report.SourceProbed},
	} {
		e := &evidence{user: tt.user}
		if e.runtimeClass = &tt.class; tt.class == "" {
			e.runtimeClass = nil
		}
		if got := s.evidenceSource(e); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}
