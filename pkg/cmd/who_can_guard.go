package cmd

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/pod-security-admission/api"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-pss/kubectl-pss/pkg/cluster"
	"github.com/kubectl-pss/kubectl-pss/pkg/rbac"
	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// subjectsFlag are subjects in the words of rbac.SubjectText.
type subjectsFlag struct{ subjects []rbacv1.Subject }

// String implements pflag.Value.
func (f *subjectsFlag) String() string {
	var texts []string
	for _, s := range f.subjects {
		texts = append(texts, rbac.SubjectText(s))
	}
	return strings.Join(texts, ",")
}

// Type implements pflag.Value.
func (f *subjectsFlag) Type() string { return "SUBJECT" }

// Set implements pflag.Value.
func (f *subjectsFlag) Set(text string) error {
	s, err := rbac.ParseSubject(text)
	if err == nil {
		f.subjects = append(f.subjects, s)
	}
	return err
}

// guards says whether a flag was given that means something for a guard only.
func (f *WhoCanFlags) guards(c *cobra.Command) bool {
	for _, name := range []string{"allow", "admission-config", "server-version"} {
		if c.Flags().Changed(name) {
			return true
		}
	}
	return false
}

// GuardOptions are what --guard needs to run.
type GuardOptions struct {
	Guard rbac.Guard
	// Client asks the server whether it knows such policies; nil where Minor is given.
	Client  *cluster.Client
	Minor   int
	Streams terminal.Streams
}

// ToGuardOptions turns flags and arguments into what a guard needs.
func (f *WhoCanFlags) ToGuardOptions(config *genericclioptions.ConfigFlags, s terminal.Streams, args []string) (*GuardOptions, error) {
	policy, err := whoCanWhat(args)
	switch {
	case err != nil:
		return nil, err
	case !f.Guard:
		return nil, usagef("--allow, --admission-config and --server-version say what to print with --guard")
	case policy != "":
		return nil, usagef("--guard is about labels: leave out use %s", policy)
	case f.Print.Output != "" && f.Print.Output != "yaml":
		return nil, usagef("invalid argument %q for \"-o, --output\" flag: --guard prints yaml only", f.Print.Output)
	case *config.Namespace != "" && !f.AllNamespaces:
		return nil, usagef("--guard is about all namespaces: leave out -n")
	}
	o := &GuardOptions{Guard: rbac.Guard{Allowed: f.Allow.subjects}, Streams: s}
	if len(o.Guard.Allowed) == 0 {
		o.Guard.Allowed = []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: rbac.Masters}}
		s.Warn("without --allow only group/%s may loosen: name who else, as kubectl pss who-can -o name prints them", rbac.Masters)
	}
	if o.Guard.Default, err = defaultEnforce(f.AdmissionConfig); err != nil {
		return nil, err
	}
	if f.Server.minor != nil {
		o.Minor = *f.Server.minor
		return o, nil
	}
	o.Client, _, err = newClient(config)
	return o, err
}

// defaultEnforce is what a server with this configuration enforces in namespaces without labels.
func defaultEnforce(file string) (api.LevelVersion, error) {
	config, err := simulate.DefaultConfig()
	if file != "" {
		config, err = simulate.LoadConfig(file, os.ReadFile)
	}
	if err == nil {
		var level api.Level
		var version api.Version
		if level, err = api.ParseLevel(config.Defaults.Enforce); err == nil {
			if version, err = api.ParseVersion(config.Defaults.EnforceVersion); err == nil {
				return api.LevelVersion{Level: level, Version: version}, nil
			}
		}
	}
	return api.LevelVersion{}, usagef("invalid argument %q for \"--admission-config\" flag: %w", file, err)
}

// Run prints the guard.
func (o *GuardOptions) Run(ctx context.Context) error {
	if o.Client != nil {
		inquiry := o.Client.Ask(ctx)
		defer inquiry.Stop()
		version, err := inquiry.Version()
		if err != nil {
			return &cluster.HintError{Err: err, Hint: "print the guard without a server by --server-version=v1.N"}
		}
		if o.Minor, err = standard.EffectiveMinor(version); err != nil {
			return err
		}
	}
	if o.Minor < rbac.GuardSince {
		return fmt.Errorf("a v1.%d server cannot guard labels: ValidatingAdmissionPolicy came with v1.%d; "+
			"upgrade first, or print the guard for a later server by --server-version=v1.%[2]d", o.Minor, rbac.GuardSince)
	}
	text, err := guardYAML(o.Guard)
	if err != nil {
		return err
	}
	_, err = o.Streams.Out.Write(text)
	return err
}

// guardYAML is a guard as it can be applied, with comments on what it does.
func guardYAML(g rbac.Guard) ([]byte, error) {
	var b bytes.Buffer
	names := make([]string, len(g.Allowed))
	for i, s := range g.Allowed {
		names[i] = rbac.SubjectText(s)
	}
	fmt.Fprintf(&b, `# Lets only these loosen what Pod Security enforces in a namespace:
#   %s
# Loosening is a lower level, no label where there was one, or an older version. Everybody else who may change a
# namespace may tighten it. A namespace without labels counts as %s.
# Not guarded: new namespaces, the audit and warn labels, and this policy and its binding themselves.
`, strings.Join(names, "\n#   "), g.Default)
	for i, obj := range []any{g.Policy(), g.Binding()} {
		if i > 0 {
			b.WriteString("---\n")
		}
		text, err := yaml.Marshal(obj)
		if err != nil {
			return nil, err
		}
		b.WriteString(strings.TrimSuffix(string(text), "status: {}\n"))
	}
	return b.Bytes(), nil
}
