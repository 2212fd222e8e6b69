package printer

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// The formats whose columns the user chooses. They are written here and not by k8s.io/kubectl/pkg/cmd/get: with its
// scheme that package adds 1.8 MiB, and doubles the time that every command takes to start.
const (
	formatColumns     = "custom-columns"
	formatColumnsFile = "custom-columns-file"
)

// userColumn is a title and where in an item its cells are.
type userColumn struct {
	title string
	path  *printers.JSONPathPrinter
}

// userColumns parses custom-columns=TITLE:PATH,… or custom-columns-file=FILE, as kubectl does, in its words. The columns
// are nil where the format is neither.
func (f *Flags) userColumns(format string) ([]userColumn, error) {
	name, spec, _ := strings.Cut(format, "=")
	if spec == "" {
		spec = *f.template.TemplateArgument
	}
	switch {
	case name != formatColumns && name != formatColumnsFile:
		return nil, nil
	case spec == "":
		return nil, fmt.Errorf("%s format specified but no custom columns given", name)
	case name == formatColumns:
		var titles, paths []string
		for part := range strings.SplitSeq(spec, ",") {
			title, path, ok := strings.Cut(part, ":")
			if !ok {
				return nil, fmt.Errorf("unexpected custom-columns spec: %s, expected <header>:<json-path-expr>", part)
			}
			titles, paths = append(titles, title), append(paths, path)
		}
		return newColumns(titles, paths)
	default:
		content, err := os.ReadFile(spec)
		if err != nil {
			return nil, fmt.Errorf("error reading template %s, %w", spec, err)
		}
		first, second, _ := strings.Cut(string(content), "\n")
		second, _, _ = strings.Cut(second, "\n")
		return newColumns(strings.Fields(first), strings.Fields(second))
	}
}

func newColumns(titles, paths []string) ([]userColumn, error) {
	if len(titles) != len(paths) || len(titles) == 0 {
		return nil, fmt.Errorf("number of headers (%d) and field specifications (%d) don't match", len(titles), len(paths))
	}
	columns := make([]userColumn, len(titles))
	for i := range columns {
		path, err := relaxed(paths[i])
		if err != nil {
			return nil, err
		}
		p, err := printers.NewJSONPathPrinter(path)
		if err != nil {
			return nil, err
		}
		p.AllowMissingKeys(true)
		columns[i] = userColumn{titles[i], p}
	}
	return columns, nil
}

// relaxed makes a whole expression of a.b, .a.b, {a.b} or {.a.b}.
func relaxed(path string) (string, error) {
	parts := regexp.MustCompile(`^\{\.?([^{}]+)\}$|^\.?([^{}]+)$`).FindStringSubmatch(path)
	if parts == nil {
		return "", errors.New("unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'")
	}
	return "{." + parts[1] + parts[2] + "}", nil
}

// inColumns writes a row for each item.
func inColumns[T runtime.Object](columns []userColumn, noHeaders bool) func(io.Writer, T) error {
	return func(w io.Writer, document T) error {
		items, err := itemsOf(document)
		if err != nil {
			return err
		}
		table := printers.GetNewTabWriter(w)
		cells := make([]string, len(columns))
		if !noHeaders {
			for i := range columns {
				cells[i] = columns[i].title
			}
			fmt.Fprintln(table, strings.Join(cells, "\t")) //nolint:errcheck // Flush has it
		}
		for _, item := range items {
			for i := range columns {
				if cells[i], err = columns[i].cell(item); err != nil {
					return errors.New(terminal.Escape(err.Error()))
				}
			}
			fmt.Fprintln(table, strings.Join(cells, "\t")) //nolint:errcheck // Flush has it
		}
		return table.Flush()
	}
}

// itemsOf are the items of a document as they stand in its JSON, so that paths are those of -o json.
func itemsOf(document runtime.Object) ([]any, error) {
	data, err := json.Marshal(document)
	if err != nil {
		return nil, err
	}
	var list struct {
		Items []any `json:"items"`
	}
	return list.Items, json.Unmarshal(data, &list)
}

// cell is what an item has at the path, several values joined by commas.
func (c *userColumn) cell(item any) (string, error) {
	results, err := c.path.FindResults(item)
	if err != nil {
		return "", err
	}
	var texts []string
	if len(results) == 0 || len(results[0]) == 0 {
		texts = append(texts, none)
	}
	for _, values := range results {
		for _, v := range values {
			if v.Kind() == reflect.Interface && v.IsNil() {
				texts = append(texts, none)
				continue
			}
			texts = append(texts, terminal.Escape(fmt.Sprint(v.Interface())))
		}
	}
	return strings.Join(texts, ","), nil
}
