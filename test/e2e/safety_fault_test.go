//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// group makes empty namespaces NAME-0, NAME-1, … without any of the six labels, and returns their names and what
// selects them.
func (s *server) group(t *testing.T, name string, count int) (names []string, selector string) {
	t.Helper()
	name += "-" + suite.id
	for i := range count {
		ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
			Name: fmt.Sprintf("%s-%02d", name, i), Labels: map[string]string{crowdLabel: name},
		}}
		if _, err := s.client.CoreV1().Namespaces().Create(t.Context(), ns, metav1.CreateOptions{FieldManager: byHand}); err != nil {
			t.Fatal(err)
		}
		names = append(names, ns.Name)
	}
	return names, crowdLabel + "=" + name
}

// remove deletes a namespace and waits until it is gone.
func (s *server) remove(t *testing.T, name string) {
	t.Helper()
	namespaces := s.client.CoreV1().Namespaces()
	if err := namespaces.Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
		t.Error(err)
	}
	eventually(t, name+" to be gone", func() (bool, error) {
		_, err := namespaces.Get(t.Context(), name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return true, nil
		}
		return false, err
	})
}

// recreate deletes a namespace, and makes another one of its name and labels.
func (s *server) recreate(t *testing.T, name string, labels map[string]string) {
	t.Helper()
	s.remove(t, name)
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
	if _, err := s.client.CoreV1().Namespaces().Create(t.Context(), ns, metav1.CreateOptions{FieldManager: byHand}); err != nil {
		t.Error(err)
	}
}

// ended holds the outcomes of a run against those wanted.
func ended(t *testing.T, names []string, want map[string]report.Ending, p *report.LabelPlan) {
	t.Helper()
	all := map[string]report.Ending{}
	for _, name := range names {
		all[name] = report.EndingWritten
	}
	maps.Copy(all, want)
	if diff := cmp.Diff(all, outcomes(p)); diff != "" {
		t.Errorf("how the namespaces ended (- want, + got):\n%s", diff)
	}
}

// TestSafetyMeanwhile has somebody else at work between the plan and the patch: what the plan saw no more is left alone
// and told, and everything else is written.
func TestSafetyMeanwhile(t *testing.T) {
	t.Parallel()
	s := plain(t)
	names, selector := s.group(t, "meanwhile", 12)
	labels := map[string]string{crowdLabel: strings.TrimPrefix(selector, crowdLabel+"=")}
	const deleted, recreated, moved, same, beside = 1, 3, 5, 7, 9
	restrictedAlready := modes{enforce: "restricted:v1.30"}
	m := s.middleman(t)
	m.use(func(at boundary, _ int, namespace string) bool {
		if at != atArrival {
			return true
		}
		var err error
		switch namespace {
		case names[deleted]:
			s.remove(t, namespace)
		case names[recreated]:
			s.recreate(t, namespace, labels)
		case names[moved]:
			err = s.setLabels(t.Context(), namespace, modes{enforce: "privileged"}.patch())
		case names[same]:
			err = s.setLabels(t.Context(), namespace, restrictedAlready.patch())
		case names[beside]:
			err = s.setLabels(t.Context(), namespace, map[string]*string{"team": new("another")})
		}
		if err != nil {
			t.Error(err)
		}
		return true
	})
	a := newAdmin(t, m.kubeconfig)
	r := a.must(t, 2, "label", "ns", "-l", selector, "--enforce", "restricted:v1.30", "--yes", "-o", "json")
	ended(t, names, map[string]report.Ending{
		names[deleted]: report.EndingGone, names[recreated]: report.EndingGone, names[moved]: report.EndingMoved,
		names[same]: report.EndingAlready,
	}, decodePlan(t, r.stdout))
	r.says(t,
		"gone: "+names[deleted]+": namespaces \""+names[deleted]+"\" not found\n",
		"gone: "+names[recreated]+": deleted and created again: the plan saw UID ",
		"moved: "+names[moved]+" is not what the plan saw, and was left alone\n"+
			"  "+api.EnforceLevelLabel+": the plan saw no label, now it is privileged\n",
		"labeled 8 of 12 namespaces (run "+a.onlyRun(t)+"); 1 already so, 1 moved, 2 gone\n",
	)
	now := s.stored(t, selector)
	for i, name := range names {
		want := restrictedAlready.labels()
		switch i {
		case deleted:
			continue
		case recreated:
			want = map[string]string{}
		case moved:
			want = modes{enforce: "privileged"}.labels()
		}
		if diff := cmp.Diff(want, now[name].Labels); diff != "" {
			t.Errorf("%s (- want, + got):\n%s", name, diff)
		}
	}

	// The way back touches none of them: the run never wrote them.
	r = a.must(t, 0, "rollback", "--yes")
	r.says(t, "this run never wrote it ("+names[deleted]+", "+names[recreated]+", "+names[moved]+" and "+names[same]+")\n")
	now = s.stored(t, selector)
	for i, name := range names {
		want := map[string]string{}
		switch i {
		case deleted:
			continue
		case moved:
			want = modes{enforce: "privileged"}.labels()
		case same:
			want = restrictedAlready.labels() // not the run's
		}
		if diff := cmp.Diff(want, now[name].Labels); diff != "" {
			t.Errorf("%s after the rollback (- want, + got):\n%s", name, diff)
		}
	}
}

