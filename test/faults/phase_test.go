package faults

import (
	"net/http"

	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

// standing is what an answer would be worth without what a phase reads.
type standing string

const (
	// beside: the answer is the same without.
	beside standing = "R"
	// needed: there is none.
	needed standing = "RE"
	// evidence: it has a gap.
	evidence standing = "RG"
	// alone: it has a gap; but nothing else is asked meanwhile, and who is nobody to the server hears so.
	alone standing = "RGE"
	// written: what was not written is said, and whether the rest was foreseen rightly.
	written standing = "RGE"
)

// phase is a column of the matrix: the requests that make up one step of a command.
type phase struct {
	name     string
	standing standing
	// method, path, query and skip pick the requests, as in fakeapi.Fault.
	method, path, query string
	skip                int
	// paged says that it is a list; page is the one that the fault begins with.
	paged bool
	page  int
	// wide says that its lists are of a size that the command chooses.
	wide            bool
	resource, group string
	// hint says that what it reads is worth a hint on stderr, or none.
	hint bool
	// after has the server carry the request out before the fault.
	after bool
}

// fault is the phase's part of the server that a fault happens to. What plays with pages needs all of them.
func (p *phase) fault(f *fault, do fakeapi.Action) fakeapi.Fault {
	if p.after {
		do = fakeapi.After(do)
	}
	where := fakeapi.Fault{Method: p.method, Path: p.path, Query: p.query, Skip: p.skip, Do: do}
	if f.once {
		where.Times = 1
	}
	if p.page > 0 && f.alone == nil {
		where.Query = "continue="
	}
	return where
}

func get(name string, standing standing, path, resource, group string) phase {
	return phase{name: name, standing: standing, method: http.MethodGet, path: path, resource: resource, group: group}
}

// list is a list from its first page on, and from its second.
func list(name string, standing standing, path, resource, group string) []phase {
	first := get(name+" 1", standing, path, resource, group)
	first.paged = true
	second := first
	second.name, second.page = name+" 2", 1
	return []phase{first, second}
}

// wide is a list by pages of a size that no flag sets.
func wide(p phase) phase {
	p.wide = true
	return whole(p)
}

// whole is a list of one page.
func whole(p phase) phase {
	p.paged = true
	return p
}

func later(p phase, skip int) phase {
	p.skip = skip
	return p
}

func patch(name, query string, after bool) phase {
	return phase{
		name: name, standing: written, method: http.MethodPatch, path: namespacePath + "shop", query: query, after: after,
		resource: "namespaces",
	}
}

const (
	namespacesPath = "/api/v1/namespaces"
	namespacePath  = namespacesPath + "/"
	admissionPath  = "/apis/admissionregistration.k8s.io/v1/"
	admissionGroup = "admissionregistration.k8s.io"
)

func version() phase { return get("version", needed, "/version", "version", "") }

// identity reads the namespace by whose UID a cluster is known.
func identity(s standing) phase {
	return get("identity", s, namespacePath+"kube-system", "namespaces", "")
}

// aside is what is read beside the evidence.
func aside() []phase {
	return []phase{
		identity(beside),
		get("metrics", beside, "/metrics", "metrics", ""),
		wide(get("flags", beside, namespacePath+"kube-system/pods", "pods", "")),
		wide(get("webhooks", beside, admissionPath+"validatingwebhookconfigurations", "validatingwebhookconfigurations", admissionGroup)),
		wide(get("changers", beside, admissionPath+"mutatingwebhookconfigurations", "mutatingwebhookconfigurations", admissionGroup)),
		wide(get("policies", beside, admissionPath+"mutatingadmissionpolicies", "mutatingadmissionpolicies", admissionGroup)),
	}
}

// everywhere are the lists of a whole cluster.
func everywhere() []phase {
	var phases []phase
	phases = append(phases, list("namespaces", needed, namespacesPath, "namespaces", "")...)
	phases = append(phases, list("owners", evidence, "/apis/apps/v1/replicasets", "replicasets", "apps")...)
	phases = append(phases, list("templates", evidence, "/apis/batch/v1/cronjobs", "cronjobs", "batch")...)
	return append(phases, list("pods", evidence, "/api/v1/pods", "pods", "")...)
}
