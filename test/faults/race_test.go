//go:build race

package faults

// share is the part of the matrix that is run, drawn at random: the race detector makes it six times as long, and what it
// looks for is the same in many cells. Without it every cell is run.
const share = 12