// TestSafetyTwoAdmins has two people label overlapping namespaces at once: each namespace ends with the labels of one
// of them, as a whole, and the other one is told.
func TestSafetyTwoAdmins(t *testing.T) {
	t.Parallel()
	s := plain(t)
	const count, first, last = 48, 12, 36 // the one takes those before last, the other those from first on
	const slow = 300 * time.Millisecond
	names, selector := s.group(t, "twice", count)
	before := s.stored(t, selector)
	want := [2]modes{
		{enforce: "baseline:v1.30", audit: "baseline:v1.30"},
		{enforce: "restricted:v1.31", warn: "restricted:v1.31"},
	}
	theirs := [2][]string{names[:last], names[first:]}
	// Neither writes before both have planned.
	both := make(chan struct{})
	waiting := make(chan struct{}, 2)
	go func() {
		<-waiting
		<-waiting
		close(both)
	}()
	var running [2]*process
	var admins [2]*admin
	for i := range 2 {
		m := s.middleman(t)
		m.use(func(at boundary, n int, namespace string) bool {
			if at == atArrival && n == 1 {
				waiting <- struct{}{}
			}
			if at == atArrival {
				select {
				case <-both:
				case <-t.Context().Done():
				case <-time.After(patience):
					t.Error("only one of the two wants to write")
				}
				// Each is slow at every other namespace, so that neither wins them all.
				if at := slices.Index(names, namespace); at%2 == i {
					time.Sleep(slow)
				}
			}
			return true
		})
		admins[i] = newAdmin(t, m.kubeconfig)
		args := slices.Concat([]string{"label", "ns"}, theirs[i], want[i].flags(), []string{"--yes", "-o", "json"})
		running[i] = admins[i].start(t, "", args...)
	}
	var results [2]result
	var endings [2]map[string]report.Ending
	for i, p := range running {
		results[i] = p.wait(t)
		if !strings.HasPrefix(results[i].stdout, "{") {
			t.Fatalf("%+v", results[i])
		}
		endings[i] = outcomes(decodePlan(t, results[i].stdout))
	}
	now := s.stored(t, selector)
	othersKept(t, "two admins", before, now)
	lost := [2]int{}
	for at, name := range names {
		winner := 0
		if endings[1][name] == report.EndingWritten {
			winner = 1
		}
		loser := 1 - winner
		if endings[winner][name] != report.EndingWritten {
			t.Errorf("%s: nobody wrote it: %q and %q", name, endings[0][name], endings[1][name])
		}
		if diff := cmp.Diff(want[winner].labels(), now[name].Labels); diff != "" {
			t.Errorf("%s (- as its writer planned, + as it is):\n%s", name, diff)
		}
		if shared := at >= first && at < last; !shared {
			continue
		}
		lost[loser]++
		if endings[loser][name] != report.EndingMoved {
			t.Errorf("%s: written by one, and %q for the other", name, endings[loser][name])
		}
		results[loser].says(t, "moved: "+name+" is not what the plan saw, and was left alone\n")
	}
	for i, r := range results {
		total := len(theirs[i])
		wantExit, summary := 0, fmt.Sprintf("labeled %d of %[1]d namespaces (run %s)\n", total, admins[i].onlyRun(t))
		if lost[i] > 0 {
			wantExit = 2
			summary = fmt.Sprintf("labeled %d of %d namespaces (run %s); %d moved\n", total-lost[i], total, admins[i].onlyRun(t), lost[i])
		}
		if r.exit != wantExit {
			t.Errorf("who lost %d namespaces ends with exit code %d", lost[i], r.exit)
		}
		r.says(t, summary)
	}
	t.Logf("of %d namespaces that both wanted the one lost %d, the other %d", last-first, lost[0], lost[1])

	// Each takes back what is theirs, and nothing of the other.
	admins[0].must(t, 0, "rollback", "--yes")
	admins[1].must(t, 0, "rollback", "--yes")
	restored(t, "both rolled back", before, s.stored(t, selector))
}

