package cluster

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"
)

// gateMetrics are a server's metrics around its gates.
const gateMetrics = `# TYPE apiserver_x counter
apiserver_x{name="ProcMountType"} 1
# TYPE kubernetes_feature_enabled gauge
kubernetes_feature_enabled{name="ProcMountType",stage="BETA"} 1
kubernetes_feature_enabled{name="UserNamespacesPodSecurityStandards",stage="ALPHA"} 0
kubernetes_feature_enabled{name="UserNamespacesSupport",stage="BETA"} 1
# TYPE workqueue_depth gauge
workqueue_depth{name="ImageVolume"} 0
kubernetes_feature_enabled{name="TooLate",stage=""} 1
`

func TestGates(t *testing.T) {
	const unread, byFlags, none = "the server's metrics cannot be read", "the flags of kube-apiserver", "servers before v1.26 have no metric of their gates"
	const metricsRight, podsRight = "get /metrics", "list pods in namespace kube-system"
	other := apiServer("--feature-gates=ProcMountType=false")
	other.Name = "kube-apiserver-2"
	for name, tc := range map[string]struct {
		minor   int
		metrics string
		objects []runtime.Object
		want    []Gate
	}{
		"metrics": {34, gateMetrics, nil, []Gate{
			{Name: "ImageVolume", How: "the server's metrics do not name it"},
			{"ProcMountType", true, true, "the server's metrics", metricsRight},
			{"UserNamespacesPodSecurityStandards", true, false, "the server's metrics", metricsRight},
			{"UserNamespacesSupport", true, true, "the server's metrics", metricsRight},
		}},
		"neither": {30, "", nil, []Gate{
			{Name: "AppArmorFields", How: unread, Needs: metricsRight},
			{Name: "DefaultHostNetworkHostPortsInPodTemplates", How: unread, Needs: metricsRight},
			{Name: "ProcMountType", How: unread, Needs: metricsRight},
			{Name: "UserNamespacesPodSecurityStandards", How: unread, Needs: metricsRight},
			{Name: "UserNamespacesSupport", How: unread, Needs: metricsRight},
		}},
		"flags on an old one": {24, gateMetrics, []runtime.Object{apiServer("--feature-gates=ProcMountType=true")}, []Gate{
			{Name: "PodSecurity", How: none, Needs: podsRight},
			{"ProcMountType", true, true, byFlags, podsRight},
		}},
		"servers that differ": {24, "", []runtime.Object{apiServer("--feature-gates=ProcMountType=true"), other}, []Gate{
			{Name: "PodSecurity", How: none, Needs: podsRight}, {Name: "ProcMountType", How: none, Needs: podsRight},
		}},
		"servers that agree": {24, "", []runtime.Object{apiServer("--feature-gates=ProcMountType=false"), other}, []Gate{
			{Name: "PodSecurity", How: none, Needs: podsRight}, {"ProcMountType", true, false, byFlags, podsRight},
		}},
		"all decided": {37, gateMetrics, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s, c := serve(t, append(tc.objects, newNamespace("kube-system"))...)
			s.SetMetrics(tc.metrics)
			if diff := cmp.Diff(tc.want, c.Gates(t.Context(), tc.minor)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What comes behind the gates is not read any more.
func TestGatesIn(t *testing.T) {
	got := slices.Sorted(maps.Keys(gatesIn(strings.NewReader(gateMetrics))))
	if diff := cmp.Diff([]string{"ProcMountType", "UserNamespacesPodSecurityStandards", "UserNamespacesSupport"}, got); diff != "" {
		t.Error(diff)
	}
}
