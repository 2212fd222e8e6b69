package cluster

import (
	"fmt"
	"strings"

	utilversion "k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apimachinery/pkg/version"
)

// Server minors at which Pod Security changed its standing.
const (
	minorAlpha  = 22 // feature gate off by default
	minorBeta   = 23 // feature gate on by default
	minorStable = 25 // no gate any more; only the plug-in can be disabled
)

// evidence is what could be read about Pod Security on a server.
type evidence struct {
	plugin  presence
	servers []serverFlags
	// webhook is the name of a webhook configuration that looks like the pod-security-webhook.
	webhook string
}

// presence is whether metrics know the admission plug-in.
type presence int

const (
	presenceUnknown presence = iota
	present
	absent
)

// podSecurity weighs the evidence. Metrics come first, since they are of a server that answers; a plug-in that runs
// may still have its gate off on servers that have the gate.
func podSecurity(info version.Info, e evidence) Fact {
	v, err := utilversion.ParseGeneric(info.GitVersion)
	if err != nil {
		return Fact{Value: Unknown, Source: Assumed, Reason: fmt.Sprintf("the server's version %q cannot be told", info.GitVersion)}
	}
	fact := weigh(int(v.Minor()), e)
	if e.webhook == "" || fact.Value == Active && fact.Source == Probed {
		return fact
	}
	if fact.Value == Inactive {
		fact.Reason += fmt.Sprintf("; the webhook %q judges pods instead", e.webhook)
	} else {
		fact.Reason += fmt.Sprintf("; the webhook %q judges pods as well", e.webhook)
	}
	return fact
}

func weigh(minor int, e evidence) Fact {
	switch {
	case minor < minorAlpha:
		return inactive(fmt.Sprintf("Kubernetes 1.%d has no Pod Security admission", minor))
	case e.plugin == absent:
		return inactive("the API server's metrics know admission plug-ins, but not PodSecurity")
	case e.plugin == present && minor >= minorStable:
		return active("the API server's metrics know the admission plug-in PodSecurity")
	case len(e.servers) > 0:
		return weighFlags(minor, e.servers)
	case minor < minorBeta:
		return Fact{
			Value: Inactive, Source: Assumed, Reason: offByDefault(minor),
		}
	default:
		return Fact{
			Value: Active, Source: Assumed,
			Reason: fmt.Sprintf("on by default in Kubernetes 1.%d", minor),
		}
	}
}

// weighFlags judges by the flags of the API servers, of which every one has to agree.
func weighFlags(minor int, servers []serverFlags) Fact {
	var reasons []string
	for _, s := range servers {
		if reason := s.against(minor); reason != "" {
			reasons = append(reasons, reason)
		}
	}
	switch len(reasons) {
	case 0:
		return active("the flags of kube-apiserver leave it on")
	case len(servers):
		return inactive(reasons[0])
	default:
		return Fact{
			Value: Unknown, Source: Probed,
			Reason: fmt.Sprintf("the API servers differ: on %d of %d, %s", len(reasons), len(servers), reasons[0]),
		}
	}
}

func active(reason string) Fact {
	return Fact{Value: Active, Source: Probed, Reason: reason}
}

func inactive(reason string) Fact {
	return Fact{Value: Inactive, Source: Probed, Reason: reason}
}

// serverFlags are the flags of one kube-apiserver that matter here.
type serverFlags struct {
	disabled   []string
	enabled    []string
	gates      map[string]string
	configFile string
}

// parseFlags reads --flag=value and --flag value out of a container's command line. A repeated flag adds up for
// gates, and the last one counts for the others, as with pflag.
func parseFlags(words []string) serverFlags {
	f := serverFlags{gates: map[string]string{}}
	for i, word := range words {
		name, value, ok := strings.Cut(word, "=")
		if !ok && i+1 < len(words) {
			value = words[i+1]
		}
		switch strings.TrimLeft(name, "-") {
		case "disable-admission-plugins":
			f.disabled = append(f.disabled, strings.Split(value, ",")...)
		case "enable-admission-plugins":
			f.enabled = append(f.enabled, strings.Split(value, ",")...)
		case "feature-gates":
			for gate := range strings.SplitSeq(value, ",") {
				name, state, _ := strings.Cut(gate, "=")
				f.gates[strings.TrimSpace(name)] = strings.ToLower(strings.TrimSpace(state))
			}
		case "admission-control-config-file":
			f.configFile = value
		}
	}
	return f
}

// against says why these flags leave Pod Security off, empty where they leave it on.
func (f serverFlags) against(minor int) string {
	for _, plugin := range f.disabled {
		if strings.TrimSpace(plugin) == "PodSecurity" {
			return "kube-apiserver runs with --disable-admission-plugins=PodSecurity"
		}
	}
	switch {
	case minor >= minorStable:
		return ""
	case minor >= minorBeta:
		if gate, state := f.gate("PodSecurity", "AllBeta"); state == "false" {
			return fmt.Sprintf("kube-apiserver runs with --feature-gates=%s=false", gate)
		}
		return ""
	default:
		if _, state := f.gate("PodSecurity", "AllAlpha"); state == "true" {
			return ""
		}
		return offByDefault(minor)
	}
}

// gate is the first of the feature gates that the flags set, and what to.
func (f serverFlags) gate(names ...string) (name, state string) {
	for _, name := range names {
		if state, ok := f.gates[name]; ok {
			return name, state
		}
	}
	return "", ""
}

func offByDefault(minor int) string {
	return fmt.Sprintf("Kubernetes 1.%d has Pod Security behind a feature gate that is off by default", minor)
}

// configFile is the admission configuration that the API servers read, empty for none.
func (e evidence) configFile() string {
	for _, s := range e.servers {
		if s.configFile != "" {
			return s.configFile
		}
	}
	return ""
}
