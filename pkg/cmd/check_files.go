package cmd

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-pss/kubectl-pss/pkg/cluster"
	"github.com/kubectl-pss/kubectl-pss/pkg/manifest"
	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// fileFlags name manifests as kubectl's flags of the same names do, except that nothing is fetched.
type fileFlags struct {
	Filenames []string
	Kustomize string
	Recursive bool
	// Live judges the manifests for the cluster of the kubeconfig.
	Live bool
}

func (f *fileFlags) addFiles(fs *pflag.FlagSet) {
	fs.StringSliceVarP(&f.Filenames, "filename", "f", nil, "Filename or directory of the manifests to check, or - for standard input. They are judged without asking a server, unless --live is given.")
	_ = fs.SetAnnotation("filename", cobra.BashCompFilenameExt, []string{"json", "yaml", "yml"}) // the flag exists
	fs.StringVarP(&f.Kustomize, "kustomize", "k", "", "Process a kustomization directory. This flag can't be used together with -f or -R.")
	fs.BoolVarP(&f.Recursive, "recursive", "R", false, "Process the directory used in -f, --filename recursively.")
	fs.BoolVar(&f.Live, "live", false, "Judge the manifests for the cluster of the kubeconfig: its version, and the labels that their namespaces have there.")
}

func (f *fileFlags) given() bool { return len(f.Filenames) > 0 || f.Kustomize != "" || f.Recursive }

// fileWords are the flags as somebody would type them.
func (f *fileFlags) fileWords() []string {
	var words []string
	for _, name := range f.Filenames {
		words = append(words, "-f", name)
	}
	if f.Kustomize != "" {
		words = append(words, "-k", f.Kustomize)
	}
	if f.Recursive {
		words = append(words, "-R")
	}
	if f.Live {
		words = append(words, "--live")
	}
	return words
}

// target reads the arguments; those that end like a manifest's name are files.
func (f *CheckFlags) target(args []string, namespace string) (target, error) {
	rest := slices.DeleteFunc(slices.Clone(args), func(arg string) bool {
		is := slices.Contains([]string{".json", ".yaml", ".yml"}, filepath.Ext(arg))
		if is {
			f.Filenames = append(f.Filenames, arg)
		}
		return is
	})
	if err := f.validProbe(); err != nil {
		return target{}, err
	}
	switch {
	case f.ThroughAdmission && f.UpgradeTo.minor != nil:
		return target{}, usagef("--upgrade-to cannot be combined with --through-admission: what another release would make of a pod cannot be asked of this server; leave out one of them")
	case !f.given() && f.Live:
		return target{}, usagef("--live needs manifests: name them by -f FILENAME or -k DIRECTORY; without --live, check judges what is in the cluster")
	case !f.given():
		return parseTarget(args, f, namespace)
	case f.ThroughAdmission:
		return target{}, usagef("--through-admission cannot be combined with files: it asks about the workloads that a cluster has")
	case f.UpgradeTo.minor != nil:
		return target{}, usagef("--upgrade-to cannot be combined with files: --server-version %s judges them as that release would", f.UpgradeTo.text)
	case f.Live && f.ServerVersion.minor != nil:
		return target{}, usagef("--server-version cannot be combined with --live, which asks the server for its version: leave out one of them")
	case len(rest) > 0:
		return target{}, usagef("files cannot be combined with %q: kubectl pss check -f FILENAME judges what is in them", rest[0])
	case f.AllNamespaces:
		return target{}, usagef("--all-namespaces cannot be combined with files: every namespace in them is checked")
	case f.Selector != "":
		return target{}, usagef("--selector cannot be combined with files: it selects namespaces of a cluster")
	}
	return target{}, nil
}

// fromFiles makes the options those of a check of files.
func (o *CheckOptions) fromFiles(f *CheckFlags, config *genericclioptions.ConfigFlags) error {
	o.Survey.Minor = standard.NewestMinor
	if o.Minor != nil {
		o.Survey.Minor = *o.Minor
	}
	namespace, err := objectNamespace(config)
	if err != nil {
		return err
	}
	o.Files, err = manifest.NewSource(manifest.Options{
		Filenames: f.Filenames, Kustomize: f.Kustomize, Recursive: f.Recursive,
		Stdin: o.Streams.In, Namespace: namespace, Minor: o.Survey.Minor,
	})
	if err != nil {
		return usageError{err}
	}
	if o.Live = f.Live; o.Live {
		o.Client, o.Host, err = newClient(config)
	}
	return err
}

// foreseeFiles surveys the files, and says on stderr what is not in the report.
func (o *CheckOptions) foreseeFiles(ctx context.Context) (*survey.Foresight, error) {
	if o.Live {
		return o.foreseeLive(ctx)
	}
	f, err := o.surveyFiles(ctx)
	if err != nil {
		return nil, err
	}
	f.Report.Server = o.server(&cluster.Facts{PodSecurity: cluster.Fact{
		Value: cluster.Active, Source: cluster.Assumed, Reason: "files are judged without asking a server",
	}})
	o.remark()
	return f, nil
}

// surveyFiles surveys what is in the files.
func (o *CheckOptions) surveyFiles(ctx context.Context) (*survey.Foresight, error) {
	namespaces, err := o.Files.Namespaces(ctx)
	if err != nil {
		return nil, err
	}
	for i := range namespaces { // whoever passes files of a system namespace means it
		o.Survey.Named = append(o.Survey.Named, namespaces[i].Name)
	}
	return survey.Foresee(ctx, o.Files, o.Survey)
}

// remark says what the report does not hold.
func (o *CheckOptions) remark() {
	for _, e := range o.Files.Errors() {
		say(o.Streams, "error: "+terminal.Escape(e.Error()))
	}
	for _, w := range o.Files.Warnings() {
		o.Streams.Warn("%s", w)
	}
	if text := passedOver(o.Files.PassedOver(), "makes no pods", "make no pods"); text != "" && !o.Streams.Quiet {
		say(o.Streams, terminal.Escape(text))
	}
}

// namedKinds is how many kinds are named of those that were passed over.
const namedKinds = 5

// passedOver says what was passed over, and what one of it and what several lack.
func passedOver(counts []manifest.Count, one, several string) string {
	var named []string
	total, others := 0, 0
	for i, c := range counts {
		total += c.Objects
		if i < namedKinds {
			named = append(named, fmt.Sprintf("%d %s", c.Objects, c.GroupKind.String()))
		} else {
			others += c.Objects
		}
	}
	if others > 0 {
		named = append(named, fmt.Sprintf("%d others", others))
	}
	switch total {
	case 0:
		return ""
	case 1:
		return "Passed over 1 object that " + one + ": " + named[0] + "."
	default:
		return fmt.Sprintf("Passed over %d objects that %s: %s.", total, several, strings.Join(named, ", "))
	}
}
