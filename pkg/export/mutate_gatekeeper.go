package export

import (
	"strconv"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// renderMutators gives mutators of Gatekeeper, one for each mutation and list of containers. They write where nothing
// stands, and know no other condition: what has one is left to templates, unless it is about Windows, which few
// namespaces have.
func renderMutators(s *Set, o Options) []report.Document {
	var docs []report.Document
	var left []string
	for i := range s.Mutations {
		m := &s.Mutations[i]
		if m.Unless != "" && m.Unless != podIsWindows {
			left = append(left, "- "+m.String()+" ("+m.Source+")")
			continue
		}
		comments := append([]string{"Writes what " + m.Source + " wrote."}, noted(m.Notes, Gatekeeper)...)
		if m.Annotation {
			comments = append(comments, "Note: Gatekeeper writes annotations on updates too.")
		}
		if m.Unless == podIsWindows {
			comments = append(comments, "Note: It is written into pods for Windows as well, and the server refuses those.")
		}
		for _, list := range m.lists() {
			docs = append(docs, report.Document{Comments: comments, Object: mutator(s, m, list, o)})
			comments = nil
		}
	}
	about := aboutMutators(len(docs) > 0, left)
	if len(docs) == 0 && len(about) > 0 {
		return []report.Document{{Comments: about}}
	}
	if len(docs) > 0 {
		docs[0].Comments = paragraphs(about, docs[0].Comments)
	}
	return docs
}

func aboutMutators(some bool, left []string) []string {
	var lines []string
	if some {
		lines = append(lines, "The mutators write into new pods alone, by applyTo.operations, which Gatekeeper has since 3.23; "+
			"on an older one kubectl refuses them. Without that field they would write on updates too, and then nothing could "+
			"change, or finish deleting, a pod that was made before them.")
	}
	if len(left) > 0 {
		lines = append(lines, "Gatekeeper cannot tell where the following is to be written. Templates have to say it themselves:")
	}
	return append(lines, left...)
}

// lists are the fields of the spec that a mutation is written below: "" for the pod itself.
func (m *Mutation) lists() []string {
	if m.Containers {
		return containerLists()
	}
	return []string{""}
}

func mutator(s *Set, m *Mutation, list string, o Options) map[string]any {
	name := objectName(s.Name, m.Name)
	if list == "initContainers" {
		name = objectName(s.Name, m.Name+"-init")
	}
	if m.Annotation {
		return mutatorObject("AssignMetadata", name, map[string]any{
			"match":      gatekeeperMatch(o),
			"location":   "metadata.annotations." + strconv.Quote(m.Path[0]),
			"parameters": map[string]any{"assign": map[string]any{"value": m.Value}},
		})
	}
	location := "spec." + strings.Join(m.Path, ".")
	if list != "" {
		location = "spec." + list + "[name:*]." + strings.Join(m.Path, ".")
	}
	spec := map[string]any{
		"applyTo": []any{map[string]any{
			"groups": []any{""}, "versions": []any{"v1"}, "kinds": []any{"Pod"}, "operations": []any{"CREATE"},
		}},
		"match":    gatekeeperMatch(o),
		"location": location,
	}
	if m.Add {
		spec["parameters"] = map[string]any{"operation": "merge", "values": map[string]any{"fromList": m.Value}}
		return mutatorObject("ModifySet", name, spec)
	}
	spec["parameters"] = map[string]any{
		"pathTests": []any{map[string]any{"subPath": location, "condition": "MustNotExist"}},
		"assign":    map[string]any{"value": m.Value},
	}
	return mutatorObject("Assign", name, spec)
}

func mutatorObject(kind, name string, spec map[string]any) map[string]any {
	return map[string]any{
		"apiVersion": "mutations.gatekeeper.sh/v1", "kind": kind, "metadata": map[string]any{"name": name}, "spec": spec,
	}
}
