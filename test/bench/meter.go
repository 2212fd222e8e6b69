//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"regexp"
	"sync"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// traffic is what a program sent and received.
type traffic struct {
	// Requests are counted by method and path, names of namespaces left out.
	Requests map[string]int64 `json:"requests"`
	// Received are the bytes of the bodies of all answers, compressed where they travel so.
	Received int64 `json:"receivedBytes"`
}

// total is how many requests there were.
func (t *traffic) total() int64 {
	var n int64
	for _, count := range t.Requests {
		n += count
	}
	return n
}

// meter is a proxy in front of the API server that counts. It takes part in no run that is timed.
type meter struct {
	kubeconfig string
	server     *http.Server
	inName     *regexp.Regexp

	mu   sync.Mutex
	seen traffic
}

// newMeter serves until close, with the rights of the cluster's own kubeconfig, and writes one that leads to itself.
func newMeter(cluster, kubeconfig string) (*meter, error) {
	config, err := clientcmd.BuildConfigFromFlags("", cluster)
	if err != nil {
		return nil, err
	}
	config.DisableCompression = true // what the program asks for is passed on; nothing is added or taken away
	transport, err := rest.TransportFor(config)
	if err != nil {
		return nil, err
	}
	target, err := url.Parse(config.Host)
	if err != nil {
		return nil, err
	}
	m := &meter{kubeconfig: kubeconfig, inName: regexp.MustCompile(`/namespaces/[^/]+`), seen: traffic{Requests: map[string]int64{}}}
	proxy := &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:      transport,
		FlushInterval:  -1,
		ModifyResponse: m.received,
		ErrorLog:       log.New(io.Discard, "", 0), // programs may hang up when they know enough
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	text := fmt.Sprintf(`{"apiVersion": "v1", "kind": "Config", "current-context": "meter",
"clusters": [{"name": "meter", "cluster": {"server": "http://%s"}}],
"contexts": [{"name": "meter", "context": {"cluster": "meter", "user": ""}}]}
`, listener.Addr())
	if err := os.WriteFile(kubeconfig, []byte(text), 0o600); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	m.server = &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.sent(r)
		proxy.ServeHTTP(w, r)
	})}
	go func() { _ = m.server.Serve(listener) }() // until close
	return m, nil
}

func (m *meter) close() error { return m.server.Close() }

// around counts what is asked for while f runs.
func (m *meter) around(f func() error) (traffic, error) {
	m.mu.Lock()
	m.seen = traffic{Requests: map[string]int64{}}
	m.mu.Unlock()
	err := f()
	m.mu.Lock()
	defer m.mu.Unlock()
	return traffic{Requests: maps.Clone(m.seen.Requests), Received: m.seen.Received}, err
}

func (m *meter) sent(r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen.Requests[r.Method+" "+m.inName.ReplaceAllString(r.URL.Path, "/namespaces/*")]++
}

func (m *meter) received(response *http.Response) error {
	response.Body = &counted{ReadCloser: response.Body, add: func(n int) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.seen.Received += int64(n)
	}}
	return nil
}

// counted is a body whose bytes are counted as they pass.
type counted struct {
	io.ReadCloser

	add func(n int)
}

// Read implements io.Reader.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.add(n)
	return n, err
}

// prime lets kubectl keep what it finds out about a server, so that no run that counts has to find out.
func (b *bench) prime(ctx context.Context) error {
	for _, kubeconfig := range []string{b.cluster.status.Kubeconfig, b.meter.kubeconfig} {
		c := command(ctx, b.cluster.status.Kubectl, "get", "namespaces", "-o", "name")
		c.Env = b.environment(kubeconfig)
		if _, err := output(c); err != nil {
			return err
		}
	}
	return nil
}
