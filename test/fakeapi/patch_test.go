package fakeapi

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func shop() *corev1.Namespace {
	return &corev1.Namespace{
		ObjectMeta: metav1.ObjectMeta{
			Name: "shop", UID: "u", Labels: map[string]string{"team": "a", "level": "low"}, Annotations: map[string]string{"note": "x"},
			ManagedFields: []metav1.ManagedFieldsEntry{{
				Manager: "kubectl", Operation: metav1.ManagedFieldsOperationUpdate, APIVersion: "v1", FieldsType: "FieldsV1",
				FieldsV1: metav1.NewFieldsV1(`{"f:metadata":{"f:annotations":{"f:note":{}},"f:labels":{"f:level":{},"f:team":{}}}}`),
			}},
		},
		Spec: corev1.NamespaceSpec{Finalizers: []corev1.FinalizerName{"kubernetes"}},
	}
}

// send sends a patch and returns the code and the answer, a Status's message where it is one.
func send(t *testing.T, s *Server, name, query, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, s.URL()+"/api/v1/namespaces/"+name+query, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/merge-patch+json")
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct{ Message string }
	if json.Unmarshal(content, &answer) == nil && answer.Message != "" {
		return response.StatusCode, answer.Message
	}
	return response.StatusCode, string(content)
}

func TestPatch(t *testing.T) {
	s := New(shop())
	t.Cleanup(s.Close)
	before := s.Namespace("shop")
	code, text := send(t, s, "shop", "?fieldManager=me",
		fmt.Sprintf(`{"metadata":{"uid":"u","resourceVersion":%q,"labels":{"level":"high","team":null,"more":"1"}}}`, before.ResourceVersion))
	if code != http.StatusOK {
		t.Fatal(code, text)
	}
	want := before.DeepCopy()
	want.Labels = map[string]string{"level": "high", "more": "1"}
	want.ResourceVersion = "1002"
	want.ManagedFields = []metav1.ManagedFieldsEntry{
		{
			Manager: "kubectl", Operation: metav1.ManagedFieldsOperationUpdate, APIVersion: "v1", FieldsType: "FieldsV1",
			FieldsV1: metav1.NewFieldsV1(`{"f:metadata":{"f:annotations":{"f:note":{}}}}`),
		},
		{
			Manager: "me", Operation: metav1.ManagedFieldsOperationUpdate, APIVersion: "v1", FieldsType: "FieldsV1",
			FieldsV1: metav1.NewFieldsV1(`{"f:metadata":{"f:labels":{"f:level":{},"f:more":{}}}}`),
		},
	}
	got := s.Namespace("shop")
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(metav1.ManagedFieldsEntry{}, "Time")); diff != "" {
		t.Error(diff)
	}
}

func TestPatchRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		namespace, query, body string
		code                   int
		message                string
	}{
		"not there": {"lost", "", `{}`, http.StatusNotFound, `namespaces "lost" not found`},
		"another version": {
			"shop", "", `{"metadata":{"resourceVersion":"1"}}`, http.StatusConflict,
			`Operation cannot be fulfilled on namespaces "shop": the object has been modified; please apply your changes to the latest version and try again`,
		},
		"another namespace": {
			"shop", "", `{"metadata":{"uid":"v"}}`, http.StatusUnprocessableEntity,
			`Namespace "shop" is invalid: metadata.uid: Invalid value: "v": field is immutable`,
		},
		"no JSON": {"shop", "", `{`, http.StatusBadRequest, "Invalid JSON Patch"},
	} {
		t.Run(name, func(t *testing.T) {
			s := New(shop())
			t.Cleanup(s.Close)
			before := s.Namespace("shop")
			code, message := send(t, s, tc.namespace, tc.query, tc.body)
			if code != tc.code || message != tc.message {
				t.Errorf("%d %s", code, message)
			}
			if diff := cmp.Diff(before, s.Namespace("shop")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Neither a dry run nor a patch that changes nothing is stored, and both are answered.
func TestPatchNotStored(t *testing.T) {
	for _, tc := range []struct{ query, body, want string }{
		{"?dryRun=All", `{"metadata":{"labels":{"level":"high"}}}`, `"level":"high"`},
		{"", `{"metadata":{"labels":{"level":"low"}}}`, `"level":"low"`},
	} {
		s := New(shop())
		t.Cleanup(s.Close)
		before := s.Namespace("shop")
		if code, text := send(t, s, "shop", tc.query, tc.body); code != http.StatusOK || !strings.Contains(text, tc.want) {
			t.Errorf("%s: %d %s", tc.body, code, text)
		}
		if diff := cmp.Diff(before, s.Namespace("shop")); diff != "" {
			t.Errorf("%s: %s", tc.body, diff)
		}
	}
}

// A fault may come after the patch was carried out, and may spare other methods.
func TestPatchFaults(t *testing.T) {
	s := New(shop())
	t.Cleanup(s.Close)
	s.Inject(Fault{Method: http.MethodPatch, Path: "/api/v1/namespaces/shop", Do: After(Refuse(http.StatusInternalServerError, "InternalError", "lost"))})
	if code, text := send(t, s, "shop", "", `{"metadata":{"labels":{"level":"high"}}}`); code != http.StatusInternalServerError || text != "lost" {
		t.Errorf("%d %s", code, text)
	}
	if level := s.Namespace("shop").Labels["level"]; level != "high" {
		t.Errorf("level %s", level)
	}
	response, err := http.Get(s.URL() + "/api/v1/namespaces/shop")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("a read was answered %d", response.StatusCode)
	}
}

// Others write, delete and create again; a namespace without a UID gets one of its own.
func TestOthers(t *testing.T) {
	s := New(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "a"}})
	t.Cleanup(s.Close)
	first := s.Namespace("a")
	s.Change("a", func(ns *corev1.Namespace) { ns.Labels = map[string]string{"x": "y"} })
	if got := s.Namespace("a"); got.ResourceVersion == first.ResourceVersion || got.Labels["x"] != "y" || got.UID != first.UID {
		t.Errorf("changed: %+v", got.ObjectMeta)
	}
	s.Delete("a")
	if got := s.Namespace("a"); got != nil {
		t.Errorf("deleted: %+v", got.ObjectMeta)
	}
	s.Add(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "a"}})
	if got := s.Namespace("a"); first.UID == "" || got.UID == first.UID || got.UID == "" {
		t.Errorf("created again: %+v", got.ObjectMeta)
	}
}
