//go:build unix

package main

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/tools/clientcmd"
)

// The meter passes on what the server sends, compressed where the program asked for it, and counts it once.
func TestMeter(t *testing.T) {
	text := strings.Repeat("pods and pods and ", 1000)
	compressed := 0
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if r.Header.Get("Accept-Encoding") != "gzip" {
			fmt.Fprint(w, text)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		var packed strings.Builder
		z := gzip.NewWriter(&packed)
		fmt.Fprint(z, text)
		z.Close()
		compressed = packed.Len()
		fmt.Fprint(w, packed.String())
	}))
	defer server.Close()
	dir := t.TempDir()
	cluster := filepath.Join(dir, "cluster")
	kubeconfig := fmt.Sprintf(`{"apiVersion": "v1", "kind": "Config", "current-context": "c",
"clusters": [{"name": "c", "cluster": {"server": %q, "insecure-skip-tls-verify": true}}], "users": [{"name": "u", "user": {"token": "secret"}}],
"contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}]}`, server.URL)
	if err := os.WriteFile(cluster, []byte(kubeconfig), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := newMeter(cluster, filepath.Join(dir, "meter"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.close() })
	config, err := clientcmd.BuildConfigFromFlags("", m.kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(client *http.Client, path string) error {
		answer, err := client.Get(config.Host + path)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if body, err := io.ReadAll(answer.Body); err != nil || string(body) != text {
			t.Errorf("%s: read %d bytes (%v), want %d", path, len(body), err, len(text))
		}
		return nil
	}
	packed, plain := &http.Client{}, &http.Client{Transport: &http.Transport{DisableCompression: true}}
	if _, err := m.around(func() error { return ask(plain, "/before") }); err != nil {
		t.Fatal(err)
	}
	got, err := m.around(func() error {
		for _, path := range []string{"/api/v1/namespaces/a?x=1", "/api/v1/namespaces/b", "/api/v1/namespaces/b/pods?limit=1"} {
			if err := ask(packed, path); err != nil {
				return err
			}
		}
		return ask(plain, "/api/v1/pods")
	})
	if err != nil {
		t.Fatal(err)
	}
	want := traffic{Received: int64(3*compressed + len(text)), Requests: map[string]int64{
		"GET /api/v1/namespaces/*": 2, "GET /api/v1/namespaces/*/pods": 1, "GET /api/v1/pods": 1,
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got.total() != 4 {
		t.Errorf("%d requests, want 4", got.total())
	}
}
