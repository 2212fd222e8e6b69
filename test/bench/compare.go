//go:build unix

package main

import (
	"fmt"
	"io"
	"math"
)

// agreement is how far the medians of two invocations may lie apart.
const agreement = 0.10

// rounding is what a computed share may exceed the real one by.
const rounding = 1e-9

// pair is a median that two invocations measured.
type pair struct {
	where, scenario, quantity string
	a, b                      float64
}

// share is how much the greater exceeds the smaller.
func (d pair) share() float64 {
	low, high := min(d.a, d.b), max(d.a, d.b)
	switch {
	case low == high:
		return 0
	case low == 0:
		return math.Inf(1)
	default:
		return high/low - 1
	}
}

// compare pairs the medians of two results, of what both measured: wall time, user CPU and memory. Ratios to the floor
// are compared beside them: they agree where only the machine was slower.
func compare(a, b *result) []pair {
	list := pairsOf("start-up", a.Startup, b.Startup)
	for _, size := range a.Sizes {
		for _, other := range b.Sizes {
			if other.Pods == size.Pods {
				list = append(list, pairsOf(thousands(size.Pods)+" pods", size.Scenarios, other.Scenarios)...)
			}
		}
	}
	return list
}

func pairsOf(where string, a, b []*measurement) []pair {
	var list []pair
	for _, m := range a {
		other := (&sizeResult{Scenarios: b}).named(m.Name)
		if other == nil {
			continue
		}
		for _, q := range quantities() {
			if q.name == "system CPU" {
				continue // milliseconds that the kernel books as it likes
			}
			one, two := q.into(m), q.into(other)
			list = append(list, pair{where, m.Name, q.name, one.Median, two.Median})
			if m != a[0] {
				list = append(list, pair{where, m.Name, q.name + " ratio", one.Ratio, two.Ratio})
			}
		}
	}
	return list
}

// printComparison says of every median how far the two lie apart, and of each quantity how many agree.
func printComparison(out io.Writer, list []pair) {
	rows := [][]string{{"", "SCENARIO", "MEDIAN OF", "FIRST", "SECOND", "APART"}}
	type sum struct {
		all, apart int
		worst      float64
	}
	var order []string
	sums := map[string]*sum{}
	for _, d := range list {
		s := sums[d.quantity]
		if s == nil {
			s = &sum{}
			sums[d.quantity], order = s, append(order, d.quantity)
		}
		s.all++
		s.worst = max(s.worst, d.share())
		mark := ""
		if d.share() > agreement+rounding {
			s.apart++
			mark = "  <"
		}
		rows = append(rows, []string{d.where, d.scenario, d.quantity, d.show(d.a), d.show(d.b), fmt.Sprintf("%.1f %%%s", 100*d.share(), mark)})
	}
	tabulate(out, rows)
	fmt.Fprintln(out)
	for _, quantity := range order {
		s := sums[quantity]
		fmt.Fprintf(out, "%s: %d of %d medians agree within %.0f %%, the worst is %.1f %% apart\n",
			quantity, s.all-s.apart, s.all, 100*agreement, 100*s.worst)
	}
}

// show writes a value in the unit of its quantity.
func (d pair) show(value float64) string {
	switch d.quantity {
	case "peak memory":
		return fmt.Sprintf("%.1f MiB", value/(1<<20))
	case "wall", "user CPU":
		return fmt.Sprintf("%.3fs", value)
	default:
		return fmt.Sprintf("%.2f", value)
	}
}
