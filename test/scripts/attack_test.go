package scripts

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/adrg/xdg"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

// TestAttackedFiles takes the plan, the journal of a run and that of an interrupted one, edits each line in many ways as
// somebody who can write them would, the checksums included, and has the command carry them out: nothing reaches the server but
// merge patches of the six labels, of namespaces that the file names, with the UIDs that it names.
func TestAttackedFiles(t *testing.T) {
	for _, tt := range []struct {
		name string
		file func(*site, *testing.T) string // makes the file and returns its path
		args func(path string) []string
	}{
		{"plan", (*site).plan, func(path string) []string { return []string{"label", "-f", path} }},
		{"rollback", (*site).journal, func(path string) []string { return []string{"rollback", runOf(path)} }},
		{"continue", (*site).interrupted, func(path string) []string { return []string{"label", "--continue", runOf(path)} }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t)
			path := tt.file(s, t)
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			refused, wrote := 0, 0
			for _, e := range chosen(t, attacks(string(content))) {
				patches := s.carryOut(t, path, e, tt.args(path))
				if wrote += patches; patches == 0 {
					refused++
				}
			}
			t.Logf("%d refused, %d patches", refused, wrote)
			if refused == 0 || wrote == 0 {
				t.Errorf("%d refused and %d patches prove nothing", refused, wrote)
			}
		})
	}
}

// TestDamagedFiles: what no attacker has given new checksums is refused with the first line that is not what was written,
// and nothing is touched.
func TestDamagedFiles(t *testing.T) {
	s := newSite(t)
	path := s.journal(t)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range chosen(t, damages(string(content))) {
		if err := os.WriteFile(path, []byte(e.text), 0o600); err != nil {
			t.Fatal(err)
		}
		s.server.Settle()
		before := len(writesIn(s.server.Requests()))
		_, stderr := runIn(t, "rollback", runOf(path), "--yes", "--kubeconfig", s.kubeconfig)
		if !strings.Contains(stderr, fmt.Sprintf(".jsonl:%d: ", e.line)) {
			t.Errorf("%s in line %d: it is not named: %s", e.what, e.line, stderr)
		}
		if writes := writesIn(s.server.Requests())[before:]; len(writes) > 0 {
			t.Errorf("%s in line %d: %v", e.what, e.line, writes)
		}
	}
}

// site is a cluster and the place of a user's journals.
type site struct {
	dir, kubeconfig string
	server          *fakeapi.Server
	before          map[string]*corev1.Namespace // when the file was made
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{dir: t.TempDir()}
	s.kubeconfig = filepath.Join(s.dir, "kubeconfig")
	t.Setenv("XDG_STATE_HOME", filepath.Join(s.dir, "state"))
	xdg.Reload()
	s.restart(t)
	return s
}

// restart makes the cluster anew, with the labels that there were.
func (s *site) restart(t *testing.T) {
	t.Helper()
	if s.server != nil {
		s.server.Close()
	}
	s.server = fakeapi.New()
	t.Cleanup(s.server.Close)
	for _, name := range []string{"shop", "web", "lab", "kube-system", "default"} {
		ns := namespace(name, map[string]string{"team": "a"})
		if name == "shop" {
			ns.Labels["pod-security.kubernetes.io/audit"] = "baseline"
		}
		if before := s.before[name]; before != nil {
			ns = before
		}
		s.server.Add(ns)
	}
	if err := os.WriteFile(s.kubeconfig, s.server.Kubeconfig(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// keep remembers the namespaces, which is where each attack begins.
func (s *site) keep() {
	s.before = map[string]*corev1.Namespace{}
	for _, name := range []string{"shop", "web", "lab", "kube-system", "default"} {
		s.before[name] = s.server.Namespace(name)
	}
}

func (s *site) plan(t *testing.T) string {
	t.Helper()
	text, stderr := runIn(t, "label", "ns", "shop", "web", "--enforce", "baseline", "--warn", "restricted:v1.30", "--dry-run=client", "-o", "yaml", "--kubeconfig", s.kubeconfig)
	path := filepath.Join(s.dir, "plan.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil || !strings.Contains(text, "kind: LabelPlan") {
		t.Fatal(err, stderr)
	}
	s.keep()
	return path
}

func (s *site) journal(t *testing.T) string {
	t.Helper()
	_, stderr := runIn(t, "label", "ns", "shop", "web", "--enforce", "baseline", "--warn", "restricted:v1.30", "--yes", "--kubeconfig", s.kubeconfig)
	found, err := filepath.Glob(filepath.Join(s.dir, "state", "kubectl-pss", "runs", "*.jsonl"))
	if err != nil || len(found) != 1 {
		t.Fatal(err, found, stderr)
	}
	s.keep()
	return found[0]
}

// interrupted is the journal of a run that was killed before it wrote anything.
func (s *site) interrupted(t *testing.T) string {
	t.Helper()
	s.keep()
	first := s.before
	path := s.journal(t)
	s.before = first
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(content), "\n")
	begin := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, `{"begin":`) })
	if err := os.WriteFile(path, []byte(strings.Join(lines[:begin+1], "")), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func runOf(path string) string { return strings.TrimSuffix(filepath.Base(path), ".jsonl") }

// carryOut has the command read an edited file, and checks all that has reached the server; it counts the patches.
func (s *site) carryOut(t *testing.T, path string, e edited, args []string) int {
	t.Helper()
	s.restart(t)
	if err := os.WriteFile(path, []byte(resummed(e.text)), 0o600); err != nil {
		t.Fatal(err)
	}
	args = append(args, "--yes", "--kubeconfig", s.kubeconfig)
	if args[0] == "label" {
		args = append(args, "--allow-violations", "--allow-gaps", "--force-conflicts")
	}
	runIn(t, args...)
	writes := writesIn(s.server.Requests())
	for _, r := range writes {
		name, ok := strings.CutPrefix(r.Path, "/api/v1/namespaces/")
		if !ok || r.Method != http.MethodPatch || !names(e.text, name) {
			t.Errorf("%s in line %d: %s %s, which the file does not name", e.what, e.line, r.Method, r.Path)
		}
		if wrong := notLabels(s.server.Namespace(name), r.Body); wrong != "" {
			t.Errorf("%s in line %d: %s: %s", e.what, e.line, r.Body, wrong)
		}
	}
	return len(writes)
}

// names says whether a file, YAML or JSON, names a namespace.
func names(text, name string) bool {
	return regexp.MustCompile(`namespace"?: ?"?` + regexp.QuoteMeta(name) + `\b`).MatchString(text)
}

// writesIn are the requests that are no reads; a review of rights stores nothing.
func writesIn(requests []fakeapi.Request) (writes []fakeapi.Request) {
	for _, r := range requests {
		if r.Method != http.MethodGet && !strings.HasPrefix(r.Path, "/apis/authorization.k8s.io/") {
			writes = append(writes, r)
		}
	}
	return writes
}

// notLabels says what else than the six labels of that very namespace a patch would change.
func notLabels(ns *corev1.Namespace, body string) string {
	var patch map[string]map[string]any
	if err := json.Unmarshal([]byte(body), &patch); err != nil {
		return err.Error()
	}
	metadata := patch["metadata"]
	labels, _ := metadata["labels"].(map[string]any)
	if ns == nil || len(patch) != 1 || len(metadata) != 3 || metadata["uid"] != string(ns.UID) || metadata["resourceVersion"] == "" {
		return "not just labels of this namespace"
	}
	for key := range labels {
		if !slices.Contains(survey.Keys(), key) {
			return key + " is none of the six"
		}
	}
	return ""
}
