package cmd

import (
	"runtime/debug"
	"testing"
)

func TestCommitOf(t *testing.T) {
	set := func(keysAndValues ...string) *debug.BuildInfo {
		info := &debug.BuildInfo{}
		for i := 0; i < len(keysAndValues); i += 2 {
			info.Settings = append(info.Settings, debug.BuildSetting{Key: keysAndValues[i], Value: keysAndValues[i+1]})
		}
		return info
	}
	for _, tt := range []struct {
		info *debug.BuildInfo
		want string
	}{
		{nil, ""},
		{set("CGO_ENABLED", "0"), ""},
		{set("vcs", "git", "vcs.revision", "0123abc", "vcs.modified", "false"), " (commit 0123abc)"},
		{set("vcs.revision", "0123abc", "vcs.modified", "true"), " (commit 0123abc, changed since)"},
	} {
		if got := commitOf(tt.info); got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.info, got, tt.want)
		}
	}
}
