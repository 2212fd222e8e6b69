//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// floorName is the scenario that the others are compared with.
const floorName = "floor"

// scenario is something to measure.
type scenario struct {
	name string
	// argv is the command; its first word is a tool's path.
	argv func(*bench) []string
	// codes are the exit codes of a run that went well.
	codes []int
	// verify looks at what was printed, once a size; nil to take it as it is.
	verify func(size int, printed []byte) error
}

// scenarios are all there are. Violations are an answer (1); gaps (3) would be less work and are not.
func scenarios() []scenario {
	check := func(args ...string) func(*bench) []string {
		return func(b *bench) []string { return append([]string{b.tools.plugin, "check", "ns"}, args...) }
	}
	return []scenario{
		{floorName, func(b *bench) []string { return []string{b.tools.floor} }, []int{0}, verifyFloor},
		{"check", check(), []int{0}, nil},
		{"json", check("-o", "json"), []int{0}, verifyReport},
		{"candidate", check("--enforce", "restricted"), []int{1}, nil},
		{"candidate-json", check("--enforce", "restricted", "-o", "json"), []int{1}, verifyReport},
		{"kubectl-get", func(b *bench) []string {
			return []string{b.cluster.status.Kubectl, "get", "pods", "-A", "-o", "json"}
		}, []int{0}, nil},
		{"version", func(b *bench) []string { return []string{b.tools.plugin, "version"} }, []int{0}, nil},
	}
}

func scenarioNames() []string {
	var list []string
	for _, s := range scenarios() {
		list = append(list, s.name)
	}
	return list
}

func scenarioOf(name string) scenario {
	all := scenarios()
	return all[slices.IndexFunc(all, func(s scenario) bool { return s.name == name })]
}

// verifyFloor holds the floor to having read everything.
func verifyFloor(size int, printed []byte) error {
	if want := fmt.Sprintf("pods %d,", size); !strings.Contains(string(printed), want) {
		return fmt.Errorf("printed %q, which lacks %q", printed, want)
	}
	return nil
}

// verifyReport holds a report to being whole.
func verifyReport(size int, printed []byte) error {
	var report struct {
		Gaps    []any `json:"gaps"`
		Summary struct {
			Pods int `json:"pods"`
		} `json:"summary"`
	}
	if err := json.Unmarshal(printed, &report); err != nil {
		return err
	}
	if report.Summary.Pods != size || len(report.Gaps) > 0 {
		return fmt.Errorf("reports %d pods and %d gaps, want %d and none", report.Summary.Pods, len(report.Gaps), size)
	}
	return nil
}

// sample is one run.
type sample struct {
	Wall   time.Duration `json:"wallNanoseconds"`
	User   time.Duration `json:"userNanoseconds"`
	System time.Duration `json:"systemNanoseconds"`
	// Memory is the peak of the resident set, in bytes.
	Memory int64 `json:"peakMemoryBytes"`
}

// once runs a scenario once and returns what it used; what it prints goes to out.
func (b *bench) once(ctx context.Context, s scenario, out io.Writer) (sample, error) {
	var used sample
	result, write, err := os.Pipe()
	if err != nil {
		return used, err
	}
	defer result.Close()
	var complaint bytes.Buffer
	c := command(ctx, b.tools.measure, s.argv(b)...)
	c.Env = append(os.Environ(), "KUBECONFIG="+b.cluster.status.Kubeconfig, "NO_COLOR=1")
	c.ExtraFiles = []*os.File{write} // number 3
	c.Stderr = &complaint
	if out != nil {
		c.Stdout = out
	}
	err = c.Run()
	write.Close()
	fail := func(err error) (sample, error) {
		return used, fmt.Errorf("%s: %w\n%s", strings.Join(s.argv(b), " "), err, bytes.TrimSpace(complaint.Bytes()))
	}
	if err != nil {
		return fail(err)
	}
	var code int
	var wall, user, system, memory int64
	if _, err := fmt.Fscan(result, &code, &wall, &user, &system, &memory); err != nil {
		return fail(err)
	}
	if !slices.Contains(s.codes, code) {
		return fail(fmt.Errorf("exit code %d", code))
	}
	return sample{time.Duration(wall), time.Duration(user), time.Duration(system), memory * maxrssUnit()}, nil
}
