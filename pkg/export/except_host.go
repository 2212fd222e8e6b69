package export

import "strings"

// hostVerdict knows the checks about the node's own network, processes and Windows host.
func hostVerdict(c revised) (verdict, bool) {
	switch c.Check {
	case "hostNamespaces":
		return hostNamespaces(), true
	case "hostPorts":
		return hostPorts(), true
	case "hostProbesAndHostLifecycle":
		return hostProbes(), true
	case "windowsHostProcess":
		const set = ".?windowsOptions.?hostProcess.orValue(false)"
		return podAndContainersMust("object.spec.?securityContext"+set, "c.?securityContext"+set,
			"must not set securityContext.windowsOptions.hostProcess=true"), true
	default:
		return verdict{}, false
	}
}

func hostNamespaces() verdict {
	var parts []string
	for _, field := range []string{"hostNetwork", "hostPID", "hostIPC"} {
		parts = append(parts, "(object.spec.?"+field+".orValue(false) ? ['"+field+"=true'] : [])")
	}
	return verdict{
		variables: []Variable{{badVariable, strings.Join(parts, " + ")}},
		allowed:   "size(variables.bad) == 0",
		detail:    "variables.bad.join(', ')",
	}
}

func hostPorts() verdict {
	const used = "c.?ports.orValue([]).filter(p, p.?hostPort.orValue(0) != 0)"
	return verdict{
		variables: []Variable{
			everyContainer(),
			badContainers("size(" + used + ") > 0"),
			{"ports", "variables.containers.map(c, " + used + ".map(p, string(p.hostPort)).join(', ')).filter(p, p != '')"},
		},
		allowed: "size(variables.bad) == 0",
		detail: quoted("container", badVariable) + " + " + plural(badVariable, " uses ", " use ") +
			" + (variables.ports.join(', ').contains(',') ? 'hostPorts ' : 'hostPort ') + variables.ports.join(', ')",
	}
}

// hostProbes looks at the hosts of all handlers that a container has; one that is missing has none.
func hostProbes() verdict {
	var hosts []string
	for _, of := range []string{"livenessProbe", "readinessProbe", "startupProbe", "lifecycle.?postStart", "lifecycle.?preStop"} {
		for _, handler := range []string{"httpGet", "tcpSocket"} {
			hosts = append(hosts, "c.?"+of+".?"+handler+".?host.orValue('')")
		}
	}
	set := "[" + strings.Join(hosts, ", ") + "].filter(h, h != '')"
	return verdict{
		variables: []Variable{
			everyContainer(),
			{"hosts", "variables.containers.map(c, {'container': dyn(c.name), 'hosts': dyn(" + set + ".join('\", \"'))}).filter(h, h.hosts != '')"},
			{badVariable, "variables.hosts.map(h, h.container)"},
			{"named", "variables.hosts.map(h, h.hosts)"},
		},
		allowed: "size(variables.bad) == 0",
		detail: quoted("container", badVariable) + " + " + plural(badVariable, " uses ", " use ") +
			" + " + quoted("probe or lifecycle host", "named"),
	}
}
