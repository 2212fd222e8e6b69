package standard

import "k8s.io/pod-security-admission/policy"

// hostProse is about what a pod may share with its node, volumes apart.
func hostProse(id policy.CheckID) (prose, bool) {
	switch id {
	case "hostNamespaces":
		return hostNamespacesProse(), true
	case "hostPorts":
		return hostPortsProse(), true
	case "hostProbesAndHostLifecycle":
		return handlerHostsProse(), true
	case "windowsHostProcess":
		return hostProcessProse(), true
	default:
		return prose{}, false
	}
}

func hostNamespacesProse() prose {
	return prose{
		forbids: "the node's network, processes and IPC",
		risk: "With hostNetwork a pod listens and speaks on the node's own addresses: it reaches what listens on the node's " +
			"loopback, passes for the node where addresses are trusted, and most network policies do not apply to it. With hostPID " +
			"it sees every process of the node and, as root, can read their memory, environment and files. With hostIPC it reads " +
			"and writes the shared memory of the node's processes.",
		remedy: "Leave all three out. Reach the pod through a Service, and share processes within the pod by shareProcessNamespace. " +
			"What really belongs to the node, such as a network plugin or a node agent, goes to a namespace of its own that enforces privileged.",
		fields:  []string{"spec.hostNetwork", "spec.hostPID", "spec.hostIPC"},
		allowed: []values{{values: []string{unset, "false"}}},
		denied: `spec:
  hostNetwork: true
  hostPID: true
`,
		passing: `spec:
  shareProcessNamespace: true   # among the containers of this pod
`,
	}
}

func hostPortsProse() prose {
	return prose{
		forbids: "ports of the node",
		risk: "A port of the node answers wherever the node is reachable, past Services. The pod takes it from whatever else " +
			"could listen there, and receives what others send to the node in good faith.",
		remedy: "Leave hostPort out and publish the port by a Service (ClusterIP, NodePort, LoadBalancer) or an Ingress. With hostNetwork: " +
			"true the API server fills in hostPort with containerPort by itself, so that such a pod violates hostNamespaces and this check.",
		fields:  inContainers("ports[*].hostPort"),
		allowed: []values{{values: []string{unset, "0"}}},
		denied: `spec:
  containers:
  - name: app
    ports:
    - containerPort: 8080
      hostPort: 80
`,
		passing: `spec:
  containers:
  - name: app
    ports:
    - containerPort: 8080
`,
	}
}

func handlerHostsProse() prose {
	return prose{
		forbids: "hosts in probes and lifecycle hooks",
		risk: "The kubelet sends probes and hooks from the node. Who may name their host makes the node send requests to any " +
			"address that it reaches, its own loopback and the cloud's metadata service included, and learns from the pod's state what answered.",
		remedy: "Leave host out: the kubelet then asks the pod's own address. 127.0.0.1 and localhost mean the node here, not the pod; a " +
			"server that listens on loopback only is probed by exec. A virtual host is named by a Host header in httpHeaders.",
		fields: inContainers(
			"livenessProbe.httpGet.host", "livenessProbe.tcpSocket.host", "readinessProbe.httpGet.host", "readinessProbe.tcpSocket.host",
			"startupProbe.httpGet.host", "startupProbe.tcpSocket.host", "lifecycle.postStart.httpGet.host", "lifecycle.postStart.tcpSocket.host",
			"lifecycle.preStop.httpGet.host", "lifecycle.preStop.tcpSocket.host"),
		allowed: []values{{values: []string{unset, `""`}}},
		denied: `spec:
  containers:
  - name: app
    readinessProbe:
      httpGet:
        host: 127.0.0.1
        port: 8080
`,
		passing: `spec:
  containers:
  - name: app
    readinessProbe:
      httpGet:
        port: 8080
        httpHeaders:
        - name: Host
          value: app.example.com
`,
	}
}

func hostProcessProse() prose {
	return prose{
		forbids: "Windows containers on the node itself",
		risk: "A HostProcess container runs on the Windows node itself, with its network and files, as the account that it names, up to " +
			"SYSTEM. Whoever creates one administers the node.",
		remedy: "Leave hostProcess out or set it to false. Node agents that need it go to a namespace of their own that enforces privileged.",
		fields: inPodAndContainers("windowsOptions.hostProcess"), allowed: []values{{values: []string{unset, "false"}}},
		denied: `spec:
  hostNetwork: true   # which hostProcess demands, and hostNamespaces denies
  securityContext:
    windowsOptions:
      hostProcess: true
      runAsUserName: NT AUTHORITY\SYSTEM
`,
		passing: `spec:
  securityContext:
    windowsOptions:
      runAsUserName: ContainerUser
`,
	}
}
