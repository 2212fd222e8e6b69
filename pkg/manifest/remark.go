package manifest

import (
	"fmt"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// Remark is something to be said about a document.
type Remark struct {
	// Location is the document; Document is 0 where the whole file is meant.
	workload.Location
	// Line is the line in the file, from 1; 0 where it is not known.
	Line int
	Text string
}

// String is FILE: document N, line N: TEXT.
func (r Remark) String() string {
	switch {
	case r.Document == 0:
		return r.File + ": " + r.Text
	case r.Line == 0:
		return fmt.Sprintf("%s: document %d: %s", r.File, r.Document, r.Text)
	default:
		return fmt.Sprintf("%s: document %d, line %d: %s", r.File, r.Document, r.Line, r.Text)
	}
}

// DocumentError is a document, or a whole file, that could not be decoded. The others are judged all the same.
type DocumentError struct{ Remark }

// Error implements error.
func (e DocumentError) Error() string { return e.String() }

// gap is the error as a gap: nobody knows which namespace is concerned.
func (e DocumentError) gap() workload.Gap {
	text := e.Text
	if e.Document > 0 {
		text = Remark{Location: workload.Location{Document: e.Document}, Line: e.Line, Text: text}.String()[len(": "):]
	}
	return workload.Gap{Resource: e.File, Reason: reasonUndecodable, Message: text}
}

// Reasons of gaps.
const (
	reasonUndecodable = "undecodable"
	reasonUnknownKind = "unknownKind"
)
