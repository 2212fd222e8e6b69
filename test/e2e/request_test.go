//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
)

// answer is what a server said to one request.
type answer struct {
	err      error
	warnings []string // in the order of their headers
	auditID  string   // under which the request stands in the audit log
	stored   object   // what the server would store, nil when it refused
}

// verdict is an answer as far as Pod Security makes it, in a form that a prediction has as well.
type verdict struct {
	Allowed bool
	// Message is the denial of a pod after `pods "NAME" is forbidden: `, or else the server's whole text.
	Message  string
	Warnings []string
	// Audit is the audit-violations annotation.
	Audit string
}

// dryCreate asks what the server would do to the creation of an object by a user, the admin if empty.
func (s *server) dryCreate(ctx context.Context, user string, o object) answer {
	client, plural := s.resource(o)
	request := client.Post().Namespace(o.GetNamespace()).Resource(plural).Body(o).
		VersionedParams(&metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}, scheme.ParameterCodec)
	stored, ok := o.DeepCopyObject().(object)
	if !ok {
		return answer{err: fmt.Errorf("a copy of a %T is no object", o)}
	}
	return s.ask(ctx, user, request, stored)
}

// dryLabel asks what the server would say to a change of a namespace's labels; nil removes a label.
func (s *server) dryLabel(ctx context.Context, namespace string, labels map[string]*string) answer {
	patch, err := labelPatch(labels)
	if err != nil {
		return answer{err: err}
	}
	request := s.client.CoreV1().RESTClient().Patch(types.MergePatchType).Resource("namespaces").Name(namespace).Body(patch).
		VersionedParams(&metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}}, scheme.ParameterCodec)
	return s.ask(ctx, "", request, nil)
}

func labelPatch(labels map[string]*string) ([]byte, error) {
	return json.Marshal(map[string]any{"metadata": map[string]any{"labels": labels}})
}

// ask sends a request under an audit ID of our own; into, if not nil, takes the object in the answer.
func (s *server) ask(ctx context.Context, user string, request *rest.Request, into object) answer {
	a := answer{auditID: fmt.Sprintf("%s%d-%s-%d", namePrefix, os.Getpid(), suite.id, s.asked.Add(1))}
	request.SetHeader("Audit-ID", a.auditID)
	if user != "" {
		request.SetHeader("Impersonate-User", user)
	}
	result := request.Do(ctx)
	for _, w := range result.Warnings() {
		a.warnings = append(a.warnings, w.Text)
	}
	a.err = result.Error()
	if a.err == nil && into != nil {
		a.err = result.Into(into)
		a.stored = into
	}
	return a
}

// message is the server's own text where it refused, empty where it did not.
func (a *answer) message() string {
	if a.err == nil {
		return ""
	}
	if status, ok := errors.AsType[*apierrors.StatusError](a.err); ok {
		return status.Status().Message
	}
	return a.err.Error()
}

// code is the HTTP status of a refusal, 0 for none.
func (a *answer) code() int32 {
	if status, ok := errors.AsType[*apierrors.StatusError](a.err); ok {
		return status.Status().Code
	}
	return 0
}

// podWarning is how every warning about a pod or a template begins. Other parts of the server warn as well.
const podWarning = "would violate PodSecurity "

// verdict reduces an answer about a pod or a workload object to Pod Security's part, audit log included.
func (s *server) verdict(t *testing.T, a answer) verdict {
	t.Helper()
	v := verdict{Allowed: a.err == nil, Message: a.message(), Audit: s.annotations(t, a)["audit-violations"]}
	if _, text, found := strings.Cut(v.Message, " is forbidden: "); found && a.code() == http.StatusForbidden {
		v.Message = text
	}
	for _, w := range a.warnings {
		if strings.HasPrefix(w, podWarning) {
			v.Warnings = append(v.Warnings, w)
		}
	}
	return v
}

// annotations are Pod Security's audit annotations of a request, without their prefix.
func (s *server) annotations(t *testing.T, a answer) map[string]string {
	t.Helper()
	found, err := s.log.annotations(a.auditID)
	if err != nil {
		t.Fatal(err)
	}
	return found
}
