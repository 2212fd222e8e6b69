//go:build unix

package main

import (
	"fmt"
	"io"
	"strings"
)

// markdown writes what was measured as the table that stands in the README.
func (r *result) markdown(out io.Writer) {
	fmt.Fprintf(out, "%s, Kubernetes %s; medians of %d rounds, of more where runs are short.\n\n", r.Machine, r.Kubernetes, r.Rounds)
	headings := []string{"pods"}
	for _, s := range r.Sizes {
		headings = append(headings, thousands(s.Pods))
	}
	headings = append(headings, "times the floor", "user CPU", "peak memory", "requests", "received")
	fmt.Fprintf(out, "| %s |\n|---|%s\n", strings.Join(headings, " | "), strings.Repeat("--:|", len(headings)-1))
	last := r.Sizes[len(r.Sizes)-1]
	for _, m := range r.Sizes[0].Scenarios { // what was left out later as well
		r.row(out, m.Name)
	}
	for _, m := range last.Scenarios {
		if m.Sampled > 0 {
			fmt.Fprintf(out, "\n\\* scaled: each round asks about %d of %d namespaces; asking about all of them, once, took %.0f s.\n",
				m.Sampled, m.Of, m.Whole.Wall.Seconds())
		}
	}
	fmt.Fprintf(out, "\nMemory is that of each size; what else follows the times, of %s pods.\n", thousands(last.Pods))
}

// row is a scenario: its time and memory at every size, and the rest at the last.
func (r *result) row(out io.Writer, name string) {
	const nothing = "–" // it was left out
	var m *measurement
	var walls, memory []string
	for _, s := range r.Sizes {
		m = s.named(name)
		if m == nil {
			walls, memory = append(walls, nothing), append(memory, nothing)
			continue
		}
		wall := fmt.Sprintf("%.2f s", m.Wall.Median)
		if m.Sampled > 0 {
			wall += "\\*"
		}
		walls, memory = append(walls, wall), append(memory, fmt.Sprintf("%.0f", m.Memory.Median/(1<<20)))
	}
	cells := []string{nothing, nothing, strings.Join(memory, " · ") + " MiB", nothing, nothing}
	if m != nil {
		cells[0], cells[1] = fmt.Sprintf("%.2f", m.Wall.Ratio), fmt.Sprintf("%.2f s", m.User.Median)
		cells[3], cells[4] = thousands(int(m.Traffic.total())), size(m.Traffic.Received)
	}
	fmt.Fprintf(out, "| `%s` | %s |\n", r.Sizes[0].named(name).Command, strings.Join(append(walls, cells...), " | "))
}
