//go:build race

package standard

// The race detector slows single-threaded work down tenfold and finds nothing in it.
const randomPods = 1_000
