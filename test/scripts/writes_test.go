package scripts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	psa "k8s.io/pod-security-admission/api"

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
	forget := func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.byName, name)
		s.Delete(name)
	}
	switch {
	case how[0] == "delete":
		return forget
	case how[0] == "recreate":
		return func() {
			forget()
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
// were not, and that of no namespace anything else has changed than the labels of Pod Security: patches DRYRUN REAL, * for any number.
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
	for i, got := range []int{dry, real} {
		if args[i] != "*" && args[i] != strconv.Itoa(got) {
			ts.Fatalf("%d patches in dry run and %d real ones, want %s and %s", dry, real, args[0], args[1])
		}
	}
	r := recordOf(ts)
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, before := range r.byName {
		if now := server(ts).Namespace(name); now != nil {
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

// patchFault makes the server misbehave on patches of one namespace, or of all (*), from now on, or so many times: api
// patch NAME FAULT [TIMES].
func patchFault(ts *testscript.TestScript, name, fault, times string) {
	f := fakeapi.Fault{Method: "PATCH", Path: "/api/v1/namespaces/" + name}
	if times != "" {
		var err error
		f.Times, err = strconv.Atoi(times)
		ts.Check(err)
	}
	find := func(name string) fakeapi.Action {
		if do, known := patchFaults(server(ts))[fault]; known {
			return do(name)
		}
		how, known := changeFaults()[fault]
		if !known {
			ts.Fatalf("unknown fault %q", fault)
		}
		return fakeapi.Call(changeBy(ts, name, how...))
	}
	find(name) // unknown ones are told here, not in the server
	f.Do = func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		find(path.Base(r.URL.Path))(w, r, next)
	}
	server(ts).Inject(f)
}

// changeFaults are faults by which somebody else changes the namespace just before the patch.
func changeFaults() map[string][]string {
	return map[string][]string{
		"touch":    {"annotation", "touched", "yes"},
		"move":     {"label", psa.EnforceLevelLabel, "restricted"},
		"delete":   {"delete"},
		"recreate": {"recreate"},
	}
}

func patchFaults(s *fakeapi.Server) map[string]func(name string) fakeapi.Action {
	always := func(do fakeapi.Action) func(string) fakeapi.Action { return func(string) fakeapi.Action { return do } }
	refuse := func(code int32, reason metav1.StatusReason, text string) func(string) fakeapi.Action {
		return func(name string) fakeapi.Action {
			return fakeapi.Refuse(code, reason, fmt.Sprintf(`namespaces %q is forbidden: `+text, name))
		}
	}
	failure := fakeapi.Refuse(500, metav1.StatusReasonInternalError, "Internal error occurred: etcdserver: leader changed")
	return map[string]func(string) fakeapi.Action{
		"forbid":      refuse(403, metav1.StatusReasonForbidden, `User "tester" cannot patch resource "namespaces" in API group "" in the namespace %[1]q`),
		"policy":      refuse(422, metav1.StatusReasonInvalid, `ValidatingAdmissionPolicy 'frozen' with binding 'frozen' denied request: labels are frozen`),
		"busy":        always(fakeapi.RetryAfter(429, 1)),
		"fail":        always(failure),
		"fail-after":  always(fakeapi.After(failure)),
		"reset":       always(fakeapi.HangUp()),
		"reset-after": always(fakeapi.After(fakeapi.HangUp())),
		"hang":        always(fakeapi.Hang()),
		"slow":        always(fakeapi.Delay(time.Second)),
		"warn":        always(fakeapi.Warn("somebody has something to say")),
		"down": always(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			go s.Close() // it waits for this very answer
			fakeapi.HangUp()(w, r, next)
		}),
	}
}
