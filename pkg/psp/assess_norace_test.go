//go:build !race

package psp

// oneOf so many pairs of changes is tried.
const oneOf = 1
