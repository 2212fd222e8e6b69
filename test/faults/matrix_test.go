package faults

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"
)

var matrixFile = flag.String("matrix", "", "write the fault matrix to this `file`")

// parallelCells is how many run at once: most of a cell's time it waits.
const parallelCells = 64

// TestMatrix runs every command with every fault in each of its phases.
func TestMatrix(t *testing.T) {
	all, rows := commands(), faults()
	var cells []*cell
	truths := make([]*truth, len(all))
	index := map[[3]string]*cell{}
	wanted := 0
	for i := range all {
		var err error
		if truths[i], err = findTruth(t.Context(), t.TempDir(), &all[i]); err != nil {
			t.Fatal(err)
		}
		for j := range all[i].phases {
			for k := range rows {
				c := &cell{fault: &rows[k], command: &all[i], phase: &all[i].phases[j]}
				cells = append(cells, c)
				index[[3]string{all[i].name, c.phase.name, c.fault.name}] = c
			}
		}
		wanted += len(all[i].phases) * len(rows)
	}
	if len(index) != wanted || len(cells) != wanted {
		t.Fatalf("%d cells, of which %d differ by name; want %d", len(cells), len(index), wanted)
	}
	rand.Shuffle(len(cells), func(i, j int) { cells[i], cells[j] = cells[j], cells[i] })
	truthOf := map[*command]*truth{}
	for i := range all {
		truthOf[&all[i]] = truths[i]
	}
	cells = cells[:len(cells)/share]
	begin := time.Now()
	var group errgroup.Group
	group.SetLimit(parallelCells)
	for _, c := range cells {
		dir := t.TempDir()
		group.Go(func() error {
			c.run(t, dir, truthOf[c.command])
			return nil
		})
	}
	_ = group.Wait() // cells hold what is wrong
	t.Logf("%d cells in %s", len(cells), time.Since(begin).Round(time.Second))
	if share == 1 {
		show(t, draw(all, rows, index))
	}
	for _, c := range cells {
		if c.class == "" {
			c.wrong("it was skipped")
		}
		if len(c.wrongs) > 0 {
			t.Errorf("%s, %s, %s (%s): %s\n%s", c.command.name, c.phase.name, c.fault.name, c.got.took, strings.Join(c.wrongs, "\n"), c.got.stderr)
		}
	}
}

// show prints the table, and keeps it where that was asked for.
func show(t *testing.T, table string) {
	t.Helper()
	t.Log("\n" + table)
	if *matrixFile != "" {
		if err := os.WriteFile(*matrixFile, []byte(table), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// draw draws a table for each command: faults down, phases across.
func draw(all []command, rows []fault, index map[[3]string]*cell) string {
	var text strings.Builder
	for i := range all {
		w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
		fmt.Fprintf(w, "%s\t", strings.ToUpper(all[i].name))
		for j := range all[i].phases {
			fmt.Fprintf(w, "%s\t", all[i].phases[j].name)
		}
		fmt.Fprintln(w)
		for k := range rows {
			fmt.Fprintf(w, "%s\t", rows[k].name)
			for j := range all[i].phases {
				c := index[[3]string{all[i].name, all[i].phases[j].name, rows[k].name}]
				class := c.class
				if len(c.wrongs) > 0 {
					class += "!"
				}
				fmt.Fprintf(w, "%s\t", class)
			}
			fmt.Fprintln(w)
		}
		fmt.Fprintln(w)
		_ = w.Flush()
	}
	return text.String() + "R right answer, G right answer with named gaps, E clear error\n"
}
