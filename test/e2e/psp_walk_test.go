//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// walk goes through `kubectl pss psp plan` to its end: each step is taken with the commands that it prints and nothing
// else, is done then, is taken back with the undo that it prints, is open again, and is taken for good.
type walk struct {
	*server

	// dir is where the commands are run. manifest, in it, is what the API server runs with, as kubeadm would have it, and
	// admissionConfig, if not empty, is the file that it reads besides.
	dir, manifest, admissionConfig string
}

// pspPlugins are those that the estate's server has beside its own, in the manner of kubeadm.
const pspPlugins = "NodeRestriction,PodSecurityPolicy"

// walkThrough is the whole way. At its end PodSecurityPolicy is off, nothing is left of it, and everything runs.
func (s *server) walkThrough(t *testing.T) {
	t.Helper()
	s.awaitGone(t)
	w := &walk{server: s, dir: t.TempDir()}
	w.manifest = filepath.Join(w.dir, "kube-apiserver.yaml")
	w.writeManifest(t, pspPlugins)
	before := w.running(t)

	p := w.plan(t)
	steps := stepsOf(p)
	if len(steps) != 10 {
		t.Fatalf("the checklist has these steps: %q", steps)
	}
	for _, step := range steps {
		p = w.take(t, step, p)
	}
	w.makeAgain(t)
	eventually(t, "everything to run again", func() (bool, error) { return alike(before, w.running(t)) })
	p = w.plan(t)
	for _, step := range steps { // the builds no longer get what a policy added, so that their namespace can do with less
		w.run(t, openIn(p, step), func(i report.MigrationStep) []string { return i.Commands })
	}
	eventually(t, "the checklist to be done", func() (bool, error) { return alike(nil, undone(w.plan(t))) })
}

// goBack is in how many namespaces each step is taken back.
const goBack = 3

// stepsOf are the steps of a checklist, in its order.
func stepsOf(p *report.MigrationPlan) []string {
	var names []string
	for _, item := range p.Items {
		if !slices.Contains(names, item.Step) {
			names = append(names, item.Step)
		}
	}
	return names
}

// undone says what of a checklist is left.
func undone(p *report.MigrationPlan) []string {
	var left []string
	for _, item := range p.Items {
		if item.State != report.StepDone && item.State != report.StepNone {
			left = append(left, fmt.Sprintf("%s %s is %s: %s", item.Step, item.Namespace, item.State, item.Why))
		}
	}
	return left
}

// makeAgain has every pod of the estate made again: by its controller, by the operator, by the bot.
func (w *walk) makeAgain(t *testing.T) {
	t.Helper()
	estate, err := filepath.Abs("../../hack/demo/psp/later")
	if err != nil {
		t.Fatal(err)
	}
	w.must(t, w.dir, strings.ReplaceAll(`set -e -o pipefail
kubectl delete pods --all-namespaces --selector app.kubernetes.io/name --wait=false
kubectl delete pods -n databases --selector cluster
kubectl delete pods -n ci --all
uid=$(kubectl get postgrescluster accounts -n databases -o 'jsonpath={.metadata.uid}')
sed "s/uid: CLUSTER_UID/uid: $uid/" ESTATE/20-owned.yaml | kubectl create --as=system:serviceaccount:databases:postgres-operator -f -
kubectl create --as=build-bot -f ESTATE/30-builds.yaml`, "ESTATE", estate))
}

// plan is the checklist as it is now.
func (w *walk) plan(t *testing.T) *report.MigrationPlan {
	t.Helper()
	var p report.MigrationPlan
	w.pspReport(t, &p, "psp", "plan", "--probe")
	return &p
}

// openIn are the parts of a step that are neither done nor needless, by namespace.
func openIn(p *report.MigrationPlan, step string) map[string]report.MigrationStep {
	open := map[string]report.MigrationStep{}
	for _, item := range p.Items {
		if item.Step == step && item.State != report.StepDone && item.State != report.StepNone {
			open[item.Namespace] = item
		}
	}
	return open
}

