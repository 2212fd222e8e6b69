package export

// privilegeVerdict knows the checks about what a process may do.
func privilegeVerdict(c revised) (verdict, bool) {
	switch c.Check {
	case "privileged":
		return containersMust("c.?securityContext.?privileged.orValue(false)", "must not set securityContext.privileged=true"), true
	case "allowPrivilegeEscalation":
		return containersMust("c.?securityContext.?allowPrivilegeEscalation.orValue(true)", "must set securityContext.allowPrivilegeEscalation=false"), true
	case "capabilities_baseline":
		v := added(c.values("capabilities.add"))
		v.allowed, v.detail = "size(variables.bad) == 0", forbiddenAdd()
		return v, true
	case "capabilities_restricted":
		v := added(c.values("capabilities.add"))
		v.variables = append(v.variables, Variable{
			"missing", "variables.containers.filter(c, !('ALL' in c.?securityContext.?capabilities.?drop.orValue([]))).map(c, c.name)",
		})
		v.allowed = "size(variables.missing) == 0 && size(variables.bad) == 0"
		v.detail = "((size(variables.missing) == 0 ? [] : [" + quoted("container", "missing") + " + " + literal(` must set securityContext.capabilities.drop=["ALL"]`) +
			"]) + (size(variables.bad) == 0 ? [] : [" + forbiddenAdd() + "])).join('; ')"
		return v, true
	default:
		return verdict{}, false
	}
}

// added finds the containers that add capabilities which are not allowed.
func added(allowed []string) verdict {
	const adds = "c.?securityContext.?capabilities.?add.orValue([]).filter(a, !(a in variables.allowed))"
	return verdict{
		params: []Param{{"allowed", allowed}},
		variables: []Variable{
			everyContainer(),
			badContainers("size(" + adds + ") > 0"),
			{"added", "variables.containers.map(c, " + adds + `.join('", "')).filter(a, a != '')`},
		},
	}
}

func forbiddenAdd() string {
	return quoted("container", badVariable) + ` + ' must not include "' + variables.added.join('", "') + '" in securityContext.capabilities.add'`
}
