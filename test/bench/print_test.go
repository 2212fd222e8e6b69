//go:build unix

package main

import (
	"bytes"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// measured is a small result: two sizes, a floor, a check, a report and a loop that was sampled at the second.
func measured() *result {
	of := func(name string, requests, received int64, walls ...time.Duration) *measurement {
		m := &measurement{Name: name, Command: "kubectl-pss " + name, Samples: took(walls...), Output: 1500, stride: 1}
		m.Traffic = traffic{Requests: map[string]int64{"GET /api/v1/pods": requests}, Received: received}
		return m
	}
	first := &sizeResult{Pods: 1000, Namespaces: 20, Workloads: 100, PodBytes: 8552, Scenarios: []*measurement{
		of(floorName, 18, 810_000, 1, 2, 3), of(checkName, 18, 810_000, 2, 3, 4), of("json", 18, 810_000, 2, 3, 4), of(loopName, 49, 90_000, 30, 31, 32),
	}}
	second := &sizeResult{Pods: 10000, Namespaces: 200, Workloads: 1000, PodBytes: 8552, Scenarios: []*measurement{
		of(floorName, 60, 8_100_000, 4, 5, 6), of(checkName, 61, 8_100_000, 5, 6, 7), of("json", 60, 8_100_000, 6, 7, 8), of(loopName, 409, 900_000, 50, 51, 52),
	}}
	second.Scenarios[2].Found = findings{400, "workloads"}
	second.Scenarios[3].sampleOf(204, 100)
	second.Scenarios[3].Whole = &sample{Wall: 350 * time.Second, User: 90 * time.Second}
	second.Scenarios[3].Found = findings{1234, "pods"}
	second.note()
	r := &result{
		Date: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC), Kubernetes: "v1.37.1", Plugin: "kubectl-pss v0.1.0", Rounds: 3, LoadAverage: "0.10 0.20 0.30",
		Machine: machine{CPUs: 2, Memory: 24 << 30, System: "linux/amd64", Go: "go1.26.8"},
		Startup: []*measurement{
			{Name: importsName, Samples: []sample{{Wall: 30 * time.Millisecond}}},
			{Name: "version", Samples: []sample{{Wall: 34500 * time.Microsecond}}},
		},
		Sizes: []*sizeResult{first, second},
	}
	r.evaluate()
	return r
}

