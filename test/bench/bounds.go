//go:build unix

package main

import (
	"fmt"
	"io"
)

// bound is what the plugin is meant to keep to, and what was measured.
type bound struct{ what, measured, meant string }

// bounds are those that what was run says something about.
func (r *result) bounds() []bound {
	var list []bound
	last := r.Sizes[len(r.Sizes)-1]
	at := fmt.Sprintf(" at %s pods", thousands(last.Pods))
	check, loop := last.named(checkName), last.named(loopName)
	if check != nil {
		list = append(list,
			bound{"check over the floor, wall" + at, fmt.Sprintf("%.2f", check.Wall.Ratio), "at most 1.25"},
			bound{"peak memory of check" + at, fmt.Sprintf("%.0f MiB", check.Memory.Median/(1<<20)), "at most 150 MiB"})
		if before := r.before(last); before != nil {
			list = append(list, bound{
				fmt.Sprintf("its growth from %s pods", thousands(before.Pods)), fmt.Sprintf("%.2f", check.Memory.Growth), "at most 1.20",
			})
		}
	}
	if check != nil && loop != nil {
		list = append(list, bound{"loop over check, wall" + at, fmt.Sprintf("%.1f", over(loop.Wall.Median, check.Wall.Median)), "at least 5"})
	}
	if len(r.Startup) > 1 {
		slower := 1000 * (r.Startup[1].Wall.Median - r.Startup[0].Wall.Median)
		list = append(list, bound{"start of version after that of its imports", fmt.Sprintf("%.1f ms", slower), "at most 10 ms"})
	}
	return list
}

func (r *result) before(s *sizeResult) *sizeResult {
	for k := 1; k < len(r.Sizes); k++ {
		if r.Sizes[k] == s {
			return r.Sizes[k-1]
		}
	}
	return nil
}

func (r *result) printBounds(out io.Writer) {
	fmt.Fprintln(out, "\nwhat is meant to hold (at 50,000 pods after 10,000, on a machine with nothing else to do)")
	rows := [][]string{{"", "MEASURED", "BOUND"}}
	for _, b := range r.bounds() {
		rows = append(rows, []string{b.what, b.measured, b.meant})
	}
	tabulate(out, rows)
}
