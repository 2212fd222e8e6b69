//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// result is everything measured, as it is saved.
type result struct {
	Date       time.Time `json:"date"`
	Kubernetes string    `json:"kubernetes"`
	// Plugin is what it says of its own version.
	Plugin      string  `json:"plugin"`
	Machine     machine `json:"machine"`
	LoadAverage string  `json:"loadAverage,omitempty"`
	Rounds      int     `json:"rounds"`
	// Startup compares the start of the plugin with that of the libraries that it imports.
	Startup []*measurement `json:"startup"`
	Sizes   []*sizeResult  `json:"sizes"`
}

// machine is what it was measured on.
type machine struct {
	CPUs   int    `json:"cpus"`
	Memory int64  `json:"memoryBytes,omitempty"`
	System string `json:"system"`
	Go     string `json:"go"`
}

// sizeResult is what was measured at one size.
type sizeResult struct {
	Pods       int            `json:"pods"`
	Namespaces int            `json:"namespaces"`
	Workloads  int            `json:"workloads"`
	PodBytes   int            `json:"podBytes"`
	Load       time.Duration  `json:"loadNanoseconds"`
	Scenarios  []*measurement `json:"scenarios"`
	// Notes are what speaks against the figures.
	Notes []string `json:"notes,omitempty"`
}

// measurement is what was measured of one scenario at one size.
type measurement struct {
	Name    string `json:"name"`
	Command string `json:"command"`
	// Traffic is that of one run, counted apart from those that were timed.
	Traffic traffic  `json:"traffic"`
	Output  int      `json:"outputBytes"`
	Found   findings `json:"found,omitzero"`
	// Samples are as measured. With Sampled they are about so many namespaces out of Of, and the figures about all:
	// scaled, except memory.
	Samples []sample `json:"samples"`
	Sampled int      `json:"sampledNamespaces,omitempty"`
	Of      int      `json:"ofNamespaces,omitempty"`
	// Whole is one run about all namespaces, through the meter: what the scaled figures have to resemble.
	Whole *sample `json:"whole,omitempty"`

	Wall   figure `json:"wall"`
	User   figure `json:"user"`
	System figure `json:"system"`
	Memory figure `json:"memory"`

	stride int
	first  time.Duration // what a run took before the rounds, without sampling
}

const (
	// shortRounds is for how long a scenario is run at least, at each size: single runs differ by a fifth,
	// so that the median of a few does not stand still.
	shortRounds = 100 * time.Second
	// shortTimes bounds how many times more often than the rest short ones run.
	shortTimes = 7
)

// roundsOf is in how many rounds it takes part where long ones do in so many.
func (m *measurement) roundsOf(runs int) int {
	took := m.first
	if m.Sampled > 0 {
		took = took * time.Duration(m.Sampled) / time.Duration(m.Of)
	}
	if took <= 0 {
		return runs
	}
	return min(max(runs, int(shortRounds/took)), runs*shortTimes)
}

// sampleOf lets the runs that are timed take at most so many namespaces, and be scaled.
func (m *measurement) sampleOf(all, most int) {
	if m.stride = strideFor(all, most); m.stride > 1 {
		m.Sampled, m.Of = (all+m.stride-1)/m.stride, all
	}
}

// named is a scenario's measurement; nil where it was not run.
func (s *sizeResult) named(name string) *measurement {
	for _, m := range s.Scenarios {
		if m.Name == name {
			return m
		}
	}
	return nil
}

func machineOf() machine {
	m := machine{CPUs: runtime.NumCPU(), System: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version()}
	m.Memory = totalMemory()
	return m
}

// String says it for people.
func (m machine) String() string {
	text := fmt.Sprintf("%d cores", m.CPUs)
	if m.Memory > 0 {
		text += fmt.Sprintf(", %.0f GiB", float64(m.Memory)/(1<<30))
	}
	return text + ", " + m.System + ", " + m.Go
}

// commandLine leaves out where the programs happen to lie.
func commandLine(argv []string) string {
	words := make([]string, 0, len(argv))
	for _, word := range argv {
		if filepath.IsAbs(word) {
			word = filepath.Base(word)
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

func (r *result) save(path string) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}

// all are the measurements of all sizes and of the start.
func (r *result) all() []*measurement {
	list := slices.Clone(r.Startup)
	for _, size := range r.Sizes {
		list = append(list, size.Scenarios...)
	}
	return list
}

// saved reads what save wrote.
func saved(path string) (*result, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := &result{}
	if err := json.Unmarshal(data, r); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(r.Sizes) == 0 || slices.ContainsFunc(r.all(), func(m *measurement) bool { return len(m.Samples) == 0 }) {
		return nil, fmt.Errorf("%s holds no measurements of this bench", path)
	}
	r.evaluate() // the samples are what was measured; an older bench may have summed them up otherwise
	return r, nil
}
