package export

import "strings"

// patch writes a list, which lies deeper than an apply configuration may write: one operation for each place, which
// brings along whatever is missing above the list.
func (m *Mutation) patch() (string, error) {
	value, err := Param{Value: m.Value}.Expression()
	if err != nil {
		return "", err
	}
	if !m.Containers {
		return m.wanted("object.spec", value) + "\n? [" + m.operation("object.spec", "'/spec'", "Object.spec", value) + "]\n: []", nil
	}
	lists := make([]string, 0, 2)
	for _, list := range containerLists() {
		lists = append(lists, "object.spec.?"+list+".orValue([]).transformList(i, container, "+m.wanted("container", value)+",\n"+
			m.operation("container", "'/spec/"+list+"/' + string(i)", "Object.spec."+list, value)+")")
	}
	return strings.Join(lists, " +\n"), nil
}

// wanted is CEL that is true where there is something to write.
func (m *Mutation) wanted(root, value string) string {
	if !m.Add {
		return m.open(root)
	}
	condition := value + ".exists(item, !(item in " + optional(root, m.Path) + ".orValue([])))"
	if m.Unless != "" {
		condition += " && !(" + m.Unless + ")"
	}
	return condition
}

// operation is one JSON patch operation. What exists above the list decides where it writes, and how much.
func (m *Mutation) operation(root, pointer, typeName, value string) string {
	if m.Add {
		there := optional(root, m.Path) + ".orValue([])"
		value = there + " + " + value + ".filter(item, !(item in " + there + "))"
	}
	path, content := literal("/"+strings.Join(m.Path, "/")), value
	for depth := len(m.Path) - 1; depth > 0; depth-- {
		there := optional(root, m.Path[:depth]) + ".hasValue()"
		path = "(" + there + " ? " + path + " : " + literal("/"+strings.Join(m.Path[:depth], "/")) + ")"
		content = "dyn(" + there + " ? dyn(" + content + ") : dyn(" + wrapped(typeName, m.Path, depth, value) + "))"
	}
	return "  JSONPatch{op: 'add', path: " + pointer + " + " + path + ",\n    value: " + content + "}"
}

// wrapped is a value within the objects that a path has below a depth.
func wrapped(typeName string, path []string, depth int, value string) string {
	for at := len(path) - 1; at >= depth; at-- {
		value = typeName + "." + strings.Join(path[:at], ".") + "{" + path[at] + ": " + value + "}"
	}
	return value
}
