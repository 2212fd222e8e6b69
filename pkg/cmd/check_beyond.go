package cmd

import (
	"github.com/spf13/pflag"

	"github.com/kubectl-pss/kubectl-pss/pkg/beyond"
)

// beyondFlags ask about the controls that the Standards lack.
type beyondFlags struct {
	Beyond     bool
	Registries []string
}

func (f *beyondFlags) addBeyond(fs *pflag.FlagSet) {
	fs.BoolVar(&f.Beyond, "beyond", false, "Look beyond the Standards too: "+
		"read-only root file systems, trusted registries, service account tokens, resource limits, image tags and digests. Pod Security enforces none of them, and the exit code leaves them out.")
	fs.StringSliceVar(&f.Registries, "registry", nil, "With --beyond, a `registry` that is trusted, or the beginning of a path in one (repeatable). Without any, images are told off that name no registry.")
}

// controls are the parameters of the controls; nil where nobody asked.
func (f *beyondFlags) controls() *beyond.Options {
	if !f.Beyond {
		return nil
	}
	return &beyond.Options{Registries: f.Registries}
}

// words are the flags as somebody would type them.
func (f *beyondFlags) words() []string {
	if !f.Beyond {
		return nil
	}
	words := []string{"--beyond"}
	for _, r := range f.Registries {
		words = append(words, "--registry", r)
	}
	return words
}

// validBeyond refuses what makes no sense together.
func (f *CheckFlags) validBeyond() error {
	switch {
	case len(f.Registries) > 0 && !f.Beyond:
		return usagef("--registry needs --beyond, which looks at where images come from: add it")
	case f.Beyond && f.UpgradeTo.minor != nil:
		return usagef("--beyond cannot be combined with --upgrade-to, which shows only what another release changes: leave out one of them")
	default:
		return validRegistries(f.Registries)
	}
}

// validRegistries refuses entries that no image's name could begin with.
func validRegistries(list []string) error {
	for _, entry := range list {
		if err := beyond.ValidRegistry(entry); err != nil {
			return usagef("invalid argument %q for \"--registry\" flag: %w", entry, err)
		}
	}
	return nil
}
