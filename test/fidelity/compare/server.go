// Package compare holds what kubectl pss says of random objects against what a live API server does to them: messages,
// warnings in their order and audit annotations, as strings. Everything is asked by dry run; what is written besides
// are namespaces with labels, and pods for changes of labels to meet.
package compare

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubectl-pss/kubectl-pss/pkg/cluster"
	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
)

// Place is where a server is found, and what no API tells of it.
type Place struct {
	Kubeconfig, AuditLog string
	// AdmissionConfig is the file that the server was started with, empty for none.
	AdmissionConfig string
}

// Server is a live API server, and ours in memory that is to say the same.
type Server struct {
	// Release is what it calls itself. Binary is that release's minor, Minor the one that latest means.
	Release       string
	Binary, Minor int

	// reader is what the plugin reads it by, client everything else.
	reader    *cluster.Client
	client    *kubernetes.Clientset
	log       *auditLog
	admission *simulate.Admission
	evaluator *standard.Evaluator
	id        string // sets our requests and namespaces apart from those of another contest
	asked     atomic.Int64
	settled   atomic.Int64
}

// Connect finds out what a server is.
func Connect(ctx context.Context, p Place) (*Server, error) {
	config, err := clientcmd.BuildConfigFromFlags("", p.Kubeconfig)
	if err != nil {
		return nil, err
	}
	config.QPS = -1 // the server is our own
	config.WarningHandler = rest.NoWarnings{}
	s := &Server{id: strconv.FormatInt(time.Now().UnixNano(), 36)}
	s.log = newAuditLog(p.AuditLog, s.id)
	if s.client, err = kubernetes.NewForConfig(config); err != nil {
		return nil, err
	}
	flags := genericclioptions.NewConfigFlags(false)
	flags.KubeConfig = &p.Kubeconfig
	if s.reader, err = cluster.NewClient(flags, cluster.ClientOptions{}); err != nil {
		return nil, err
	}
	info, err := s.client.Discovery().ServerVersion()
	if err != nil {
		return nil, err
	}
	s.Release = info.GitVersion
	if s.Binary, err = standard.BinaryMinor(*info); err != nil {
		return nil, err
	}
	if s.Minor, err = standard.EffectiveMinor(*info); err != nil {
		return nil, err
	}
	if err := s.pretend(s.Binary, s.Minor); err != nil {
		return nil, err
	}
	pss, err := simulate.DefaultConfig()
	if p.AdmissionConfig != "" {
		pss, err = simulate.LoadConfig(p.AdmissionConfig, os.ReadFile)
	}
	if err != nil {
		return nil, err
	}
	if s.admission, err = simulate.New(pss); err != nil {
		return nil, err
	}
	return s, s.furnish(ctx)
}

// Mistake has the server be taken for one of another minor, so that it can be shown that such a thing is noticed.
func (s *Server) Mistake(minor int) error { return s.pretend(minor, minor) }

func (s *Server) pretend(binary, minor int) (err error) {
	s.Binary, s.Minor = binary, minor
	s.evaluator, err = standard.NewEmulatingEvaluator(binary, minor)
	return err
}

// Answer is what a server said to one request.
type Answer struct {
	auditID  string
	code     int
	status   *metav1.Status // of a refusal
	warnings []string
	body     []byte
}

// message is the server's own text where it refused.
func (a *Answer) message() string {
	if a.status == nil {
		return ""
	}
	return a.status.Message
}

// request is what is sent, under a dry run.
type request struct {
	verb, path, contentType, user string
	body                          []byte
}

// attempts is how often a request is sent that a busy server did not get to answer.
const attempts = 3

// ask sends a request. A refusal by Pod Security or by validation is an answer, anything else an error.
func (s *Server) ask(ctx context.Context, r *request) (a *Answer, err error) {
	for range attempts {
		if a, err = s.try(ctx, r); err == nil && !a.outOfTime() || ctx.Err() != nil {
			break
		}
	}
	return a, err
}

// outOfTime says that the server gave up looking at pods: it takes a second at most, however busy the machine is.
func (a *Answer) outOfTime() bool {
	return len(a.warnings) > 0 && strings.HasPrefix(a.warnings[0], "new PodSecurity enforce level only checked")
}

func (s *Server) try(ctx context.Context, r *request) (*Answer, error) {
	a := &Answer{auditID: fmt.Sprintf("%s-%d", s.id, s.asked.Add(1))}
	sent := s.client.CoreV1().RESTClient().Verb(r.verb).AbsPath(r.path).Param("dryRun", metav1.DryRunAll).
		Body(r.body).SetHeader("Content-Type", r.contentType).SetHeader("Audit-ID", a.auditID)
	if r.user != "" {
		sent.SetHeader("Impersonate-User", r.user)
	}
	result := sent.Do(ctx)
	for _, w := range result.Warnings() {
		a.warnings = append(a.warnings, w.Text)
	}
	result.StatusCode(&a.code)
	err := result.Error() // of which Raw tells less
	if err == nil {
		a.body, err = result.Raw()
		return a, err
	}
	refused, ok := errors.AsType[*apierrors.StatusError](err)
	if !ok || refused.ErrStatus.Code != http.StatusForbidden && refused.ErrStatus.Code != http.StatusUnprocessableEntity {
		return nil, fmt.Errorf("%s %s: %w\n%s", r.verb, r.path, err, r.body)
	}
	a.status = &refused.ErrStatus
	return a, nil
}

// collection is the path under which objects of a kind are created.
func collection(apiVersion, kind, namespace string) string {
	root := path.Join("/apis", apiVersion)
	if apiVersion == "v1" {
		root = "/api/v1"
	}
	return path.Join(root, "namespaces", namespace, strings.ToLower(kind)+"s")
}

const (
	jsonType  = "application/json"
	mergeType = "application/merge-patch+json"
)

// labelPatch turns labels into others.
func labelPatch(from, to map[string]string) ([]byte, error) {
	patch := map[string]*string{}
	for key := range from {
		patch[key] = nil
	}
	for key, value := range to {
		patch[key] = &value
	}
	return json.Marshal(map[string]any{"metadata": map[string]any{"labels": patch}})
}
