//go:build !race

package scripts

const slower = 1
