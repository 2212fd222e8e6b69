package probe

import (
	"context"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
)

// tries is how many namespaces are asked where one would do, if it told.
const tries = 3

func labelled(ns *corev1.Namespace, keys ...string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { _, ok := ns.Labels[key]; return ok })
}

// bare says that pods fall under the defaults of enforce and warn.
func bare(ns *corev1.Namespace) bool {
	return !labelled(ns, api.EnforceLevelLabel, api.EnforceVersionLabel, api.WarnLevelLabel, api.WarnVersionLabel)
}

// asksByLabel says whether a level label asks something of pods. Another than the three known enforces restricted, but
// warns of nothing.
func asksByLabel(ns *corev1.Namespace, key string) bool {
	switch level, ok := ns.Labels[key]; api.Level(level) {
	case api.LevelBaseline, api.LevelRestricted:
		return true
	case api.LevelPrivileged:
		return false
	default:
		return ok && key == api.EnforceLevelLabel
	}
}

// enforces says whether pods are surely held to something there.
func (s *Search) enforces(ns *corev1.Namespace) bool {
	if labelled(ns, api.EnforceLevelLabel) {
		return asksByLabel(ns, api.EnforceLevelLabel)
	}
	return demands(s.levels[enforce])
}

// warns says whether whoever makes pods is surely warned there.
func (s *Search) warns(ns *corev1.Namespace) bool {
	switch {
	case labelled(ns, api.WarnLevelLabel):
		return asksByLabel(ns, api.WarnLevelLabel)
	case demands(s.levels[warn]):
		return true
	default:
		enforced := api.Level(ns.Labels[api.EnforceLevelLabel])
		return s.wanted.Minor >= impliedWarnSince && (enforced == api.LevelBaseline || enforced == api.LevelRestricted)
	}
}

func demands(level string) bool { return level != "" && level != string(api.LevelPrivileged) }

// places are the namespaces in which pods and Deployments are asked for: all, where no warning tells which are exempt, else a
// few that labels hold to something and a few without labels.
func (s *Search) places() []string {
	open := func(ns *corev1.Namespace) bool {
		known := s.found.Namespaces[ns.Name]
		return !leaving(ns) && (s.rights.pods[ns.Name] || s.rights.deployments[ns.Name]) && known.Value != Exempt
	}
	if !s.byWarnings() || s.altered != "" {
		return s.names(open)
	}
	held := s.names(func(ns *corev1.Namespace) bool {
		return open(ns) && (asksByLabel(ns, api.EnforceLevelLabel) || asksByLabel(ns, api.WarnLevelLabel))
	})
	free := s.names(func(ns *corev1.Namespace) bool { return open(ns) && bare(ns) })
	return slices.Concat(held[:min(tries, len(held))], free[:min(tries, len(free))])
}

// pods asks for pods and Deployments that both levels forbid, as oneself.
func (s *Search) pods(ctx context.Context) {
	names := map[string]bool{}
	for _, name := range s.places() {
		names[name] = true
	}
	var mu sync.Mutex
	_ = each(ctx, names, func(ctx context.Context, name string) { // ends early only with the context, which Run sees
		var p pair
		if s.rights.pods[name] {
			p.pod = s.put(ctx, "", name, "", false)
		}
		if s.rights.deployments[name] && p.pod.warned == "" && !p.pod.silent { // nobody is warned of a pod that is refused
			p.deployment = s.put(ctx, "", name, "", true)
		}
		mu.Lock()
		defer mu.Unlock()
		s.answers[name] = p
	})
	s.hear()
}

// hear draws the conclusions, each from what is certain before it.
func (s *Search) hear() {
	s.hearNames()
	s.hearDefaults()
	s.hearSilence()
}

