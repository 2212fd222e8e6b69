package cmd

import (
	"io"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/beyond"
	"github.com/kubectl-pss/kubectl-pss/pkg/export"
	"github.com/kubectl-pss/kubectl-pss/pkg/printer"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// ExportOptions are what the command needs to run.
type ExportOptions struct {
	// surveyor has no client where no server is to be asked.
	surveyor
	Target export.Target
	Render export.Options
	// Names are the namespaces by name; none means that Render selects them otherwise.
	Names []string
	// Rules makes them.
	Rules exportSource
	// Selector selects the namespaces as it was typed.
	Selector string
	// Name is what the names of all objects begin with; empty leaves it to the source and the namespaces.
	Name string
	// Command is the export as somebody would type it.
	Command []string
	Print   func(io.Writer, []report.Document) error
}

// ToOptions turns flags and arguments into what Run needs.
func (f *ExportFlags) ToOptions(config *genericclioptions.ConfigFlags, s terminal.Streams, args []string) (*ExportOptions, error) {
	o := &ExportOptions{surveyor: surveyor{Streams: s, Minor: f.ServerVersion.minor}, Target: f.To.target, Selector: f.Selector, Name: f.Name}
	o.Render.Enforce = f.Enforce
	err := f.valid()
	if err != nil {
		return nil, err
	}
	if o.Names, err = f.namespaces(args, config); err != nil {
		return nil, err
	}
	if o.Render.Namespaces, err = f.namespaceSelector(o.Names); err != nil {
		return nil, err
	}
	if o.Print, err = printer.Documents(f.Output, s); err != nil {
		return nil, usageError{err}
	}
	if o.Rules, err = f.source(o, s); err != nil {
		return nil, err
	}
	o.Command = f.command(args, config)
	if !f.asksServer() {
		return o, nil
	}
	if o.Survey.Admission, err = newAdmission(""); err != nil {
		return nil, err
	}
	o.Client, o.Host, err = newClient(config)
	return o, err
}

// asksServer says whether the server has anything to tell that files and flags do not.
func (f *ExportFlags) asksServer() bool {
	return len(f.Filenames) == 0 && (len(f.Controls) == 0 || f.ServerVersion.minor == nil)
}

// valid refuses flags that contradict each other.
func (f *ExportFlags) valid() error {
	policies := len(f.Policies) > 0 || len(f.Filenames) > 0 || f.Recursive
	sources := 0
	for _, given := range []bool{policies, len(f.Controls) > 0, len(f.Except) > 0} {
		if given {
			sources++
		}
	}
	trusts := slices.Contains(f.Controls, beyond.TrustedRegistries)
	switch {
	case sources == 0:
		return usagef("say what to export: --psp NAME or -f FILE for a PodSecurityPolicy, --control NAME, or --except KIND/NAME")
	case sources > 1:
		return usagef("--psp and -f, --control, and --except are exported one at a time: leave out all but one")
	case f.Audit && f.Enforce:
		return usagef("--audit admits what --enforce refuses: leave out one of them")
	case len(f.Controls) > 0 && f.Level.level != nil:
		return usagef("--level cannot be combined with --control: no level has these controls")
	case trusts && len(f.Registries) == 0:
		return usagef("--control %s needs the registries to trust: --registry REGISTRY, which may be given several times", beyond.TrustedRegistries)
	case !trusts && len(f.Registries) > 0:
		return usagef("--registry needs --control %s, which is what it is for", beyond.TrustedRegistries)
	case len(f.Except) > 0 && (f.Level.level == nil || f.Level.level.Level == api.LevelPrivileged):
		return usagef("--except needs --level to say what all others are held to: baseline or restricted")
	case f.Name != "" && len(validation.IsDNS1123Label(f.Name)) > 0:
		return usagef("invalid argument %q for \"--name\" flag: %s", f.Name, validation.IsDNS1123Label(f.Name)[0])
	}
	for _, name := range f.Controls {
		if !slices.Contains(beyond.Names(), name) {
			return usagef("there is no control %q: it is one of %s%s", name, strings.Join(beyond.Names(), ", "), meant(name, beyond.Names()))
		}
	}
	return validRegistries(f.Registries)
}

// source is where the rules come from.
func (f *ExportFlags) source(o *ExportOptions, s terminal.Streams) (exportSource, error) {
	switch {
	case len(f.Controls) > 0:
		return &controlSource{names: f.Controls, registries: f.Registries}, nil
	case len(f.Except) > 0:
		refs, err := workloadRefs(f.Except)
		return &exceptSource{refs: refs, namespace: o.Names[0], level: *f.Level.level}, err
	}
	source := &policySource{level: f.Level.level}
	for _, name := range f.Policies {
		source.names = append(source.names, policyName(name))
	}
	var err error
	source.files, err = f.manifests(s)
	return source, err
}

// workloadRefs reads KIND/NAME, without repetition.
func workloadRefs(words []string) ([]workload.Ref, error) {
	var refs []workload.Ref
	for _, word := range words {
		typ, name, slash := strings.Cut(word, "/")
		r, ok := resourceOf(typ)
		switch {
		case !slash || name == "" || strings.Contains(name, "/"):
			return nil, usagef("invalid argument %q for \"--except\" flag: must be KIND/NAME, such as ds/%s", word, strings.Trim(word, "/"))
		case !ok:
			var known []string
			for _, r := range resources() {
				known = append(known, r.names...)
			}
			return nil, usagef("invalid argument %q for \"--except\" flag: no pods come from a %q, KIND is one of %s%s", word, typ, shortest(), meant(typ, known))
		}
		if ref := (workload.Ref{Group: r.group, Kind: r.kind, Name: name}); !slices.Contains(refs, ref) {
			refs = append(refs, ref)
		}
	}
	return refs, nil
}

// command is the export as somebody would type it.
func (f *ExportFlags) command(args []string, config *genericclioptions.ConfigFlags) []string {
	words := append([]string{"kubectl", "pss", "export"}, args...)
	add := func(flag string, values ...string) {
		for _, value := range values {
			if value != "" {
				words = append(words, flag, value)
			}
		}
	}
	add("-n", *config.Namespace)
	add("-l", f.Selector)
	if f.All {
		words = append(words, "--all")
	}
	words = append(words, f.policyWords()...)
	add("--psp", f.Policies...)
	add("--control", f.Controls...)
	add("--registry", f.Registries...)
	add("--except", f.Except...)
	add("--level", f.Level.text)
	if f.To.target != export.VAP {
		add("--to", string(f.To.target))
	}
	if f.Enforce {
		words = append(words, "--enforce")
	}
	add("--server-version", f.ServerVersion.text)
	add("--name", f.Name)
	return words
}
