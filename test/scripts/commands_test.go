package scripts

import (
	"errors"
	"os/exec"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/version"

	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

func server(ts *testscript.TestScript) *fakeapi.Server {
	return ts.Value(serverKey{}).(*fakeapi.Server)
}

// exits runs a command and checks its exit code: exits N COMMAND ARG...
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// wrong runs a command that cannot be carried out, and checks that it exits with 2 and prints nothing on stdout: wrong
// COMMAND ARG...
func wrong(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: wrong COMMAND ARG...")
	}
	exits(ts, false, append([]string{"2"}, args...))
	if stdout := ts.ReadFile("stdout"); stdout != "" {
		ts.Fatalf("stdout is %q, want nothing", stdout)
	}
}

// api makes the server misbehave from now on: api forbid RESOURCE [GROUP [NAMESPACE]] | unauthorized | hang PATH | down |
// expire PATH | retry PATH | cache PATH | version GITVERSION MINOR [EMULATED] | metrics FILE | patch NAMESPACE FAULT [TIMES]; api
// mend takes that back, api admit inject|harden|refuse TEXT says what becomes of pods created by dry run, api deny VERB RESOURCE
// denies a right to those who ask for it, and api serve FILE adds the objects of a manifest, or replaces them.
func api(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: api FAULT ARG...")
	}
	arg := func(i int) string {
		if i < len(args) {
			return args[i]
		}
		return ""
	}
	s := server(ts)
	switch args[0] {
	case "forbid":
		s.Inject(fakeapi.Fault{Path: resourcePath(arg(1), arg(2), arg(3)), Do: fakeapi.Forbid(arg(1), arg(2))})
	case "unauthorized":
		s.Inject(fakeapi.Fault{Path: "/*", Do: fakeapi.Refuse(401, metav1.StatusReasonUnauthorized, "Unauthorized")})
	case "patch":
		patchFault(ts, arg(1), arg(2), arg(3))
	case "mend":
		s.Mend()
	case "hang":
		s.Inject(fakeapi.Fault{Path: arg(1), Do: fakeapi.Hang()})
	case "retry":
		s.Inject(fakeapi.Fault{Path: arg(1), Do: fakeapi.RetryAfter(429, 1), Times: 1})
	case "expire":
		s.Inject(fakeapi.Fault{Path: arg(1), Do: fakeapi.Expire(true), Skip: 1, Times: 1})
	case "cache":
		s.Inject(fakeapi.Fault{Path: arg(1), Do: fakeapi.Older()})
	case "down":
		s.Close()
	case "version":
		s.SetVersion(version.Info{Major: "1", GitVersion: arg(1), Minor: arg(2), EmulationMajor: "1", EmulationMinor: arg(3)})
	case "metrics":
		s.SetMetrics(ts.ReadFile(arg(1)))
	case "admit":
		s.SetAdmit(admission(ts, arg(1), arg(2)))
	case "deny":
		s.Deny(arg(1) + " " + arg(2))
	case "serve":
		objects := objectsIn(ts, arg(1))
		recordOf(ts).note(objects)
		s.Add(objects...)
	default:
		ts.Fatalf("unknown fault %q", args[0])
	}
}

func resourcePath(resource, group, namespace string) string {
	if namespace != "" {
		resource = "namespaces/" + namespace + "/" + resource
	}
	if group == "" {
		return "/api/v1/" + resource
	}
	version := "v1"
	if group == "policy" {
		version = "v1beta1" // of PodSecurityPolicies
	}
	return "/apis/" + group + "/" + version + "/" + resource
}

// requests checks that no request but reads were made, and how many to a path: requests PATH COUNT.
func requests(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: requests PATH COUNT")
	}
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	if got := len(server(ts).Requests(args[0])); got != want {
		ts.Fatalf("%d requests to %s, want %d", got, args[0], want)
	}
	for _, r := range server(ts).Requests() {
		if r.Method != "GET" {
			ts.Fatalf("%s %s is no read", r.Method, r.Path)
		}
	}
}
