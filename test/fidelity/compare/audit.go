package compare

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"k8s.io/pod-security-admission/api"
)

// auditLog follows the log of an API server, the only place where audit annotations are to be seen.
type auditLog struct {
	path string
	// mark is in the line of every request of ours.
	mark   []byte
	offset int64
	rest   []byte // the beginning of a line whose end has not been written yet
	found  map[string]map[string]string
}

func newAuditLog(path, id string) *auditLog {
	return &auditLog{path: path, mark: []byte(`"auditID":"` + id + "-"), found: map[string]map[string]string{}}
}

// auditPatience is how long a request may take to be logged once its answer has come.
const auditPatience = time.Minute

// annotations are Pod Security's of those requests, without their prefix. It waits for them, and forgets them.
func (l *auditLog) annotations(ctx context.Context, ids []string) (map[string]map[string]string, error) {
	taken := make(map[string]map[string]string, len(ids))
	missing := ""
	logged := func() (bool, error) {
		if err := l.read(); err != nil {
			return false, err
		}
		for _, id := range ids {
			if _, ok := l.found[id]; !ok {
				missing = id
				return false, nil
			}
		}
		return true, nil
	}
	if err := poll(ctx, auditPatience, logged); err != nil {
		return nil, fmt.Errorf("waiting for request %q in %s: %w", missing, l.path, err)
	}
	for _, id := range ids {
		taken[id] = l.found[id]
		delete(l.found, id)
	}
	return taken, nil
}

// read takes in what was written since.
func (l *auditLog) read() error {
	file, err := os.Open(l.path)
	if err != nil {
		return err
	}
	defer file.Close()
	written, err := io.ReadAll(io.NewSectionReader(file, l.offset, 1<<62))
	if err != nil {
		return err
	}
	l.offset += int64(len(written))
	written = append(l.rest, written...)
	end := bytes.LastIndexByte(written, '\n') + 1
	l.rest = bytes.Clone(written[end:])
	for line := range bytes.Lines(written[:end]) {
		if !bytes.Contains(line, l.mark) {
			continue
		}
		if err := l.take(line); err != nil {
			return err
		}
	}
	return nil
}

func (l *auditLog) take(line []byte) error {
	var event struct {
		AuditID     string            `json:"auditID"`
		Stage       string            `json:"stage"`
		Annotations map[string]string `json:"annotations"`
	}
	if err := json.Unmarshal(line, &event); err != nil {
		return fmt.Errorf("%s: %w", l.path, err)
	}
	if event.Stage != "ResponseComplete" {
		return fmt.Errorf("%s: request %s ended in the stage %s", l.path, event.AuditID, event.Stage)
	}
	var ours map[string]string
	for key, value := range event.Annotations {
		if name, ok := strings.CutPrefix(key, api.AuditAnnotationPrefix); ok {
			if ours == nil {
				ours = map[string]string{}
			}
			ours[name] = value
		}
	}
	l.found[event.AuditID] = ours
	return nil
}

// poll asks until it is so, or until patience or the context ends.
func poll(ctx context.Context, patience time.Duration, so func() (bool, error)) error {
	const pause = 5 * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		if yes, err := so(); yes || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}
