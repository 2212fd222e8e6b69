package cmd

import (
	"fmt"

	"github.com/spf13/pflag"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
)

// upgradeFlags ask about a server of another release.
type upgradeFlags struct{ UpgradeTo minorFlag }

func (f *upgradeFlags) addUpgrade(fs *pflag.FlagSet) {
	fs.Var(&f.UpgradeTo, "upgrade-to", "Show what changes when the server is of release `v1.N`, newer or older than now: what it newly refuses, why, and the version labels that keep things as they are.")
}

// words are the flag as somebody would type it.
func (f *upgradeFlags) words() []string {
	if f.UpgradeTo.minor == nil {
		return nil
	}
	return []string{"--upgrade-to", f.UpgradeTo.text}
}

// upgraded completes what the report says of the other release, and is the verdict that decides the exit code: with
// --upgrade-to only what newly fails counts.
func (o *surveyor) upgraded(r *report.CheckReport) report.Verdict {
	if r.Upgrade == nil {
		return r.Summary.Verdict
	}
	r.Upgrade.Inexact = inexact(*o.Survey.UpgradeTo)
	r.Upgrade.Exact = len(r.Upgrade.Inexact) == 0
	return r.Upgrade.Verdict
}

// inexact says why this build cannot promise what a server of that minor says.
func inexact(minor int) []string {
	switch {
	case minor > standard.NewestMinor:
		return []string{fmt.Sprintf("this build knows the checks up to v1.%d; newer ones are judged as v1.%[1]d", standard.NewestMinor)}
	case minor < standard.ExactSince:
		return []string{fmt.Sprintf("servers before v1.%d were never put to the test: they are judged as v1.%[1]d would judge under v1.%d",
			standard.ExactSince, minor)}
	default:
		return nil
	}
}
