package export

import (
	"maps"
	"slices"
	"strings"

	"k8s.io/pod-security-admission/api"
)

// trait is one thing that tells the pods of a workload from others.
type trait struct{ expression, words string }

func (w *ExceptedWorkload) traits() []trait {
	var all []trait
	if w.Namespace != "" {
		all = append(all, trait{"request.namespace == " + literal(w.Namespace), "namespace " + w.Namespace})
	}
	account := w.account()
	all = append(all, trait{
		"object.spec.?serviceAccountName.orValue('" + defaultServiceAccount + "') == " + literal(account), "service account " + account,
	})
	for _, key := range slices.Sorted(maps.Keys(w.Labels)) {
		value := w.Labels[key]
		found := "object.metadata.?labels[?" + literal(key) + "]"
		expression := found + ".orValue('') == " + literal(value)
		if value == "" { // which a label that is missing must not pass for
			expression = found + ".hasValue() && " + expression
		}
		all = append(all, trait{expression, "label " + key + "=" + value})
	}
	return all
}

func (w *ExceptedWorkload) name() string {
	if w.Ref.Kind == "" {
		return w.Ref.Name
	}
	return w.Ref.Kind + "/" + w.Ref.Name
}

// about says what the policies do, what the exception opens and to whom, and what to watch.
func (e Exception) about(lv api.LevelVersion) []string {
	lines := []string{
		"The checks of Pod Security's " + lv.String() + " for every pod but those of the workloads excepted below. They are the checks of that version, and do " +
			"not move with the cluster: export them again to follow a newer one. What a cluster's own configuration of Pod Security exempts is not exempt here.",
	}
	if e.Level != "" {
		lines = append(lines, "The namespace has to go on enforcing no more than "+string(e.Level)+", which is what the excepted pods need: what its label forbids, no policy can "+
			"allow. Keep "+string(lv.Level)+" in its audit and warn labels.")
	} else {
		lines = append(lines, "The namespace has to go on enforcing no more than the excepted pods can bear: what its label forbids, no policy can allow.")
	}
	shared := false
	for _, w := range e.Workloads {
		words := []string{}
		for _, t := range w.traits() {
			words = append(words, t.words)
		}
		lines = append(lines, "", "Excepted are the pods of "+w.name()+", told by all of: "+strings.Join(words, ", ")+".")
		shared = shared || w.account() == defaultServiceAccount
		if len(w.Labels) == 0 {
			lines = append(lines, "It has no labels to be told by: every pod with that service account is excepted.")
		}
	}
	lines = append(lines, "",
		"What this can be abused for: a pod is taken for one of these by what it says of itself, and Kubernetes lets whoever may create pods in the namespace choose "+
			"their service account and labels. Such a person or controller gets past every check here, up to the whole node. Watch, in the namespace, who may create or "+
			"patch pods, replicationcontrollers, deployments, daemonsets, statefulsets, replicasets, jobs and cronjobs, who may patch "+
			"pods/ephemeralcontainers (kubectl debug) of the excepted pods, and which controllers make pods from resources that others may write.")
	if shared {
		lines = append(lines, "The service account default is everybody's: pods are told apart by labels alone. Give the excepted workload a service account of its own, and export again.")
	}
	return append(lines, "Where no such permission is given out, the exception is as narrow as it looks. Where it is, a namespace of its own for the excepted workload is the safer way.")
}
