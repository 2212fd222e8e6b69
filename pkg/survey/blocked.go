package survey

import (
	"cmp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// Refusals turns what Pod Security was seen to refuse into what it is refusing right now. It is safe for concurrent
// use.
type Refusals struct {
	server    int
	evaluator *standard.Evaluator
	admission *simulate.Admission
}

// NewRefusals returns the one for a server of one minor whose policy version "latest" means v1.<minor>. The two differ
// where it emulates another version: its words and its controllers are those of its own release all the same.
func NewRefusals(server, minor int) (*Refusals, error) {
	evaluator, err := standard.NewEmulatingEvaluator(server, minor)
	if err != nil {
		return nil, err
	}
	// A message names the policy that refused, whatever defaults and exemptions led to it.
	config, err := simulate.DefaultConfig()
	if err != nil {
		return nil, err
	}
	admission, err := simulate.New(config)
	if err != nil {
		return nil, err
	}
	return &Refusals{server: server, evaluator: evaluator, admission: admission.ForServer(server)}, nil
}

// Blocked returns the workloads that lack pods because Pod Security refuses them, sorted. Each object whose pods are
// refused is an item of its own: two ReplicaSets of one Deployment are two.
func (r *Refusals) Blocked(refusals []workload.Refusal) []report.Blocked {
	tree := workload.NewTree()
	for i := range refusals {
		tree.Add(refusals[i].Object)
	}
	items := []report.Blocked{}
	for i := range refusals {
		refusal := &refusals[i]
		spell, now := refusal.Current()
		if !now {
			continue
		}
		top := tree.PlaceOf(refusal.Object).Ref
		item := report.Blocked{
			Namespace: refusal.Namespace, Group: top.Group, Kind: top.Kind, Name: top.Name,
			Wanted: refusal.Wanted, Missing: refusal.Missing,
			Since: spell.Since, SinceExact: spell.Exact, Last: spell.Last,
			Policy: workload.PolicyOf(spell.Message), Checks: r.checks(refusal.Object, spell.Message),
			Message: spell.Message, Sources: spell.Sources,
		}
		if via := refusal.Ref; via != top {
			item.Via = &report.Owner{Group: via.Group, Kind: via.Kind, Name: via.Name}
		}
		items = append(items, item)
	}
	slices.SortStableFunc(items, func(a, b report.Blocked) int {
		return cmp.Or(
			cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Group, b.Group),
			cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(viaName(&a), viaName(&b)),
		)
	})
	return items
}

func viaName(b *report.Blocked) string {
	if b.Via == nil {
		return ""
	}
	return b.Via.Name
}

// checks are the IDs behind a refusal, none where the object's own template does not explain it to the letter: somebody
// changed the pod on its way, or the template since. Nothing is read out of the text itself.
func (r *Refusals) checks(o *workload.Object, message string) []string {
	ids := []string{}
	level, version, _ := strings.Cut(workload.PolicyOf(message), ":")
	pod := workload.PodOf(o, r.server)
	if pod == nil {
		return ids
	}
	var denials []standard.Denial
	answer := r.admission.CreatePod(map[string]string{
		api.EnforceLevelLabel: level, api.EnforceVersionLabel: version,
	}, &corev1.Pod{ObjectMeta: pod.ObjectMeta}, "", func(lv api.LevelVersion) []policy.CheckResult {
		found := r.evaluator.Denials(lv, &pod.ObjectMeta, &pod.Spec)
		if string(lv.Level) == level {
			denials = found
		}
		return standard.Results(found)
	})
	if answer.Allowed || answer.Message != message {
		return ids
	}
	for _, d := range denials {
		ids = append(ids, string(d.Check))
	}
	return ids
}