func TestPrint(t *testing.T) {
	want := `kubectl-pss v0.1.0; 2 cores, 24 GiB, linux/amd64, go1.26.8, Kubernetes v1.37.1, load average 0.10 0.20 0.30
medians of 3 interleaved rounds (of more where runs are short), in brackets their quartiles; ratios to the floor, in brackets those of single rounds

1,000 pods of 8.6 KB, 100 workloads, 20 namespaces
       WALL                  RATIO                USER CPU              RATIO                PEAK MEMORY     RATIO                REQUESTS  RECEIVED  PRINTED  NAMES
floor  2.00s (1.50–2.50)                          2.00s (1.50–2.50)                          2 MiB (2–2)                          18        810 KB    2 KB
check  3.00s (2.50–3.50)     1.50 (1.33–2.00)     3.00s (2.50–3.50)     1.50 (1.33–2.00)     3 MiB (2–4)     1.50 (1.33–2.00)     18        810 KB    2 KB
json   3.00s (2.50–3.50)     1.50 (1.33–2.00)     3.00s (2.50–3.50)     1.50 (1.33–2.00)     3 MiB (2–4)     1.50 (1.33–2.00)     18        810 KB    2 KB
loop   31.00s (30.50–31.50)  15.50 (10.67–30.00)  31.00s (30.50–31.50)  15.50 (10.67–30.00)  31 MiB (30–32)  15.50 (10.67–30.00)  49        90 KB     2 KB

10,000 pods of 8.6 KB, 1,000 workloads, 200 namespaces
        WALL                     RATIO                USER CPU                 RATIO                PEAK MEMORY     RATIO               REQUESTS  RECEIVED  PRINTED  NAMES
floor   5.00s (4.50–5.50)                             5.00s (4.50–5.50)                             5 MiB (4–6)                         60        8.1 MB    2 KB
check   6.00s (5.50–6.50)        1.20 (1.17–1.25)     6.00s (5.50–6.50)        1.20 (1.17–1.25)     6 MiB (6–6)     1.20 (1.17–1.25)    61        8.1 MB    2 KB
json    7.00s (6.50–7.50)        1.40 (1.33–1.50)     7.00s (6.50–7.50)        1.40 (1.33–1.50)     7 MiB (6–8)     1.40 (1.33–1.50)    60        8.1 MB    2 KB     400 workloads
loop *  346.80s (343.40–350.20)  69.36 (58.93–85.00)  346.80s (343.40–350.20)  69.36 (58.93–85.00)  51 MiB (50–52)  10.20 (8.67–12.50)  409       900 KB    2 KB     1,234 pods
* loop: 30 of 204 namespaces, times scaled to all; one run over all of them, through the counting proxy, took 350.0s (90.0s user CPU)
note: GET /api/v1/pods: the floor sends it 60 times, a check 61 times

growth from 1,000 to 10,000 pods
       WALL   USER CPU  PEAK MEMORY  REQUESTS  RECEIVED
floor  2.50   2.50      2.50         3.33      10.00
check  2.00   2.00      2.00         3.39      10.00
json   2.33   2.33      2.33         3.33      10.00
loop   11.19  11.19     1.65         8.35      10.00

start-up, medians of 1 runs each: imports does nothing and imports what the plugin imports
         WALL                 USER CPU          PEAK MEMORY
imports  30.0 ms (30.0–30.0)  0.0 ms (0.0–0.0)  0 MiB (0–0)
version  34.5 ms (34.5–34.5)  0.0 ms (0.0–0.0)  0 MiB (0–0)

what is meant to hold (at 50,000 pods after 10,000, on a machine with nothing else to do)
                                            MEASURED  BOUND
check over the floor, wall at 10,000 pods   1.20      at most 1.25
peak memory of check at 10,000 pods         6 MiB     at most 150 MiB
its growth from 1,000 pods                  2.00      at most 1.20
loop over check, wall at 10,000 pods        57.8      at least 5
start of version after that of its imports  4.5 ms    at most 10 ms

commands
  floor           kubectl-pss floor
  check           kubectl-pss check
  json            kubectl-pss json
  loop            kubectl-pss loop
`
	var out bytes.Buffer
	measured().print(&out)
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestMarkdown(t *testing.T) {
	want := `2 cores, 24 GiB, linux/amd64, go1.26.8, Kubernetes v1.37.1; medians of 3 rounds, of more where runs are short.

| pods | 1,000 | 10,000 | times the floor | user CPU | peak memory | requests | received |
|---|--:|--:|--:|--:|--:|--:|--:|
| ` + "`" + `kubectl-pss floor` + "`" + ` | 2.00 s | 5.00 s | 1.00 | 5.00 s | 2 · 5 MiB | 60 | 8.1 MB |
| ` + "`" + `kubectl-pss check` + "`" + ` | 3.00 s | 6.00 s | 1.20 | 6.00 s | 3 · 6 MiB | 61 | 8.1 MB |
| ` + "`" + `kubectl-pss json` + "`" + ` | 3.00 s | 7.00 s | 1.40 | 7.00 s | 3 · 7 MiB | 60 | 8.1 MB |
| ` + "`" + `kubectl-pss loop` + "`" + ` | 31.00 s | 346.80 s\* | 69.36 | 346.80 s | 31 · 51 MiB | 409 | 900 KB |

\* scaled: each round asks about 30 of 204 namespaces; asking about all of them, once, took 350 s.

Memory is that of each size; what else follows the times, of 10,000 pods.
`
	var out bytes.Buffer
	measured().markdown(&out)
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

// What was saved prints as what was measured.
func TestSaved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dist", "bench.json")
	if err := measured().save(path); err != nil {
		t.Fatal(err)
	}
	o, err := parse([]string{"--show", path}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var want, got bytes.Buffer
	measured().print(&want)
	if err := o.show(&got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), got.String()); diff != "" {
		t.Error(diff)
	}
}
