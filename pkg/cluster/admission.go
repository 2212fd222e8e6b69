package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	utilversion "k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apimachinery/pkg/version"
)

const (
	// minorWithoutPolicies is the first server minor that has no PodSecurityPolicy.
	minorWithoutPolicies = 25
	policyPlugin         = "PodSecurityPolicy"
)

// Admission is how a server admits pods, as far as that can be read, beside what Facts say of Pod Security.
type Admission struct {
	// PodSecurityPolicy says whether the plug-in of that name judges pods. It is unknown where neither the server's
	// metrics nor its flags can be read.
	PodSecurityPolicy Fact
	// Unconfigured says that the flags of the API servers could be read and name no admission configuration.
	Unconfigured bool
}

// Admission reads how the server admits pods; what may not be read is left open.
func (c *Client) Admission(ctx context.Context, info version.Info) Admission {
	var found presence
	var servers []serverFlags
	var searches sync.WaitGroup
	searches.Go(func() { found = c.plugin(ctx, policyPlugin) })
	searches.Go(func() { servers = c.apiServers(ctx) })
	searches.Wait()
	return Admission{
		PodSecurityPolicy: weighPolicies(info, found, servers),
		Unconfigured:      len(servers) > 0 && (evidence{servers: servers}).configFile() == "",
	}
}

// weighPolicies goes by metrics first, since they are of a server that answers. Nothing is assumed: the plug-in never was
// on by default.
func weighPolicies(info version.Info, found presence, servers []serverFlags) Fact {
	v, err := utilversion.ParseGeneric(info.GitVersion)
	switch {
	case err == nil && v.Minor() >= minorWithoutPolicies:
		return inactive(fmt.Sprintf("Kubernetes 1.%d has no PodSecurityPolicy", v.Minor()))
	case found == present:
		return active("the API server's metrics know the admission plug-in " + policyPlugin)
	case found == absent:
		return inactive("the API server's metrics know admission plug-ins, but not " + policyPlugin)
	}
	on := 0
	for i := range servers {
		if servers[i].enables(policyPlugin) {
			on++
		}
	}
	switch {
	case len(servers) == 0:
		return Fact{Value: Unknown, Source: Assumed, Reason: "neither the API server's metrics nor its flags can be read"}
	case on == len(servers):
		return active("kube-apiserver runs with --enable-admission-plugins=" + policyPlugin)
	case on == 0:
		return inactive("the flags of kube-apiserver do not enable " + policyPlugin)
	default:
		return Fact{Value: Unknown, Source: Probed, Reason: fmt.Sprintf("the API servers differ: %d of %d enable %s", on, len(servers), policyPlugin)}
	}
}

func (f serverFlags) enables(plugin string) bool {
	return slices.ContainsFunc(f.enabled, func(s string) bool { return strings.TrimSpace(s) == plugin })
}
