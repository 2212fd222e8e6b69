//go:build unix

package main

import (
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
)

// print writes the tables: one a size, each line compared with the floor.
func (r *result) print(out io.Writer) {
	fmt.Fprintf(out, "%d cores", r.Machine.CPUs)
	if r.Machine.Memory > 0 {
		fmt.Fprintf(out, ", %.0f GiB", float64(r.Machine.Memory)/(1<<30))
	}
	fmt.Fprintf(out, ", %s, %s, Kubernetes %s", r.Machine.System, r.Machine.Go, r.Kubernetes)
	if r.LoadAverage != "" {
		fmt.Fprintf(out, ", load average %s", r.LoadAverage)
	}
	fmt.Fprintf(out, "\nmedians of %d interleaved rounds; in brackets the ratio to the floor and its spread over the rounds\n", r.Rounds)
	for _, size := range r.Sizes {
		fmt.Fprintf(out, "\n%s pods of %.1f KB, %s workloads, %s namespaces\n",
			thousands(size.Pods), float64(size.PodBytes)/1000, thousands(size.Workloads), thousands(size.Namespaces))
		size.print(out)
	}
	for k := 1; k < len(r.Sizes); k++ {
		r.printGrowth(out, r.Sizes[k-1], r.Sizes[k])
	}
}

func (s *sizeResult) print(out io.Writer) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\tWALL\tUSER CPU\tPEAK MEMORY\tLISTS\tREAD\tPRINTED\tCOMMAND")
	for _, m := range s.Scenarios {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", m.Name,
			m.Wall.text("%.2fs", 1), m.User.text("%.2fs", 1), m.Memory.text("%.0f MiB", 1<<20),
			m.Lists, size(m.ListBytes), size(int64(m.Output)), m.Command)
	}
	table.Flush()
}

// text is a median and, of all but the floor itself, how it compares.
func (f figure) text(format string, unit float64) string {
	text := fmt.Sprintf(format, f.Median/unit)
	if f.RatioMin == 1 && f.RatioMax == 1 {
		return text
	}
	return fmt.Sprintf("%s (%.2f, %.2f–%.2f)", text, f.Ratio, f.RatioMin, f.RatioMax)
}

func (r *result) printGrowth(out io.Writer, from, to *sizeResult) {
	fmt.Fprintf(out, "\ngrowth from %s to %s pods\n", thousands(from.Pods), thousands(to.Pods))
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\tWALL\tUSER CPU\tPEAK MEMORY")
	for _, m := range to.Scenarios {
		fmt.Fprintf(table, "%s\t%.2f\t%.2f\t%.2f\n", m.Name, m.Wall.Growth, m.User.Growth, m.Memory.Growth)
	}
	table.Flush()
}

func size(bytes int64) string {
	switch {
	case bytes >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
	default:
		return fmt.Sprintf("%.0f KB", float64(bytes)/1e3)
	}
}

func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
