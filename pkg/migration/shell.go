package migration

import (
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/shell"
)

// Shell writes commands that can be pasted into one as they are.
type Shell struct {
	// Cluster are the flags that name the cluster, such as --context prod: they are on every command, so that none is
	// carried out on another one.
	Cluster []string
	// Among are the words that say which namespaces a plan is about, Plan the flags that tell it what the cluster itself
	// does not.
	Among, Plan []string
}

// kubectl is a kubectl command.
func (s Shell) kubectl(words ...string) string { return s.join("kubectl", words, s.Cluster) }

// plan is `kubectl pss psp plan` about the same namespaces.
func (s Shell) plan(words ...string) string { return s.planOf(s.Among, words...) }

// planOf is `kubectl pss psp plan` about others.
func (s Shell) planOf(among []string, words ...string) string {
	return s.join("kubectl pss psp plan", among, words, s.Plan, s.Cluster)
}

// pipe is a plan that kubectl takes.
func (s Shell) pipe(plan string, words ...string) string { return plan + " | " + s.kubectl(words...) }

// label is `kubectl pss label ns`, which asks nothing.
func (s Shell) label(namespace string, flags ...string) string {
	return s.join("kubectl pss label ns", []string{namespace}, flags, []string{"--yes"}, s.Cluster)
}

func (s Shell) join(command string, words ...[]string) string {
	var b strings.Builder
	b.WriteString(command)
	for _, list := range words {
		for _, word := range list {
			if strings.HasPrefix(word, "{") || strings.HasPrefix(word, "[") {
				word = shell.JSON([]byte(word)) // a patch
			}
			b.WriteString(" " + shell.Quote(word))
		}
	}
	return b.String()
}

// Again is the plan itself, about the same namespaces.
func (s Shell) Again() string { return s.plan() }
