//go:build e2e

package e2e

import (
	"net/http"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
)

func brokenLabelCases() []numbered { return []numbered{{"09", case09}, {"54", case54}} }

// case09: labels that cannot be parsed are refused. The plugin's flags cannot say such a thing, so that what is held
// against the server is the simulation.
func case09(t *testing.T, name string) {
	s := plain(t)
	ns := s.namespace(t, name, nil)
	config, err := simulate.DefaultConfig()
	if err != nil {
		t.Fatal(err)
	}
	admission, err := simulate.New(config)
	if err != nil {
		t.Fatal(err)
	}
	enforce := labelKey("enforce")
	for what, labels := range map[string]map[string]string{
		"empty level":   {enforce: ""},
		"capital level": {enforce: "Restricted"},
		"version":       {enforce: "baseline", enforce + "-version": "1.30"},
		"two":           {enforce: "strict", labelKey("warn") + "-version": "v1.07"},
	} {
		patch := map[string]*string{}
		for key, value := range labels {
			patch[key] = &value
		}
		a := s.dryLabel(t.Context(), ns, patch)
		if a.code() != http.StatusUnprocessableEntity {
			t.Errorf("%s: the server says %d %s", what, a.code(), a.message())
		}
		predicted := admission.ChangeLabels(ns, nil, labels, nil)
		same(t, what, verdict{Allowed: predicted.Allowed, Message: predicted.Message, Warnings: predicted.Warnings},
			verdict{Allowed: a.err == nil, Message: a.message(), Warnings: a.warnings})
	}
}

// case54: where such labels are there already, pods are judged by restricted, and other changes of the namespace pass.
// One way for them to get there is an update of the namespace's status, which Pod Security does not look at.
func case54(t *testing.T, name string) {
	s := plain(t)
	ns := s.namespace(t, name, nil)
	pod := create(t, s, strictPod(ns, "p", drop("all")))
	patch, err := labelPatch(map[string]*string{labelKey("enforce"): new("bogus"), labelKey("audit"): new("")})
	if err != nil {
		t.Fatal(err)
	}
	namespaces := s.client.CoreV1().Namespaces()
	if _, err := namespaces.Patch(t.Context(), ns, types.MergePatchType, patch, metav1.PatchOptions{}, "status"); err != nil {
		t.Fatal(err)
	}

	item := s.checkNamespace(t, ns, modes{})
	if m := item.Current.Enforce; m.String() != restricted || m.Source != report.SourceInvalid || len(item.LabelErrors) != 2 {
		t.Errorf("enforce=bogus is shown as %+v with %q", m, item.LabelErrors)
	}
	again := copyTo(pod, ns)
	again.SetName("again")
	a := s.dryCreate(t.Context(), "", again)
	real := s.verdict(t, a)
	want := denied(restricted, noDrop)
	want.Audit = "" // an audit level that cannot be parsed is privileged
	expect(t, "the pod", want, real)
	same(t, "the pod", ofPod(evidenceOf(t, workloadOf(t, item, "Pod", "p"), report.EvidencePod, report.RevisionCurrent).Outcome.Pod), real)
	text, found := strings.CutPrefix(s.annotations(t, a)["error"], "Failed to parse policy: ")
	if !found || !strings.Contains(text, item.LabelErrors[0]) || !strings.Contains(text, item.LabelErrors[1]) {
		t.Errorf("the audit log says %q, the plugin %q", text, item.LabelErrors)
	}

	s.compareChange(t, ns, modes{warn: baseline})
	s.compareChange(t, ns, modes{enforce: "restricted:v1.30", audit: "-"})
	s.compareChange(t, ns, modes{enforce: baseline})
}
