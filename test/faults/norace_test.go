//go:build !race

package faults

const share = 1
