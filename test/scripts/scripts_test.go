// Package scripts runs the command as its users do, against API servers that page, refuse, stall and break off. The
// scripts are in testdata, one file a subject; commands_test.go adds what testscript lacks.
package scripts

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/cmd"
	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"kubectl-pss": func() { os.Exit(cmd.Main(os.Stdin, os.Stdout, os.Stderr, os.Args[1:], os.Getenv)) },
	})
}

func TestScripts(t *testing.T) {
	t.Parallel() // beside TestNastyCluster; tests that measure this process run alone, before
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setup,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "wrong": wrong, "api": api, "interrupted": interrupted, "requests": requests, "answer": answer,
			"change": change, "labels": labels, "patches": patches, "journals": journals,
		},
	})
}

// serverKey is where a script's API server is kept.
type serverKey struct{}

// setup gives each script an API server with a small estate, and a kubeconfig that leads to it.
func setup(env *testscript.Env) error {
	server, known := fakeapi.New(estate()...), &record{byName: map[string]*corev1.Namespace{}}
	env.Defer(server.Close)
	env.Values[serverKey{}], env.Values[recordKey{}] = server, known
	known.note(estate())
	kubeconfig := filepath.Join(env.WorkDir, "kubeconfig")
	env.Setenv("KUBECONFIG", kubeconfig)
	env.Setenv("SERVER", server.URL())
	env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, "state"))
	env.Setenv("GORACE", "atexit_sleep_ms=0") // with -race, each command would sleep for a second before it ends
	return os.WriteFile(kubeconfig, server.Kubeconfig(), 0o600)
}
