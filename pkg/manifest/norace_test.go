//go:build !race

package manifest

const patience = 1
