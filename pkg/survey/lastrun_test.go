package survey

import (
	"context"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// scheduled is a CronJob, a Job that it made, and that Job's pods.
type scheduled struct {
	fakeSource
	cronJob batchv1.CronJob
	job     batchv1.Job
}

func (s *scheduled) Read(ctx context.Context, namespaces []corev1.Namespace, sink workload.Sink) ([]workload.Gap, error) {
	objects := []*workload.Object{workload.From(&s.cronJob, time.Time{}), workload.From(&s.job, time.Time{})}
	if err := sink.Objects(ctx, objects); err != nil {
		return nil, err
	}
	return s.fakeSource.Read(ctx, namespaces, sink)
}

// TestLastRun: what a mesh puts into the pods of a CronJob's last run, it will put into those of the next.
func TestLastRun(t *testing.T) {
	restricted := Candidate{Enforce: Edit{Level: api.LevelRestricted}}
	for name, tc := range map[string]struct {
		made, ran corev1.PodSpec // from which template the Job was made, and what its pod became
		blocks    bool
		strictest string
	}{
		"clean":               {hardened(), hardened(), false, "restricted"},
		"injected":            {hardened(), sidecar(hardened()), true, "privileged"},
		"before the repair":   {hostPath(), hostPath(), false, "restricted"},
		"injected long since": {plain(), sidecar(hardened()), false, "restricted"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &scheduled{fakeSource: fakeSource{namespaces: []corev1.Namespace{namespace("shop")}}}
			s.cronJob.ObjectMeta = meta("shop", "carts", nil)
			s.cronJob.Spec.JobTemplate.Spec.Template.Spec = hardened()
			cronJob := workload.Object{Ref: workload.Ref{Group: "batch", Kind: "CronJob", Name: "carts"}, UID: s.cronJob.UID}
			s.job.ObjectMeta = meta("shop", "carts-1", &cronJob)
			s.job.Spec.Template.Spec = tc.made
			s.job.Status.Conditions = []batchv1.JobCondition{{Type: batchv1.JobComplete, Status: corev1.ConditionTrue}}
			job := workload.Object{Ref: workload.Ref{Group: "batch", Kind: "Job", Name: "carts-1"}, UID: s.job.UID}
			s.pod("shop", "carts-1-x", &job, tc.ran).Status.Phase = corev1.PodSucceeded

			w := run(t, s, Options{Candidate: restricted}).Items[0].Workloads[0]
			if w.Kind != "CronJob" || w.Blocks != tc.blocks || w.Strictest != tc.strictest {
				t.Errorf("%s blocks %t, strictest %s", w.Kind, w.Blocks, w.Strictest)
			}
			for i := range w.Evidence {
				if e := &w.Evidence[i]; e.Blocks != (tc.blocks && e.Source == report.EvidencePod) {
					t.Errorf("evidence from the %s, finished %t, blocks %t", e.Source, e.Finished, e.Blocks)
				}
			}
			recommended := run(t, s, Options{Recommend: &Recommend{Pin: api.MajorMinorVersion(1, 37)}}).Items[0].Candidate.Enforce.Level
			if recommended != tc.strictest {
				t.Errorf("recommended is %s, and the strictest that it bears %s", recommended, tc.strictest)
			}
		})
	}
}
