//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corev1apply "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// rich makes namespaces with everything that writing labels must leave alone, and returns what selects them.
func (s *server) rich(t *testing.T) (selector string) {
	t.Helper()
	group := "rich-" + suite.id
	namespaces := s.client.CoreV1().Namespaces()
	owner, err := namespaces.Get(t.Context(), metav1.NamespaceDefault, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i, labels := range []map[string]string{
		{},
		all("baseline").labels(),
		all("restricted:v1.30").labels(),
		{api.EnforceVersionLabel: "v1.28", api.WarnVersionLabel: "latest"},
		{api.AuditLevelLabel: "privileged", "pod-security.kubernetes.io/enforce-not-ours": "restricted"},
		{api.EnforceLevelLabel: "privileged", "security.openshift.io/scc.podSecurityLabelSync": "false", "empty": ""},
	} {
		ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
			Name: fmt.Sprintf("%s-%d", group, i), Labels: map[string]string{crowdLabel: group},
			Annotations: map[string]string{
				"openshift.io/sa.scc.uid-range": "1000/10000", "pod-security.kubernetes.io/enforce": "an annotation", "text": "a\nb\"c\u00e9",
			},
			Finalizers:      []string{"e2e.pss.dev/held"},
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Namespace", Name: owner.Name, UID: owner.UID}},
		}}
		maps.Copy(ns.Labels, labels)
		if _, err := namespaces.Create(t.Context(), ns, metav1.CreateOptions{FieldManager: byHand}); err != nil {
			t.Fatal(err)
		}
	}
	first := group + "-1"
	if err := s.account(t.Context(), first, "default"); err != nil {
		t.Fatal(err)
	}
	create(t, s, deployment(plainPod(first, "d"), 1))
	s.eventuallyPods(t, first, 1)
	// A controller that owns a label and an annotation of its own beside one of the six.
	applied := corev1apply.Namespace(group + "-5").WithAnnotations(map[string]string{"controller": "mine"}).
		WithLabels(map[string]string{"controller": "mine", api.WarnLevelLabel: "baseline"})
	if _, err := namespaces.Apply(t.Context(), applied, metav1.ApplyOptions{FieldManager: "controller", Force: true}); err != nil {
		t.Fatal(err)
	}
	return crowdLabel + "=" + group
}

// TestSafetyOnlySixLabels changes the labels of rich namespaces on every path: nothing else of them may ever change,
// dry runs change nothing at all, and the server's audit log knows of no other write than the patches that it takes.
func TestSafetyOnlySixLabels(t *testing.T) {
	t.Parallel()
	s := spare(t)
	p := &paths{server: s, selector: s.rich(t)}
	p.original = s.stored(t, p.selector)
	mark := s.log.end(t)
	p.admin = newAdmin(t, s.Kubeconfig)
	p.dryRuns(t, "client", "", "label", "ns", "-l", p.selector)
	p.dryRuns(t, "server", dryRunAll, "label", "ns", "-l", p.selector)
	p.as("writing")
	for _, m := range []modes{
		{enforce: "baseline"},
		{enforce: "restricted:v1.31"},
		{audit: "restricted:latest", warn: "baseline:v1.36"},
		all("baseline:latest"),
		{enforce: "-"},
		{audit: "-", warn: "-"},
		{enforce: "privileged", audit: "restricted", warn: "-"},
	} {
		p.label(t, m)
	}
	p.write(t, "label", "ns", "-l", p.selector, "--recommend")
	p.label(t, all("-"))
	p.write(t, "label", "ns", "-l", p.selector, "--recommend", "--pin", "v1.33")
	p.fromFile(t)
	p.interrupted(t)
	p.rollbacks(t)
	p.as("writing-back")
	p.allTheWayBack(t)
	p.requests(t, mark)
}

// paths are the ways on which labels are changed.
type paths struct {
	server   *server
	admin    *admin
	selector string
	original map[string]whole
	asked    map[string]string // what each user's patches must have in their query
	runs     []string          // those that wrote, the oldest first
}

const dryRunAll = "dryRun=All"

