package probe

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
)

// Wanted is what is to be found out about.
type Wanted struct {
	// Minor is the server's release: what it tells has grown over time.
	Minor int
	// Namespaces are those asked about, with their labels.
	Namespaces []corev1.Namespace
	// RuntimeClasses and Users are names.
	RuntimeClasses, Users []string
}

// Fact is one thing that the server told, or did not tell.
type Fact struct {
	// Value is empty for what stayed unknown.
	Value string
	// How says in one clause which request told it, or why none did.
	How string
	// Needs is the right that was used or, for what is unknown, the one that would tell it. It is empty where none would.
	Needs string
}

// Known says whether the server told it.
func (f *Fact) Known() bool { return f.Value != "" }

// Values of facts, beside levels with versions.
const (
	Active    = "active"
	Inactive  = "inactive"
	Exempt    = "exempt"
	NotExempt = "notExempt"
)

// Discovery is what the server told of Pod Security's configuration.
type Discovery struct {
	// Asked is how many dry runs were sent.
	Asked int
	// PodSecurity says whether the plug-in judges anything.
	PodSecurity Fact
	// Enforce, Audit and Warn are the defaults, each as LEVEL:VERSION, or LEVEL alone where nothing told the version.
	Enforce, Audit, Warn Fact
	// Namespaces, RuntimeClasses and Users hold each name that was wanted.
	Namespaces, RuntimeClasses, Users map[string]Fact
}

// The server minors since which it tells more.
const (
	// exemptWarningSince: before, nobody was told that a namespace with labels is exempt.
	exemptWarningSince = 25
	// impliedWarnSince: before, enforce implied no warn.
	impliedWarnSince = 26
)

// Search is a discovery whose rights are known, so that it can say how much it will ask.
type Search struct {
	client *Client
	wanted Wanted
	rights rights
	asked  atomic.Int64
	heard  func() // hears of each answer

	found Discovery
	// levels and versions are what is known of the defaults, by mode.
	levels, versions map[string]string
	told             map[string]source // by mode
	// altered says why the labels of a new namespace do not arrive; empty where they do.
	altered string
	// oneself is Exempt or NotExempt: whoever runs this program may be exempt, and then hears nothing.
	oneself string
	// answers are those about pods and Deployments, by namespace.
	answers map[string]pair
}

// source is how something became known.
type source struct{ how, needs string }

// pair is what the server says to a pod, and to a Deployment where that was asked.
type pair struct{ pod, deployment word }

// rights are what whoever runs this program may ask for.
type rights struct {
	create, patch bool
	// pods and deployments are the namespaces in which these may be created.
	pods, deployments map[string]bool
	// borrow are the users that may be impersonated.
	borrow map[string]bool
}

// Search finds out by access reviews what can be asked at all. A review that fails leaves it to the attempt.
func (c *Client) Search(ctx context.Context, w Wanted) (*Search, error) {
	s := &Search{
		client: c, wanted: w, levels: map[string]string{}, versions: map[string]string{}, told: map[string]source{},
		answers: map[string]pair{},
		found:   Discovery{Namespaces: map[string]Fact{}, RuntimeClasses: map[string]Fact{}, Users: map[string]Fact{}},
	}
	r := &s.rights
	r.create = c.may(ctx, &authorizationv1.ResourceAttributes{Verb: "create", Resource: "namespaces"})
	r.patch = c.may(ctx, &authorizationv1.ResourceAttributes{Verb: "patch", Resource: "namespaces"})
	r.borrow = s.borrowed(ctx)
	var err error
	if r.pods, err = s.open(ctx, "", "pods"); err != nil {
		return nil, err
	}
	r.deployments, err = s.open(ctx, "apps", "deployments")
	return s, err
}

// open are the namespaces in which something may be created. Who may everywhere is asked once.
func (s *Search) open(ctx context.Context, group, resource string) (map[string]bool, error) {
	names := map[string]bool{}
	for i := range s.wanted.Namespaces {
		if ns := &s.wanted.Namespaces[i]; !leaving(ns) {
			names[ns.Name] = true
		}
	}
	may := func(namespace string) bool {
		return s.client.may(ctx, &authorizationv1.ResourceAttributes{Verb: "create", Group: group, Resource: resource, Namespace: namespace})
	}
	if may("") {
		return names, ctx.Err()
	}
	var mu sync.Mutex
	there := map[string]bool{}
	err := each(ctx, names, func(_ context.Context, name string) {
		if may(name) {
			mu.Lock()
			defer mu.Unlock()
			there[name] = true
		}
	})
	return there, err
}

// leaving says that a namespace takes nothing new.
func leaving(ns *corev1.Namespace) bool {
	return ns.DeletionTimestamp != nil || ns.Status.Phase == corev1.NamespaceTerminating
}

// byWarnings says whether the warnings of exempt namespaces are asked for.
func (s *Search) byWarnings() bool {
	return s.wanted.Minor >= exemptWarningSince && (s.rights.create || s.rights.patch)
}

// Most is how many dry runs will be sent at most; 0 says that there is no right to any.
func (s *Search) Most() int {
	most := 0
	switch {
	case s.rights.create:
		most = 1
	case s.rights.patch:
		most = 1
	}
	if s.byWarnings() {
		most += len(s.wanted.Namespaces) + 7 // whether labels arrive, and what the defaults are
	}
	if s.rights.patch && s.system() != nil {
		most += 3
	}
	where := len(s.places())
	most += 2 * where
	if where > 0 {
		most += 2 * min(tries, where) * (len(s.wanted.RuntimeClasses) + len(s.rights.borrow))
	}
	return most
}

// Run asks, and returns what the server told. heard hears of each answer, from several goroutines at once. An error means
// that the context ended.
func (s *Search) Run(ctx context.Context, heard func()) (*Discovery, error) {
	s.heard = heard
	for _, step := range []func(context.Context){
		s.activity, s.namespaces, s.exemptDefaults, s.standing, s.pods, s.classes, s.users,
	} {
		step(ctx)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if s.found.PodSecurity.Value == Inactive {
			break
		}
	}
	s.conclude()
	s.found.Asked = int(s.asked.Load())
	return &s.found, nil
}

// one counts a dry run.
func (s *Search) one() {
	s.asked.Add(1)
	s.heard()
}

// names are the names of the namespaces that satisfy a condition, in an order that leaves the system's to the last.
func (s *Search) names(keep func(*corev1.Namespace) bool) []string {
	var names []string
	for i := range s.wanted.Namespaces {
		if ns := &s.wanted.Namespaces[i]; keep(ns) {
			names = append(names, ns.Name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b)) })
	return names
}

// kubeSystem is where what concerns the whole cluster runs.
const kubeSystem = "kube-system"

// rank puts those first in which a dry run disturbs nobody.
func rank(namespace string) int {
	switch namespace {
	case "kube-public", "kube-node-lease", "default":
		return 0
	case kubeSystem:
		return 2
	default:
		return 1
	}
}
