package survey

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
)

// updates says which changes of pods that run the server refuses; nil where it refuses none. Nobody can change what
// stands for a static pod. Pods of one outcome get one answer, which is asked for once.
func (s *survey) updates(sp *space, w *work, e *evidence) *report.Updates {
	static := w.owner != nil && w.owner.Group == "" && w.owner.Kind == "Node"
	if s.files != nil || e.source != report.EvidencePod || e.over() || static {
		return nil
	}
	asked := question{finding: e.finding, enforce: sp.candidate.Enforce, exempt: s.Admission.ExemptNamespace(sp.Name)}
	if e.runtimeClass != nil {
		asked.runtimeClass = *e.runtimeClass
	}
	answer, known := s.asked[asked]
	if !known {
		answer = s.ask(sp, w, e)
		if s.asked == nil {
			s.asked = map[question]*report.Updates{}
		}
		s.asked[asked] = answer
	}
	if answer == nil {
		return nil
	}
	own := *answer
	return &own
}

// question is everything on which it depends what a server refuses of changes to a pod.
type question struct {
	finding      *judgement
	enforce      api.LevelVersion
	exempt       bool
	runtimeClass string
}

// ask asks about every kind of change.
func (s *survey) ask(sp *space, w *work, e *evidence) *report.Updates {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: w.Name, Namespace: sp.Name},
		Spec:       corev1.PodSpec{RuntimeClassName: e.runtimeClass},
	}
	out := &report.Updates{Refused: []string{}, Possible: []string{}}
	kinds := simulate.Updates()
	for i := range kinds {
		if !kinds[i].On(s.Admission) {
			continue
		}
		answer := s.Admission.UpdatePod(sp.newLabels, pod, &kinds[i], e.finding.recall)
		switch {
		case answer.Allowed && i == 0:
			return nil // a pod that may have another image may have everything
		case answer.Allowed:
			out.Possible = append(out.Possible, kinds[i].Name)
		default:
			out.Refused, out.Message = append(out.Refused, kinds[i].Name), answer.Message
		}
	}
	return out
}