// as has what follows done by a user of its own, whom the audit log names.
func (p *paths) as(user string) {
	if p.asked == nil {
		p.asked = map[string]string{}
	}
	name := user + "-" + suite.id
	p.asked[name] = "fieldManager=kubectl-pss"
	p.admin.flags = []string{"--as", name, "--as-group", "system:masters"}
}

// dryRuns tries each form of a dry run, none of which changes anything.
func (p *paths) dryRuns(t *testing.T, mode, query string, args ...string) {
	t.Helper()
	p.as("asking-" + mode)
	p.asked["asking-"+mode+"-"+suite.id] = query
	args = append(args, "--dry-run="+mode)
	before := p.server.stored(t, p.selector)
	for _, more := range [][]string{
		{},
		{"-o", "yaml"},
		{"-o", "patch"},
		{"-o", "manifests"},
		{"--enforce", "restricted:v1.30", "--audit", "-"},
		{"--yes", "--allow-violations", "--allow-gaps", "--force-conflicts", "--enforce", "baseline", "--warn", "-"},
	} {
		if r := p.admin.pss(t, append(args, more...)...); r.stdout == "" || r.exit == 2 {
			t.Errorf("%q %q: %+v", args, more, r)
		}
	}
	untouched(t, "dry run "+mode, before, p.server.stored(t, p.selector))
	if runs, temporary := p.admin.journals(); len(runs)+len(temporary) > 0 {
		t.Errorf("a dry run left journals: %q %q", runs, temporary)
	}
}

// write changes labels, and holds what is stored then against the plan that was printed.
func (p *paths) write(t *testing.T, args ...string) *report.LabelPlan {
	t.Helper()
	args = append(args, "--yes")
	if args[0] == "label" {
		args = append(args, "--allow-violations", "--force-conflicts")
	}
	plan := p.admin.plan(t, 0, args...)
	if plan.Summary.Change == 0 {
		t.Fatalf("%q changed nothing: %+v", args, plan)
	}
	if plan.Run != "" {
		p.runs = append(p.runs, plan.Run)
	}
	want := map[string]map[string]string{}
	for i := range plan.Items {
		want[plan.Items[i].Namespace] = plan.Items[i].After
	}
	now := p.server.stored(t, p.selector)
	othersKept(t, strings.Join(args, " "), p.original, now)
	labelled(t, strings.Join(args, " "), want, now)
	return plan
}

// label is write by mode flags, whose meaning is known.
func (p *paths) label(t *testing.T, m modes) {
	t.Helper()
	want := m.planned(p.server.stored(t, p.selector))
	p.write(t, append([]string{"label", "ns", "-l", p.selector}, m.flags()...)...)
	labelled(t, fmt.Sprintf("%+v", m), want, p.server.stored(t, p.selector))
}

// fromFile prints a plan and carries it out.
func (p *paths) fromFile(t *testing.T) {
	t.Helper()
	m := modes{enforce: "baseline:v1.35", warn: "restricted:v1.35"}
	args := append([]string{"label", "ns", "-l", p.selector, "--dry-run=client", "-o", "yaml"}, m.flags()...)
	file := filepath.Join(t.TempDir(), "plan.yaml")
	before := p.server.stored(t, p.selector)
	if err := os.WriteFile(file, []byte(p.admin.pss(t, args...).stdout), 0o600); err != nil {
		t.Fatal(err)
	}
	untouched(t, "printing a plan", before, p.server.stored(t, p.selector))
	p.write(t, "label", "-f", file)
	labelled(t, "from a file", m.planned(before), p.server.stored(t, p.selector))
}

// interrupted kills a run at its third patch and goes on with it.
func (p *paths) interrupted(t *testing.T) {
	t.Helper()
	m := all("restricted:v1.32")
	proxy := p.server.middleman(t)
	direct := p.admin.kubeconfig
	p.admin.kubeconfig = proxy.kubeconfig
	before := p.server.stored(t, p.selector)
	earlier, _ := p.admin.journals()
	args := append([]string{"label", "ns", "-l", p.selector, "--yes", "--allow-violations", "--force-conflicts"}, m.flags()...)
	if r, killed := p.admin.killAt(t, proxy, seeded(t), killPoint{atApplied, 3}, args...); !killed {
		t.Fatalf("not killed: %+v", r)
	}
	p.admin.kubeconfig = direct
	othersKept(t, "killed", p.original, p.server.stored(t, p.selector))
	runs, _ := p.admin.journals()
	run := latest(runs, earlier)
	p.runs = append(p.runs, run)
	p.admin.must(t, 0, "label", "--continue", run, "--yes")
	othersKept(t, "continued", p.original, p.server.stored(t, p.selector))
	labelled(t, "continued", m.planned(before), p.server.stored(t, p.selector))
}

