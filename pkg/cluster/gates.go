package cluster

import (
	"bufio"
	"context"
	"io"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// gateMetric tells each feature gate of a server.
const gateMetric = "kubernetes_feature_enabled"

// gatesLimit bounds how many bytes of a server's metrics are read on the way to its gates, which come late. Nothing of
// them is kept.
const gatesLimit = 64 << 20

// minorGateMetric is the first server minor with gateMetric.
const minorGateMetric = 26

// Gate is a feature gate that decides what Pod Security sees or says.
type Gate struct {
	Name string
	// Known says whether the server told it, and Enabled what it told.
	Known, Enabled bool
	// How says where it stands, or why it is not known, and Needs which right tells it.
	How, Needs string
}

// gates are the feature gates that matter, with the minors in which servers have them.
func gates() []struct {
	name        string
	first, last int
} {
	return []struct {
		name        string
		first, last int
	}{
		{"AppArmorFields", 30, 30},
		{"DefaultHostNetworkHostPortsInPodTemplates", 28, 30},
		{"ImageVolume", 31, 35},
		{"PodSecurity", 22, 24},
		{"ProcMountType", 12, 35},
		{"UserNamespacesPodSecurityStandards", 29, 34},
		{"UserNamespacesStatelessPodsSupport", 25, 27},
		{"UserNamespacesSupport", 28, 35},
	}
}

// Gates reads the feature gates that matter for Pod Security on a server of that minor: from its metrics, else from the
// flags of API servers that run as pods, which tell only what somebody set.
func (c *Client) Gates(ctx context.Context, minor int) []Gate {
	var list []Gate
	for _, g := range gates() {
		if g.first <= minor && minor <= g.last {
			list = append(list, Gate{Name: g.name})
		}
	}
	if len(list) == 0 {
		return nil
	}
	var found map[string]bool
	how, needs := "the server's metrics cannot be read", "get /metrics"
	if minor < minorGateMetric {
		how, needs = "servers before v1.26 have no metric of their gates", "list pods in namespace kube-system"
	} else {
		found = c.gateMetrics(ctx)
	}
	var servers []serverFlags
	if len(found) == 0 {
		servers = c.apiServers(ctx)
	}
	for i := range list {
		g := &list[i]
		g.How, g.Needs = how, needs
		if enabled, ok := found[g.Name]; ok {
			g.Known, g.Enabled, g.How, g.Needs = true, enabled, "the server's metrics", "get /metrics"
		} else if enabled, ok := flagged(servers, g.Name); ok {
			g.Known, g.Enabled, g.How, g.Needs = true, enabled, "the flags of kube-apiserver", "list pods in namespace kube-system"
		} else if len(found) > 0 {
			g.How, g.Needs = "the server's metrics do not name it", ""
		}
	}
	return list
}

func (c *Client) gateMetrics(ctx context.Context) map[string]bool {
	body, err := c.metrics(ctx, gateMetric)
	if err != nil {
		return nil
	}
	defer func() { _ = body.Close() }()
	return gatesIn(body)
}

// gatesIn reads metrics in text form, which are sorted by name, and ends behind the gates.
func gatesIn(metrics io.Reader) map[string]bool {
	found := map[string]bool{}
	lines := bufio.NewScanner(io.LimitReader(metrics, gatesLimit))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		series, ok := strings.CutPrefix(line, gateMetric+`{name="`)
		if !ok {
			if !strings.HasPrefix(line, "#") && line > gateMetric+"~" {
				break
			}
			continue
		}
		name, _, _ := strings.Cut(series, `"`)
		_, value, _ := strings.Cut(series, "} ")
		found[name] = value == "1"
	}
	return found
}

// flagged is what the flags of all API servers set a gate to, if they agree.
func flagged(servers []serverFlags, name string) (enabled, ok bool) {
	for i := range servers {
		state, set := servers[i].gates[name]
		if !set || i > 0 && enabled != (state == "true") {
			return false, false
		}
		enabled = state == "true"
	}
	return enabled, len(servers) > 0
}

// RuntimeClasses are the names of the runtime classes, sorted. What cannot be read is a gap; an error means that no server
// took the request.
func (c *Client) RuntimeClasses(ctx context.Context, chunk int64) ([]string, []workload.Gap, error) {
	var names []string
	gaps, err := c.collect(ctx, chunk, []listing{{kind: runtimeClassKind()}}, func(obj runtime.Object) {
		if m, err := meta.Accessor(obj); err == nil {
			names = append(names, m.GetName())
		}
	})
	slices.Sort(names)
	return names, gaps, err
}
