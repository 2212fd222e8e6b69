package relabel

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
)

// FuzzLoadJournal reads journals that somebody may have edited, checksums included: whatever is accepted names namespaces
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
		run, end, err := readJournal("journal", id, resum(edited))
		if err != nil {
			if run != nil {
				t.Fatal("a run and an error")
			}
			if lines := bytes.Count(resum(edited), []byte("\n")) + 1; !inLine(err, "journal", lines) {
				t.Fatalf("names no line of %d: %v", lines, err)
			}
			return
		}
		if end.at > len(resum(edited)) {
			t.Fatalf("%d bytes of %d are whole", end.at, len(edited))
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

// resum gives the lines of a journal the checksums that fit, as whoever edits one on purpose would.
func resum(content []byte) []byte {
	var out []byte
	var c chain
	for text := range bytes.Lines(content) {
		whole, ended := bytes.CutSuffix(text, []byte("\n"))
		body := whole
		if at := bytes.LastIndex(whole, []byte(sumField)); at >= 0 {
			body = append(bytes.Clone(whole[:at]), '}')
		}
		if !ended || !bytes.HasSuffix(body, []byte("}")) {
			out = append(out, text...)
			continue
		}
		c.sum = sumOf(c.sum, body)
		out = fmt.Appendf(append(out, body[:len(body)-1]...), "%s%s%s\n", sumField, c.sum, sumEnd)
	}
	return out
}
