//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
)

// TestSafetyAnotherCluster has the journal and the plan of one cluster, and the kubeconfig of another one with namespaces
// of the same names.
func TestSafetyAnotherCluster(t *testing.T) {
	t.Parallel()
	here, there := plain(t), configured(t)
	names, selector := here.group(t, "elsewhere", 3)
	for _, name := range names {
		ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{
			crowdLabel: strings.TrimPrefix(selector, crowdLabel+"="), api.EnforceLevelLabel: "baseline",
		}}}
		if _, err := there.client.CoreV1().Namespaces().Create(t.Context(), ns, metav1.CreateOptions{FieldManager: byHand}); err != nil {
			t.Fatal(err)
		}
	}
	before, elsewhere := here.stored(t, selector), there.stored(t, selector)
	m := here.middleman(t)
	a := newAdmin(t, m.kubeconfig)
	label := []string{"label", "ns", "-l", selector, "--enforce", "baseline"}
	file := filepath.Join(t.TempDir(), "plan.yaml")
	if err := os.WriteFile(file, []byte(a.must(t, 0, append(label, "--dry-run=client", "-o", "yaml")...).stdout), 0o600); err != nil {
		t.Fatal(err)
	}
	if r, killed := a.killAt(t, m, seeded(t), killPoint{atApplied, 2}, append(label, "--yes")...); !killed {
		t.Fatalf("not killed: %+v", r)
	}
	m.use(nil)
	run := a.onlyRun(t)

	a.kubeconfig = there.Kubeconfig
	uid := func(s *server) string {
		system, err := s.client.CoreV1().Namespaces().Get(t.Context(), metav1.NamespaceSystem, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return string(system.UID)
	}
	other := ` is for another cluster (context "localkube-` + here.Name + `", whose kube-system has the UID ` + uid(here) + `; here it has ` + uid(there) + `)`
	a.must(t, 2, "rollback", run, "--yes").says(t, "error: this run"+other)
	a.must(t, 2, "rollback", run, "--dry-run").says(t, "error: this run"+other)
	a.must(t, 2, "rollback", "--yes").says(t, "there is no run on this cluster that could be taken back")
	a.must(t, 2, "label", "--continue", run, "--yes", "--allow-violations").says(t, "error: this ", other)
	a.must(t, 2, "label", "-f", file, "--yes", "--allow-violations").says(t, "error: this plan"+other)
	untouched(t, "another cluster", elsewhere, there.stored(t, selector))

	a.kubeconfig = here.Kubeconfig
	a.must(t, 0, "label", "--continue", run, "--yes")
	labelled(t, "continued", modes{enforce: "baseline"}.planned(before), here.stored(t, selector))
	a.must(t, 0, "rollback", "--yes")
	restored(t, "rolled back", before, here.stored(t, selector))
}

// TestSafetyTakingBack rolls back when the namespaces are not what the run left any more: labels that somebody has changed
// since are left alone and named, and so is a namespace that was made anew.
func TestSafetyTakingBack(t *testing.T) {
	t.Parallel()
	s := plain(t)
	names, selector := s.group(t, "back", 6)
	changed, removed, recreated, deleted, beside := names[0], names[1], names[2], names[3], names[4]
	if err := s.setLabels(t.Context(), removed, map[string]*string{api.WarnLevelLabel: new("privileged")}); err != nil {
		t.Fatal(err)
	}
	a := newAdmin(t, s.Kubeconfig)
	wrote := modes{enforce: "baseline:v1.30", warn: "restricted"}
	a.must(t, 0, append([]string{"label", "ns", "-l", selector, "--yes"}, wrote.flags()...)...)
	for name, labels := range map[string]map[string]*string{
		changed: {api.EnforceLevelLabel: new("restricted")},
		removed: {api.WarnLevelLabel: nil, api.AuditLevelLabel: new("baseline")},
		beside:  {"team": new("another")},
	} {
		if err := s.setLabels(t.Context(), name, labels); err != nil {
			t.Fatal(err)
		}
	}
	labels := wrote.labels()
	labels[crowdLabel] = strings.TrimPrefix(selector, crowdLabel+"=")
	s.recreate(t, recreated, labels)
	s.remove(t, deleted)
	before := s.stored(t, selector)

	dry := a.must(t, 2, "rollback", "--dry-run")
	untouched(t, "rollback --dry-run", before, s.stored(t, selector))
	r := a.must(t, 2, "rollback", "--yes")
	now := s.stored(t, selector)
	othersKept(t, "rolled back", before, now)
	labelled(t, "rolled back", map[string]map[string]string{
		changed:   {api.EnforceLevelLabel: "restricted", api.EnforceVersionLabel: "v1.30"}, // a mode goes whole, or not at all
		removed:   {api.AuditLevelLabel: "baseline"},
		recreated: wrote.labels(),
		beside:    {},
		names[5]:  {},
	}, now)
	if now[recreated].Everything != before[recreated].Everything {
		t.Errorf("another namespace of the same name was written: %s", cmp.Diff(before[recreated], now[recreated]))
	}
	for _, text := range []string{
		"left alone: " + api.EnforceLevelLabel + ": the run wrote baseline, now it is restricted (" + changed + ")\n",
		"left alone: " + api.WarnLevelLabel + ": the run wrote restricted, now it is no label (" + removed + ")\n",
		"deleted since the run, and created again (" + recreated + ")\n",
		"deleted since the run (" + deleted + ")\n",
	} {
		r.says(t, text)
		if !strings.Contains(dry.stdout, text) {
			t.Errorf("the dry run does not say %q:\n%s", text, dry.stdout)
		}
	}
}

// TestSafetyNoWayBack: a label that no server takes any more cannot be written back. The run that replaces it is done all
// the same, and the rollback says so, and restores everything else.
func TestSafetyNoWayBack(t *testing.T) {
	t.Parallel()
	s := plain(t)
	names, selector := s.group(t, "invalid", 3)
	if err := s.mislabel(t.Context(), names[1], api.EnforceLevelLabel, "strict"); err != nil {
		t.Fatal(err)
	}
	before := s.stored(t, selector)
	a := newAdmin(t, s.Kubeconfig)
	a.must(t, 0, "label", "ns", "-l", selector, "--enforce", "baseline", "--warn", "restricted", "--yes")
	r := a.must(t, 2, "rollback", "--yes")
	r.says(t, names[1], api.EnforceLevelLabel+`: it was "strict", which the server does not take any more`, "rolled back 3 of 3 namespaces")
	want := labelsOf(before)
	want[names[1]] = map[string]string{api.EnforceLevelLabel: "baseline"}
	labelled(t, "rolled back", want, s.stored(t, selector))
}
