// Package fakeapi is an API server over HTTP for tests: it serves the objects that it is given as JSON or
// protobuf, in pages, and can be told to refuse, expire, warn, stall or break off. It has no controllers and no
// admission, and takes no writes but merge patches of namespaces and dry runs of pods.
package fakeapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/apimachinery/pkg/version"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// firstRevision is the resourceVersion before anything is stored, and that of every list.
const firstRevision = 1000

// Server is a running fake. Its methods may be called while it serves.
type Server struct {
	http *httptest.Server

	mu       sync.Mutex
	objects  map[string][]runtime.Object  // by plural, sorted by namespace and name
	replaced map[string]*corev1.Namespace // what namespaces were before they were last written, by name
	panics   []string
	version  version.Info
	metrics  string
	faults   []*Fault
	admit    Admit    // nil admits everything as it is
	denied   []string // rights, as "VERB RESOURCE"
	requests []Request
	revision int // the latest resourceVersion
	underWay int // requests that are being answered
}

// Request is a request that the server got, refused or not.
type Request struct {
	Method, Path, Query, Accept, UserAgent, Body string
}

// New starts a server of version v1.37.0 that holds the objects. It panics on a kind that it does not know.
func New(objects ...runtime.Object) *Server { return start((*httptest.Server).Start, objects) }

// NewTLS is New with a certificate that no client trusts.
func NewTLS(objects ...runtime.Object) *Server { return start((*httptest.Server).StartTLS, objects) }

func start(listen func(*httptest.Server), objects []runtime.Object) *Server {
	s := &Server{
		objects:  map[string][]runtime.Object{},
		replaced: map[string]*corev1.Namespace{},
		version:  version.Info{Major: "1", Minor: "37", GitVersion: "v1.37.0"},
		revision: firstRevision,
	}
	s.Add(objects...)
	s.http = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	s.http.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that break off are what is tested
	listen(s.http)
	return s
}

// Close stops the server, and cuts requests that hang.
func (s *Server) Close() {
	s.http.CloseClientConnections()
	s.http.Close()
}

// URL is the server's address.
func (s *Server) URL() string { return s.http.URL }

// Add puts objects into the server. A namespace is copied, and gets what a server gives it: a UID, a resourceVersion.
func (s *Server) Add(objects ...runtime.Object) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, obj := range objects {
		plural, err := pluralOf(obj)
		if err != nil {
			panic(err)
		}
		if namespace, ok := obj.(*corev1.Namespace); ok {
			namespace = namespace.DeepCopy()
			if namespace.UID == "" {
				namespace.UID = uuid.NewUUID()
			}
			s.store(namespace)
			continue
		}
		s.objects[plural] = insert(s.objects[plural], obj)
	}
}

// SetVersion sets what /version answers.
func (s *Server) SetVersion(info version.Info) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version = info
}

// SetMetrics sets what /metrics answers; without it the answer is 403.
func (s *Server) SetMetrics(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.metrics = text
}

// Calm removes all faults.
func (s *Server) Calm() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// Inject adds a fault. The first that applies to a request acts.
func (s *Server) Inject(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// Mend takes back all faults.
func (s *Server) Mend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// Requests returns the requests so far whose path has one of the prefixes; all without any.
func (s *Server) Requests(prefixes ...string) []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []Request
	for _, r := range s.requests {
		ok := len(prefixes) == 0
		for _, prefix := range prefixes {
			ok = ok || strings.HasPrefix(r.Path, prefix)
		}
		if ok {
			found = append(found, r)
		}
	}
	return found
}

// Settle waits until no request has been under way for a moment: a client that is gone may have left some.
func (s *Server) Settle() {
	const moment, step = 20, time.Millisecond
	for quiet := 0; quiet < moment; quiet++ {
		time.Sleep(step)
		s.mu.Lock()
		if s.underWay > 0 {
			quiet = 0
		}
		s.mu.Unlock()
	}
}

// Kubeconfig is a kubeconfig whose current context "fake" leads to this server.
func (s *Server) Kubeconfig() []byte {
	config := clientcmdapi.NewConfig()
	config.Clusters["fake"] = &clientcmdapi.Cluster{Server: s.http.URL}
	config.AuthInfos["tester"] = &clientcmdapi.AuthInfo{Token: "fake"}
	config.Contexts["fake"] = &clientcmdapi.Context{Cluster: "fake", AuthInfo: "tester", Namespace: "default"}
	config.CurrentContext = "fake"
	content, err := clientcmd.Write(*config)
	if err != nil {
		panic(err)
	}
	return content
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	// Only once the body is read does net/http notice a client that goes away, and a fault may want it twice.
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	s.mu.Lock()
	s.requests = append(s.requests, Request{
		Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Accept: r.Header.Get("Accept"), UserAgent: r.UserAgent(), Body: string(body),
	})
	act := s.fault(r)
	s.underWay++
	s.mu.Unlock()
	defer s.answered()
	if act != nil {
		act(w, r, http.HandlerFunc(s.answer))
		return
	}
	s.answer(w, r)
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	info, metrics := s.version, s.metrics
	s.mu.Unlock()
	switch {
	case r.Method == http.MethodPatch:
		s.answerPatch(w, r)
	case r.Method == http.MethodPost:
		s.answerPost(w, r)
	case r.Method != http.MethodGet:
		writeStatus(w, r, status(http.StatusMethodNotAllowed, "MethodNotAllowed", "the fake takes no other writes than patches"))
	case r.URL.Path == "/version":
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(info)
	case r.URL.Path == "/metrics" && metrics != "":
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		_, _ = fmt.Fprint(w, metrics)
	case r.URL.Path == "/metrics":
		writeStatus(w, r, status(http.StatusForbidden, "Forbidden", `forbidden: User "tester" cannot get path "/metrics"`))
	default:
		s.answerResource(w, r)
	}
}

// insert keeps etcd's order, by namespace and name, and replaces an object of the same name.
func insert(objects []runtime.Object, obj runtime.Object) []runtime.Object {
	at, found := search(objects, keyOf(obj))
	if found {
		objects[at] = obj
		return objects
	}
	objects = append(objects, nil)
	copy(objects[at+1:], objects[at:])
	objects[at] = obj
	return objects
}

// keyOf is an object's key in etcd, without the resource.
func keyOf(obj runtime.Object) string {
	m, err := meta.Accessor(obj)
	if err != nil {
		panic(err)
	}
	return m.GetNamespace() + "/" + m.GetName()
}