// take goes one step forth, back and forth again, from a checklist to the next. Not every namespace goes back: the last
// ones, shop among them, are enough.
func (w *walk) take(t *testing.T, step string, p *report.MigrationPlan) *report.MigrationPlan {
	t.Helper()
	todo := openIn(p, step)
	if len(todo) == 0 {
		t.Errorf("%s is not open, so that nothing is shown", step)
	}
	for _, item := range todo {
		if item.State != report.StepOpen {
			t.Errorf("%s %s is %s: %s", step, item.Namespace, item.State, item.Why)
		}
	}
	w.run(t, todo, func(i report.MigrationStep) []string { return i.Commands })
	w.awaitOpen(t, step, nil)
	for _, namespace := range keys(todo)[:max(len(todo)-goBack, 0)] {
		delete(todo, namespace)
	}
	w.run(t, todo, func(i report.MigrationStep) []string { return i.Undo })
	p = w.awaitOpen(t, step, keys(todo))
	w.run(t, openIn(p, step), func(i report.MigrationStep) []string { return i.Commands })
	return w.awaitOpen(t, step, nil)
}

// awaitOpen waits until a step is open in these namespaces and no others, and returns the checklist.
func (w *walk) awaitOpen(t *testing.T, step string, namespaces []string) *report.MigrationPlan {
	t.Helper()
	var p *report.MigrationPlan
	eventually(t, fmt.Sprintf("%s to be open in %q only", step, namespaces), func() (bool, error) {
		p = w.plan(t)
		ok, err := alike(namespaces, keys(openIn(p, step)))
		if err != nil {
			return false, fmt.Errorf("%w: %q", err, undone(p))
		}
		return ok, nil
	})
	return p
}

func keys(items map[string]report.MigrationStep) []string {
	var names []string
	for name := range items {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// run has a shell run what a step prints, in every namespace. What is a comment says what to do on the control plane's
// machines: a command on its manifest, and flags, which a restart brings into force.
func (w *walk) run(t *testing.T, items map[string]report.MigrationStep, of func(report.MigrationStep) []string) {
	t.Helper()
	for _, namespace := range keys(items) {
		lines := of(items[namespace])
		if len(lines) == 0 {
			t.Errorf("%s %s prints no way", items[namespace].Step, namespace)
		}
		text := strings.Join(lines, "\n")
		text = strings.ReplaceAll(text, "/etc/kubernetes/manifests/kube-apiserver.yaml", w.manifest)
		w.must(t, w.dir, "set -e -o pipefail; cd "+w.dir+"\n"+text+"\ntrue")
		switch {
		case strings.Contains(text, "start it with --admission-control-config-file"):
			w.admissionConfig = filepath.Join(w.dir, "pod-security.yaml")
			w.restart(t)
		case strings.Contains(text, "start kube-apiserver without --admission-control-config-file"):
			w.admissionConfig = ""
			w.restart(t)
		case strings.Contains(text, "--enable-admission-plugins"):
			w.restart(t)
		}
	}
}

// writeManifest writes the flags of the API server down as kubeadm does.
func (w *walk) writeManifest(t *testing.T, plugins string) {
	t.Helper()
	text := "spec:\n  containers:\n  - command:\n    - kube-apiserver\n    - --enable-admission-plugins=" + plugins + "\n"
	if err := os.WriteFile(w.manifest, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// restart runs the API server with what its manifest says.
func (w *walk) restart(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(w.manifest)
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"--name", w.Name}
	for _, flag := range regexp.MustCompile(`(?m)^    - (--\S+)$`).FindAllSubmatch(text, -1) {
		args = append(args, "--apiserver-arg="+string(flag[1]))
	}
	if w.admissionConfig != "" {
		args = append(args, "--admission-config", w.admissionConfig)
	}
	if out, err := suite.restart(t, args...); err != nil {
		t.Fatalf("localkube %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// running counts the pods of every workload of the estate that run.
func (w *walk) running(t *testing.T) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for _, pod := range w.pods(t, "") {
		name := pod.Labels["app.kubernetes.io/name"]
		if name != "" && pod.DeletionTimestamp == nil && pod.Status.Phase == "Running" {
			counts[pod.Namespace+"/"+name]++
		}
	}
	return counts
}
