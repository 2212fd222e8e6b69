package cmd

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/kubectl-pss/kubectl-pss/pkg/printer"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

const configLong = `
Say how Pod Security itself is configured, or check the file that is to configure it.

Without -f the server is asked, by dry runs only, for what no API shows: default levels and exemptions.

With -f an AdmissionConfiguration, or the PodSecurityConfiguration in it, is read as the API server would
read it, and what hollows it out is named: exempt service accounts of controllers (whoever can create a
workload of theirs is exempt then), users that no request has, enforce defaults that an upgrade changes. No
server is asked: latest means the newest version known, unless --server-version says otherwise.

With --live the file is compared with the cluster of the kubeconfig as well: exempt namespaces and runtime
classes that are not there, which somebody could create, and the workloads without labels that the defaults
would refuse. What may not be read is a gap. Nothing but reading is asked of the server.

Exit codes with -f: 0 nothing grave was found, 1 something was, 2 error, 3 incomplete (something could not
be read), 130 interrupted. Unpinned and deprecated versions are named, but are not grave.`

const configExample = `
# Ask the server how Pod Security is configured
kubectl pss config

# Check a file before the API server is started with it
kubectl pss config -f admission.yaml

# Compare it with the cluster: what is missing, and what its defaults would refuse
kubectl pss config -f admission.yaml --live

# List what is wrong, for scripts
kubectl pss config -f admission.yaml -o jsonpath='{range .findings[*]}{.reason}{"\t"}{.field}{"\n"}{end}'`

// ConfigFlags are what the command line says.
type ConfigFlags struct {
	configLiveFlags
	File fileFlag
	// Live compares File with the cluster of the kubeconfig.
	Live          bool
	ServerVersion minorFlag
	ChunkSize     int64
	Quiet         bool
	Print         *printer.Flags
}

// NewCmdConfig returns `kubectl pss config`.
func NewCmdConfig(config *genericclioptions.ConfigFlags, s *terminal.Streams) *cobra.Command {
	flags := &ConfigFlags{Print: printer.NewFlags(), ChunkSize: cmdutil.DefaultChunkSize}
	c := &cobra.Command{
		Use:                   "config [-f FILE [--live]]",
		DisableFlagsInUseLine: true,
		Short:                 "Say how Pod Security itself is configured, or check the file for it",
		Long:                  strings.TrimSpace(configLong),
		Example:               templates.Examples(configExample),
		RunE: func(c *cobra.Command, args []string) error {
			o, err := flags.ToOptions(config, *s, args)
			if err != nil {
				return err
			}
			return o.Run(c.Context())
		},
	}
	flags.AddFlags(c)
	return c
}

// AddFlags registers the flags.
func (f *ConfigFlags) AddFlags(c *cobra.Command) {
	fs := c.Flags()
	fs.VarP(&f.File, "filename", "f", "The AdmissionConfiguration or PodSecurityConfiguration `file` to check, or - for standard input. No server is asked, unless --live is given.")
	_ = fs.SetAnnotation("filename", cobra.BashCompFilenameExt, []string{"json", "yaml", "yml"}) // the flag exists
	fs.BoolVar(&f.Live, "live", false, "Compare the file with the cluster of the kubeconfig: its version, what is there, and what the defaults would refuse.")
	fs.Var(&f.ServerVersion, "server-version", "The release of the server that the file is for, `v1.N` or latest; no server is asked then.")
	cmdutil.AddChunkSizeFlag(c, &f.ChunkSize)
	fs.BoolVarP(&f.Quiet, "quiet", "q", false, "Print nothing but errors; the exit code tells.")
	f.addLive(fs)
	f.Print.AddFlags(c)
}

// ConfigOptions are what the command needs to run.
type ConfigOptions struct {
	surveyor
	configLiveOptions
	// File is the file to check; empty asks the server.
	File string
	// Live compares File with the cluster.
	Live  bool
	Print func(io.Writer, *report.ConfigReport) error
}

// ToOptions turns flags and arguments into what Run needs.
func (f *ConfigFlags) ToOptions(config *genericclioptions.ConfigFlags, s terminal.Streams, args []string) (*ConfigOptions, error) {
	if err := f.valid(args); err != nil {
		return nil, err
	}
	if f.Quiet {
		s = s.Quieted()
	}
	o := &ConfigOptions{surveyor: surveyor{Streams: s, Minor: f.ServerVersion.minor}, File: f.File.text, Live: f.Live}
	o.Survey.Minor = standard.NewestMinor
	if o.Minor != nil {
		o.Survey.Minor = *o.Minor
	}
	o.Source.ChunkSize = f.ChunkSize
	var err error
	if o.Print, err = printer.ToPrinter(f.Print, s, printer.Config()); err != nil {
		return nil, usageError{err}
	}
	if o.File == "" {
		return o, o.toLive(f, config)
	}
	if o.Live {
		o.Client, o.Host, err = newClient(config)
	}
	return o, err
}

// valid refuses what cannot be meant.
func (f *ConfigFlags) valid(args []string) error {
	if len(args) > 0 {
		return usagef("unexpected argument %q: a file is named by -f, --filename", args[0])
	}
	if f.File.text == "" {
		switch {
		case f.Live:
			return usagef("--live compares a file with the cluster: name it by -f FILENAME; without a file, config asks the server how it is configured")
		case f.ServerVersion.minor != nil:
			return usagef("--server-version says which release a file is for: name it by -f FILENAME; without a file, config asks the server")
		}
	}
	if f.File.text != "" && len(f.ProbeUsers) > 0 {
		return usagef("--probe-user cannot be combined with -f, --filename: it asks the server about a user, and the file names those that are exempt")
	}
	if f.Live && f.ServerVersion.minor != nil {
		return usagef("--server-version cannot be combined with --live, which asks the server for its version: leave out one of them")
	}
	return validReading(f.ChunkSize, "")
}

// Run looks and prints. Something grave in a file, or gaps, come back as a verdictError.
func (o *ConfigOptions) Run(ctx context.Context) error {
	look := o.checkFile
	if o.File == "" {
		look = o.live
	}
	r, err := look(ctx)
	if err != nil {
		return err
	}
	if err := o.Print(o.Streams.Out, r); err != nil {
		return err
	}
	grave := 0
	for i := range r.Findings {
		if r.Findings[i].Grave {
			grave++
		}
	}
	if v := report.Of(grave, len(r.Gaps)); v != report.Complies {
		return verdictError{v}
	}
	return nil
}
