package probe

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
)

// place is where Pod Security has something to say to whoever is not exempt.
type place struct {
	namespace  string
	deployment bool
}

// loud are the places in which oneself heard it, a few for pods and a few for Deployments.
func (s *Search) loud() (pods, deployments []place) {
	for _, name := range slices.Sorted(maps.Keys(s.answers)) {
		p := s.answers[name]
		if p.pod.heard() && len(pods) < tries {
			pods = append(pods, place{name, false})
		}
		if p.deployment.warned != "" && len(deployments) < tries {
			deployments = append(deployments, place{name, true})
		}
	}
	return pods, deployments
}

// classes asks whether runtime classes are exempt, in places where the same is not taken without them.
func (s *Search) classes(ctx context.Context) {
	pods, deployments := s.loud()
	places := slices.Concat(deployments, pods) // a Deployment's class need not be fit for use
	names := map[string]bool{}
	for _, name := range s.wanted.RuntimeClasses {
		names[name] = true
	}
	var mu sync.Mutex
	_ = each(ctx, names, func(ctx context.Context, name string) { // ends early only with the context, which Run sees
		fact := Fact{How: s.noPlace(), Needs: s.placeNeeds()}
		for _, at := range places {
			if fact = classFact(s.put(ctx, "", at.namespace, name, at.deployment), at); fact.Known() {
				break
			}
		}
		mu.Lock()
		defer mu.Unlock()
		s.found.RuntimeClasses[name] = fact
	})
}

func (p place) source() source {
	if p.deployment {
		return source{"dry run of a Deployment in namespace " + p.namespace, "create deployments.apps"}
	}
	return source{"dry run of a pod in namespace " + p.namespace, "create pods"}
}

func classFact(w word, at place) Fact {
	by := at.source()
	switch {
	case w.heard():
		return Fact{NotExempt, by.how + ": with the class Pod Security minds it as well", by.needs}
	case w.silent:
		return Fact{Exempt, by.how + ": with the class Pod Security minds it no more", by.needs}
	default:
		return Fact{"", by.how + ": " + w.why, by.needs}
	}
}

// noPlace says why there is no place to ask about classes and users in.
func (s *Search) noPlace() string {
	switch {
	case len(s.answers) == 0:
		return "no right to create pods or Deployments in a namespace that was read"
	case s.oneself == Exempt:
		return "whoever asked is exempt as a user, and hears nothing"
	default:
		return "in no namespace that was asked Pod Security minded a pod or Deployment"
	}
}

func (s *Search) placeNeeds() string {
	if len(s.answers) == 0 {
		return "create pods"
	}
	return ""
}

// users asks as others, where oneself is not exempt or where the policy is known.
func (s *Search) users(ctx context.Context) {
	pods, deployments := s.loud()
	places := slices.Concat(pods, deployments) // controllers may create nothing but pods
	if len(places) == 0 {
		places = s.held()
	}
	names := map[string]bool{}
	for _, name := range s.wanted.Users {
		names[name] = true
	}
	var mu sync.Mutex
	_ = each(ctx, names, func(ctx context.Context, name string) { // ends early only with the context, which Run sees
		fact := s.userFact(ctx, name, places)
		mu.Lock()
		defer mu.Unlock()
		s.found.Users[name] = fact
	})
}

// held are places in which a policy that is known asks something of pods, where oneself is exempt.
func (s *Search) held() []place {
	if s.oneself != Exempt {
		return nil
	}
	var places []place
	for _, name := range s.names(func(ns *corev1.Namespace) bool {
		f := s.found.Namespaces[ns.Name]
		return f.Value == NotExempt && !leaving(ns) && s.enforces(ns)
	}) {
		places = append(places, place{name, false})
	}
	return places[:min(tries, len(places))]
}

func (s *Search) userFact(ctx context.Context, user string, places []place) Fact {
	needs := "impersonate " + impersonated(user)
	switch {
	case s.client.assumed:
		return Fact{How: "another user is impersonated already, by --as or in the kubeconfig"}
	case !s.rights.borrow[user]:
		return Fact{How: "no right to ask as this user", Needs: needs}
	case len(places) == 0:
		return Fact{How: s.noPlace(), Needs: s.placeNeeds()}
	}
	fact := Fact{}
	for _, at := range places {
		by := at.source()
		by.how += " as this user"
		switch w := s.put(ctx, user, at.namespace, "", at.deployment); {
		case w.heard():
			return Fact{NotExempt, by.how + ": Pod Security minds it", needs}
		case w.silent:
			return Fact{Exempt, by.how + ": Pod Security does not mind what it minds otherwise", needs}
		case w.denied:
			fact = Fact{"", by.how + ": the user has no right to that", "create pods for " + user}
		default:
			fact = Fact{"", by.how + ": " + w.why, ""}
		}
	}
	return fact
}

// accounts begins the names of service accounts.
const accounts = "system:serviceaccount:"

// impersonated is the resource that a user is to RBAC, with its name.
func impersonated(user string) string {
	if namespace, name, ok := strings.Cut(strings.TrimPrefix(user, accounts), ":"); ok && strings.HasPrefix(user, accounts) {
		return "serviceaccounts " + name + " in namespace " + namespace
	}
	return "users " + user
}

// borrowed are the users among those wanted that may be impersonated.
func (s *Search) borrowed(ctx context.Context) map[string]bool {
	borrowed := map[string]bool{}
	if s.client.assumed {
		return borrowed
	}
	for _, user := range s.wanted.Users {
		what := &authorizationv1.ResourceAttributes{Verb: "impersonate", Resource: "users", Name: user}
		if namespace, name, ok := strings.Cut(strings.TrimPrefix(user, accounts), ":"); ok && strings.HasPrefix(user, accounts) {
			what.Resource, what.Namespace, what.Name = "serviceaccounts", namespace, name
		}
		if s.client.may(ctx, what) {
			borrowed[user] = true
		}
	}
	return borrowed
}
