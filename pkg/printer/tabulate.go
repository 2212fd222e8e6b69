package printer

// columnOf is a column of a table with a row for each T, and what is in it.
type columnOf[T any] struct {
	column
	cell func(*T) cell
}

// tabulate prints a table and returns what its legend has to tell. faint says which rows are not counted; nil counts all.
func tabulate[T any](p *page, o Options, columns []columnOf[T], rows []T, faint func(*T) bool) legend {
	g := grid{noHeaders: o.NoHeaders}
	for i := range columns {
		g.columns = append(g.columns, columns[i].column)
	}
	for i := range rows {
		row := make([]cell, len(columns))
		for k := range columns {
			row[k] = columns[k].cell(&rows[i])
			if faint != nil && faint(&rows[i]) {
				row[k].paint = p.Faint
			}
		}
		g.rows = append(g.rows, row)
	}
	width := o.Width
	if o.Wide || o.NoHeaders {
		width = 0
	}
	lines, l, err := g.draw(width)
	if err != nil {
		p.err = err
	}
	for _, line := range lines {
		p.put(line)
	}
	return l
}
