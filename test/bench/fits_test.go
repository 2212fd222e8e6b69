//go:build unix

package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFits(t *testing.T) {
	const gib = 1 << 30
	before := &sizeResult{Pods: 10000, Scenarios: []*measurement{{Name: "kubectl-get", Samples: []sample{{Memory: 2 * gib}, {Memory: 3 * gib}}}}}
	for name, tc := range map[string]struct {
		scenario  string
		available int64
		want      bool
		notes     []string
	}{
		"room enough":     {scenario: "kubectl-get", available: 20 * gib, want: true},
		"too little":      {scenario: "kubectl-get", available: 16 * gib, notes: []string{"kubectl-get is left out: it would take about 15 GiB of memory, and 16 GiB are free"}},
		"nobody knows":    {scenario: "kubectl-get", want: true},
		"left out before": {scenario: "json", available: 20 * gib},
	} {
		t.Run(name, func(t *testing.T) {
			s := &sizeResult{Pods: 50000}
			if got := s.fits(before, tc.scenario, tc.available); got != tc.want {
				t.Errorf("fits: %v, want %v", got, tc.want)
			}
			if diff := cmp.Diff(tc.notes, s.Notes); diff != "" {
				t.Error(diff)
			}
		})
	}
}
