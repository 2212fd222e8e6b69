//go:build !race

package standard

const randomPods = 20_000
