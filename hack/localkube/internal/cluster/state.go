package cluster

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/process"
)

// Phase says how far "up" came.
type Phase string

// The phases of a cluster. A cluster that never was, or is no more, is absent.
const (
	Absent   Phase = "absent"
	Starting Phase = "starting"
	Started  Phase = "started"
)

// State is what is known of a cluster; it is written before the first process starts.
type State struct {
	Name       string    `json:"name"`
	Phase      Phase     `json:"phase"`
	Release    string    `json:"release,omitempty"`
	Server     string    `json:"server,omitempty"`
	Kubeconfig string    `json:"kubeconfig,omitempty"`
	Kubectl    string    `json:"kubectl,omitempty"`
	AuditLog   string    `json:"auditLog,omitempty"`
	Dir        string    `json:"dir,omitempty"`
	Nodes      int       `json:"nodes"`
	Created    time.Time `json:"created,omitzero"`
	// APIServer is what the API server of this cluster is always started with.
	APIServer []string `json:"apiServer,omitempty"`
	// Starter is the "up" that made the cluster, and may still be at it.
	Starter process.Identity `json:"starter,omitzero"`
}

// ProcessStatus is one component of a cluster.
type ProcessStatus struct {
	Name  string `json:"name"`
	PID   int    `json:"pid"`
	Alive bool   `json:"alive"`
	Log   string `json:"log"`

	identity process.Identity
}

// Status is a cluster as it is now.
type Status struct {
	State

	// Running means that "up" came to its end and every process is alive.
	Running   bool            `json:"running"`
	Processes []ProcessStatus `json:"processes"`
}

// Status looks at the cluster of that name; one that does not exist is absent, not an error.
func (s Store) Status(name string) (Status, error) {
	if !s.Exists(name) {
		return Status{State: State{Name: name, Phase: Absent}, Processes: []ProcessStatus{}}, nil
	}
	dir := s.Dir(name)
	state, err := readState(dir)
	if errors.Is(err, fs.ErrNotExist) {
		// An "up" was killed between making the folder and writing the first line.
		state, err = State{Name: name, Phase: Starting, Dir: dir}, nil
	}
	if err != nil {
		return Status{}, err
	}
	status := Status{State: state, Running: state.Phase == Started}
	if status.Processes, err = processes(dir); err != nil {
		return Status{}, err
	}
	for _, p := range status.Processes {
		status.Running = status.Running && p.Alive
	}

	return status, nil
}

// Busy reports whether anything of the cluster is alive, its "up" included.
func (s Status) Busy() bool {
	for _, p := range s.Processes {
		if p.Alive {
			return true
		}
	}

	return s.Phase == Starting && s.Starter.Alive()
}

// processes reads the records of all that was started, also of a "down" that did not come to its end.
func processes(dir string) ([]ProcessStatus, error) {
	found := []ProcessStatus{}
	for _, folder := range []string{runFolder, endedFolder} {
		records, err := filepath.Glob(filepath.Join(dir, folder, "*.json"))
		if err != nil {
			return nil, err
		}
		for _, path := range records {
			id, err := process.ReadRecord(path)
			if errors.Is(err, fs.ErrNotExist) {
				continue // A "down" is at work.
			}
			if err != nil {
				return nil, err
			}
			name := strings.TrimSuffix(filepath.Base(path), ".json")
			found = append(found, ProcessStatus{
				Name: name, PID: id.PID, Alive: id.Alive(), Log: logPath(dir, name), identity: id,
			})
		}
	}
	sort.Slice(found, func(a, b int) bool { return found[a].Name < found[b].Name })

	return found, nil
}

func readState(dir string) (State, error) {
	raw, err := os.ReadFile(filepath.Join(dir, stateFile))
	if err != nil {
		return State{}, err
	}
	var state State

	return state, json.Unmarshal(raw, &state)
}

func (s State) write() error {
	raw, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}

	return writeFile(filepath.Join(s.Dir, stateFile), append(raw, '\n'))
}

// writeFile replaces a file as a whole, so that nobody reads half of it.
func writeFile(path string, content []byte) error {
	temporary := path + ".tmp"
	if err := os.WriteFile(temporary, content, 0o600); err != nil {
		return err
	}

	return os.Rename(temporary, path)
}
