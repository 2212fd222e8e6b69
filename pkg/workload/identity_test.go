package workload

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

func TestIdentityOf(t *testing.T) {
	template := corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "web", "version": "2", "pod-template-hash": "5d8c"}},
		Spec:       corev1.PodSpec{ServiceAccountName: "runner"},
	}
	selector := &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}
	bySelector := Identity{ServiceAccount: "runner", Labels: map[string]string{"app": "web"}}
	byTemplate := Identity{ServiceAccount: "runner", Labels: map[string]string{"app": "web", "version": "2"}}
	for name, tt := range map[string]struct {
		obj  runtime.Object
		want Identity
	}{
		"deployment":  {&appsv1.Deployment{Spec: appsv1.DeploymentSpec{Selector: selector, Template: template}}, bySelector},
		"statefulset": {&appsv1.StatefulSet{Spec: appsv1.StatefulSetSpec{Selector: selector, Template: template}}, bySelector},
		"daemonset":   {&appsv1.DaemonSet{Spec: appsv1.DaemonSetSpec{Selector: selector, Template: template}}, bySelector},
		"replicaset":  {&appsv1.ReplicaSet{Spec: appsv1.ReplicaSetSpec{Selector: selector, Template: template}}, bySelector},
		"replicationcontroller": {
			&corev1.ReplicationController{Spec: corev1.ReplicationControllerSpec{Selector: selector.MatchLabels, Template: &template}}, bySelector,
		},
		"selector of expressions": {
			&appsv1.Deployment{Spec: appsv1.DeploymentSpec{
				Selector: &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "app", Operator: metav1.LabelSelectorOpExists}}},
				Template: template,
			}}, byTemplate,
		},
		"job": {&batchv1.Job{Spec: batchv1.JobSpec{
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{batchv1.ControllerUidLabel: "1"}}, Template: template,
		}}, byTemplate},
		"cronjob":     {&batchv1.CronJob{Spec: batchv1.CronJobSpec{JobTemplate: batchv1.JobTemplateSpec{Spec: batchv1.JobSpec{Template: template}}}}, byTemplate},
		"podtemplate": {&corev1.PodTemplate{Template: template}, byTemplate},
		"pod":         {&corev1.Pod{ObjectMeta: template.ObjectMeta, Spec: template.Spec}, byTemplate},
		"nameless":    {&corev1.Pod{}, Identity{ServiceAccount: "default"}},
	} {
		got, all, ok := IdentityOf(tt.obj)
		if diff := cmp.Diff(tt.want, got); !ok || diff != "" {
			t.Errorf("%s, ok %t (-want +got):\n%s", name, ok, diff)
		}
		if name != "nameless" {
			if diff := cmp.Diff(template.Labels, all); diff != "" {
				t.Errorf("%s, all labels (-want +got):\n%s", name, diff)
			}
		}
	}
	for _, obj := range []runtime.Object{&corev1.Secret{}, &corev1.ReplicationController{}} {
		if _, _, ok := IdentityOf(obj); ok {
			t.Errorf("%T has an identity", obj)
		}
	}
}

func TestCovers(t *testing.T) {
	agent := Identity{ServiceAccount: "agent", Labels: map[string]string{"app": "agent"}}
	for name, tt := range map[string]struct {
		other Identity
		want  bool
	}{
		"itself":            {agent, true},
		"more labels":       {Identity{"agent", map[string]string{"app": "agent", "version": "2"}}, true},
		"another label":     {Identity{"agent", map[string]string{"app": "web"}}, false},
		"no labels":         {Identity{"agent", nil}, false},
		"another account":   {Identity{"default", agent.Labels}, false},
		"whatever has none": {Identity{"agent", map[string]string{}}, false},
	} {
		if got := agent.Covers(tt.other); got != tt.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
	if !(Identity{ServiceAccount: "agent"}).Covers(agent) {
		t.Error("without labels, every pod of the service account is covered")
	}
}