// TestSafetyRights labels as somebody who may patch some of the namespaces only.
func TestSafetyRights(t *testing.T) {
	t.Parallel()
	s := plain(t)
	names, selector := s.group(t, "rights", 6)
	before := s.stored(t, selector)
	mine := []string{names[0], names[2], names[4]}
	user := s.grant(t, "labeller", "", []rbacv1.PolicyRule{
		{APIGroups: []string{""}, Resources: []string{"namespaces"}, ResourceNames: mine, Verbs: []string{"patch"}},
		{APIGroups: []string{"*"}, Resources: []string{"*"}, Verbs: []string{"get", "list", "watch"}},
	})
	a := newAdmin(t, s.Kubeconfig, "--as", user)
	r := a.must(t, 2, "label", "ns", "-l", selector, "--enforce", "baseline", "--yes", "-o", "json")
	want := map[string]report.Ending{}
	for _, name := range names {
		if !slices.Contains(mine, name) {
			want[name] = report.EndingFailed
		}
	}
	ended(t, names, want, decodePlan(t, r.stdout))
	r.says(t, `cannot patch resource "namespaces"`, "labeled 3 of 6 namespaces (run "+a.onlyRun(t)+"); 3 failed\n", names[1], names[3], names[5])
	now := s.stored(t, selector)
	for _, name := range names {
		if slices.Contains(mine, name) {
			if diff := cmp.Diff(map[string]string{api.EnforceLevelLabel: "baseline"}, now[name].Labels); diff != "" {
				t.Errorf("%s (- want, + got):\n%s", name, diff)
			}
			delete(before, name)
			delete(now, name)
		}
	}
	untouched(t, "not mine to patch", before, now)
	a.must(t, 0, "rollback", "--yes")
	dry := a.must(t, 2, "label", "ns", "-l", selector, "--enforce", "baseline", "--dry-run=server")
	if !strings.Contains(dry.stdout+dry.stderr, "cannot patch resource") {
		t.Errorf("a dry run by somebody who may not: %+v", dry)
	}
}

// TestSafetyPolicy has a validating policy refuse the patch of one namespace.
func TestSafetyPolicy(t *testing.T) {
	t.Parallel()
	s := plain(t)
	names, selector := s.group(t, "policy", 5)
	s.forbid(t, names[2], "labels of this namespace are frozen until Monday")
	before := s.stored(t, selector)
	a := newAdmin(t, s.Kubeconfig)
	r := a.must(t, 2, "label", "ns", "-l", selector, "--enforce", "baseline", "--yes", "-o", "json")
	ended(t, names, map[string]report.Ending{names[2]: report.EndingFailed}, decodePlan(t, r.stdout))
	r.says(t, "failed: "+names[2]+": ", "labels of this namespace are frozen until Monday", "labeled 4 of 5 namespaces (run "+a.onlyRun(t)+"); 1 failed\n")
	if now := s.stored(t, selector); now[names[2]].Everything != before[names[2]].Everything {
		t.Errorf("the refused namespace has changed: %s", cmp.Diff(before[names[2]], now[names[2]]))
	}
	dry := a.must(t, 2, "label", "ns", names[2], "--enforce", "baseline", "--dry-run=server")
	if !strings.Contains(dry.stdout+dry.stderr, "frozen until Monday") {
		t.Errorf("a dry run of what is refused: %+v", dry)
	}
	a.must(t, 0, "rollback", "--yes")
	restored(t, "rolled back", before, s.stored(t, selector))
}

// forbid has a ValidatingAdmissionPolicy refuse changes of a namespace's labels, and returns once it does.
func (s *server) forbid(t *testing.T, namespace, message string) {
	t.Helper()
	name := "frozen-" + namespace
	policy := &admissionv1.ValidatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: admissionv1.ValidatingAdmissionPolicySpec{
			MatchConstraints: &admissionv1.MatchResources{ResourceRules: []admissionv1.NamedRuleWithOperations{{
				ResourceNames: []string{namespace},
				RuleWithOperations: admissionv1.RuleWithOperations{
					Operations: []admissionv1.OperationType{admissionv1.Update},
					Rule:       admissionv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"namespaces"}},
				},
			}}},
			Validations: []admissionv1.Validation{{Expression: "object.metadata.labels == oldObject.metadata.labels", Message: message}},
		},
	}
	binding := &admissionv1.ValidatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName: name, ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny},
		},
	}
	registration := s.client.AdmissionregistrationV1()
	_, err := registration.ValidatingAdmissionPolicies().Create(t.Context(), policy, metav1.CreateOptions{})
	_, bindErr := registration.ValidatingAdmissionPolicyBindings().Create(t.Context(), binding, metav1.CreateOptions{})
	if err != nil || bindErr != nil {
		t.Fatal(err, bindErr)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		_ = registration.ValidatingAdmissionPolicyBindings().Delete(ctx, name, metav1.DeleteOptions{})
		_ = registration.ValidatingAdmissionPolicies().Delete(ctx, name, metav1.DeleteOptions{})
	})
	eventually(t, "the policy to refuse", func() (bool, error) {
		a := s.dryLabel(t.Context(), namespace, map[string]*string{"e2e.pss.dev/try": new("x")})
		return strings.Contains(a.message(), message), nil
	})
}
