package relabel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// told is what a run's journal says of its namespaces.
func told(r *Run) string {
	var words []string
	for _, name := range []string{"shop", "lab", "web"} {
		result, ok := r.Result(name)
		words = append(words, fmt.Sprintf("%s tried=%v ended=%v %s written=%v", name, r.Tried(name), ok, result.Outcome, r.mayHaveWritten(name)))
	}
	return fmt.Sprintf("%s; ended=%v interrupted=%v", strings.Join(words, ", "), r.Ended(), r.Interrupted())
}

func TestEvents(t *testing.T) {
	done := func(j *Journal, namespace string, outcome report.Ending) {
		j.Done(namespace, report.Result{Outcome: outcome})
	}
	begin := func(j *Journal, namespace string) {
		if err := j.Begin(namespace); err != nil {
			panic(err)
		}
	}
	const untouched = "lab tried=false ended=false  written=false, web tried=false ended=false  written=false"
	for name, tc := range map[string]struct {
		lives []func(*Journal)
		want  string
	}{
		"nothing": {[]func(*Journal){func(*Journal) {}}, "shop tried=false ended=false  written=false, " + untouched + "; ended=false interrupted=true"},
		"begun":   {[]func(*Journal){func(j *Journal) { begin(j, "shop") }}, "shop tried=true ended=false  written=true, " + untouched + "; ended=false interrupted=true"},
		"written and ended": {[]func(*Journal){func(j *Journal) {
			begin(j, "shop")
			done(j, "shop", report.EndingWritten)
			_ = j.End()
		}}, "shop tried=true ended=true written written=true, " + untouched + "; ended=true interrupted=false"},
		"refused": {[]func(*Journal){func(j *Journal) {
			begin(j, "shop")
			done(j, "shop", report.EndingFailed)
		}}, "shop tried=true ended=true failed written=true, " + untouched + "; ended=false interrupted=true"},
		"moved under way": {[]func(*Journal){func(j *Journal) {
			begin(j, "shop")
			done(j, "shop", report.EndingMoved)
		}}, "shop tried=true ended=true moved written=false, " + untouched + "; ended=false interrupted=true"},
		"unreadable": {[]func(*Journal){func(j *Journal) { done(j, "shop", report.EndingFailed) }}, "shop tried=false ended=true failed written=false, " + untouched + "; ended=false interrupted=true"},
		"already":    {[]func(*Journal){func(j *Journal) { done(j, "shop", report.EndingAlready) }}, "shop tried=false ended=true already written=false, " + untouched + "; ended=false interrupted=true"},
		"killed after writing, then found written": {[]func(*Journal){
			func(j *Journal) { begin(j, "shop") },
			func(j *Journal) { done(j, "shop", report.EndingAlready) },
		}, "shop tried=true ended=true already written=true, " + untouched + "; ended=false interrupted=true"},
		"failed, then moved": {[]func(*Journal){
			func(j *Journal) {
				begin(j, "shop")
				done(j, "shop", report.EndingFailed)
				_ = j.End()
			},
			func(j *Journal) {
				begin(j, "shop")
				done(j, "shop", report.EndingMoved)
				_ = j.End()
			},
		}, "shop tried=true ended=true moved written=true, " + untouched + "; ended=true interrupted=false"},
		"continued and cut off": {[]func(*Journal){
			func(j *Journal) { _ = j.End() },
			func(j *Journal) { begin(j, "shop") },
		}, "shop tried=true ended=false  written=true, " + untouched + "; ended=false interrupted=true"},
	} {
		t.Run(name, func(t *testing.T) {
			s, id := keep(t, tc.lives[0])
			for _, life := range tc.lives[1:] {
				j, _, err := s.Resume(id)
				if err != nil {
					t.Fatal(err)
				}
				life(j)
				if err := j.Close(); err != nil {
					t.Fatal(err)
				}
			}
			run, err := s.Load(id)
			if err != nil {
				t.Fatal(err)
			}
			if got := told(run); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

// fullJournal is a journal with events of each kind, and the length of its head.
func fullJournal(t *testing.T) (s *Store, id string, content []byte, headLength int) {
	t.Helper()
	s, id = keep(t, func(j *Journal) {
		if err := j.Begin("shop"); err != nil {
			t.Fatal(err)
		}
		j.Done("shop", report.Result{Outcome: report.EndingWritten, Warnings: []string{"existing pods"}})
		if err := j.End(); err != nil {
			t.Fatal(err)
		}
	})
	j, _, err := s.Resume(id)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(j.Begin("web"), j.Close()); err != nil {
		t.Fatal(err)
	}
	if content, err = os.ReadFile(s.path(id)); err != nil {
		t.Fatal(err)
	}
	headLength = bytes.Index(content, []byte(`{"begin"`))
	return s, id, content, headLength
}

// Cut off at any byte, a journal is either no journal (while it is made, which a rename hides) or one without the line
// that was being written; and it can be gone on with.
func TestTorn(t *testing.T) {
	s, id, content, headLength := fullJournal(t)
	for n := range len(content) + 1 {
		if n < headLength && n%17 > 0 && content[n-1] != '\n' {
			continue
		}
		if err := os.WriteFile(s.path(id), content[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		run, err := s.Load(id)
		if n < headLength {
			if err == nil || !strings.HasPrefix(err.Error(), s.path(id)+":") {
				t.Fatalf("cut off at %d: %v", n, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("cut off at %d: %v", n, err)
		}
		whole := bytes.LastIndexByte(content[:n], '\n') + 1
		exact, _, err := readJournal(s.path(id), id, content[:whole])
		if err != nil || told(run) != told(exact) {
			t.Fatalf("cut off at %d: %s, want %s, error %v", n, told(run), told(exact), err)
		}
		if n%7 > 0 {
			continue
		}
		j, _, err := s.Resume(id)
		if err != nil {
			t.Fatalf("cut off at %d: %v", n, err)
		}
		j.Done("web", report.Result{Outcome: report.EndingAlready})
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		after, err := os.ReadFile(s.path(id))
		if err != nil {
			t.Fatal(err)
		}
		added, ok := bytes.CutPrefix(after, content[:whole])
		if lines := strings.Split(string(added), "\n"); !ok || len(lines) != 3 || !strings.HasPrefix(lines[0], `{"resume":"`) ||
			!strings.HasPrefix(lines[1], `{"done":"web","result":{"outcome":"already"},"sum":"`) || lines[2] != "" {
			t.Fatalf("cut off at %d: %s", n, added)
		}
	}
}

// Any other damage is refused, by file and line; and so is what an attacker would like us to do.
func TestDamaged(t *testing.T) {
	s, id, content, _ := fullJournal(t)
	lines := strings.SplitAfter(string(content), "\n") // header, 3 items, begin, done, end, resume, begin
	// replaced is the journal's head with a line changed, and checksums that fit.
	replaced := func(n int, old, new string) string {
		changed := append([]string{}, lines[:4]...)
		changed[n] = strings.Replace(changed[n], old, new, 1)
		if changed[n] == lines[n] {
			t.Fatalf("line %d holds no %s", n+1, old)
		}
		return string(resum([]byte(strings.Join(changed, ""))))
	}
	event := func(text string) string { return string(resum([]byte(string(content) + text + "\n"))) }
	const unsummed = "this line, or one that stood before it, is not as it was written: its checksum does not fit"
	for name, tc := range map[string]struct{ content, want string }{
		"empty":                  {"", "1: the journal is cut off: no header"},
		"no JSON":                {"hello\n", "1: invalid character 'h' looking for beginning of value"},
		"another kind":           {replaced(0, "LabelRun", "LabelPlan"), "1: this is pss.dev/v1alpha1 LabelPlan and no pss.dev/v1alpha1 LabelRun"},
		"another version":        {replaced(0, `"version":2`, `"version":1`), "1: version 1 of the journal is not known to this program, which writes version 2"},
		"another run":            {replaced(0, `"run":"2026`, `"run":"2025`), "1: this is the journal of run \"2025" + id[4:] + `"`},
		"unknown field":          {replaced(0, `"items":3`, `"items":3,"more":1`), `1: unknown field "more"`},
		"field in capitals":      {replaced(1, `"uid"`, `"UID"`), `2: unknown field "UID"`},
		"field twice":            {replaced(1, `"uid"`, `"uid":"x","uid"`), `2: duplicate field "uid"`},
		"fewer items":            {replaced(0, `"items":3`, `"items":2`), `4: unknown field "namespace"`},
		"fewer than none":        {replaced(0, `"items":3`, `"items":-1`), "1: there cannot be -1 items"},
		"more items":             {string(resum([]byte(strings.Replace(string(content), `"items":3`, `"items":4`, 1)))), `5: unknown field "begin"`},
		"an item changed":        {strings.Replace(string(content), "v1.30", "v1.31", 1), "2: " + unsummed},
		"an item left out":       {strings.Replace(string(content), lines[2], "", 1), "3: " + unsummed},
		"items exchanged":        {lines[0] + lines[2] + lines[1] + strings.Join(lines[3:], ""), "2: " + unsummed},
		"an event changed":       {strings.Replace(string(content), `"written"`, `"already"`, 1), "6: " + unsummed},
		"an event left out":      {strings.Replace(string(content), lines[5], "", 1), "6: " + unsummed},
		"an event twice":         {strings.Replace(string(content), lines[5], lines[5]+lines[5], 1), "7: " + unsummed},
		"a sum changed":          {strings.Replace(string(content), lines[3], lines[3][:len(lines[3])-4]+"x\"}\n", 1), "4: " + unsummed},
		"no sum":                 {string(content) + `{"end":"2026-11-22T12:00:00Z"}` + "\n", "10: " + unsummed},
		"another label":          {replaced(1, `"pod-security.kubernetes.io/warn"`, `"team"`), `2: namespace "shop": "team" is no label of Pod Security`},
		"another label restored": {replaced(1, `"before":{`, `"before":{"kubernetes.io/metadata.name":"x",`), `2: namespace "shop": "kubernetes.io/metadata.name" is no label of Pod Security`},
		"no label's value":       {replaced(1, "v1.30", "v1 30"), `2: namespace "shop": pod-security.kubernetes.io/enforce-version="v1 30": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`},
		"a path for a name":      {replaced(1, `"shop"`, `"shop/status"`), `2: namespace "shop/status": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`},
		"no uid":                 {replaced(1, "uid-shop", ""), `2: namespace "shop" has no uid`},
		"twice":                  {replaced(3, `"web"`, `"shop"`), `4: namespace "shop" stands there twice`},
		"unknown action":         {replaced(1, `"change"`, `"erase"`), `2: namespace "shop": unknown action "erase"`},
		"an item in the header":  {replaced(0, `"items":null`, `"items":[{"namespace":"x"}]`), "1: the header does not hold the plan"},
		"no item":                {strings.Join(lines[:3], ""), "4: the journal is cut off: no item"},
		"garbage in the middle":  {strings.Replace(string(content), lines[6], "\x00\x00\x00\n", 1), "7: " + unsummed},
		"an empty line":          {event(""), "10: " + unsummed},
		"an unknown event":       {event(`{}`), "10: this is no event of a run"},
		"two events in one":      {event(`{"begin":"shop","at":"2026-11-22T12:00:00Z","end":"2026-11-22T12:00:00Z"}`), "10: this is no event of a run"},
		"a begin without time":   {event(`{"begin":"shop"}`), "10: this is no event of a run"},
		"a done without result":  {event(`{"done":"shop"}`), "10: this is no event of a run"},
		"an unknown outcome":     {event(`{"done":"shop","result":{"outcome":"great"}}`), `10: namespace "shop": unknown outcome "great"`},
		"an unplanned namespace": {event(`{"begin":"kube-system","at":"2026-11-22T12:00:00Z"}`), `10: the plan does not change namespace "kube-system"`},
		"a kept namespace":       {event(`{"done":"lab","result":{"outcome":"written"}}`), `10: the plan does not change namespace "lab"`},
		"something after an end": {event(`{"end":"2026-11-22T12:00:00Z"}` + "\n" + `{"begin":"shop","at":"2026-11-22T12:00:00Z"}`), "11: something follows the end of the run"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(s.path(id), []byte(tc.content), 0o600); err != nil {
				t.Fatal(err)
			}
			want := s.path(id) + ":" + tc.want
			if _, err := s.Load(id); err == nil || err.Error() != want {
				t.Errorf("load: %v, want %s", err, want)
			}
			if _, _, err := s.Resume(id); err == nil || err.Error() != want {
				t.Errorf("resume: %v, want %s", err, want)
			}
			if after, err := os.ReadFile(s.path(id)); err != nil || string(after) != tc.content {
				t.Errorf("the file was changed; error %v", err)
			}
		})
	}
}

// A bit that has flipped is found in its own line. The last newline stands for a line that was not written to its end.
func TestFlippedBits(t *testing.T) {
	_, id, content, _ := fullJournal(t)
	for i := range len(content) - 1 {
		flipped := bytes.Clone(content)
		flipped[i] ^= 1 << (i % 8)
		want := fmt.Sprintf("journal:%d: ", 1+bytes.Count(content[:i], []byte("\n")))
		if _, _, err := readJournal("journal", id, flipped); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("byte %d, %q: %v, want %s", i, flipped[i], err, want)
		}
	}
}

// One process writes a journal, others may read it.
func TestLocked(t *testing.T) {
	s, id := keep(t, nil)
	j, _, err := s.Resume(id)
	if err != nil {
		t.Fatal(err)
	}
	want := "run " + id + " is being written by another process"
	if _, _, err := s.Resume(id); err == nil || err.Error() != want {
		t.Errorf("error %v", err)
	}
	if run, err := s.Load(id); err != nil || !run.Writing || run.Interrupted() {
		t.Errorf("%+v, error %v", run, err)
	}
	other := func() string {
		c := exec.CommandContext(t.Context(), os.Args[0])
		c.Env = append(os.Environ(), childEnv+"=resumes", "PSS_TEST_RESUME="+s.dir+"/"+id)
		out, _ := c.CombinedOutput()
		return string(out)
	}
	if out := other(); !strings.Contains(out, want) {
		t.Errorf("another process: %s", out)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if out := other(); !strings.Contains(out, "resumed") {
		t.Errorf("another process, later: %s", out)
	}
}

var _ = child("resumes", childResumes)

// childResumes is the other process of TestLocked.
func childResumes(context.Context) error {
	path := os.Getenv("PSS_TEST_RESUME")
	_, _, err := NewStore(filepath.Dir(path)).Resume(filepath.Base(path))
	if err == nil {
		fmt.Println("resumed")
	}
	return err
}

// What many goroutines write at once stands there whole.
func TestConcurrent(t *testing.T) {
	plan := &report.LabelPlan{}
	for i := range 100 {
		plan.Items = append(plan.Items, change(fmt.Sprintf("ns-%d", i), oldLabels(), newLabels()))
	}
	s := NewStore(t.TempDir())
	j, err := s.Create(plan, aRun())
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range plan.Items {
		all.Go(func() {
			if err := j.Begin(plan.Items[i].Namespace); err != nil {
				t.Error(err)
			}
			j.Done(plan.Items[i].Namespace, report.Result{Outcome: report.EndingWritten})
		})
	}
	all.Wait()
	if err := errors.Join(j.End(), j.Close()); err != nil {
		t.Fatal(err)
	}
	run, err := s.Load(j.ID())
	if err != nil {
		t.Fatal(err)
	}
	for i := range plan.Items {
		if r, ok := run.Result(plan.Items[i].Namespace); !ok || r.Outcome != report.EndingWritten || !run.Tried(plan.Items[i].Namespace) {
			t.Errorf("%s: %v", plan.Items[i].Namespace, r)
		}
	}
}

// Once a line could not be written, none follows, and no namespace is begun any more.
func TestBroken(t *testing.T) {
	s, id := keep(t, nil)
	j, _, err := s.Resume(id)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	whole := j.file
	if j.file, err = os.Open(s.path(id)); err != nil { // which cannot be written
		t.Fatal(err)
	}
	j.Done("shop", report.Result{Outcome: report.EndingWritten})
	j.file = whole
	want := "writing the journal: write " + s.path(id) + ": bad file descriptor"
	for name, err := range map[string]error{"begin": j.Begin("shop"), "end": j.End()} {
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	run, err := s.Load(id)
	if err != nil || run.Tried("shop") || run.Ended() {
		t.Errorf("%+v, error %v", run, err)
	}
}

func BenchmarkBegin(b *testing.B) {
	for _, parallel := range []int{1, parallelWrites} {
		b.Run(fmt.Sprintf("%d at once", parallel), func(b *testing.B) {
			for b.Loop() {
				begin500(b, parallel)
			}
		})
	}
}

// begin500 begins 500 namespaces.
func begin500(b *testing.B, parallel int) {
	b.Helper()
	b.StopTimer()
	plan := &report.LabelPlan{}
	for i := range 500 {
		plan.Items = append(plan.Items, change(fmt.Sprintf("ns-%d", i), oldLabels(), newLabels()))
	}
	j, err := NewStore(b.TempDir()).Create(plan, RunInfo{Now: time.Now()})
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	b.StartTimer()
	var next atomic.Int64
	var all sync.WaitGroup
	for range parallel {
		all.Go(func() {
			for i := next.Add(1); i <= 500; i = next.Add(1) {
				if err := j.Begin(plan.Items[i-1].Namespace); err != nil {
					b.Error(err)
				}
			}
		})
	}
	all.Wait()
}

func TestLine(t *testing.T) {
	written, read := &chain{}, &chain{}
	for _, want := range []string{`{"begin":"x"}`, `{"begin":"x"}`, `{"end":null,"sum":"y"}`} {
		text, err := written.line(json.RawMessage(want))
		if err != nil || !bytes.HasSuffix(text, []byte("\"}\n")) {
			t.Fatalf("%q, error %v", text, err)
		}
		got, err := read.body(bytes.TrimSuffix(text, []byte("\n")))
		if string(got) != want || err != nil || *read != *written {
			t.Errorf("%s: %s, error %v", text, got, err)
		}
	}
}
