package faults

import (
	"net/http"
	"slices"

	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

// command is a command line, and the phases of what it asks the server.
type command struct {
	name string
	args []string
	// injected says that the server changes new pods as it changed those that run.
	injected bool
	// writes says that it keeps a journal and changes labels.
	writes bool
	// prepare changes the server beforehand.
	prepare func(*fakeapi.Server)
	// before is run without any fault but failing, for its RUN to stand behind the arguments.
	before  []string
	failing *fakeapi.Fault
	// meanwhile happens to the estate once the labels are written.
	meanwhile func(*fakeapi.Server)
	phases    []phase
}

func commands() []command {
	return slices.Concat(first(), exports(), migrations(), others())
}

// first are those that read and write labels.
func first() []command {
	inBeta := slices.Concat(
		[]phase{
			version(), get("namespace", needed, namespacePath+"beta", "namespaces", ""),
			whole(get("owners 1", evidence, "/apis/apps/v1/namespaces/beta/replicasets", "replicasets", "apps")),
		},
		list("pods", evidence, namespacePath+"beta/pods", "pods", ""),
	)
	reread := get("re-read", written, namespacePath+"shop", "namespaces", "")
	return []command{
		{
			name: "check ns", args: []string{"check", "ns", "--enforce", "baseline", "--chunk-size", "2"},
			phases: slices.Concat([]phase{version()}, aside(), everywhere()),
		},
		{
			name: "check ns NAME", args: []string{"check", "ns", "beta", "--enforce", "baseline", "--chunk-size", "1"}, phases: inBeta,
		},
		{
			name: "check --through-admission", args: []string{"check", "ns", "shop", "beta", "--enforce", "baseline", "--through-admission"}, injected: true,
			phases: []phase{
				{name: "rights", standing: evidence, method: http.MethodPost, path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", resource: "selfsubjectaccessreviews"},
				{name: "dry run", standing: evidence, method: http.MethodPost, path: namespacePath + "beta/pods", resource: "pods"},
			},
		},
		{
			name: "label --dry-run", args: []string{"label", "ns", "--all", "--recommend", "--dry-run=server", "--chunk-size", "2"},
			phases: slices.Concat([]phase{version()}, everywhere(), []phase{reread, patch("dry run", "dryRun", false)}),
		},
		{
			name: "label --yes", args: []string{"label", "ns", "--all", "--recommend", "--yes", "--chunk-size", "2"}, writes: true,
			phases: slices.Concat([]phase{version(), identity(beside)}, everywhere(),
				[]phase{
					rename(reread, "again: namespace"), whole(get("again: pods", written, namespacePath+"shop/pods", "pods", "")),
					later(reread, 1), patch("patch", "", false), patch("its answer", "", true),
				}),
		},
		{
			name: "rollback --yes", args: []string{"rollback", "--yes"}, writes: true,
			before: []string{"label", "ns", "shop", "beta", "--audit", "restricted", "--yes"},
			phases: []phase{identity(needed), reread, later(rename(reread, "re-read again"), 1), patch("patch", "", false), patch("its answer", "", true)},
		},
		{
			name: "blocked", args: []string{"blocked", "--chunk-size", "1"}, prepare: refusals,
			phases: slices.Concat([]phase{version()}, list("namespaces", needed, namespacesPath, "namespaces", ""),
				list("events", evidence, "/api/v1/events", "events", ""), list("owners", evidence, "/apis/apps/v1/replicasets", "replicasets", "apps")),
		},
		{
			name: "label --watch", args: []string{"label", "ns", "shop", "beta", "--audit", "restricted", "--yes", "--watch", "100ms"}, writes: true,
			prepare:   func(s *fakeapi.Server) { s.Add(refused("beta", "web-3", "3")...) },
			meanwhile: func(s *fakeapi.Server) { s.Add(refused("beta", "web-2", "2")...) },
			phases:    slices.Concat([]phase{version()}, watched("start", 0), watched("stream", 1)),
		},
	}
}

// watched is one of the looks of a watch.
func watched(name string, skip int) []phase {
	events := wide(get(name+": events", evidence, namespacePath+"beta/events", "events", ""))
	events.query = "FailedCreate"
	owners := wide(get(name+": owners", evidence, "/apis/apps/v1/namespaces/beta/replicasets", "replicasets", "apps"))
	return []phase{later(events, skip), later(owners, skip+2)} // the plan has read the owners as well, and read them again
}

func rename(p phase, name string) phase {
	p.name = name
	return p
}
