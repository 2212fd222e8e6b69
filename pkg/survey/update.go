package survey

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
)

// updates says which changes of pods that run the server refuses; nil where it refuses none. Nobody can change what
// stands for a static pod.
func (s *survey) updates(sp *space, w *work, e *evidence) *report.Updates {
	static := w.owner != nil && w.owner.Group == "" && w.owner.Kind == "Node"
	if s.files != nil || e.source != report.EvidencePod || e.over() || static {
		return nil
	}
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
