//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// newestPolicy is what latest means on the newest server.
const newestPolicy = "v1.37"

// TestUpgrade stores what upstream tests with on the oldest server, asks the plugin what becomes of it on the newest,
// and then asks the newest, which is given the objects as the oldest has stored them.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	const fewest = 5000
	from, to := old(t), plain(t)
	ns := from.namespace(t, "upgrade", nil)
	stored := from.storeFixtures(t, ns)
	held, fails, passes := 0, 0, 0
	for _, m := range []modes{
		all("restricted"), {enforce: "baseline"}, told("restricted"), all("restricted:v1.36"), all("baseline:v1.23"),
	} {
		r := from.check(t, append([]string{"ns", ns, "--upgrade-to", newestPolicy}, m.flags()...)...)
		if r.Upgrade == nil || !r.Upgrade.Exact || r.Upgrade.From != "v1.24" || r.Upgrade.To != newestPolicy {
			t.Fatalf("the report says of the upgrade: %+v", r.Upgrade)
		}
		fails, passes = fails+r.Upgrade.Fails, passes+r.Upgrade.Passes
		held += to.holdUpgraded(t, foresee(r), stored, m)
	}
	t.Logf("%d answers of %s held; %d workloads newly fail, %d newly pass", held, newestPolicy, fails, passes)
	if held < fewest || fails == 0 || passes == 0 {
		t.Errorf("only %d answers were held, fewer than %d; %d fail, %d pass", held, fewest, fails, passes)
	}
}

// TestUpgradeOfEachKind does the same with a workload of every kind, and the pods that controllers have made, of a template
// that releases take differently in every way that there is: defaults, fields that take an annotation's place, words, checks.
func TestUpgradeOfEachKind(t *testing.T) {
	t.Parallel()
	from, to := old(t), plain(t)
	ns := from.namespace(t, "upgrade-kinds", nil)
	edits := []edit{
		hostNetwork, probeHost, seLinuxUser, podUnconfined, annotate(appArmor+"c", "unconfined"),
		volume(corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/"}}),
	}
	objects := from.oneOfEachKind(t, func(name string) *corev1.Pod { return plainPod(ns, name, edits...) })
	from.eventuallySteady(t, ns)
	stored := slices.Collect(maps.Values(objects))
	for _, pod := range from.pods(t, ns) {
		stored = append(stored, pod)
	}
	held := 0
	for _, m := range []modes{all("restricted"), all("baseline"), told("restricted"), {enforce: "baseline"}, all("restricted:v1.10")} {
		r := from.check(t, append([]string{"ns", ns, "--upgrade-to", newestPolicy}, m.flags()...)...)
		held += to.holdUpgraded(t, foresee(r), stored, m)
	}
	if want := 5 * (2*8 + 4); held != want {
		t.Errorf("%d answers were held, not %d", held, want)
	}
}

// storeFixtures stores upstream's pods and a Deployment of each, as far as the server takes them.
func (s *server) storeFixtures(t *testing.T, ns string) []object {
	t.Helper()
	var stored []object
	for i, pod := range fixtures(t) {
		o, ok := copyTo(pod, ns).(*corev1.Pod)
		if !ok {
			t.Fatal("a copy of a pod is none")
		}
		o.Name, o.Labels = fmt.Sprintf("%s-%d", strings.ReplaceAll(o.Name, "_", "-"), i), map[string]string{"app": "a"}
		o.Spec.SchedulerName = nobody
		paused := deployment(o, 0)
		paused.Spec.Paused = true // or its controller would make a ReplicaSet of each, to no purpose
		for _, o := range []object{o, paused} {
			client, plural := s.resource(o)
			found := reflect.New(reflect.TypeOf(o).Elem()).Interface().(object) // of what it drops nothing is to be left
			if client.Post().Namespace(ns).Resource(plural).Body(o).Do(t.Context()).Into(found) == nil {
				stored = append(stored, found)
			}
		}
	}
	return stored
}

// upgraded is what the report says of evidence on the other server.
func upgraded(e *report.Evidence) *report.Outcome {
	if e.Upgraded != nil {
		return e.Upgraded
	}
	return &e.Outcome
}

// holdUpgraded holds what is said of stored objects against this server, and counts its answers.
func (s *server) holdUpgraded(t *testing.T, f *foresight, stored []object, m modes) int {
	t.Helper()
	scratch, err := s.scratch(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	var asked []*ask
	add := func(what, user string, o object, predicted verdict) {
		send := func(ctx context.Context) answer { return s.dryCreate(ctx, user, o) }
		asked = append(asked, &ask{what: fmt.Sprintf("%s under %+v after the upgrade", what, m), send: send, predicted: []verdict{predicted}})
	}
	for _, o := range stored {
		there := copyTo(o, scratch)
		what := kindOf(o) + " " + o.GetName()
		if _, isPod := o.(*corev1.Pod); isPod {
			predicted := verdict{Allowed: true} // no evidence names pods that violate nothing
			if have, ok := f.pods[o.GetNamespace()][o.GetName()]; ok {
				predicted = ofPod(upgraded(have.evidence).Pod)
			}
			add(what, "", there, predicted)
			continue
		}
		w := workloadOf(t, f.items[o.GetNamespace()], kindOf(o), o.GetName())
		e := upgraded(evidenceOf(t, w, report.EvidenceTemplate, report.RevisionCurrent))
		add(what, "", there, ofWorkload(e.Workload))
		add("the pod of "+what, workload.ControllerUser(kindOf(o)), podFrom(there, scratch), ofPod(e.Pod))
	}
	s.askAll(t.Context(), asked)
	held := 0
	for _, a := range asked {
		if a.answer.code() == http.StatusUnprocessableEntity {
			t.Logf("%s: %s", a.what, a.answer.message()) // not what this server takes for a pod
			continue
		}
		held++
		same(t, a.what, a.predicted[0], s.verdict(t, a.answer))
	}
	return held
}

// upgradeCase is a pod, the labels of its namespace, and what is said of a Deployment of it.
type upgradeCase struct {
	name   string
	pod    *corev1.Pod
	labels modes
	change report.UpgradeChange
	causes []report.UpgradeCause
	kept   bool
}

// TestUpgradeCauses holds what an upgrade changes, why, and what the pins are worth: where they keep everything, the newest
// server says under them what the oldest says without.
func TestUpgradeCauses(t *testing.T) {
	t.Parallel()
	enforces := modes{enforce: "baseline", warn: "privileged"}
	strictly := modes{enforce: "restricted", warn: "privileged"}
	cause := func(check string, how report.CauseChange, kept bool) []report.UpgradeCause {
		return []report.UpgradeCause{{Check: check, Mode: "enforce", How: how, Kept: kept}}
	}
	for _, c := range []upgradeCase{
		{"probe", plainPod("", "w", probeHost), enforces, report.UpgradeFails, cause("hostProbesAndHostLifecycle", report.CauseDenies, true), true},
		{"sysctl", plainPod("", "w", sysctl("net.ipv4.tcp_rmem")), enforces, report.UpgradePasses, cause("sysctls", report.CauseAllows, true), true},
		{"selinux", plainPod("", "w", seLinuxUser), enforces, report.UpgradeReworded, cause("seLinuxOptions", report.CauseReworded, false), false},
		{
			"apparmor", plainPod("", "w", annotate(appArmor+"c", "unconfined")), enforces,
			report.UpgradeReworded, cause("appArmorProfile", report.CauseReworded, false), false,
		},
		{"windows", plainPod("", "w", windows, nonRoot), strictly, report.UpgradePasses, []report.UpgradeCause{
			{Check: "allowPrivilegeEscalation", Mode: "enforce", How: report.CauseAllows, Kept: true},
			{Check: "capabilities_restricted", Mode: "enforce", How: report.CauseAllows, Kept: true},
			{Check: "seccompProfile_restricted", Mode: "enforce", How: report.CauseAllows, Kept: true},
		}, true},
		{"implied", plainPod("", "w", hostPID), modes{enforce: "baseline"}, report.UpgradeTold, []report.UpgradeCause{{Mode: "warn", How: report.CauseImplied}}, false},
		{"nothing", plainPod("", "w", hostPID), enforces, "", nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t)
		})
	}
}

