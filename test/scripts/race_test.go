//go:build race

package scripts

// slower divides how many containers a pod of TestHuge has: the race detector makes them ten times as slow.
const slower = 10
