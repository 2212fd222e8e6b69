//go:build race

package psp

// oneOf so many pairs of changes is tried: the race detector slows it down tenfold and finds nothing in it.
const oneOf = 8
