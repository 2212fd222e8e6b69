//go:build unix

package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/kubectl-pss/kubectl-pss/test/fidelity/compare"
)

// tooManyInvalid is how many of a hundred requests a server may refuse as invalid: nothing is learnt of these.
const tooManyInvalid = 2

// table is how all contests ended.
type table struct {
	command string
	rows    []row
}

type row struct {
	server string
	*compare.Tally
}

func (t *table) total() *compare.Tally {
	sum := &compare.Tally{}
	for _, r := range t.rows {
		sum.Add(r.Tally)
	}
	return sum
}

// print shows the table, if any server has been asked, and whatever is not as it should be.
func (t *table) print(out io.Writer) {
	if len(t.rows) == 0 {
		return
	}
	columns := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(columns, "SERVER\tREQUESTS\tINVALID\tCOMPARED\tPREDICTIONS\tREFUSED\tWARNED\tDIFFERENCES\tPER SECOND\t")
	for _, r := range append(t.rows, row{"all", t.total()}) {
		fmt.Fprintf(columns, "%s\t", r.server)
		for _, n := range []int{r.Requests, r.Invalid, r.Compared, r.Predictions, r.Refused, r.Warned, len(r.Differences)} {
			fmt.Fprintf(columns, "%s\t", thousands(n))
		}
		fmt.Fprintf(columns, "%.0f\t\n", float64(r.Requests)/r.Elapsed.Seconds())
	}
	columns.Flush()
	fmt.Fprintf(out, "\n%s\n", t.command)
	for _, r := range t.rows {
		if r.Invalid > 0 {
			fmt.Fprintf(out, "\n%s refused as invalid, most often:\n  %s\n", r.server, strings.Join(r.Worst(5), "\n  "))
		}
		for i, d := range r.Differences {
			fmt.Fprintf(out, "\n%s, difference %d: %s, number %d, %s\n%s%s", r.server, i+1, d.What, d.Number, d.Ground, d.Text, d.Smallest)
		}
	}
}

// judge says what is not as it should be.
func (t *table) judge() error {
	var wrong []error
	for _, r := range t.rows {
		if n := len(r.Differences); n > 0 {
			wrong = append(wrong, fmt.Errorf("%s: %d differences", r.server, n))
		}
		if r.Invalid*100 > r.Requests*tooManyInvalid {
			wrong = append(wrong, fmt.Errorf("%s: %d of %d requests were invalid, more than %d%%", r.server, r.Invalid, r.Requests, tooManyInvalid))
		}
	}
	return errors.Join(wrong...)
}

func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
