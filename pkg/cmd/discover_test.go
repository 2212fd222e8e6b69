package cmd

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	admissionapi "k8s.io/pod-security-admission/admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/probe"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
)

func TestBeforehand(t *testing.T) {
	for _, tt := range []struct {
		most     string
		requests int64
		what     string
		want     string
	}{
		{"", 0, "to create pods", ""},
		{"", 1, "to create a pod", "Sending 1 dry-run request to create a pod. Nothing is stored, but it reaches the audit log and the admission webhooks."},
		{"up to ", 7, "to create pods", "Sending up to 7 dry-run requests to create pods. Nothing is stored, but they reach the audit log and the admission webhooks."},
	} {
		if diff := cmp.Diff(tt.want, beforehand(tt.most, tt.requests, tt.what)); diff != "" {
			t.Error(diff)
		}
	}
}

// What was not told is built-in, and does not count as learned: a level without its version neither.
func TestLearnedOf(t *testing.T) {
	fact := func(value string) probe.Fact { return probe.Fact{Value: value} }
	config, learned := learnedOf(&probe.Discovery{
		Enforce: fact("baseline:v1.30"), Warn: fact("restricted"),
		Namespaces:     map[string]probe.Fact{"b": fact(probe.Exempt), "a": fact(probe.Exempt), "shop": fact(probe.NotExempt), "new": fact("")},
		RuntimeClasses: map[string]probe.Fact{"kata": fact(probe.NotExempt)},
		Users:          map[string]probe.Fact{"boss": fact(probe.Exempt)},
	})
	want := &admissionapi.PodSecurityConfiguration{
		Defaults: admissionapi.PodSecurityDefaults{
			Enforce: "baseline", EnforceVersion: "v1.30", Audit: "privileged", AuditVersion: "latest", Warn: "restricted", WarnVersion: "latest",
		},
		Exemptions: admissionapi.PodSecurityExemptions{Namespaces: []string{"a", "b"}, Usernames: []string{"boss"}},
	}
	if diff := cmp.Diff(want, config); diff != "" {
		t.Error(diff)
	}
	wantLearned := &survey.Learned{
		Defaults:       map[survey.Mode]bool{survey.Enforce: true, survey.Audit: false, survey.Warn: false},
		Namespaces:     map[string]bool{"a": true, "b": true, "shop": true, "new": false},
		RuntimeClasses: map[string]bool{"kata": true}, Users: map[string]bool{"boss": true},
	}
	if diff := cmp.Diff(wantLearned, learned); diff != "" {
		t.Error(diff)
	}
	shop, fresh := corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop"}}, corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "new"}}
	for _, tt := range []struct {
		learned *survey.Learned
		want    string
	}{
		{learned, "Assumed all the same, since no dry run told it: the default of audit, warn; that 1 namespace is not exempt. Why, says kubectl pss config."},
		{&survey.Learned{
			Defaults: map[survey.Mode]bool{survey.Enforce: true, survey.Audit: true, survey.Warn: true}, Namespaces: map[string]bool{"shop": true, "new": true},
		}, ""},
	} {
		if diff := cmp.Diff(tt.want, stillAssumed(tt.learned, []corev1.Namespace{shop, fresh})); diff != "" {
			t.Error(diff)
		}
	}
}
