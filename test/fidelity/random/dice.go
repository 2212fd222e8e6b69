// Package random makes up what a server is asked about: pods, workloads, labels and admission configurations that API
// servers take, in which everything that Pod Security looks at is good, bad, strange or unset. The same seed makes the
// same objects.
package random

import "math/rand/v2"

// Dice decide. Two with the same seed and number decide alike, so that any one object can be made again.
type Dice struct {
	*rand.Rand
	// minor is the server's: what older ones refuse is not thrown for them.
	minor int
}

// NewDice are the dice of one object for a server of that minor.
func NewDice(seed, number uint64, minor int) *Dice {
	return &Dice{Rand: rand.New(rand.NewPCG(seed, number)), minor: minor}
}

// chance is true in that many of a hundred cases.
func (d *Dice) chance(percent int) bool { return d.IntN(100) < percent }

// OneOf is any of the values.
func OneOf[T any](d *Dice, values ...T) T { return values[d.IntN(len(values))] }

// maybe is one of the values in that many of a hundred cases, else nil.
func maybe[T any](d *Dice, percent int, values ...T) *T {
	if !d.chance(percent) {
		return nil
	}
	return new(OneOf(d, values...))
}

// several are up to n of what is drawn.
func several[T any](d *Dice, n int, draw func(i int) T) []T {
	var all []T
	for i := range d.IntN(n + 1) {
		all = append(all, draw(i))
	}
	return all
}

// distinct leaves out what was there before.
func distinct[T any, K comparable](list []T, key func(T) K) []T {
	seen := map[K]bool{}
	var kept []T
	for _, v := range list {
		if !seen[key(v)] {
			seen[key(v)] = true
			kept = append(kept, v)
		}
	}
	return kept
}
