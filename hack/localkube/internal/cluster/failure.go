package cluster

import (
	"fmt"
	"os"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/process"
)

// tailLines is how much of a component's log an error quotes: the folder with the whole of it is about to go.
const tailLines = 15

// ended is the error of a component that ended while it was needed.
func ended(component *process.Running) error {
	return fmt.Errorf("%s ended: %w\n%s", component.Name, component.Err(), tail(component.Log))
}

func tail(path string) string {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	if len(lines) > tailLines {
		lines = lines[len(lines)-tailLines:]
	}

	return "  " + strings.Join(lines, "\n  ")
}
