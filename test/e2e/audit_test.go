//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"k8s.io/pod-security-admission/api"
)

// auditLog follows the log of an API server, the only place where audit annotations are to be seen.
type auditLog struct {
	path string

	mu     sync.Mutex
	offset int64
	rest   []byte // the beginning of a line whose end has not been written yet
	found  map[string]map[string]string
}

func newAuditLog(path string) *auditLog {
	return &auditLog{path: path, found: map[string]map[string]string{}}
}

// annotations waits for a request of ours to be logged, which may happen shortly after its answer came.
func (l *auditLog) annotations(id string) (map[string]string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if found, ok := l.found[id]; ok {
			return found, nil
		}
		if err := l.read(); err != nil {
			return nil, err
		}
		if _, ok := l.found[id]; !ok && time.Now().After(end) {
			return nil, fmt.Errorf("request %s is not in the audit log", id)
		}
	}
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
		if !bytes.Contains(line, []byte(`"auditID":"`+namePrefix)) {
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
		return errors.New("a request of ours ended in the stage " + event.Stage)
	}
	ours := map[string]string{}
	for key, value := range event.Annotations {
		if name, ok := strings.CutPrefix(key, api.AuditAnnotationPrefix); ok {
			ours[name] = value
		}
	}
	l.found[event.AuditID] = ours
	return nil
}
