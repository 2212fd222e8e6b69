package survey

import (
	"context"

	"github.com/kubectl-pss/kubectl-pss/pkg/beyond"
	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// Options are what a survey needs to know beside its source.
type Options struct {
	// Minor is what "latest" means on the server.
	Minor int
	// Binary is the minor of the server's own release, where that emulates another; 0 means Minor.
	Binary int
	// Admission is the server's admission, with its defaults and exemptions; Configured says that they come from a
	// configuration file and not from assumption.
	Admission  *simulate.Admission
	Configured bool
	// Learned is what of Admission the server told by dry run; nil where it was not asked.
	Learned *Learned
	// Candidate is the proposal, nil for none; Labels and Recommend are other ways to make one.
	Candidate Candidate
	// Labels are the Pod Security labels that namespaces are to have, whole, by name: those of a plan.
	Labels map[string]map[string]string
	// Recommend proposes for each namespace what it can bear.
	Recommend *Recommend
	// Judged are the modes that decide verdicts; none means those that Candidate names, else enforce.
	Judged []Mode
	// Named are the namespaces named on the command line: system namespaces among them count.
	Named []string
	// Admit asks the server what it would make of the pods of all templates; nil asks nothing. It is called once, when
	// everything has been read. An error means that there is no answer at all.
	Admit func(context.Context, []workload.Request) (*workload.Admissions, error)
	// Changers are what may change pods on their way into the cluster. It is called once, after everything else; nil
	// says that nothing is known of them.
	Changers func() []workload.Changer
	// UpgradeTo is the minor of the server that is asked about besides; nil for none.
	UpgradeTo *int
	// Beyond judges by the controls that the Standards lack besides; nil does not.
	Beyond *beyond.Options
	// Scope are the words that name the namespaces surveyed on a command line; empty for all of a cluster, or of files.
	Scope string
	// Only keeps the one workload or pod that was asked for; nil keeps all.
	Only *workload.Ref
}
