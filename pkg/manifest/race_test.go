//go:build race

package manifest

// patience divides what the hostile documents hold: the race detector makes them ten times as slow.
const patience = 10
