package cmd

import (
	"strings"

	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-pss/kubectl-pss/pkg/cluster"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// target is what a command is about: all namespaces, some by name, or one object.
type target struct {
	names []string
	only  *workload.Ref
}

func (t target) named() bool { return len(t.names) > 0 || t.only != nil }

// resource is a TYPE as kubectl takes it.
type resource struct {
	group, kind string
	names       []string // plural, singular, short names
}

func resources() []resource {
	return []resource{
		{"", "Pod", []string{"pods", "pod", "po"}},
		{"apps", "Deployment", []string{"deployments", "deployment", "deploy"}},
		{"apps", "StatefulSet", []string{"statefulsets", "statefulset", "sts"}},
		{"apps", "DaemonSet", []string{"daemonsets", "daemonset", "ds"}},
		{"apps", "ReplicaSet", []string{"replicasets", "replicaset", "rs"}},
		{"", "ReplicationController", []string{"replicationcontrollers", "replicationcontroller", "rc"}},
		{"batch", "Job", []string{"jobs", "job"}},
		{"batch", "CronJob", []string{"cronjobs", "cronjob", "cj"}},
		{"", "PodTemplate", []string{"podtemplates", "podtemplate"}},
	}
}

func isNamespaceType(s string) bool {
	switch strings.ToLower(s) {
	case "ns", "namespace", "namespaces":
		return true
	default:
		return false
	}
}

// splitNamespaceType takes a leading ns/NAME apart.
func splitNamespaceType(args []string) []string {
	if len(args) > 0 {
		if typ, name, slash := strings.Cut(args[0], "/"); slash && isNamespaceType(typ) {
			return append([]string{typ, name}, args[1:]...)
		}
	}
	return args
}

// parseTarget reads the arguments together with the flags that say what is meant.
func parseTarget(args []string, f *CheckFlags, namespace string) (target, error) {
	words := args
	if len(args) > 0 {
		if typ, name, slash := strings.Cut(args[0], "/"); slash {
			words = append([]string{typ, name}, args[1:]...)
		}
	}
	switch {
	case len(words) == 0 || isNamespaceType(words[0]):
		names, err := namespaceNames(words, f.AllNamespaces, f.Selector, namespace, "check")
		return target{names: names}, err
	default:
		return objectTarget(words, f)
	}
}

// namespaceNames are the namespaces named by the arguments (ns NAME...) or by -n; none means all or the selected ones.
func namespaceNames(words []string, all bool, selector, namespace, verb string) ([]string, error) {
	var names []string
	if len(words) > 0 {
		names = words[1:]
	}
	for _, n := range names {
		switch {
		case n == "":
			return nil, usagef("resource name may not be empty")
		case strings.Contains(n, "/"):
			return nil, usagef("there is no need to name a type for %q: kubectl pss %s ns NAME1 NAME2", n, verb)
		}
	}
	switch {
	case len(names) > 0 && all:
		return nil, usagef("a resource cannot be retrieved by name across all namespaces: leave out %s or the names", allFlag(verb))
	case len(names) > 0 && selector != "":
		return nil, usagef("name cannot be provided when a selector is specified")
	case len(names) > 0 && namespace != "":
		return nil, usagef("--namespace cannot be combined with namespaces by name: leave out one of them")
	case len(names) == 0 && namespace != "" && !all:
		if selector != "" {
			return nil, usagef("--namespace cannot be combined with --selector, which selects namespaces")
		}
		names = []string{namespace}
	}
	return names, nil
}

// allFlag is how a command is told to take all namespaces.
func allFlag(verb string) string {
	if verb == "label" || verb == "export" {
		return "--all"
	}
	return "-A"
}

func objectTarget(words []string, f *CheckFlags) (target, error) {
	r, ok := resourceOf(words[0])
	switch {
	case !ok:
		return target{}, usagef("the server doesn't have a resource type %q that carries pods: TYPE is one of ns, %s", words[0], shortest())
	case len(words) == 1 || words[1] == "":
		return target{}, usagef("%s needs a name: kubectl pss check %s/NAME; kubectl pss check ns judges whole namespaces", words[0], words[0])
	case len(words) > 2:
		return target{}, usagef("one object at a time: got %s", strings.Join(words[1:], ", "))
	case f.AllNamespaces:
		return target{}, usagef("a resource cannot be retrieved by name across all namespaces: leave out -A")
	case f.Selector != "":
		return target{}, usagef("name cannot be provided when a selector is specified")
	}
	return target{only: &workload.Ref{Group: r.group, Kind: r.kind, Name: words[1]}}, nil
}

// resourceOf finds a type by any of its names, with or without its group (deployments.apps, deployment.v1.apps).
func resourceOf(typ string) (resource, bool) {
	name, rest, _ := strings.Cut(strings.ToLower(typ), ".")
	for _, r := range resources() {
		for _, n := range r.names {
			if n == name && (rest == "" || rest == r.group || rest == "v1."+r.group || r.group == "" && rest == "v1") {
				return r, true
			}
		}
	}
	return resource{}, false
}

func shortest() string {
	var list []string
	for _, r := range resources() {
		list = append(list, r.names[len(r.names)-1])
	}
	return strings.Join(list, ", ")
}

// objectNamespace is where a single object is looked for: -n, else the context's namespace.
func objectNamespace(config *genericclioptions.ConfigFlags) (string, error) {
	namespace, _, err := config.ToRawKubeConfigLoader().Namespace()
	return namespace, err
}

// newClient connects with the user's kubeconfig, and tells the server's address. Without any it says so, where client-go would try localhost.
func newClient(config *genericclioptions.ConfigFlags) (*cluster.Client, string, error) {
	raw, err := config.ToRawKubeConfigLoader().RawConfig()
	if err != nil {
		return nil, "", err
	}
	if len(raw.Clusters) == 0 && *config.APIServer == "" && !inCluster() {
		return nil, "", usagef("no cluster to talk to: there is no kubeconfig; name one by --kubeconfig or KUBECONFIG, or a server by --server")
	}
	rest, err := config.ToRESTConfig()
	if err != nil {
		return nil, "", err
	}
	client, err := cluster.NewClient(config, cluster.ClientOptions{Version: version, Context: *config.Context})
	return client, rest.Host, err
}
