//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/test/bench/estate"
)

// The scenarios that others are compared with.
const (
	floorName = "floor"
	checkName = "check"
	loopName  = "loop"
)

// scenario is something to measure.
type scenario struct {
	name string
	// argv is the command; its first word is a tool's path. A stride above 1 leaves namespaces out.
	argv func(b *bench, stride int) []string
	// codes are the exit codes of a run that went well.
	codes []int
	// sampled says that it takes namespace after namespace, so that a sample of them tells how long all take.
	sampled bool
	// verify looks at what was printed, once a size, and says how much it names as violating restricted, and of
	// what; nil to take it as it is.
	verify func(size int, out, complaint []byte) (findings, error)
}

// findings are how much of what a scenario names as violating restricted.
type findings struct {
	Count int    `json:"count"`
	Of    string `json:"of"`
}

// scenarios are all that read an estate. Violations are an answer (1); gaps (3) would be less work and are not.
func scenarios() []scenario {
	plugin := func(args ...string) func(*bench, int) []string {
		return func(b *bench, _ int) []string { return append([]string{b.tools.plugin}, args...) }
	}
	kubectl := func(args ...string) func(*bench, int) []string {
		return func(b *bench, _ int) []string { return append([]string{b.cluster.status.Kubectl}, args...) }
	}
	return []scenario{
		{name: floorName, argv: func(b *bench, _ int) []string { return []string{b.tools.floor} }, codes: []int{0}, verify: verifyFloor},
		{name: checkName, argv: plugin("check", "ns"), codes: []int{0}},
		{name: "json", argv: plugin("check", "ns", "-o", "json"), codes: []int{0}, verify: verifyReport},
		{name: "candidate", argv: plugin("check", "ns", "--enforce", "restricted"), codes: []int{1}},
		{name: "candidate-json", argv: plugin("check", "ns", "--enforce", "restricted", "-o", "json"), codes: []int{1}, verify: verifyReport},
		{name: "label", argv: plugin("label", "ns", "--all", "--recommend", "--dry-run=client"), codes: []int{0}},
		{name: "kubectl-get", argv: kubectl("get", "pods", "-A", "-o", "json"), codes: []int{0}},
		{
			name:  "kubectl-label",
			argv:  kubectl("label", "--dry-run=server", "--overwrite", "ns", "--all", "pod-security.kubernetes.io/enforce=restricted"),
			codes: []int{0}, verify: verifyLabels,
		},
		{name: loopName, argv: func(b *bench, stride int) []string {
			script := filepath.Join(b.tools.root, "test", "bench", "loop.sh")
			return []string{"/bin/sh", script, b.cluster.status.Kubectl, strconv.Itoa(stride)}
		}, codes: []int{0}, sampled: true, verify: verifyLabels},
	}
}

// startups are those that read nothing; the first is what the others are compared with.
func startups() []scenario {
	return []scenario{
		{name: importsName, argv: func(b *bench, _ int) []string { return []string{b.tools.imports} }, codes: []int{0}},
		{name: "version", argv: func(b *bench, _ int) []string { return []string{b.tools.plugin, "version"} }, codes: []int{0}},
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
func verifyFloor(size int, out, _ []byte) (findings, error) {
	if want := fmt.Sprintf("pods %d,", size); !strings.Contains(string(out), want) {
		return findings{}, fmt.Errorf("printed %q, which lacks %q", out, want)
	}
	return findings{}, nil
}

// verifyReport holds a report to being whole, and counts the workloads that restricted would refuse.
func verifyReport(size int, out, _ []byte) (findings, error) {
	var report struct {
		Items []struct {
			Workloads []struct {
				Strictest string `json:"strictest"`
				Evidence  []struct {
					Violations []any `json:"violations"`
				} `json:"evidence"`
			} `json:"workloads"`
		} `json:"items"`
		Gaps    []any `json:"gaps"`
		Summary struct {
			Pods int `json:"pods"`
		} `json:"summary"`
	}
	if err := json.Unmarshal(out, &report); err != nil {
		return findings{}, err
	}
	if report.Summary.Pods != size || len(report.Gaps) > 0 {
		return findings{}, fmt.Errorf("reports %d pods and %d gaps, want %d and none", report.Summary.Pods, len(report.Gaps), size)
	}
	found := 0
	for _, ns := range report.Items {
		for _, w := range ns.Workloads {
			for _, e := range w.Evidence {
				if len(e.Violations) > 0 {
					found++
					break
				}
			}
		}
	}
	return findings{found, "workloads"}, nil
}

// verifyLabels holds kubectl to having asked about every namespace, and counts the pods that the server's warnings
// name.
func verifyLabels(size int, out, complaint []byte) (findings, error) {
	const warning, heading = "Warning: ", "Warning: existing pods in namespace "
	if n, want := labelled(out), size/estate.PodsPerNamespace; n < want {
		return findings{}, fmt.Errorf("labelled %d namespaces, want %d at least", n, want)
	}
	named := 0
	for line := range bytes.Lines(complaint) {
		if bytes.HasPrefix(line, []byte(warning)) && !bytes.HasPrefix(line, []byte(heading)) {
			named++
		}
	}
	if named == 0 {
		return findings{}, errors.New("the server warned of nothing")
	}
	return findings{named, "pods"}, nil
}

// labelled counts the namespaces that kubectl label answered for.
func labelled(out []byte) int { return bytes.Count(out, []byte("(server dry run)\n")) }

// strideFor is how many namespaces to go on by, so that at most so many of all are taken. It shares no factor with the
// periods of the estate (60), as a sample would otherwise meet the same flaws again and again.
func strideFor(all, most int) int {
	stride := (all + most - 1) / most
	for gcd(stride, 60) > 1 {
		stride++
	}
	return stride
}

func gcd(a, b int) int {
	for b > 0 {
		a, b = b, a%b
	}
	return a
}
