// Package fakekube stands in for the components of Kubernetes in tests: a test binary that is called by their names
// does what the start of a cluster waits for, and nothing else.
package fakekube

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/process"
)

// FailArg lets the fake API server end with an error; NeverReadyArg lets it never become ready.
const (
	FailArg       = "--fake-failure"
	NeverReadyArg = "--fake-never-ready"
)

// Main is to be called first by TestMain: it does not return in a process that is a shim or a component.
func Main() {
	if len(os.Args) > 1 && os.Args[1] == process.ShimCommand {
		fmt.Fprintln(os.Stderr, process.Become(os.Args[2:]))
		os.Exit(1)
	}
	switch filepath.Base(os.Args[0]) {
	case "etcd":
		exit(listen(argument("--listen-client-urls")))
	case "kube-apiserver":
		exit(serve())
	case "kube-controller-manager", "kube-scheduler", "kwok":
		select {}
	}
}

// Install makes the folders that a build would have made and returns them: binaries, stages.
func Install(t *testing.T) (binDir, stageDir string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	binDir, stageDir = t.TempDir(), t.TempDir()
	for _, name := range []string{"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"} {
		if err := os.Symlink(self, filepath.Join(binDir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(stageDir, "stage.yaml"), nil, 0o600); err != nil {
		t.Fatal(err)
	}

	return binDir, stageDir
}

func exit(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// argument returns the value of an argument of the form --name=value.
func argument(name string) string {
	for _, arg := range os.Args[1:] {
		if value, found := strings.CutPrefix(arg, name+"="); found {
			return value
		}
	}

	return ""
}

func given(arg string) bool {
	return slices.Contains(os.Args[1:], arg)
}

// listen accepts connections, which is all that anyone wants of etcd before the API server runs.
func listen(address string) error {
	parsed, err := url.Parse(address)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", parsed.Host)
	if err != nil {
		return err
	}
	for {
		if _, err := listener.Accept(); err != nil {
			return err
		}
	}
}

// serve answers as an API server whose nodes are ready as soon as they exist.
func serve() error {
	if given(FailArg) {
		fmt.Fprintln(os.Stderr, "first line\nError: unknown flag: "+FailArg)
		os.Exit(3)
	}
	var mu sync.Mutex
	nodes := []any{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if given(NeverReadyArg) {
			http.Error(w, "etcd failed", http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("POST /api/v1/nodes", func(http.ResponseWriter, *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		nodes = append(nodes, map[string]any{"status": map[string]any{
			"conditions": []any{map[string]string{"type": "Ready", "status": "True"}},
		}})
	})
	mux.HandleFunc("GET /api/v1/nodes", func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		_ = json.NewEncoder(w).Encode(map[string]any{"items": nodes})
	})
	mux.HandleFunc("POST /apis/storage.k8s.io/v1/storageclasses", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "already exists", http.StatusConflict)
	})
	mux.HandleFunc("GET /api/v1/namespaces/default/serviceaccounts/default", func(http.ResponseWriter, *http.Request) {})

	return http.ListenAndServeTLS("127.0.0.1:"+argument("--secure-port"),
		argument("--tls-cert-file"), argument("--tls-private-key-file"), mux)
}
