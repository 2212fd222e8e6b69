//go:build unix

package main

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
)

// print writes the tables: one a size, each line compared with the floor.
func (r *result) print(out io.Writer) {
	fmt.Fprintf(out, "%s; %s, Kubernetes %s", r.Plugin, r.Machine, r.Kubernetes)
	if r.LoadAverage != "" {
		fmt.Fprintf(out, ", load average %s", r.LoadAverage)
	}
	fmt.Fprintf(out, "\nmedians of %d interleaved rounds (of more where runs are short), in brackets their quartiles; ratios to the floor, in brackets those of single rounds\n", r.Rounds)
	for _, size := range r.Sizes {
		fmt.Fprintf(out, "\n%s pods of %.1f KB, %s workloads, %s namespaces\n",
			thousands(size.Pods), float64(size.PodBytes)/1000, thousands(size.Workloads), thousands(size.Namespaces))
		size.print(out)
	}
	for k := 1; k < len(r.Sizes); k++ {
		r.printGrowth(out, r.Sizes[k-1], r.Sizes[k])
	}
	r.printStartup(out)
	r.printBounds(out)
	fmt.Fprintln(out, "\ncommands")
	for _, m := range r.Sizes[0].Scenarios {
		fmt.Fprintf(out, "  %-14s  %s\n", m.Name, m.Command)
	}
}

func (s *sizeResult) print(out io.Writer) {
	rows := [][]string{{"", "WALL", "RATIO", "USER CPU", "RATIO", "PEAK MEMORY", "RATIO", "REQUESTS", "RECEIVED", "PRINTED", "NAMES"}}
	for _, m := range s.Scenarios {
		name := m.Name
		if m.Sampled > 0 {
			name += " *"
		}
		rows = append(rows, []string{
			name, m.Wall.seconds(), m.Wall.ratio(), m.User.seconds(), m.User.ratio(), m.Memory.mebibytes(), m.Memory.ratio(),
			thousands(int(m.Traffic.total())), size(m.Traffic.Received), size(int64(m.Output)), m.Found.String(),
		})
	}
	tabulate(out, rows)
	for _, m := range s.Scenarios {
		if m.Sampled > 0 {
			fmt.Fprintf(out, "* %s: %d of %d namespaces, times scaled to all; one run over all of them, through the counting proxy, took %.1fs (%.1fs user CPU)\n",
				m.Name, m.Sampled, m.Of, m.Whole.Wall.Seconds(), m.Whole.User.Seconds())
		}
	}
	for _, note := range s.Notes {
		fmt.Fprintln(out, "note:", note)
	}
}

// String says it for people; nothing where a scenario names nothing.
func (f findings) String() string {
	if f.Count == 0 {
		return ""
	}
	return thousands(f.Count) + " " + f.Of
}

func (f figure) seconds() string {
	return fmt.Sprintf("%.2fs (%.2f–%.2f)", f.Median, f.Lower, f.Upper)
}

func (f figure) mebibytes() string {
	const unit = 1 << 20
	return fmt.Sprintf("%.0f MiB (%.0f–%.0f)", f.Median/unit, f.Lower/unit, f.Upper/unit)
}

// ratio compares with the base; of the base itself there is nothing to say.
func (f figure) ratio() string {
	if f.RatioMin == 1 && f.RatioMax == 1 {
		return ""
	}
	return fmt.Sprintf("%.2f (%.2f–%.2f)", f.Ratio, f.RatioMin, f.RatioMax)
}

func (r *result) printGrowth(out io.Writer, from, to *sizeResult) {
	fmt.Fprintf(out, "\ngrowth from %s to %s pods\n", thousands(from.Pods), thousands(to.Pods))
	rows := [][]string{{"", "WALL", "USER CPU", "PEAK MEMORY", "REQUESTS", "RECEIVED"}}
	for _, m := range to.Scenarios {
		row, before := []string{m.Name}, from.named(m.Name).Traffic
		for _, growth := range []float64{
			m.Wall.Growth, m.User.Growth, m.Memory.Growth,
			over(float64(m.Traffic.total()), float64(before.total())), over(float64(m.Traffic.Received), float64(before.Received)),
		} {
			row = append(row, fmt.Sprintf("%.2f", growth))
		}
		rows = append(rows, row)
	}
	tabulate(out, rows)
}

func (r *result) printStartup(out io.Writer) {
	if len(r.Startup) == 0 {
		return
	}
	fmt.Fprintf(out, "\nstart-up, medians of %d runs each: imports does nothing and imports what the plugin imports\n", len(r.Startup[0].Samples))
	rows := [][]string{{"", "WALL", "USER CPU", "PEAK MEMORY"}}
	for _, m := range r.Startup {
		rows = append(rows, []string{m.Name, m.Wall.milliseconds(), m.User.milliseconds(), m.Memory.mebibytes()})
	}
	tabulate(out, rows)
}

func (f figure) milliseconds() string {
	return fmt.Sprintf("%.1f ms (%.1f–%.1f)", 1000*f.Median, 1000*f.Lower, 1000*f.Upper)
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

// tabulate aligns columns, and leaves no blanks at the ends of lines.
func tabulate(out io.Writer, rows [][]string) {
	var drawn bytes.Buffer
	table := tabwriter.NewWriter(&drawn, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(table, strings.Join(row, "\t"))
	}
	table.Flush()
	for line := range strings.Lines(drawn.String()) {
		fmt.Fprintln(out, strings.TrimRight(line, " \n"))
	}
}
