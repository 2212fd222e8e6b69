package cmd

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/manifest"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// foreseeLive surveys the files as the cluster would take them. Progress is shown while the server is waited for, and
// not while somebody may be typing manifests.
func (o *CheckOptions) foreseeLive(ctx context.Context) (*survey.Foresight, error) {
	inquiry := o.Client.Ask(ctx)
	defer inquiry.Stop()
	if err := o.waiting(func() error { return o.learn(inquiry) }); err != nil {
		return nil, err
	}
	o.Files = o.Files.For(manifest.Cluster{Minor: o.Survey.Binary, Namespaces: o.liveNamespaces})
	f, err := o.surveyFiles(ctx)
	if err != nil {
		return nil, err
	}
	facts, err := inquiry.Facts()
	if err != nil {
		return nil, err
	}
	f.Report.Server = o.server(&facts)
	o.remark()
	if names := o.Files.Leaving(); len(names) > 0 {
		o.Streams.Warn("%s being deleted: the server takes nothing new there", some(names, "namespace %s is", "namespaces %s are"))
	}
	if names := o.Files.Absent(); len(names) > 0 && !o.Streams.Quiet {
		say(o.Streams, terminal.Escape(some(names, "Namespace %s is", "Namespaces %s are")+
			" neither in the cluster nor among the manifests: judged as created without labels."))
	}
	return f, nil
}

// liveNamespaces reads what the files name.
func (o *CheckOptions) liveNamespaces(ctx context.Context, names []string) (found []corev1.Namespace, gaps []workload.Gap, err error) {
	err = o.waiting(func() error {
		found, gaps, err = o.Client.Namespaces(ctx, names)
		return err
	})
	return found, gaps, err
}

// waiting shows on stderr whom a question waits for.
func (o *surveyor) waiting(ask func() error) error {
	progress := terminal.NewProgress(o.Streams, o.Host)
	defer progress.Stop()
	return ask()
}

// namedNamespaces is how many namespaces are named where there are many.
const namedNamespaces = 5

// some names a few, in the words for one or for several.
func some(names []string, one, several string) string {
	switch n := len(names); {
	case n == 1:
		return fmt.Sprintf(one, names[0])
	case n > namedNamespaces:
		return fmt.Sprintf(several, fmt.Sprintf("%s and %d more", strings.Join(names[:namedNamespaces], ", "), n-namedNamespaces))
	default:
		return fmt.Sprintf(several, strings.Join(names[:n-1], ", ")+" and "+names[n-1])
	}
}