// hearNames: where Pod Security says something, neither the namespace nor whoever asked is exempt.
func (s *Search) hearNames() {
	for name, p := range s.answers {
		how := source{}
		switch {
		case p.pod.refused != "":
			how = source{"dry run of a pod: Pod Security refuses it", "create pods"}
		case p.pod.warned != "":
			how = source{"dry run of a pod: Pod Security warns of it", "create pods"}
		case p.deployment.warned != "":
			how = source{"dry run of a Deployment: Pod Security warns of it", "create deployments.apps"}
		default:
			continue
		}
		s.oneself = NotExempt
		if known := s.found.Namespaces[name]; !known.Known() {
			s.found.Namespaces[name] = Fact{NotExempt, how.how, how.needs}
		}
		if !s.found.PodSecurity.Known() {
			s.found.PodSecurity = Fact{Active, how.how, how.needs}
		}
	}
}

// hearDefaults: a policy that is named where no label gives it is the default, and so is a version.
func (s *Search) hearDefaults() {
	byPod, byDeployment := source{"dry run of a pod in a namespace without labels", "create pods"},
		source{"dry run of a Deployment in a namespace without labels", "create deployments.apps"}
	for i := range s.wanted.Namespaces {
		ns := &s.wanted.Namespaces[i]
		p := s.answers[ns.Name]
		if !labelled(ns, api.EnforceVersionLabel) {
			s.hearPolicy(enforce, p.pod.refused, !labelled(ns, api.EnforceLevelLabel), byPod)
		}
		if labelled(ns, api.WarnVersionLabel) || !labelled(ns, api.WarnLevelLabel) && labelled(ns, api.EnforceLevelLabel) {
			continue // implied by enforce, perhaps
		}
		s.hearPolicy(warn, p.pod.warned, !labelled(ns, api.WarnLevelLabel), byPod)
		s.hearPolicy(warn, p.deployment.warned, !labelled(ns, api.WarnLevelLabel), byDeployment)
		if p.pod.warned != "" && bare(ns) {
			s.learn(enforce, string(api.LevelPrivileged), byPod) // it was not refused
		}
	}
}

// hearPolicy keeps the version of a policy that was named, and its level where that is the default as well.
func (s *Search) hearPolicy(mode, policy string, whole bool, by source) {
	level, version, named := strings.Cut(policy, ":")
	if !named {
		return
	}
	if whole {
		s.learn(mode, level, by)
	}
	if s.versions[mode] == "" {
		s.versions[mode] = version
	}
}

// silent says that nothing was said where something was due to whoever is not exempt.
func (s *Search) silent(ns *corev1.Namespace) bool {
	p := s.answers[ns.Name]
	return p.pod.silent && (s.enforces(ns) || s.warns(ns)) || p.deployment.silent && s.warns(ns)
}

// hearSilence: nothing is said where nothing is asked of pods, and to the exempt. Only one of the two is left where the
// others are known.
func (s *Search) hearSilence() {
	if s.found.PodSecurity.Value != Active {
		return
	}
	for i := range s.wanted.Namespaces {
		ns := &s.wanted.Namespaces[i]
		if f := s.found.Namespaces[ns.Name]; s.oneself == "" && f.Value == NotExempt && s.silent(ns) {
			s.oneself = Exempt
		}
	}
	if s.oneself != NotExempt {
		return
	}
	for i := range s.wanted.Namespaces {
		ns := &s.wanted.Namespaces[i]
		f, p := s.found.Namespaces[ns.Name], s.answers[ns.Name]
		if f.Value != NotExempt || !bare(ns) {
			continue
		}
		if p.pod.silent {
			by := source{"dry run of a pod in a namespace without labels: it passes without a word", "create pods"}
			s.learn(enforce, string(api.LevelPrivileged), by)
			s.learn(warn, string(api.LevelPrivileged), by)
		}
		if p.deployment.silent {
			s.learn(warn, string(api.LevelPrivileged), source{
				"dry run of a Deployment in a namespace without labels: it passes without a word", "create deployments.apps",
			})
		}
	}
	for i := range s.wanted.Namespaces {
		ns := &s.wanted.Namespaces[i]
		if f := s.found.Namespaces[ns.Name]; !f.Known() && s.silent(ns) {
			s.found.Namespaces[ns.Name] = Fact{
				Exempt, "dry run of a pod or Deployment: it passes without a word although the policy there forbids it", "create pods",
			}
		}
	}
}
