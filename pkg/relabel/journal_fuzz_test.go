package relabel

import (
	"bytes"
	"os"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
)

// FuzzLoadJournal reads journals that somebody may have edited, seals included: whatever is accepted names namespaces
// and labels of Pod Security, and nothing else; and can be undone.
func FuzzLoadJournal(f *testing.F) {
	s, id := keep(f, func(j *Journal) { _ = j.Begin("shop") })
	content, err := os.ReadFile(s.path(id))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(content)
	f.Add(bytes.ReplaceAll(content, []byte("shop"), []byte("lab")))
	f.Add(bytes.ReplaceAll(content, []byte("pod-security.kubernetes.io/warn"), []byte("team")))
	f.Add(content[:len(content)-7])
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, edited []byte) {
		run, good, err := readJournal("journal", id, reseal(edited))
		if err != nil {
			if run != nil {
				t.Fatal("a run and an error")
			}
			if lines := bytes.Count(reseal(edited), []byte("\n")) + 1; !inLine(err, "journal", lines) {
				t.Fatalf("names no line of %d: %v", lines, err)
			}
			return
		}
		if good > len(reseal(edited)) {
			t.Fatalf("%d bytes of %d are good", good, len(edited))
		}
		for i := range run.Plan.Items {
			item := &run.Plan.Items[i]
			if len(validation.IsDNS1123Label(item.Namespace)) > 0 || item.UID == "" {
				t.Fatalf("namespace %q, uid %q", item.Namespace, item.UID)
			}
			for key := range changed(item.Before, item.After) {
				if !slices.Contains(survey.Keys(), key) {
					t.Fatalf("label %q", key)
				}
			}
			if len(survey.PodSecurityLabels(item.Before)) != len(item.Before) || len(survey.PodSecurityLabels(item.After)) != len(item.After) {
				t.Fatalf("labels %v, %v", item.Before, item.After)
			}
			_, _ = run.Result(item.Namespace)
			if run.Tried(item.Namespace) && item.Action != "change" {
				t.Fatalf("%s was tried", item.Namespace)
			}
		}
		run.noteResume()
	})
}

// reseal gives a journal the seal that fits, as whoever edits one on purpose would.
func reseal(content []byte) []byte {
	at := bytes.Index(content, []byte(`{"planned":`))
	end := -1
	if at >= 0 {
		end = bytes.IndexByte(content[at:], '\n')
	}
	if end < 0 {
		return content
	}
	last, err := line(seal{Planned: max(0, bytes.Count(content[:at], []byte("\n"))-1), SHA256: sumOf(content[:at])})
	if err != nil {
		return content
	}
	return slices.Concat(content[:at], last, content[at+end+1:])
}
