package probe

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/kubernetes/scheme"
)

// reply is how a server takes the creation of something.
type reply struct {
	refused     string
	warnings    []string
	annotations map[string]string
}

// seen is a request as it arrived, in few words.
type seen struct {
	Line string
	// HostPID is the pod's or template's.
	HostPID bool
}

// serve starts a server that answers the creation of pods and Deployments, and a client for it.
func serve(t *testing.T, pods, deployments reply) (c *Client, requests func() []seen) {
	t.Helper()
	var mu sync.Mutex
	var all []seen
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
			return
		}
		obj, _, err := scheme.Codecs.UniversalDeserializer().Decode(body, nil, nil)
		if err != nil {
			t.Error(err)
			return
		}
		raw, _ := json.Marshal(obj)
		mu.Lock()
		all = append(all, seen{r.Method + " " + r.URL.RequestURI(), strings.Contains(string(raw), `"hostPID":true`)})
		mu.Unlock()
		answer := deployments
		if pod, ok := obj.(*corev1.Pod); ok {
			answer = pods
			pod.Annotations = answer.annotations
		}
		for _, text := range answer.warnings {
			w.Header().Add("Warning", `299 - "`+strings.ReplaceAll(text, `"`, `\"`)+`"`)
		}
		w.Header().Set("Content-Type", "application/json")
		code := http.StatusCreated
		if answer.refused != "" {
			code = http.StatusForbidden
			obj = &metav1.Status{Status: metav1.StatusFailure, Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden, Message: answer.refused}
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, runtime.EncodeOrDie(scheme.Codecs.LegacyCodec(scheme.Scheme.PrioritizedVersionsAllGroups()...), obj))
	}))
	t.Cleanup(server.Close)
	config := genericclioptions.NewConfigFlags(false)
	config.APIServer = &server.URL
	c, err := NewClient(config, "v0")
	if err != nil {
		t.Fatal(err)
	}
	return c, func() []seen {
		mu.Lock()
		defer mu.Unlock()
		return all
	}
}
