package export

import "strings"

// profileVerdict knows the checks about AppArmor, seccomp and SELinux.
func profileVerdict(c revised) (verdict, bool) {
	switch c.Check {
	case "appArmorProfile":
		return appArmor(c.values("type")), true
	case "seccompProfile_baseline":
		if !c.since(seccompFieldsSince) {
			return seccompAnnotations(), true
		}
		return seccomp(c.values("type")), true
	case "seccompProfile_restricted":
		const profile = "?securityContext.?seccompProfile"
		v := seccomp(c.values("of a container"))
		return orUnset(v, "!c."+profile+".hasValue() && !(object.spec."+profile+".?type.orValue('') in variables.allowed)",
			`must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`), true
	case "seLinuxOptions":
		return seLinux(c.values("type")), true
	default:
		return verdict{}, false
	}
}

// seccompFieldsSince is the first version that looks at fields in place of annotations.
const seccompFieldsSince = 19

func seccomp(allowed []string) verdict {
	v := podAndContainersMust(badType("object.spec", "seccompProfile"), badType("c", "seccompProfile"),
		`must not set securityContext.seccompProfile.type to "Unconfined"`)
	v.params = []Param{{"allowed", names(allowed)}}
	return v
}

// badType is CEL for a profile that is set, and to a type that is not allowed.
func badType(of, profile string) string {
	path := of + ".?securityContext.?" + profile
	return path + ".hasValue() && !(" + path + ".?type.orValue('') in variables.allowed)"
}

// names are the values that are names and no descriptions of what else passes.
func names(values []string) []string {
	var all []string
	for _, v := range values {
		if !strings.Contains(v, " ") {
			all = append(all, v)
		}
	}
	return all
}

func seccompAnnotations() verdict {
	const pod, container = "seccomp.security.alpha.kubernetes.io/pod", "container.seccomp.security.alpha.kubernetes.io/"
	return verdict{
		variables: []Variable{
			everyContainer(),
			{"annotations", "object.metadata.?annotations.orValue({})"},
			{"keys", "[" + literal(pod) + "] + variables.containers.map(c, " + literal(container) + " + c.name)"},
			{badVariable, "variables.keys.filter(k, k in variables.annotations && !(variables.annotations[k] in ['runtime/default', 'docker/default'] || " +
				"variables.annotations[k].startsWith('localhost/')))"},
		},
		allowed: "size(variables.bad) == 0",
		detail:  plural(badVariable, "forbidden annotation ", "forbidden annotations ") + ` + variables.bad.map(k, k + '="' + variables.annotations[k] + '"').join(', ')`,
	}
}

func appArmor(allowed []string) verdict {
	const prefix = "container.apparmor.security.beta.kubernetes.io/"
	v := podAndContainersMust(badType("object.spec", "appArmorProfile"), badType("c", "appArmorProfile"), "")
	v.params = []Param{{"allowed", allowed}}
	last := len(v.variables) - 1
	who := v.variables[last]
	who.Expression += " + (size(variables.annotated) == 0 ? [] : [" + plural("annotated", "annotation", "annotations") + "])"
	v.variables = append(v.variables[:last:last],
		Variable{"annotations", "object.metadata.?annotations.orValue({})"},
		Variable{"annotated", "variables.annotations.filter(k, k.startsWith(" + literal(prefix) + ") && " +
			"!(variables.annotations[k] in ['', 'runtime/default'] || variables.annotations[k].startsWith('localhost/')))"},
		Variable{"values", "(variables.pod || size(variables.bad) > 0 ? ['Unconfined'] : []) + " +
			`variables.annotated.map(k, k + '="' + variables.annotations[k] + '"')`},
		who)
	v.reason = plural("values", "forbidden AppArmor profile", "forbidden AppArmor profiles")
	v.detail = `variables.setters.join(' and ') + ' must not set AppArmor profile type to "' + variables.values.join('", "') + '"'`
	return v
}

func seLinux(allowed []string) verdict {
	bad := func(of string) string {
		o := of + ".?securityContext.?seLinuxOptions"
		return "!(" + o + ".?type.orValue('') in variables.allowed) || " + o + ".?user.orValue('') != '' || " + o + ".?role.orValue('') != ''"
	}
	v := podAndContainersMust(bad("object.spec"), bad("c"), "")
	v.params = []Param{{"allowed", append([]string{""}, allowed...)}}
	set := func(field string) Variable {
		return Variable{field + "s", "([object.spec.?securityContext.?seLinuxOptions.?" + field + ".orValue('')] + " +
			"variables.containers.map(c, c.?securityContext.?seLinuxOptions.?" + field + ".orValue(''))).filter(v, v != '')"}
	}
	types := set("type")
	types.Expression = strings.Replace(types.Expression, "v != ''", "!(v in variables.allowed)", 1)
	v.variables = append(v.variables, types, set("user"), set("role"))
	v.detail = "variables.setters.join(' and ') + ' set forbidden securityContext.seLinuxOptions: ' + " +
		"((size(variables.types) == 0 ? [] : [" + quoted("type", "types") + "]) + " +
		"(size(variables.users) == 0 ? [] : ['user may not be set']) + (size(variables.roles) == 0 ? [] : ['role may not be set'])).join('; ')"
	return v
}
