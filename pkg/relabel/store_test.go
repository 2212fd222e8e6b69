package relabel

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// twoChanges is a plan that changes shop and web, and keeps lab.
func twoChanges() *report.LabelPlan {
	keep := change("lab", newLabels(), newLabels())
	keep.Action, keep.Reason = report.ActionKeep, "already so"
	return &report.LabelPlan{
		TypeMeta: metav1.TypeMeta{APIVersion: report.APIVersion, Kind: report.KindLabelPlan},
		Time:     noon(), Server: report.Server{Version: "v1.37.0", Context: "prod", ClusterUID: "c-1"},
		Asked: report.Asked{Enforce: "restricted"},
		Items: []report.Planned{change("shop", oldLabels(), newLabels()), keep, change("web", labelSet{enforce: "not-a-level"}, newLabels())},
		Gaps:  []report.Gap{},
	}
}

func aRun() RunInfo {
	return RunInfo{Command: "kubectl pss label ns --all", Host: "https://host:6443", Now: noon(), Allowed: []string{"--allow-gaps"}}
}

// keep makes a store with one journal, of which events are already told.
func keep(tb testing.TB, events func(*Journal)) (*Store, string) {
	tb.Helper()
	s := NewStore(filepath.Join(tb.TempDir(), "state", "runs"))
	j, err := s.Create(twoChanges(), aRun())
	if err != nil {
		tb.Fatal(err)
	}
	if events != nil {
		events(j)
	}
	if err := j.Close(); err != nil {
		tb.Fatal(err)
	}
	return s, j.ID()
}

func TestCreate(t *testing.T) {
	s := NewStore(filepath.Join(t.TempDir(), "state", "runs"))
	plan := twoChanges()
	j, err := s.Create(plan, aRun())
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if !regexp.MustCompile(`^20261122-120000-[a-z0-9]{4}$`).MatchString(j.ID()) || plan.Run != j.ID() {
		t.Errorf("ID %q, plan's run %q", j.ID(), plan.Run)
	}
	for path, want := range map[string]fs.FileMode{s.dir: fs.ModeDir | 0o700, filepath.Dir(s.dir): fs.ModeDir | 0o700, s.path(j.ID()): 0o600} {
		info, err := os.Stat(path)
		if err != nil || info.Mode() != want {
			t.Errorf("%s: %v, error %v", path, info.Mode(), err)
		}
	}
	entries, err := os.ReadDir(s.dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("%v, error %v", entries, err)
	}
	run, err := s.Load(j.ID())
	if err != nil {
		t.Fatal(err)
	}
	got := []any{run.ID, run.Started, run.Command, run.Host, run.ClusterUID, run.Allowed, run.Plan, run.Writing, run.Ended(), run.Interrupted()}
	want := []any{j.ID(), noon(), "kubectl pss label ns --all", "https://host:6443", "c-1", []string{"--allow-gaps"}, plan, true, false, false}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// What is written, byte by byte but for ID and checksums.
func TestFormat(t *testing.T) {
	s, id := keep(t, nil)
	content, err := os.ReadFile(s.path(id))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(content), id, "ID")
	text = regexp.MustCompile(`"sum":"[0-9a-f]{16}"}\n`).ReplaceAllString(text, "SUM}\n")
	want := `{"kind":"LabelRun","apiVersion":"pss.dev/v1alpha1","version":2,"run":"ID","started":"2026-11-22T12:00:00Z","command":"kubectl pss label ns --all","host":"https://host:6443","allowed":["--allow-gaps"],"plan":{"kind":"LabelPlan","apiVersion":"pss.dev/v1alpha1","run":"ID","time":"2026-11-22T12:00:00Z","server":{"version":"v1.37.0","policyVersion":"","exact":false,"context":"prod","clusterUID":"c-1","podSecurity":{"value":"","source":""}},"defaults":{"enforce":"","audit":"","warn":"","source":""},"asked":{"enforce":"restricted"},"items":null,"gaps":[],"summary":{"namespaces":0,"change":0,"keep":0,"skip":0,"tighten":0,"loosen":0,"refused":0,"refusedNamespaces":0,"warned":0,"owned":0,"incomplete":0}},"items":3,SUM}
{"namespace":"shop","uid":"uid-shop","action":"change","before":{"pod-security.kubernetes.io/enforce":"baseline","pod-security.kubernetes.io/enforce-version":"v1.30"},"after":{"pod-security.kubernetes.io/enforce":"restricted","pod-security.kubernetes.io/warn":"restricted"},"refused":[],SUM}
{"namespace":"lab","uid":"uid-lab","action":"keep","reason":"already so","before":{"pod-security.kubernetes.io/enforce":"restricted","pod-security.kubernetes.io/warn":"restricted"},"after":{"pod-security.kubernetes.io/enforce":"restricted","pod-security.kubernetes.io/warn":"restricted"},"refused":[],SUM}
{"namespace":"web","uid":"uid-web","action":"change","before":{"pod-security.kubernetes.io/enforce":"not-a-level"},"after":{"pod-security.kubernetes.io/enforce":"restricted","pod-security.kubernetes.io/warn":"restricted"},"refused":[],SUM}
`
	if diff := cmp.Diff(want, text); diff != "" {
		t.Error(diff)
	}
}

