package cmd

import (
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/printer"
	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
)

// editFlag is a mode flag: LEVEL[:VERSION] or -.
type editFlag struct {
	text string
	edit *survey.Edit
}

// String implements pflag.Value.
func (f *editFlag) String() string { return f.text }

// Type implements pflag.Value.
func (f *editFlag) Type() string { return "LEVEL[:VERSION]" }

// Set implements pflag.Value.
func (f *editFlag) Set(s string) error {
	edit, err := survey.ParseEdit(s)
	if err != nil {
		return err
	}
	f.text, f.edit = s, &edit
	return nil
}

// modeFlags are the three mode flags.
type modeFlags struct{ Enforce, Audit, Warn editFlag }

// add registers the flags; verb says what they do.
func (f *modeFlags) add(fs *pflag.FlagSet, verb string) {
	fs.Var(&f.Enforce, "enforce", verb+" this level for the enforce mode: LEVEL, LEVEL:VERSION, or - for no label. LEVEL alone keeps the version label.")
	fs.Var(&f.Audit, "audit", verb+" this level for the audit mode.")
	fs.Var(&f.Warn, "warn", verb+" this level for the warn mode.")
}

// candidate is the proposal made by the flags, nil without one.
func (f *modeFlags) candidate() survey.Candidate {
	var c survey.Candidate
	for mode, flag := range map[survey.Mode]*editFlag{survey.Enforce: &f.Enforce, survey.Audit: &f.Audit, survey.Warn: &f.Warn} {
		if flag.edit == nil {
			continue
		}
		if c == nil {
			c = survey.Candidate{}
		}
		c[mode] = *flag.edit
	}
	return c
}

// words are the flags as somebody would type them.
func (f *modeFlags) words() []string {
	var words []string
	for _, m := range []struct {
		name string
		flag *editFlag
	}{{"enforce", &f.Enforce}, {"audit", &f.Audit}, {"warn", &f.Warn}} {
		if m.flag.edit != nil {
			words = append(words, "--"+m.name, m.flag.text)
		}
	}
	return words
}

// isTable says whether -o asks for what people read.
func isTable(f *printer.Flags) bool { return f.Output == "" || strings.EqualFold(f.Output, "wide") }

func addAdmissionConfigFlag(fs *pflag.FlagSet, file *string) {
	fs.StringVar(file, "admission-config", "", "The AdmissionConfiguration or PodSecurityConfiguration `file` that the API server runs with: "+
		"gives default levels and exemptions, which no API reveals.")
}

// validReading refuses flags about what is read that cannot be meant.
func validReading(chunkSize int64, selector string) error {
	if chunkSize < 0 {
		return usagef("invalid argument \"%d\" for \"--chunk-size\" flag: must not be negative; 0 asks for whole lists", chunkSize)
	}
	if _, err := labels.Parse(selector); err != nil {
		return usagef("invalid argument %q for \"-l, --selector\" flag: %w", selector, err)
	}
	return nil
}

// minorFlag is v1.N, or latest for the newest that this build knows.
type minorFlag struct {
	text  string
	minor *int
}

// String implements pflag.Value.
func (f *minorFlag) String() string { return f.text }

// Type implements pflag.Value.
func (f *minorFlag) Type() string { return "v1.N" }

// Set implements pflag.Value.
func (f *minorFlag) Set(s string) error {
	v, err := api.ParseVersion(s)
	if err != nil {
		return err
	}
	minor := standard.NewestMinor
	if !v.Latest() {
		minor = v.Minor()
	}
	f.text, f.minor = s, &minor
	return nil
}

// inCluster says that this runs in a pod, where a service account stands in for a kubeconfig.
func inCluster() bool { return os.Getenv("KUBERNETES_SERVICE_HOST") != "" }

// fileFlag is one file. kubectl's -f may be given several times; a plan that silently gave way to another one would be
// missed.
type fileFlag struct{ text string }

// String implements pflag.Value.
func (f *fileFlag) String() string { return f.text }

// Type implements pflag.Value.
func (f *fileFlag) Type() string { return "file" }

// Set implements pflag.Value.
func (f *fileFlag) Set(s string) error {
	if f.text != "" {
		return errors.New("one file at a time")
	}
	f.text = s
	return nil
}

// versionFlag is a policy version.
type versionFlag struct {
	text    string
	version *api.Version
}

// String implements pflag.Value.
func (f *versionFlag) String() string { return f.text }

// Type implements pflag.Value.
func (f *versionFlag) Type() string { return "VERSION" }

// Set implements pflag.Value.
func (f *versionFlag) Set(s string) error {
	v, err := api.ParseVersion(s)
	if err != nil {
		return err
	}
	f.text, f.version = s, &v
	return nil
}

// The values of --dry-run.
const (
	dryRunNone   = "none"
	dryRunClient = "client"
	dryRunServer = "server"
)

// dryRunFlag is --dry-run[=server|client|none]. Its bare form means server, where kubectl's deprecated one means client.
type dryRunFlag struct{ mode string }

// String implements pflag.Value.
func (f *dryRunFlag) String() string {
	if f.mode == "" {
		return dryRunNone
	}
	return f.mode
}

// Type implements pflag.Value.
func (f *dryRunFlag) Type() string { return "MODE" }

// Set implements pflag.Value.
func (f *dryRunFlag) Set(s string) error {
	switch s {
	case dryRunNone, dryRunClient, dryRunServer:
		f.mode = s
		return nil
	default:
		return errors.New(`must be "none", "server", or "client"`)
	}
}

func (f *dryRunFlag) on() bool { return f.mode == dryRunClient || f.mode == dryRunServer }

// noNames refuses a value of --dry-run that stands behind it without an equals sign, and so would pass for a name.
func (f *dryRunFlag) noNames(args []string) error {
	for _, arg := range args {
		if f.on() && slices.Contains([]string{dryRunClient, dryRunServer, dryRunNone}, arg) {
			return usagef("--dry-run takes its value after an equals sign: --dry-run=%s; a namespace of that name is meant by -n %[1]s", arg)
		}
	}
	return nil
}
