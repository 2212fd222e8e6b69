package scripts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/go-cmp/cmp"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	psa "k8s.io/pod-security-admission/api"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

// record keeps the namespaces as they are without what the command writes.
type record struct {
	mu     sync.Mutex
	byName map[string]*corev1.Namespace
}

type recordKey struct{}

func recordOf(ts *testscript.TestScript) *record { return ts.Value(recordKey{}).(*record) }

// note takes down the namespaces among objects that are put into the server.
func (r *record) note(objects []runtime.Object) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, obj := range objects {
		if namespace, ok := obj.(*corev1.Namespace); ok {
			r.byName[namespace.Name] = namespace.DeepCopy()
		}
	}
}

// change has somebody else write a namespace: change NAME label|annotation KEY VALUE, where - removes it; or change NAME
// delete|recreate.
func change(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: change NAME label|annotation KEY VALUE; change NAME delete|recreate")
	}
	changeBy(ts, args[0], args[1:]...)()
}

// changeBy is change for later.
func changeBy(ts *testscript.TestScript, name string, how ...string) func() {
	s, r := server(ts), recordOf(ts)
	both := func(write func(*corev1.Namespace)) func() {
		return func() {
			r.mu.Lock()
			defer r.mu.Unlock()
			write(r.byName[name])
			s.Change(name, write)
		}
	}
	switch {
	case how[0] == "delete":
		return func() { s.Delete(name) }
	case how[0] == "recreate":
		return func() {
			s.Delete(name)
			s.Add(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
		}
	case how[0] == "label" && len(how) == 3:
		return both(func(ns *corev1.Namespace) { set(&ns.Labels, how[1], how[2]) })
	case how[0] == "annotation" && len(how) == 3:
		return both(func(ns *corev1.Namespace) { set(&ns.Annotations, how[1], how[2]) })
	default:
		ts.Fatalf("unknown change %q", how)
		return nil
	}
}

func set(m *map[string]string, key, value string) {
	switch {
	case value == "-":
		delete(*m, key)
	case *m == nil:
		*m = map[string]string{key: value}
	default:
		(*m)[key] = value
	}
}

// labels checks the Pod Security labels that a namespace has on the server: labels NAME [enforce=LEVEL]...
func labels(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: labels NAME [KEY=VALUE]...")
	}
	ns := server(ts).Namespace(args[0])
	if ns == nil {
		ts.Fatalf("there is no namespace %s", args[0])
	}
	var got []string
	for key, value := range ns.Labels {
		if mode, ok := strings.CutPrefix(key, "pod-security.kubernetes.io/"); ok {
			got = append(got, mode+"="+value)
		}
	}
	slices.Sort(got)
	want := slices.Sorted(slices.Values(args[1:]))
	if strings.Join(got, " ") != strings.Join(want, " ") {
		ts.Fatalf("namespace %s has %q, want %q", args[0], got, want)
	}
}

// patches checks that the server got reads and patches of namespaces only, how many of these were dry runs and how many
// were not, and that of no namespace anything else has changed than the labels of Pod Security: patches DRYRUN REAL.
func patches(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: patches DRYRUN REAL")
	}
	dry, real := 0, 0
	for _, r := range server(ts).Requests() {
		switch {
		case r.Method == "GET":
		case r.Method != "PATCH" || !strings.HasPrefix(r.Path, "/api/v1/namespaces/") || strings.Count(r.Path, "/") != 4:
			ts.Fatalf("%s %s is neither a read nor a patch of a namespace", r.Method, r.Path)
		case strings.Contains(r.Query, "dryRun=All"):
			dry++
		default:
			real++
		}
	}
	if got := []string{strconv.Itoa(dry), strconv.Itoa(real)}; !slices.Equal(got, args) {
		ts.Fatalf("%s patches in dry run and %s real ones, want %s and %s", got[0], got[1], args[0], args[1])
	}
	r := recordOf(ts)
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, before := range r.byName {
		if now := server(ts).Namespace(name); now != nil && (before.UID == "" || now.UID == before.UID) {
			if diff := cmp.Diff(bare(before), bare(now)); diff != "" {
				ts.Fatalf("of namespace %s more has changed than its labels of Pod Security: %s", name, diff)
			}
		}
	}
}

