package survey

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	admissionapi "k8s.io/pod-security-admission/admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// TestUpdates: which pods do not take another image, by name.
func TestUpdates(t *testing.T) {
	source := &fakeSource{namespaces: []corev1.Namespace{namespace("shop", "enforce", "baseline"), namespace("free")}}
	source.pod("shop", "fine", nil, plain())
	source.pod("shop", "bad", nil, hostPath())
	source.pod("shop", "done", nil, hostPath()).Status.Phase = corev1.PodSucceeded
	now := metav1.NewTime(time.Unix(0, 0))
	source.pod("shop", "going", nil, hostPath()).DeletionTimestamp = &now
	node := workload.Object{Ref: workload.Ref{Kind: "Node", Name: "n1"}, UID: "n1"}
	source.pod("shop", "static-n1", &node, hostPath())
	exempt := source.deployment("shop", "web", hostPath(), "1")
	rs := source.replicaSet(exempt, "web-1", "1", hostPath())
	source.pod("shop", "web-1-a", &rs, hostPath())
	source.pod("free", "free", nil, hostPath())

	refused := &report.Updates{
		Refused:  []string{"image", "ephemeralContainers"},
		Possible: []string{"labels", "annotations", "finalizers", "ownerReferences", "tolerations", "activeDeadlineSeconds", "resize"},
		Message:  `violates PodSecurity "baseline:latest": hostPath volumes (volume "v")`,
	}
	config, err := simulate.DefaultConfig()
	if err != nil {
		t.Fatal(err)
	}
	config.Exemptions = admissionapi.PodSecurityExemptions{Usernames: []string{workload.ControllerUser("ReplicaSet")}}
	admission, err := simulate.New(config)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		candidate Candidate
		want      map[string]*report.Updates
	}{
		// Whoever changes a pod is not the controller that made it.
		"now":              {nil, map[string]*report.Updates{"bad": refused, "web-1-a": refused}},
		"with a proposal":  {Candidate{Enforce: {Level: "baseline"}}, map[string]*report.Updates{"bad": refused, "web-1-a": refused, "free": refused}},
		"without a policy": {Candidate{Enforce: {}}, map[string]*report.Updates{}},
	} {
		t.Run(name, func(t *testing.T) {
			got := map[string]*report.Updates{}
			for _, item := range run(t, source, Options{Admission: admission, Candidate: tt.candidate}).Items {
				for _, w := range item.Workloads {
					for _, e := range w.Evidence {
						if e.Updates != nil {
							got[e.Pods[0]] = e.Updates
						}
					}
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
