//go:build e2e

package e2e

import "testing"

// The tests that take longest, the very longest last. Begun late, they would run on alone when all others are done, and Go
// lets parallel tests go on about from the last one backwards: most of these begin at once. Nothing but time depends on it.

// TestPolicyLevels: see holdLevels.
func TestPolicyLevels(t *testing.T) {
	t.Parallel()
	holdLevels(t)
}

// TestSafetyKilled: see killRuns.
func TestSafetyKilled(t *testing.T) {
	t.Parallel()
	killRuns(t)
}

// TestWayOut: see goWayOut.
func TestWayOut(t *testing.T) {
	t.Parallel()
	goWayOut(t)
}

// TestLabelRoll: see rollLabels.
func TestLabelRoll(t *testing.T) {
	t.Parallel()
	rollLabels(t)
}