// bare is a namespace without what a change of its Pod Security labels changes.
func bare(namespace *corev1.Namespace) *corev1.Namespace {
	ns := namespace.DeepCopy()
	ns.TypeMeta, ns.UID, ns.ResourceVersion, ns.ManagedFields = metav1.TypeMeta{}, "", "", nil
	maps.DeleteFunc(ns.Labels, func(key, _ string) bool { return slices.Contains(sixKeys(), key) })
	if len(ns.Labels) == 0 {
		ns.Labels = nil
	}
	return ns
}

func sixKeys() []string {
	return []string{
		psa.EnforceLevelLabel, psa.EnforceVersionLabel, psa.AuditLevelLabel, psa.AuditVersionLabel, psa.WarnLevelLabel, psa.WarnVersionLabel,
	}
}

// journals checks how many journals there are, and puts the IDs of their runs into variables, the oldest first:
// journals [VARIABLE]...
func journals(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: journals [VARIABLE]...")
	}
	entries, err := os.ReadDir(stateDir(ts))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		ts.Check(err)
	}
	started := map[string]time.Time{}
	for _, e := range entries {
		info, err := e.Info()
		ts.Check(err)
		if info.Mode().Perm() != 0o600 {
			ts.Fatalf("others may read the journal %s: %s", e.Name(), info.Mode())
		}
		content, err := os.ReadFile(filepath.Join(stateDir(ts), e.Name()))
		ts.Check(err)
		var header struct{ Started time.Time }
		first, _, _ := bytes.Cut(content, []byte("\n"))
		ts.Check(json.Unmarshal(first, &header))
		started[strings.TrimSuffix(e.Name(), filepath.Ext(e.Name()))] = header.Started
	}
	ids := slices.SortedFunc(maps.Keys(started), func(a, b string) int { return started[a].Compare(started[b]) })
	if len(ids) != len(args) {
		ts.Fatalf("%d journals, want %d: %s", len(ids), len(args), strings.Join(ids, ", "))
	}
	for i, variable := range args {
		ts.Setenv(variable, ids[i])
	}
}

// patchFault makes the server misbehave on patches of one namespace, or of all (*), from now on: api patch NAME FAULT
// [TIMES].
func patchFault(ts *testscript.TestScript, name, fault, times string) {
	f := fakeapi.Fault{Method: "PATCH", Path: "/api/v1/namespaces/" + name}
	if times != "" {
		var err error
		f.Times, err = strconv.Atoi(times)
		ts.Check(err)
	}
	var known bool
	if f.Do, known = patchFaults(ts, name)[fault]; !known {
		ts.Fatalf("unknown fault %q", fault)
	}
	server(ts).Inject(f)
}

func patchFaults(ts *testscript.TestScript, name string) map[string]fakeapi.Action {
	s := server(ts)
	failure := fakeapi.Refuse(500, metav1.StatusReasonInternalError, "Internal error occurred: etcdserver: leader changed")
	return map[string]fakeapi.Action{
		"forbid": fakeapi.Refuse(403, metav1.StatusReasonForbidden, fmt.Sprintf(
			`namespaces %q is forbidden: User "tester" cannot patch resource "namespaces" in API group "" in the namespace %[1]q`, name)),
		"policy": fakeapi.Refuse(422, metav1.StatusReasonInvalid, fmt.Sprintf(
			`namespaces %q is forbidden: ValidatingAdmissionPolicy 'frozen' with binding 'frozen' denied request: labels are frozen`, name)),
		"touch":       fakeapi.Call(changeBy(ts, name, "annotation", "touched", "yes")),
		"move":        fakeapi.Call(changeBy(ts, name, "label", psa.EnforceLevelLabel, "restricted")),
		"delete":      fakeapi.Call(changeBy(ts, name, "delete")),
		"recreate":    fakeapi.Call(changeBy(ts, name, "recreate")),
		"busy":        fakeapi.RetryAfter(429, 1),
		"fail":        failure,
		"fail-after":  fakeapi.After(failure),
		"reset":       fakeapi.HangUp(),
		"reset-after": fakeapi.After(fakeapi.HangUp()),
		"hang":        fakeapi.Hang(),
		"slow":        fakeapi.Delay(time.Second),
		"warn":        fakeapi.Warn("somebody has something to say"),
		"down": func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			go s.Close() // it waits for this very answer
			fakeapi.HangUp()(w, r, next)
		},
	}
}
