package compare

import (
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// foreseeChange is what a report says of a change of labels, as far as it reaches the client, with the annotations
// that the report does not show.
func (s *Server) foreseeChange(f *foresight, source *recorded, p change) Verdict {
	said := f.items[p.namespace].LabelChange
	if said == nil {
		said = &report.LabelChange{Message: "nothing is said of the change"}
	}
	return Verdict{
		Allowed: said.Allowed, Message: said.Message, Warnings: orNil(simulate.Delivered(said.Warnings)),
		Audit: s.simulateChange(f, source, p).Audit,
	}
}

func (s *Server) simulateChange(f *foresight, source *recorded, p change) simulate.Answer {
	var running []simulate.Skeleton
	for i := range source.pods {
		pod := &source.pods[i]
		if pod.Namespace != p.namespace {
			continue
		}
		skeleton := simulate.Skeleton{Name: pod.Name, UID: pod.UID, RuntimeClass: pod.Spec.RuntimeClassName, Found: f.recall(pod)}
		if owner := workload.OwnerOf(&pod.ObjectMeta); owner != nil {
			skeleton.Controller = owner.UID
		}
		running = append(running, skeleton)
	}
	labels := f.labels[p.namespace]
	return f.admission.ChangeLabels(p.namespace, labels, survey.WithLabels(labels, p.labels), running).Answer
}
