package printer

import (
	"bytes"
	"slices"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// cell is text, how to colour it (nil does not), and what about it wants an explanation.
type cell struct {
	text  string
	paint func(string) string
	mark  mark
}

// painted is the text in its colour.
func (c cell) painted() string {
	if c.paint == nil {
		return c.text
	}
	return c.paint(c.text)
}

// column is a title, and its turn to be left out where the terminal is narrow: the highest first, 0 never.
type column struct {
	title string
	turn  int
}

// grid is a table with the look of kubectl's.
type grid struct {
	columns   []column
	rows      [][]cell
	noHeaders bool
}

const (
	wideGap   = "   " // kubectl's
	narrowGap = "  "  // before a column is left out
)

// draw renders the grid, one string a line, and says what it showed. A width of 0 has room for all columns.
func (g *grid) draw(width int) ([]string, legend, error) {
	l := legend{marks: map[mark]bool{}}
	for _, row := range g.rows {
		for i := range row {
			row[i].text = bounded(row[i].text, maxCell)
		}
	}
	widths := g.widths()
	shown := make([]int, len(g.columns))
	for i := range shown {
		shown[i] = i
	}
	gap := wideGap
	for width > 0 && total(widths, shown, len(gap)) > width {
		if gap == wideGap {
			gap = narrowGap
			continue
		}
		last := g.nextToHide(shown)
		if last < 0 {
			break
		}
		l.hidden = append([]string{g.columns[shown[last]].title}, l.hidden...)
		shown = slices.Delete(shown, last, last+1)
	}
	for _, row := range g.rows {
		for _, i := range shown {
			l.marks[row[i].mark] = true
		}
	}
	lines, err := g.render(shown, widths, gap)
	return lines, l, err
}

// widths is the width of each column.
func (g *grid) widths() []int {
	widths := make([]int, len(g.columns))
	for i := range g.columns {
		if !g.noHeaders {
			widths[i] = columns(g.columns[i].title)
		}
		for _, row := range g.rows {
			widths[i] = max(widths[i], columns(row[i].text))
		}
	}
	return widths
}

func total(widths, shown []int, gap int) int {
	sum := gap * (len(shown) - 1)
	for _, i := range shown {
		sum += widths[i]
	}
	return sum
}

// nextToHide is the index in shown of the column whose turn is the highest, -1 if all must stay.
func (g *grid) nextToHide(shown []int) int {
	best, turn := -1, 0
	for k, i := range shown {
		if g.columns[i].turn > turn {
			best, turn = k, g.columns[i].turn
		}
	}
	return best
}

// render streams: widths are known, so that tablewriter need not keep the rows to find them.
func (g *grid) render(shown, widths []int, gap string) ([]string, error) {
	if len(g.rows) == 0 {
		return nil, nil
	}
	fixed := tw.NewMapper[int, int]()
	titles := make([]string, len(shown))
	for k, i := range shown {
		fixed.Set(k, widths[i]+len(gap))
		titles[k] = g.columns[i].title
	}
	var b bytes.Buffer
	table := newTable(&b, gap, fixed)
	if err := table.Start(); err != nil {
		return nil, err
	}
	if !g.noHeaders {
		table.Header(titles)
	}
	lines := make([]string, 0, len(g.rows)+1)
	drain := func() {
		for line := range strings.Lines(b.String()) {
			lines = append(lines, trimmed(line))
		}
		b.Reset()
	}
	for _, row := range g.rows {
		texts := make([]string, len(shown)) // tablewriter keeps it
		for k, i := range shown {
			texts[k] = row[i].painted()
		}
		if err := table.Append(texts); err != nil {
			return nil, err
		}
		drain()
	}
	err := table.Close()
	drain()
	return lines, err
}

// newTable is a tablewriter without lines, borders, wrapping or title case.
func newTable(b *bytes.Buffer, gap string, widths tw.Mapper[int, int]) *tablewriter.Table {
	config := tw.CellConfig{
		Formatting: tw.CellFormatting{AutoFormat: tw.Off, AutoWrap: tw.WrapNone},
		Alignment:  tw.CellAlignment{Global: tw.AlignLeft},
		Padding:    tw.CellPadding{Global: tw.Padding{Right: gap, Overwrite: true}},
	}
	return tablewriter.NewTable(
		b,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders:  tw.BorderNone,
			Symbols:  tw.NewSymbols(tw.StyleNone),
			Settings: tw.Settings{Lines: tw.LinesNone, Separators: tw.SeparatorsNone}, Streaming: true,
		})),
		tablewriter.WithHeaderConfig(config),
		tablewriter.WithRowConfig(config),
		tablewriter.WithTrimSpace(tw.Off),
		tablewriter.WithStreaming(tw.StreamConfig{Enable: true}),
		tablewriter.WithColumnWidths(widths),
	)
}

// trimmed takes the blanks off the end of a line. tablewriter closes the padding of a coloured cell with one more
// reset; a reset that follows a blank is always that one.
func trimmed(line string) string {
	return strings.TrimRight(strings.ReplaceAll(line, " \x1b[0m", " "), " \n")
}
