package relabel

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// A journal is a file of JSON lines. Its head is written at once and never changes: a header, a line for each item of
// the plan, a seal. Events follow as they happen.
const (
	journalKind = "LabelRun"
	// journalVersion changes when an older program would misread a journal.
	journalVersion = 1
)

// header is the first line.
type header struct {
	metav1.TypeMeta `json:",inline"`
	Version         int       `json:"version"`
	Run             string    `json:"run"`
	Started         time.Time `json:"started"`
	Command         string    `json:"command,omitempty"`
	Host            string    `json:"host,omitempty"`
	Allowed         []string  `json:"allowed,omitempty"`
	// Plan is the plan without its items, which are the next Items lines.
	Plan  *report.LabelPlan `json:"plan"`
	Items int               `json:"items"`
}

// seal is the line that ends the head. SHA256 is that of all bytes before it: it tells damage, not malice.
type seal struct {
	Planned int    `json:"planned"`
	SHA256  string `json:"sha256"`
}

// event is a line after the head: one of begin, done, resume and end.
type event struct {
	// Begin is a namespace whose patch is about to leave.
	Begin string     `json:"begin,omitempty"`
	At    *time.Time `json:"at,omitempty"`
	// Done is a namespace that has ended.
	Done   string         `json:"done,omitempty"`
	Result *report.Result `json:"result,omitempty"`
	// Resume is when another process took the run up, End when the run came to its end.
	Resume *time.Time `json:"resume,omitempty"`
	End    *time.Time `json:"end,omitempty"`
}

// line is a value's line, newline included.
func line(v any) ([]byte, error) {
	content, err := json.Marshal(v)
	return append(content, '\n'), err
}

// head is the head of a journal.
func head(id string, plan *report.LabelPlan, o RunInfo) ([]byte, error) {
	bare := *plan
	bare.Run, bare.Items = id, nil
	lines := make([]any, 0, len(plan.Items)+1)
	lines = append(lines, header{
		TypeMeta: metav1.TypeMeta{APIVersion: report.APIVersion, Kind: journalKind}, Version: journalVersion,
		Run: id, Started: o.Now.UTC(), Command: o.Command, Host: o.Host, Allowed: o.Allowed,
		Plan: &bare, Items: len(plan.Items),
	})
	for i := range plan.Items {
		lines = append(lines, &plan.Items[i])
	}
	var content bytes.Buffer
	for _, l := range lines {
		text, err := line(l)
		if err != nil {
			return nil, fmt.Errorf("encoding the journal: %w", err)
		}
		content.Write(text)
	}
	last, err := line(seal{Planned: len(plan.Items), SHA256: sumOf(content.Bytes())})
	content.Write(last)
	return content.Bytes(), err
}

func sumOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