// A plan that could not be read back is refused before anything is kept of it.
func TestCreateRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		spoil func(*report.LabelPlan)
		want  string
	}{
		"another label": {func(p *report.LabelPlan) { p.Items[0].After["team"] = "b" }, `the plan:2: namespace "shop": "team" is no label of Pod Security`},
		"no uid":        {func(p *report.LabelPlan) { p.Items[2].UID = "" }, `the plan:4: namespace "web" has no uid`},
		"twice":         {func(p *report.LabelPlan) { p.Items[2].Namespace = "shop" }, `the plan:4: namespace "shop" stands there twice`},
		"no namespace":  {func(p *report.LabelPlan) { p.Items[1].Namespace = "../lab" }, `the plan:3: namespace "../lab": a lowercase RFC 1123 label must consist of`},
		"action":        {func(p *report.LabelPlan) { p.Items[1].Action = "delete" }, `the plan:3: namespace "lab": unknown action "delete"`},
		"value":         {func(p *report.LabelPlan) { p.Items[0].Before[enforce] = "a b" }, `the plan:2: namespace "shop": pod-security.kubernetes.io/enforce="a b": a valid label must be`},
	} {
		t.Run(name, func(t *testing.T) {
			s := NewStore(t.TempDir())
			plan := twoChanges()
			tc.spoil(plan)
			if _, err := s.Create(plan, aRun()); err == nil || !strings.HasPrefix(err.Error(), tc.want) {
				t.Errorf("error %v", err)
			}
			if entries, err := os.ReadDir(s.dir); len(entries) > 0 || err != nil || plan.Run != "" {
				t.Errorf("%v, error %v, run %q", entries, err, plan.Run)
			}
		})
	}
}

func TestUnwritable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(file, "runs")
	_, err := NewStore(dir).Create(twoChanges(), aRun())
	want := "cannot keep a journal in " + dir + ": not a directory; set XDG_STATE_HOME to a directory that can be written"
	if err == nil || err.Error() != want {
		t.Errorf("error %v", err)
	}
}

func TestFind(t *testing.T) {
	s, first := keep(t, nil)
	info := aRun()
	info.Now = noon().Add(time.Hour)
	second, err := s.Create(twoChanges(), info)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	for id, want := range map[string]string{
		first: first, first[:15]: first, "20261122-13": second.ID(),
		"2026":               `"2026" is the beginning of 2 runs, such as ` + first + ` and ` + second.ID() + `; give more of it`,
		"2027":               `no journal of run "2027" in ` + s.dir + `; see 'kubectl pss rollback --list'`,
		"":                   `"" is no run: one is named like 20261122-033012-x7k2`,
		"../" + first:        `"../` + first + `" is no run: one is named like 20261122-033012-x7k2`,
		first + ".jsonl":     `"` + first + `.jsonl" is no run: one is named like 20261122-033012-x7k2`,
		"2026*":              `"2026*" is no run: one is named like 20261122-033012-x7k2`,
		strings.ToUpper("x"): `"X" is no run: one is named like 20261122-033012-x7k2`,
	} {
		run, err := s.Load(id)
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = run.ID
		}
		if got != want {
			t.Errorf("%q: %s, want %s", id, got, want)
		}
	}
}