func (c *upgradeCase) run(t *testing.T) {
	from, to := old(t), plain(t)
	c.pod.Namespace = from.namespace(t, "upgrade-"+c.name, c.labels.labels())
	o := create(t, from, deployment(c.pod, 0))
	r := from.check(t, "ns", c.pod.Namespace, "--upgrade-to", newestPolicy)
	item := &r.Items[0]
	w := workloadOf(t, item, "Deployment", "w")
	if c.change == "" {
		if w.Upgrade != nil || item.Upgrade != nil || r.Upgrade.Namespaces != 0 {
			t.Errorf("something changes: %+v %+v", w.Upgrade, item.Upgrade)
		}
		return
	}
	if w.Upgrade == nil || w.Upgrade.Change != c.change || w.Upgrade.Kept != c.kept {
		t.Fatalf("the upgrade is shown as %+v", w.Upgrade)
	}
	if diff := cmp.Diff(c.causes, w.Upgrade.Causes); diff != "" {
		t.Errorf("the causes (-want +got):\n%s", diff)
	}
	fails := c.change == report.UpgradeFails
	if got := r.Upgrade.Verdict == report.Violates; got != fails {
		t.Errorf("the verdict is %s", r.Upgrade.Verdict)
	}
	if exit := from.pss(t, slices.Concat([]string{"check", "ns", c.pod.Namespace, "--upgrade-to", newestPolicy}, from.flags)...).exit; (exit == 1) != fails {
		t.Errorf("exit code %d", exit)
	}
	labels := c.labels.labels()
	to.holdPins(t, c, o, labels, *upgraded(&w.Evidence[0]))
	if !c.kept {
		return
	}
	maps.Copy(labels, item.Upgrade.Pins)
	to.holdPins(t, c, o, labels, w.Evidence[0].Outcome)
}

// holdPins holds what is said of the pod of a stored object under labels against this server; the version is the pin's.
func (s *server) holdPins(t *testing.T, c *upgradeCase, o object, labels map[string]string, predicted report.Outcome) {
	t.Helper()
	ns := s.namespace(t, fmt.Sprintf("upgrade-%s-%d", c.name, len(labels)), labels)
	real := s.verdict(t, s.dryCreate(t.Context(), workload.ControllerUser("Deployment"), podFrom(o, ns)))
	want := ofPod(predicted.Pod)
	if pin := labels[labelKey("enforce")+"-version"]; pin != "" {
		want.Message = strings.Replace(want.Message, `:latest"`, ":"+pin+`"`, 1)
	}
	same(t, fmt.Sprintf("the pod of %s under %v", c.name, labels), want, real)
}
