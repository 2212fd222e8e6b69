package export

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/celjs"
)

// writing is what every script of mutations begins with. Each sees what those above it wrote.
const writing = `
var object = request.object;
var oldObject = null;

function put(root, path, value, add) {
  for (var i = 0; i < path.length - 1; i++) {
    if (root[path[i]] === undefined || root[path[i]] === null) root[path[i]] = {};
    root = root[path[i]];
  }
  var last = path[path.length - 1], there = root[last] !== undefined && root[last] !== null;
  if (!there) {
    root[last] = value;
  } else if (add) {
    root[last] = root[last].concat(value.filter((item) => root[last].indexOf(item) < 0));
  }
}

// open says that there is nothing at a path.
function open(root, path) {
  return !path.reduce(cel.opt, root).present;
}

function pod(path, value, add, unless) {
  if ((add || open(object.spec, path)) && !unless()) put(object.spec, path, value, add);
}

function containers(path, value, add, unless) {
  ['containers', 'initContainers'].forEach(function (list) {
    (object.spec[list] || []).forEach(function (container) {
      // A copy each: what is written into one container is not to change in another.
      if ((add || open(container, path)) && !unless(container)) put(container, path, JSON.parse(JSON.stringify(value)), add);
    });
  });
}

function annotation(key, value, unless) {
  if (open(object, ['metadata', 'annotations', key]) && !unless()) put(object, ['metadata', 'annotations', key], value, false);
}

`

// mutatingScript writes into a pod all that a set does.
func mutatingScript(s *Set) (string, error) {
	var out strings.Builder
	out.WriteString(celjs.Runtime() + writing)
	for i := range s.Mutations {
		m := &s.Mutations[i]
		line, err := writeMutation(m)
		if err != nil {
			return "", fmt.Errorf("mutation %s: %w", m.Name, err)
		}
		fmt.Fprintf(&out, "// %s\n%s\n", m.Name, line)
	}
	out.WriteString("\nmutate(object);\n")
	return out.String(), nil
}

func writeMutation(m *Mutation) (string, error) {
	if len(m.Path) == 0 || m.Annotation && (m.Containers || len(m.Path) != 1) {
		return "", errors.New("its path cannot be written")
	}
	unless := "false"
	if m.Unless != "" {
		js, err := celjs.Translate(m.Unless)
		if err != nil {
			return "", fmt.Errorf("unless: %w", err)
		}
		unless = "cel.bool(" + js + ")"
	}
	switch path, value := jsValue(m.Path), jsValue(m.Value); {
	case m.Annotation:
		return fmt.Sprintf("annotation(%s, %s, () => %s);", jsValue(m.Path[0]), value, unless), nil
	case m.Containers:
		return fmt.Sprintf("containers(%s, %s, %t, (container) => %s);", path, value, m.Add, unless), nil
	default:
		return fmt.Sprintf("pod(%s, %s, %t, () => %s);", path, value, m.Add, unless), nil
	}
}
