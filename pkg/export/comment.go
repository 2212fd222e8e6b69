package export

// aboutRule tells a reader of a policy what its rule demands, where that comes from, and how the target differs.
func aboutRule(r *Rule, t Target) []string {
	lines := []string{r.Title + "."}
	if r.Source != "" {
		lines = append(lines, "Source: "+r.Source+".")
	}
	return append(lines, noted(r.Notes, t)...)
}

// noted are the notes for a target.
func noted(notes []Note, t Target) []string {
	var lines []string
	for _, n := range notes {
		if n.Target == "" || n.Target == t {
			lines = append(lines, "Note: "+n.Text)
		}
	}
	return lines
}

// variables are those of a rule for an engine that runs CEL, its parameters first.
func (r *Rule) variables() ([]Variable, error) {
	all := make([]Variable, 0, len(r.Params)+len(r.Variables))
	for _, p := range r.Params {
		e, err := p.Expression()
		if err != nil {
			return nil, err
		}
		all = append(all, Variable{Name: p.Name, Expression: e})
	}
	return append(all, r.Variables...), nil
}
