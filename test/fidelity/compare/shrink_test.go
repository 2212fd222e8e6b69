package compare

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

func tree(t *testing.T, text string) any {
	t.Helper()
	var parsed any
	if err := yaml.Unmarshal([]byte(text), &parsed); err != nil {
		t.Fatal(err)
	}
	return parsed
}

// text is a tree without blanks, to be compared and searched.
func text(t *testing.T, tree any) string {
	t.Helper()
	data, err := yaml.YAMLToJSON(must(yaml.Marshal(tree)))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(data))
}

func must(data []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return data
}

func TestShrink(t *testing.T) {
	whole := `{labels: {a: b, c: d}, spec: {containers: [{name: m, image: i}, {name: o, image: bad, ports: [1, 2, 3]}], hostPID: true}}`
	for name, tc := range map[string]struct {
		tries  int
		needed []string // what has to be there for it to be so
		want   string
	}{
		"nothing is needed":             {100, nil, `{}`},
		"one key":                       {100, []string{`"hostPID":true`}, `{"spec":{"hostPID":true}}`},
		"one of a list":                 {100, []string{`"image":"bad"`}, `{"spec":{"containers":[{"image":"bad"}]}}`},
		"two places":                    {100, []string{`"c":"d"`, `2`}, `{"labels":{"c":"d"},"spec":{"containers":[{"ports":[2]}]}}`},
		"the tries are used up":         {1, []string{`"hostPID":true`}, `{"spec":{"containers":[{"image":"i","name":"m"},{"image":"bad","name":"o","ports":[1,2,3]}],"hostPID":true}}`},
		"never so, which should not be": {100, []string{`absent`}, text(t, tree(t, whole))},
	} {
		given := tree(t, whole)
		got := shrink(given, tc.tries, func(smaller any) bool {
			for _, part := range tc.needed {
				if !strings.Contains(text(t, smaller), part) {
					return false
				}
			}
			return true
		})
		if diff := cmp.Diff(tc.want, text(t, got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(tree(t, whole), given); diff != "" {
			t.Errorf("%s: the tree itself changed:\n%s", name, diff)
		}
	}
}