// A journal is a file: no link leads elsewhere, and no pipe keeps us waiting.
func TestNoRegularFile(t *testing.T) {
	s, id := keep(t, nil)
	other := "20261122-120001-aaaa"
	if err := os.Symlink(s.path(id), s.path(other)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load(other); err == nil || err.Error() != s.path(other)+" is no regular file" {
		t.Errorf("error %v", err)
	}
}

func TestList(t *testing.T) {
	s := NewStore(filepath.Join(t.TempDir(), "runs"))
	if runs, err := s.List(); len(runs) > 0 || err != nil {
		t.Errorf("%v, error %v", runs, err)
	}
	var want []string
	for hour := range 3 {
		info := aRun()
		info.Now = noon().Add(time.Duration(hour) * time.Hour)
		j, err := s.Create(twoChanges(), info)
		if err != nil {
			t.Fatal(err)
		}
		if hour == 0 {
			err = j.End()
		}
		if err = errors.Join(err, j.Close()); err != nil {
			t.Fatal(err)
		}
		want = append([]string{j.ID()}, want...)
	}
	for name, content := range map[string]string{want[1] + ".jsonl": "{}\n", "notes.txt": "", "20261122-1.jsonl": "", ".20261122-120000-aaaa.tmp": ""} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	runs, err := s.List()
	if err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, r := range runs {
		got = append(got, r.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	if r := runs[0]; !r.Interrupted() || r.Ended() || r.Damaged != "" {
		t.Errorf("%+v", r)
	}
	if r := runs[1]; r.Damaged != s.path(r.ID)+":1: this is no pss.dev/v1alpha1 LabelRun: its first line does not name apiVersion and kind" || r.Interrupted() || r.Started != noon().Add(time.Hour) || r.Plan == nil {
		t.Errorf("%+v", r)
	}
	if r := runs[2]; r.Interrupted() || !r.Ended() {
		t.Errorf("%+v", r)
	}
}

var _ = child("default dir", childDefaultDir)

// childDefaultDir is the program of TestDefaultDir that starts in another environment.
func childDefaultDir(context.Context) error {
	got, err := DefaultDir()
	if want := os.Getenv("PSS_TEST_DEFAULT_DIR"); err != nil || got != want {
		return fmt.Errorf("%q, error %w, want %q", got, err, want)
	}
	return nil
}

// The state directory is that of the environment in which the program starts.
func TestDefaultDir(t *testing.T) {
	home, state := t.TempDir(), t.TempDir()
	for name, tc := range map[string]struct {
		state, want string
	}{
		"named":      {state, filepath.Join(state, "kubectl-pss", "runs")},
		"not a path": {"some/where", filepath.Join(home, ".local", "state", "kubectl-pss", "runs")},
	} {
		c := exec.CommandContext(t.Context(), os.Args[0])
		c.Env = append(os.Environ(), childEnv+"=default dir", "HOME="+home, "XDG_STATE_HOME="+tc.state, "PSS_TEST_DEFAULT_DIR="+tc.want)
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", name, err, out)
		}
	}
}

func TestPrune(t *testing.T) {
	s := NewStore(t.TempDir())
	at := noon()
	// create does without the hundreds of syncs that Create takes, and without its prune.
	create := func(end bool) string {
		t.Helper()
		at = at.Add(time.Minute)
		id := at.Format(idTime) + "-aaaa"
		content, err := (&chain{}).head(id, &report.LabelPlan{}, aRun())
		if err != nil {
			t.Fatal(err)
		}
		if end {
			content = append(content, `{"end":"2026-11-22T12:00:00Z"}`+"\n"...)
		}
		if err := os.WriteFile(s.path(id), content, 0o600); err != nil {
			t.Fatal(err)
		}
		return id
	}
	for _, left := range []string{"20261122-100000-aaaa", "20261122-115900-bbbb"} {
		if err := os.WriteFile(filepath.Join(s.dir, "."+left+".tmp"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	interrupted := create(false)
	var ended []string
	for range Kept + 3 {
		ended = append(ended, create(true))
	}
	last := create(false)
	s.prune(at)
	want := append(append([]string{interrupted}, ended[3:]...), last)
	ids, err := s.ids()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Errorf("ended ones: %s", diff)
	}
	if left, err := filepath.Glob(filepath.Join(s.dir, ".*")); err != nil || len(left) > 0 {
		t.Errorf("temporary files %q, error %v", left, err)
	}

	// The oldest interrupted one is being taken up again while it would be removed, so the next goes alone.
	held, _, err := s.Resume(interrupted)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	for range Kept - 1 {
		create(false)
	}
	s.prune(at)
	if ids, err = s.ids(); err != nil || len(ids) != 2*Kept+1 || ids[0] != interrupted {
		t.Errorf("%d journals, error %v", len(ids), err)
	}
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	s.prune(at)
	if ids, err = s.ids(); err != nil || len(ids) != 2*Kept || ids[0] != ended[3] {
		t.Errorf("%d journals, the oldest %s, error %v", len(ids), ids[0], err)
	}
}