// rollbacks takes the last run back, takes that back, and does so once more by dry run.
func (p *paths) rollbacks(t *testing.T) {
	t.Helper()
	after := p.server.stored(t, p.selector)
	back := p.write(t, "rollback", p.runs[len(p.runs)-1])
	forth := p.write(t, "rollback", back.Run)
	restored(t, "rolled back and forth", after, p.server.stored(t, p.selector))
	// What was taken back twice is there again.
	p.runs = p.runs[:len(p.runs)-2]

	writing := p.admin.flags
	before := p.server.stored(t, p.selector)
	for mode, query := range map[string]string{"client": "", "server": dryRunAll} {
		p.as("back-" + mode)
		p.asked["back-"+mode+"-"+suite.id] = query
		p.admin.must(t, 0, "rollback", forth.Run, "--dry-run="+mode)
	}
	untouched(t, "rollback --dry-run", before, p.server.stored(t, p.selector))
	p.admin.flags = writing
}

// allTheWayBack takes all runs back, the latest first.
func (p *paths) allTheWayBack(t *testing.T) {
	t.Helper()
	for _, run := range slices.Backward(p.runs) {
		p.admin.must(t, 0, "rollback", run, "--yes")
	}
	restored(t, "all the way back", p.original, p.server.stored(t, p.selector))
}

// requests holds the audit log against what each of the users may have done.
func (p *paths) requests(t *testing.T, mark int64) {
	t.Helper()
	patches := map[string]int{}
	for _, r := range p.server.requestsSince(t, mark) {
		query, ours := p.asked[r.user]
		if !ours || r.reads() {
			continue
		}
		patches[r.user]++
		if r.Verb != "patch" || r.ObjectRef.Resource != "namespaces" || r.ObjectRef.Subresource != "" ||
			!strings.HasPrefix(r.ObjectRef.Name, "rich-"+suite.id) {
			t.Errorf("a request that writes something else: %+v", r)
		}
		if query == "" || !strings.Contains(r.RequestURI, query) {
			t.Errorf("%s is not to send %s", r.user, r.RequestURI)
		}
		if query != dryRunAll && strings.Contains(r.RequestURI, dryRunAll) {
			t.Errorf("a dry run of somebody who writes: %s", r.RequestURI)
		}
	}
	for user, query := range p.asked {
		if (query == "") != (patches[user] == 0) {
			t.Errorf("%s sent %d patches", user, patches[user])
		}
	}
	t.Logf("patches by user: %v", patches)
}

// request is one request as the audit log has it.
type request struct {
	Stage, Verb, RequestURI string
	ImpersonatedUser        struct{ Username string }
	ObjectRef               struct{ Resource, Subresource, Name string }

	user string
}

// reads says that a request cannot write anything.
func (r *request) reads() bool { return r.Verb == "get" || r.Verb == "list" || r.Verb == "watch" }

// requestsSince are the requests that the audit log has from an offset on, up to one of our own.
func (s *server) requestsSince(t *testing.T, offset int64) []request {
	t.Helper()
	last := s.dryLabel(t.Context(), metav1.NamespaceDefault, map[string]*string{"e2e.pss.dev/mark": nil})
	s.annotations(t, last) // it is in the log, and so is all that was answered before
	file, err := os.ReadFile(s.AuditLog)
	if err != nil {
		t.Fatal(err)
	}
	var found []request
	for line := range strings.Lines(string(file[offset:])) {
		var r request
		if !strings.HasSuffix(line, "\n") {
			break // being written for somebody else
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if r.user = r.ImpersonatedUser.Username; r.Stage == "ResponseComplete" || r.Stage == "Panic" {
			found = append(found, r)
		}
	}
	return found
}

// end is how long the log is now.
func (l *auditLog) end(t *testing.T) int64 {
	t.Helper()
	info, err := os.Stat(l.path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
