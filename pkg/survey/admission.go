package survey

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// pspAnnotation is what PodSecurityPolicy puts on a pod that it admits.
const pspAnnotation = "kubernetes.io/psp"

// admitted is what became of the dry run of a template's pod.
type admitted struct {
	// finding is of the pod as the server would store it. Where Pod Security refuses it now, refused is what it says,
	// under is the policy that it says it under, and finding is that of the template.
	finding      *judgement
	refused      string
	under        api.LevelVersion
	atMost       api.Level // at latest, where refused
	unenforced   bool
	user, psp    string
	runtimeClass *string
}

// admit asks the server what it would make of every template that is evidence. What it shows is judged like a pod.
func (s *survey) admit(ctx context.Context) error {
	if s.Admit == nil {
		return nil
	}
	var objects []*workload.Object
	var requests []workload.Request
	for i := range s.spaces {
		found, asked := s.requests(s.fold.rooms[s.spaces[i].Name])
		objects, requests = append(objects, found...), append(requests, asked...)
	}
	all, err := s.Admit(ctx, requests)
	switch {
	case err != nil:
		return err
	case len(all.Answers) != len(requests):
		return errors.New("not every dry run was answered")
	}
	s.dryRuns = &report.DryRuns{Asked: all.Asked, AsOneself: all.AsOneself, Why: all.Why}
	for i := range all.Answers {
		s.hear(objects[i], &all.Answers[i])
	}
	s.fold.kept = nil
	return nil
}

// requests are those for the templates of a namespace, with the objects that hold these.
func (s *survey) requests(r *room) ([]*workload.Object, []workload.Request) {
	tree := workload.NewTree()
	makers := map[types.UID]*workload.Object{}
	for _, o := range r.objects {
		tree.Add(o)
	}
	var asked []*workload.Object
	for _, o := range r.objects {
		place := tree.PlaceOf(o)
		place.Immediate = o
		current := place.Revision("") == workload.Current
		if o.Kind == "ReplicaSet" && place.Top != o && current {
			makers[o.Owner.UID] = o
		}
		over := o.State == workload.Finished || o.State == workload.Terminating
		if s.fold.kept[o.UID] != nil && !over && (place.Top == o || !current) {
			asked = append(asked, o)
		}
	}
	slices.SortFunc(asked, func(a, b *workload.Object) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	requests := make([]workload.Request, len(asked))
	for i, o := range asked {
		whole := *o
		whole.Template = s.fold.kept[o.UID]
		requests[i] = *workload.RequestOf(&whole, makers[o.UID])
	}
	return asked, requests
}

// hear judges an answer. None at all is a gap.
func (s *survey) hear(o *workload.Object, answer *workload.Admission) {
	a := admitted{user: answer.User}
	room, template := s.fold.rooms[o.Namespace], s.fold.templates[o.UID]
	switch {
	case answer.Pod != nil:
		s.dryRuns.Shown++
		a.finding = s.fold.judge.of(room.panel, &answer.Pod.ObjectMeta, &answer.Pod.Spec, false)
		a.psp, a.runtimeClass = answer.Pod.Annotations[pspAnnotation], answer.Pod.Spec.RuntimeClassName
		a.unenforced = s.unenforced(o.Namespace, answer.Pod, &a)
	case answer.Refused != "":
		a.finding, a.refused, a.runtimeClass = template.pod, answer.Refused, template.runtimeClass
		a.under = parsePolicy(workload.PolicyOf(answer.Refused))
		a.atMost = s.below(a.under)
		if !s.settles(a.under) && !s.unchanged(o.Namespace, &a) {
			s.gaps = append(s.gaps, dryRunGap(o, reasonHidden, hiddenText))
		}
	default:
		s.gaps = append(s.gaps, dryRunGap(o, answer.Reason, answer.Message))
		return
	}
	s.admissions[o.UID] = a
}

// reasonHidden is the reason of the gap that a refusal leaves, and hiddenText its text: evidence has the server's.
const (
	reasonHidden = "refusedNow"
	hiddenText   = "the policy enforced now refuses the pod, and so it is not shown"
)

func dryRunGap(o *workload.Object, reason, message string) workload.Gap {
	return workload.Gap{Resource: workload.ResourceOf(o.Ref), Namespace: o.Namespace, Name: o.Name, Reason: reason, Message: message}
}
