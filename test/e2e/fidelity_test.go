//go:build e2e

package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/kubectl-pss/kubectl-pss/test/fidelity/compare"
)

// The share of `make fidelity` that is asked here: random objects, others each day, on clusters where nobody minds that
// some of them leave labels behind that cannot be parsed.
const (
	fidelityRequests = 2000
	mostInvalid      = fidelityRequests / 50
	mistakenRequests = 200
	mistakenMinor    = 28
)

// TestFidelity holds what is said of random objects against what the newest and the oldest server do to them.
func TestFidelity(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().Unix() / (24 * 60 * 60))
	newest, oldest := spare(t), upAlone(t, "random-old", "--release", oldRelease, "--no-controllers")
	for _, on := range []*server{newest, oldest} {
		place := compare.Place{Kubeconfig: on.Kubeconfig, AuditLog: on.AuditLog}
		s := connect(t, place)
		tally, err := s.Hold(t.Context(), compare.Options{Seed: seed, Requests: fidelityRequests, Parallel: asking, Tries: 200})
		if err != nil {
			t.Fatal(err)
		}
		compared.Add(int64(tally.Compared))
		t.Logf("%s: seed %d, %d requests, %d invalid, %d refused by Pod Security, %d warned about, in %s", s.Release, seed,
			tally.Requests, tally.Invalid, tally.Refused, tally.Warned, tally.Elapsed.Round(time.Second))
		for _, d := range tally.Differences {
			t.Errorf("%s: seed %d, number %d: %s, %s: prediction (-) and server (+) differ:\n%s%s", s.Release, seed, d.Number,
				d.What, d.Ground, d.Text, d.Smallest)
		}
		if tally.Invalid > mostInvalid {
			t.Errorf("%s took %d of %d random objects for invalid, most often %s", s.Release, tally.Invalid, tally.Requests,
				strings.Join(tally.Worst(3), "; "))
		}
		if tally.Refused < tally.Requests/10 || tally.Warned < tally.Requests/10 {
			t.Errorf("%s refused %d and warned about %d: too few to learn from", s.Release, tally.Refused, tally.Warned)
		}
		if on == oldest {
			seeMistake(t, connect(t, place))
		}
	}
}

// seeMistake shows that the comparison sees a difference where there is one: a server that is taken for one of a minor
// between the oldest and the newest.
func seeMistake(t *testing.T, s *compare.Server) {
	t.Helper()
	if err := s.Mistake(mistakenMinor); err != nil {
		t.Fatal(err)
	}
	tally, err := s.Hold(t.Context(), compare.Options{Seed: 1, Requests: mistakenRequests, Parallel: asking, Tries: 8})
	if err != nil {
		t.Fatal(err)
	}
	if len(tally.Differences) == 0 || tally.Differences[0].Smallest == "" {
		t.Errorf("%s, taken for a server of 1.%d, answers as foreseen: %+v", s.Release, mistakenMinor, tally)
	}
}

func connect(t *testing.T, place compare.Place) *compare.Server {
	t.Helper()
	s, err := compare.Connect(t.Context(), place)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
