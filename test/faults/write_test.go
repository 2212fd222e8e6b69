package faults

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/adrg/xdg"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kubectl-pss/kubectl-pss/pkg/relabel"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
)

// judgeWrites holds a run to its journal: it is whole, nothing was patched that does not stand in it, no namespace has
// labels that nobody foresaw, and it can be taken back.
func (c *cell) judgeWrites(ctx context.Context, s *session, truth *truth) {
	s.server.Calm()
	begun := map[string]bool{}
	runs, err := s.runs()
	if err != nil {
		c.wrong(err.Error())
		return
	}
	for _, run := range runs {
		for i := range run.Plan.Items {
			name := run.Plan.Items[i].Namespace
			begun[name] = begun[name] || run.Tried(name)
		}
	}
	for _, r := range s.server.Requests(namespacePath) {
		if r.Method == http.MethodPatch && !strings.Contains(r.Query, "dryRun") && !begun[path.Base(r.Path)] {
			c.wrong("a patch of " + path.Base(r.Path) + " stands in no journal")
		}
	}
	before := s.before
	for name, labels := range s.labels() {
		if !maps.Equal(labels, before[name]) && !maps.Equal(labels, truth.labels[name]) && c.command.before == nil {
			c.wrong(fmt.Sprintf("namespace %s has labels that nobody foresaw: %s", name, cmp.Diff(truth.labels[name], labels)))
		}
	}
	c.judgeJournal(s, runs)
	c.takeBack(ctx, s, runs, before)
}

// judgeJournal holds what the latest run says of each namespace to what the namespace has: written, or refused for certain.
func (c *cell) judgeJournal(s *session, runs []*relabel.Run) {
	if len(runs) == 0 {
		return
	}
	last := slices.MaxFunc(runs, func(a, b *relabel.Run) int { return a.Started.Compare(b.Started) })
	labels := s.labels()
	for _, item := range last.Plan.Items {
		result, known := last.Result(item.Namespace)
		now := survey.PodSecurityLabels(labels[item.Namespace])
		if known && result.Outcome == report.EndingWritten && !maps.Equal(now, item.After) {
			c.wrong("the journal says that " + item.Namespace + " was written, and it was not")
		}
		if known && result.Reason != "" && maps.Equal(now, item.After) {
			c.wrong("the journal says that " + item.Namespace + " was refused, and it was written")
		}
	}
}

// takeBack rolls the first run back: a label run, whatever came after it.
func (c *cell) takeBack(ctx context.Context, s *session, runs []*relabel.Run, before map[string]map[string]string) {
	if len(runs) == 0 {
		return
	}
	first := slices.MinFunc(runs, func(a, b *relabel.Run) int { return a.Started.Compare(b.Started) })
	back := s.run(ctx, "rollback", first.ID, "--yes")
	if diff := cmp.Diff(before, s.labels(), cmpopts.EquateEmpty()); diff != "" {
		c.wrong(fmt.Sprintf("rollback (exit code %d) leaves other labels than there were: %s\n%s", back.code, diff, back.stderr))
	}
}

// runs are those of this session's server.
func (s *session) runs() ([]*relabel.Run, error) {
	files, err := s.journals()
	if err != nil {
		return nil, err
	}
	var runs []*relabel.Run
	for _, file := range files {
		run, err := relabel.NewStore(filepath.Dir(file)).Load(strings.TrimSuffix(filepath.Base(file), ".jsonl"))
		if err != nil {
			return nil, fmt.Errorf("a journal cannot be read: %w", err)
		}
		runs = append(runs, run)
	}
	return runs, nil
}

// journals are the files that name this session's server.
func (s *session) journals() ([]string, error) {
	all, err := filepath.Glob(filepath.Join(xdg.StateHome, "kubectl-pss", "runs", "*"))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(file string) bool {
		content, err := os.ReadFile(file)
		return err != nil || !strings.Contains(string(content), s.server.URL())
	}), nil
}

// close ends the server and removes what it left: others prune journals as well.
func (s *session) close() {
	files, _ := s.journals()
	for _, file := range files {
		_ = os.Remove(file)
	}
	s.server.Close()
}
