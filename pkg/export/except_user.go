package export

// userVerdict knows the checks about the user that containers run as, and about /proc, which a user namespace opens.
func userVerdict(c revised) (verdict, bool) {
	switch c.Check {
	case "runAsNonRoot":
		return runAsNonRoot(), true
	case "runAsUser":
		const root = ".?runAsUser.orValue(1) == 0"
		return podAndContainersMust("object.spec.?securityContext"+root, "c.?securityContext"+root, "must not set runAsUser=0"), true
	case "procMount", "procMount_restricted":
		return containersMust("c.?securityContext.?procMount.orValue('Default') != 'Default'", `must not set securityContext.procMount to "Unmasked"`), true
	default:
		return verdict{}, false
	}
}

// runAsNonRoot tells those that say false from those that say nothing, for which the pod's own may stand in.
func runAsNonRoot() verdict {
	const field = "?securityContext.?runAsNonRoot"
	v := podAndContainersMust("!object.spec."+field+".orValue(true)", "!c."+field+".orValue(true)", "must not set securityContext.runAsNonRoot=false")
	return orUnset(v, "!c."+field+".hasValue() && !object.spec."+field+".orValue(false)", "must set securityContext.runAsNonRoot=true")
}

// orUnset adds the containers c that leave a field unset which they, or the pod, must set. Upstream names them only if
// nothing is set to a bad value.
func orUnset(v verdict, unset, detail string) verdict {
	v.variables = append(v.variables, Variable{"unset", "variables.containers.filter(c, " + unset + ").map(c, c.name)"})
	v.allowed += " && size(variables.unset) == 0"
	v.detail = "(size(variables.setters) > 0 ? " + v.detail + " : 'pod or ' + " + quoted("container", "unset") + " + " + literal(" "+detail) + ")"
	return v
}
