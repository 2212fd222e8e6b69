package export

import "strings"

// volumeVerdict knows the checks about volumes, and about kernel parameters, which are named alike.
func volumeVerdict(c revised) (verdict, bool) {
	switch c.Check {
	case "hostPathVolumes":
		return verdict{
			variables: []Variable{badVolumes("has(v.hostPath)")},
			allowed:   "size(variables.bad) == 0",
			detail:    quoted("volume", badVariable),
		}, true
	case "restrictedVolumes":
		var allowed []string
		for _, kind := range c.values("") {
			allowed = append(allowed, "has(v."+kind+")")
		}
		return verdict{
			variables: []Variable{badVolumes("!(" + strings.Join(allowed, " || ") + ")")},
			allowed:   "size(variables.bad) == 0",
			detail:    quoted("volume", badVariable) + " + " + plural(badVariable, " uses a type", " use types") + " + " + literal(" other than "+strings.Join(c.values(""), ", ")),
		}, true
	case "sysctls":
		return verdict{
			params: []Param{{"allowed", c.values("")}},
			variables: []Variable{
				{badVariable, "object.spec.?securityContext.?sysctls.orValue([]).filter(s, !(s.name in variables.allowed)).map(s, s.name)"},
			},
			allowed: "size(variables.bad) == 0",
			detail:  "variables.bad.join(', ')",
		}, true
	default:
		return verdict{}, false
	}
}

// badVolumes are the names of the volumes v for which a condition is true.
func badVolumes(condition string) Variable {
	return Variable{badVariable, "object.spec.?volumes.orValue([]).filter(v, " + condition + ").map(v, v.name)"}
}
