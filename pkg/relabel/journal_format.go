package relabel

import (
	"bytes"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// A journal is a file of JSON lines, each with a checksum. Its head is written at once and never changes: a header, and a
// line for each item of the plan. Events follow as they happen.
const (
	journalKind = "LabelRun"
	// journalVersion changes when an older program would misread a journal.
	journalVersion = 2
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

// head is the head of a journal. The chain goes on with the first event.
func (c *chain) head(id string, plan *report.LabelPlan, o RunInfo) ([]byte, error) {
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
		text, err := c.line(l)
		if err != nil {
			return nil, err
		}
		content.Write(text)
	}
	return content.Bytes(), nil
}
