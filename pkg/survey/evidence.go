package survey

import (
	"slices"
	"strings"

	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// evidence is one distinct outcome of a workload.
type evidence struct {
	source, revision string
	finding          *judgement // of the pod, or of the pod that the template becomes
	stored           *judgement // of the template as it stands; templates only
	finished         bool
	terminating      bool
	runtimeClass     *string
	user             string
	count            int
	names            []string
	// admitted is more of what a dry run showed; answered says that one has told what becomes of the next pods.
	admitted *admitted
	answered bool
}

// add joins evidence that has the same outcome.
func (w *work) add(e *evidence) {
	for _, have := range w.evidence {
		if have.same(e) {
			have.count += e.count
			have.names = append(have.names, e.names...)
			return
		}
	}
	w.evidence = append(w.evidence, e)
}

func (e *evidence) same(o *evidence) bool {
	return e.source == o.source && e.revision == o.revision && e.finding == o.finding && e.stored == o.stored &&
		e.admitted == o.admitted && e.answered == o.answered && e.finished == o.finished && e.terminating == o.terminating && e.user == o.user &&
		equalPointers(e.runtimeClass, o.runtimeClass)
}

func equalPointers(a, b *string) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// strictest is the strictest level at a version that no evidence violates, except what is over or going, and templates
// of which a dry run has told what is made of them.
func (w *work) strictest(v api.Version) api.Level {
	level := api.LevelRestricted
	for _, e := range w.evidence {
		if !w.foretells(e) && w.state != workload.Finished && w.state != workload.Terminating {
			continue
		}
		if e.answered && e.source == report.EvidenceTemplate {
			continue
		}
		own := e.finding.strictest(v)
		if e.admitted != nil && e.admitted.refused != "" && api.CompareLevels(e.admitted.atMost, own) < 0 {
			own = e.admitted.atMost
		}
		if api.CompareLevels(own, level) < 0 {
			level = own
		}
	}
	return level
}

// over says that these pods are not made again and will not stay.
func (e *evidence) over() bool { return e.finished || e.terminating }

// foretells says whether evidence shows what the workload's next pods will meet, as report.Workload.Foretells does: the
// last run of a CronJob tells what is put into the pods of the next one.
func (w *work) foretells(e *evidence) bool {
	return !e.over() || w.Kind == "CronJob" && !e.terminating && e.source == report.EvidencePod && e.revision == workload.Current
}

// sortEvidence puts templates first, then today's revision, then what still runs.
func sortEvidence(list []*evidence) {
	rank := func(e *evidence) string {
		first := ""
		if len(e.names) > 0 {
			first = slices.Min(e.names)
		}
		return strings.Join([]string{
			map[string]string{report.EvidenceTemplate: "0", report.EvidenceAdmission: "1", report.EvidencePod: "2"}[e.source],
			map[string]string{workload.Current: "0", workload.Old: "1", workload.Unknown: "2"}[e.revision],
			map[bool]string{false: "0", true: "1"}[e.over()],
			first, e.finding.text(),
			map[bool]string{false: "0", true: "1"}[e.finished],
		}, "\x00")
	}
	slices.SortFunc(list, func(a, b *evidence) int { return strings.Compare(rank(a), rank(b)) })
}
