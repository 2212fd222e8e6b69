package relabel

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

// edits is how many edited plans, and as many journals, are carried out.
const edits = 400

// hostile are what somebody would put in the place of a word.
func hostile() []string {
	return []string{
		"../web", "web/status", "web/../../../apis/apps/v1/namespaces/web/deployments/api", "web?dryRun=All", "web%2f..%2fkube-system", "WEB", "web ", "web\\u0000",
		"kube-system", "default", "lab", "web", "uid-web", "uid-lab", "uid-kube-system", "", "null", "true", "[]", "{}", "-1", strings.Repeat("x", 300), "*", "{}}",
		"team", "kubernetes.io/metadata.name", "pod-security.kubernetes.io/exempt", "pod-security.kubernetes.io/enforce\\u200b", "Pod-Security.kubernetes.io/enforce",
		enforce, enforceVersion, audit, warn, "privileged", "restricted", "latest", "v1.999", "a b", "\\u202erestricted", "change", "keep", "delete", "before", "after",
		"labels", "annotations", "metadata", "finalizers", "uid", "namespace", "namespaces", "items", "result", "done", "begin", "written",
	}
}

// edit changes a text in one or two places, as somebody who knows what stands there would.
func edit(r *rand.Rand, text string) string {
	word := regexp.MustCompile(`[A-Za-z0-9./-]+`)
	for range 1 + r.IntN(2) {
		lines := strings.SplitAfter(text, "\n")
		i, j := r.IntN(len(lines)), r.IntN(len(lines))
		switch r.IntN(10) {
		case 0:
			lines = slices.Insert(lines, i, lines[j]) // twice
		case 1:
			lines = slices.Delete(lines, i, i+1)
		case 2:
			lines[i], lines[j] = lines[j], lines[i]
		case 3:
			if len(text) > 0 {
				at := r.IntN(len(text))
				text = text[:at] + string(rune(r.IntN(0x3000))) + text[at+1:]
			}
			continue
		default:
			if found := word.FindAllStringIndex(lines[i], -1); len(found) > 0 {
				at, other := found[r.IntN(len(found))], hostile()
				lines[i] = lines[i][:at[0]] + other[r.IntN(len(other))] + lines[i][at[1]:]
			}
		}
		text = strings.Join(lines, "")
	}
	return text
}

// source is random in the same way each time, unless PSS_SEED says otherwise.
func source(t *testing.T) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	if s := os.Getenv("PSS_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("PSS_SEED=%d repeats this run", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// TestEditedPlans: whatever an attacker makes of a plan, it is refused with its line, or touches nothing but the six labels
// of namespaces that it names and whose UIDs it knows.
func TestEditedPlans(t *testing.T) {
	plan := twoChanges()
	content, err := yaml.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	refusal := regexp.MustCompile(`^plan\.yaml:[0-9]+: .`)
	carryOut(t, func(text string) []report.Planned {
		plan, err := ParsePlan("plan.yaml", []byte(text))
		if err != nil {
			if !refusal.MatchString(err.Error()) {
				t.Errorf("names no line: %v\n%s", err, text)
			}
			return nil
		}
		return plan.Items
	}, string(content), estate(func(name string) labelSet {
		for i := range plan.Items {
			if plan.Items[i].Namespace == name {
				return plan.Items[i].Before
			}
		}
		return oldLabels()
	}))
}

// TestEditedJournals is the same of journals whose checksums the attacker has made anew: undoing them.
func TestEditedJournals(t *testing.T) {
	s, id := keep(t, func(j *Journal) {
		for _, name := range []string{"shop", "web"} {
			if err := j.Begin(name); err != nil {
				t.Fatal(err)
			}
			j.Done(name, report.Result{Outcome: report.EndingWritten})
		}
	})
	content, err := os.ReadFile(s.path(id))
	if err != nil {
		t.Fatal(err)
	}
	refusal := regexp.MustCompile(`^journal:[0-9]+: .`)
	all := estate(func(string) labelSet { return newLabels() })
	live := map[string]*corev1.Namespace{}
	for _, ns := range all {
		live[ns.Name] = ns
	}
	carryOut(t, func(text string) []report.Planned {
		run, _, err := readJournal("journal", id, resum([]byte(text)))
		if err != nil {
			if !refusal.MatchString(err.Error()) {
				t.Errorf("names no line: %v\n%s", err, text)
			}
			return nil
		}
		return Undo(run, func(name string) (*corev1.Namespace, error) { return live[name], nil }).Items
	}, string(content), all)
}

// estate are namespaces of which a plan names some.
func estate(labels func(name string) labelSet) []*corev1.Namespace {
	var list []*corev1.Namespace
	for _, name := range []string{"shop", "lab", "web", "kube-system", "default"} {
		list = append(list, live(name, labels(name)))
	}
	return list
}

// carryOut edits a text many times and carries out what is read from it: without another look at the cluster, which would
// stop most of it.
func carryOut(t *testing.T, read func(text string) []report.Planned, text string, estate []*corev1.Namespace) {
	t.Helper()
	r := source(t)
	refused, wrote := 0, 0
	for range edits {
		items := read(edit(r, text))
		if items == nil {
			refused++
			continue
		}
		server := fakeapi.New()
		for _, ns := range estate {
			server.Add(ns)
		}
		api := connect(t, server, 0, APIOptions{})
		api.Write(t.Context(), items, Hooks{})
		wrote += onlyWrote(t, server, items)
		server.Close()
	}
	t.Logf("%d texts: %d refused, %d patches", edits, refused, wrote)
	if refused < edits/20 || wrote < edits/20 {
		t.Errorf("of %d texts %d were refused, and there were %d patches: too few to prove anything", edits, refused, wrote)
	}
}

// onlyWrote checks all that has reached the server, and counts the patches.
func onlyWrote(t *testing.T, server *fakeapi.Server, items []report.Planned) int {
	t.Helper()
	may := map[string]string{} // UIDs by path
	for i := range items {
		if items[i].Action == report.ActionChange {
			may["/api/v1/namespaces/"+items[i].Namespace] = items[i].UID
		}
	}
	patches := 0
	for _, request := range server.Requests() {
		uid, named := may[request.Path]
		if request.Method == http.MethodGet && (named || request.Path == "/version") {
			continue
		}
		if request.Method != http.MethodPatch || !named {
			t.Fatalf("%s %s?%s: nobody has named it", request.Method, request.Path, request.Query)
		}
		patches++
		if wrong := wrongWrite(request.Body, uid); wrong != "" {
			t.Fatalf("%s: %s", request.Body, wrong)
		}
	}
	return patches
}

// wrongWrite is apart from wrongPatch, which the product trusts.
func wrongWrite(body, uid string) string {
	var patch map[string]map[string]any
	if err := json.Unmarshal([]byte(body), &patch); err != nil {
		return err.Error()
	}
	metadata := patch["metadata"]
	labels, _ := metadata["labels"].(map[string]any)
	if len(patch) != 1 || len(metadata) != 3 || metadata["uid"] != uid || metadata["resourceVersion"] == "" || len(labels) == 0 {
		return "not just labels of " + uid
	}
	for key := range labels {
		if !slices.Contains(survey.Keys(), key) {
			return fmt.Sprintf("%q is not among the six", key)
		}
	}
	return ""
}
