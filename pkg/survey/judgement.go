package survey

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/kubectl-pss/kubectl-pss/pkg/beyond"
	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
)

// judgement is what one pod or template comes to under every policy judged in its namespace. Judgements are
// interned: pods that differ only by name share one, and comparing pointers compares outcomes.
type judgement struct {
	panel  *panel
	found  []finding
	recall simulate.Recall
	// then is what a server of another release makes of the same; nil where nobody asked.
	then *judgement
	// beyond is what breaks the controls that the Standards lack; nothing where nobody asked.
	beyond []beyond.Finding
}

// finding is what one policy denies.
type finding struct {
	denials []standard.Denial
	fields  [][]standard.Field // parallel to denials
	results []policy.CheckResult
}

// panel is the set of policies under which a namespace is judged.
type panel struct {
	policies []api.LevelVersion
	key      string // tells panels apart
}

// newPanel returns baseline and restricted at latest followed by the other policies, each once.
func newPanel(others ...api.LevelVersion) *panel {
	p := &panel{}
	latest := api.LatestVersion()
	p.add(api.LevelVersion{Level: api.LevelBaseline, Version: latest})
	p.add(api.LevelVersion{Level: api.LevelRestricted, Version: latest})
	for _, lv := range others {
		p.add(lv)
	}
	for _, lv := range p.policies {
		p.key += lv.String() + " "
	}
	return p
}

func (p *panel) add(lv api.LevelVersion) {
	if lv.Level != api.LevelPrivileged && p.index(lv) < 0 {
		p.policies = append(p.policies, lv)
	}
}

func (p *panel) index(lv api.LevelVersion) int {
	for i := range p.policies {
		if p.policies[i] == lv {
			return i
		}
	}
	return -1
}

// under is what a policy denies; privileged denies nothing.
func (j *judgement) under(lv api.LevelVersion) *finding {
	if lv.Level == api.LevelPrivileged {
		return &finding{}
	}
	i := j.panel.index(lv)
	if i < 0 {
		// Never an empty answer here: it would read as a pass.
		panic(fmt.Sprintf("pod was not judged under %s", lv))
	}
	return &j.found[i]
}

func (j *judgement) denies(lv api.LevelVersion) bool { return len(j.under(lv).denials) > 0 }

// strictest is the strictest level at a version that denies nothing.
func (j *judgement) strictest(v api.Version) api.Level {
	for _, level := range []api.Level{api.LevelRestricted, api.LevelBaseline} {
		if !j.denies(api.LevelVersion{Level: level, Version: v}) {
			return level
		}
	}
	return api.LevelPrivileged
}

// clean says that no policy of the panel denies anything, on no server.
func (j *judgement) clean() bool {
	if j.then != nil && !j.then.clean() {
		return false
	}
	for i := range j.found {
		if len(j.found[i].denials) > 0 {
			return false
		}
	}
	return true
}

// judge evaluates and interns. It is safe for concurrent use.
type judge struct {
	evaluator *standard.Evaluator
	beyond    *beyond.Options // nil where nobody asked
	declared  bool            // pods are as somebody wrote them: the server has yet to add mounts
	mu        sync.Mutex
	known     map[string]*judgement
}

func newJudge(e *standard.Evaluator) *judge {
	return &judge{evaluator: e, known: map[string]*judgement{}}
}

// of judges a pod, or a template's metadata and spec, under a panel.
func (g *judge) of(p *panel, m *metav1.ObjectMeta, s *corev1.PodSpec, template bool) *judgement {
	j := &judgement{panel: p, found: make([]finding, len(p.policies))}
	var key strings.Builder
	key.WriteString(p.key)
	for i, lv := range p.policies {
		as := api.LevelVersion{Level: lv.Level, Version: g.evaluator.EvaluatedAs(lv.Version)}
		if same := g.sameAsBefore(p, i, as); same >= 0 {
			j.found[i] = j.found[same]
		} else {
			j.found[i] = g.find(as, m, s)
		}
		writeKey(&key, &j.found[i])
	}
	var room [beyondRoom]beyond.Finding
	more := room[:0]
	if g.beyond != nil {
		more = beyond.Append(more, s, template || g.declared, *g.beyond)
		writeBeyond(&key, more)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if known, ok := g.known[key.String()]; ok {
		return known
	}
	for i := range j.found {
		j.found[i].results = standard.Results(j.found[i].denials)
	}
	j.beyond = slices.Clone(more)
	j.recall = func(lv api.LevelVersion) []policy.CheckResult { return j.under(lv).results }
	g.known[key.String()] = j
	return j
}

// sameAsBefore is the index of an earlier policy of the panel that the server evaluates alike, -1 for none.
func (g *judge) sameAsBefore(p *panel, i int, as api.LevelVersion) int {
	for k := range i {
		if p.policies[k].Level == as.Level && g.evaluator.EvaluatedAs(p.policies[k].Version) == as.Version {
			return k
		}
	}
	return -1
}

func (g *judge) find(lv api.LevelVersion, m *metav1.ObjectMeta, s *corev1.PodSpec) finding {
	denials := g.evaluator.Denials(lv, m, s)
	f := finding{denials: denials}
	if len(denials) > 0 {
		f.fields = make([][]standard.Field, len(denials))
	}
	for i := range denials {
		f.fields[i] = g.evaluator.Locate(denials[i].Check, lv.Version, m, s)
	}
	return f
}

func writeKey(b *strings.Builder, f *finding) {
	b.WriteByte('\n')
	for i, d := range f.denials {
		b.WriteString(string(d.Check))
		b.WriteByte('\x00')
		b.WriteString(d.Detail)
		for _, field := range f.fields[i] {
			b.WriteByte('\x00')
			b.WriteString(field.Path)
			b.WriteByte('=')
			fmt.Fprintf(b, "%q %v", field.Container, field.Value)
		}
		b.WriteByte('\x01')
	}
}
