package cluster

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/version"
)

func TestAdmission(t *testing.T) {
	absent := strings.ReplaceAll(metrics, "PLUGIN\n", "")
	beside := strings.ReplaceAll(metrics, "PLUGIN", plugin)
	known := strings.ReplaceAll(metrics, "PLUGIN", plugin+"\n"+strings.ReplaceAll(plugin, `"PodSecurity"`, `"PodSecurityPolicy"`))
	other := apiServer("--enable-admission-plugins=NodeRestriction")
	other.Name = "kube-apiserver-2"
	for name, tc := range map[string]struct {
		version, metrics string
		objects          []runtime.Object
		want             Admission
	}{
		"too new": {"v1.25.0", known, nil, Admission{PodSecurityPolicy: Fact{Inactive, Probed, "Kubernetes 1.25 has no PodSecurityPolicy"}}},
		"metrics know it": {
			"v1.24.17", known,
			[]runtime.Object{other},
			Admission{Fact{Active, Probed, "the API server's metrics know the admission plug-in PodSecurityPolicy"}, true},
		},
		"metrics know PodSecurity alone": {
			"v1.24.17", beside, nil,
			Admission{PodSecurityPolicy: Fact{Inactive, Probed, "the API server's metrics know admission plug-ins, but not PodSecurityPolicy"}},
		},
		"metrics know neither": {
			"v1.24.17", absent, nil,
			Admission{PodSecurityPolicy: Fact{Inactive, Probed, "the API server's metrics know admission plug-ins, but not PodSecurityPolicy"}},
		},
		"flags enable it": {
			"v1.24.17", "",
			[]runtime.Object{apiServer("--enable-admission-plugins", "NodeRestriction,PodSecurityPolicy", "--admission-control-config-file=/a")},
			Admission{PodSecurityPolicy: Fact{Active, Probed, "kube-apiserver runs with --enable-admission-plugins=PodSecurityPolicy"}},
		},
		"flags do not": {
			"v1.24.17", "",
			[]runtime.Object{other},
			Admission{Fact{Inactive, Probed, "the flags of kube-apiserver do not enable PodSecurityPolicy"}, true},
		},
		"flags differ": {
			"v1.24.17", "",
			[]runtime.Object{apiServer("--enable-admission-plugins=PodSecurityPolicy"), other},
			Admission{Fact{Unknown, Probed, "the API servers differ: 1 of 2 enable PodSecurityPolicy"}, true},
		},
		"nothing to be read": {
			"v1.24.17", "", nil,
			Admission{PodSecurityPolicy: Fact{Unknown, Assumed, "neither the API server's metrics nor its flags can be read"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, c := serve(t, tc.objects...)
			if tc.metrics != "" {
				s.SetMetrics(tc.metrics)
			}
			got := c.Admission(t.Context(), version.Info{GitVersion: tc.version})
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
