//go:build unix

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// result is everything measured, as it is saved.
type result struct {
	Date        time.Time     `json:"date"`
	Kubernetes  string        `json:"kubernetes"`
	Machine     machine       `json:"machine"`
	LoadAverage string        `json:"loadAverage,omitempty"`
	Rounds      int           `json:"rounds"`
	Sizes       []*sizeResult `json:"sizes"`
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
}

// measurement is what was measured of one scenario at one size.
type measurement struct {
	Name    string `json:"name"`
	Command string `json:"command"`
	// Lists and ListBytes are what the server served to one run, as it counts them itself: compressed.
	Lists     int64    `json:"lists"`
	ListBytes int64    `json:"listBytes"`
	Output    int      `json:"outputBytes"`
	Samples   []sample `json:"samples"`

	Wall   figure `json:"wall"`
	User   figure `json:"user"`
	System figure `json:"system"`
	Memory figure `json:"memory"`
}

// figure sums up the samples of one quantity: seconds or bytes.
type figure struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
	// Ratio is the median over the floor's; its bounds are those of single rounds.
	Ratio    float64 `json:"ratio"`
	RatioMin float64 `json:"ratioMin"`
	RatioMax float64 `json:"ratioMax"`
	// Growth is the median over the one at the size before, 0 at the first.
	Growth float64 `json:"growth,omitempty"`
}

// quantities are what a sample consists of.
func quantities() []struct {
	of   func(sample) float64
	into func(*measurement) *figure
} {
	return []struct {
		of   func(sample) float64
		into func(*measurement) *figure
	}{
		{func(s sample) float64 { return s.Wall.Seconds() }, func(m *measurement) *figure { return &m.Wall }},
		{func(s sample) float64 { return s.User.Seconds() }, func(m *measurement) *figure { return &m.User }},
		{func(s sample) float64 { return s.System.Seconds() }, func(m *measurement) *figure { return &m.System }},
		{func(s sample) float64 { return float64(s.Memory) }, func(m *measurement) *figure { return &m.Memory }},
	}
}

// evaluate turns samples into figures.
func (r *result) evaluate() {
	for _, q := range quantities() {
		for k, size := range r.Sizes {
			floor := size.Scenarios[0]
			for i, m := range size.Scenarios {
				f := q.into(m)
				*f = figureOf(values(m.Samples, q.of), values(floor.Samples, q.of))
				if k > 0 {
					f.Growth = over(f.Median, q.into(r.Sizes[k-1].Scenarios[i]).Median)
				}
			}
		}
	}
}

func values(samples []sample, of func(sample) float64) []float64 {
	list := make([]float64, 0, len(samples))
	for _, s := range samples {
		list = append(list, of(s))
	}
	return list
}

func figureOf(own, floor []float64) figure {
	rounds := make([]float64, len(own))
	for i := range own {
		rounds[i] = over(own[i], floor[i])
	}
	return figure{
		Median: median(own), Min: slices.Min(own), Max: slices.Max(own),
		Ratio: over(median(own), median(floor)), RatioMin: slices.Min(rounds), RatioMax: slices.Max(rounds),
	}
}

func over(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

func machineOf() machine {
	m := machine{CPUs: runtime.NumCPU(), System: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version()}
	m.Memory = totalMemory()
	return m
}

// commandLine leaves out where the programs happen to lie.
func commandLine(argv []string) string {
	return strings.Join(append([]string{filepath.Base(argv[0])}, argv[1:]...), " ")
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
