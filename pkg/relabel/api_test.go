package relabel

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

func TestGet(t *testing.T) {
	const path = "/api/v1/namespaces/shop"
	internal := fakeapi.Refuse(http.StatusInternalServerError, metav1.StatusReasonInternalError, "hiccup")
	for name, tc := range map[string]struct {
		fault    fakeapi.Fault
		requests int
		failure  string
	}{
		"well":             {requests: 1},
		"500 twice":        {fault: fakeapi.Fault{Path: path, Times: 2, Do: internal}, requests: 3},
		"500":              {fault: fakeapi.Fault{Path: path, Do: internal}, requests: 4, failure: "hiccup"},
		"429":              {fault: fakeapi.Fault{Path: path, Times: 2, Do: fakeapi.RetryAfter(http.StatusTooManyRequests, 0)}, requests: 3},
		"breaks off":       {fault: fakeapi.Fault{Path: path, Times: 2, Do: fakeapi.Break()}, requests: 3},
		"forbidden":        {fault: fakeapi.Fault{Path: path, Do: fakeapi.Refuse(http.StatusForbidden, metav1.StatusReasonForbidden, "no")}, requests: 1, failure: "no"},
		"not there":        {fault: fakeapi.Fault{Path: path, Do: fakeapi.Refuse(http.StatusNotFound, metav1.StatusReasonNotFound, "lost")}, requests: 1, failure: "lost"},
		"does not concern": {fault: fakeapi.Fault{Path: path, Method: http.MethodPatch, Do: internal}, requests: 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, live("shop", labelSet{enforce: "baseline"}))
			if tc.fault.Do != nil {
				s.Inject(tc.fault)
			}
			namespace, err := connect(t, s, 0, APIOptions{}).Get(loud(t), "shop", "")
			switch {
			case tc.failure != "" && (err == nil || err.Error() != tc.failure):
				t.Errorf("error %v", err)
			case tc.failure == "" && err != nil:
				t.Errorf("error %v", err)
			case tc.failure == "" && namespace.Labels[enforce] != "baseline":
				t.Errorf("labels %v", namespace.Labels)
			}
			if n := len(s.Requests()); n != tc.requests {
				t.Errorf("%d requests, want %d", n, tc.requests)
			}
		})
	}
}

// The request timeout spans all attempts at a read.
func TestGetTimeout(t *testing.T) {
	for name, do := range map[string]fakeapi.Action{
		"hangs":        fakeapi.Hang(),
		"asks to wait": fakeapi.RetryAfter(http.StatusServiceUnavailable, 5),
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, live("shop", nil))
			s.Inject(fakeapi.Fault{Path: "/*", Do: do})
			began := time.Now()
			_, err := connect(t, s, 150*time.Millisecond, APIOptions{}).Get(loud(t), "shop", "")
			if d := time.Since(began); err == nil || d > 20*time.Second { // a busy machine; ten retries would be fifty
				t.Errorf("took %v, error %v", d, err)
			}
		})
	}
}

func TestCluster(t *testing.T) {
	s := start(t, live(metav1.NamespaceSystem, nil))
	a := connect(t, s, 0, APIOptions{})
	if uid, err := a.Cluster(loud(t)); uid != "uid-kube-system" || err != nil {
		t.Errorf("%q, %v", uid, err)
	}
	s.Inject(fakeapi.Fault{Path: "/*", Times: 1, Do: fakeapi.Refuse(http.StatusForbidden, metav1.StatusReasonForbidden, "no")})
	if uid, err := a.Cluster(loud(t)); uid != "" || err != nil {
		t.Errorf("forbidden: %q, %v", uid, err)
	}
	s.Inject(fakeapi.Fault{Path: "/*", Do: fakeapi.Refuse(http.StatusUnauthorized, metav1.StatusReasonUnauthorized, "Unauthorized")})
	if _, err := a.Cluster(loud(t)); !apierrors.IsUnauthorized(err) {
		t.Errorf("unauthorized: %v", err)
	}
}

func TestNewAPIErrors(t *testing.T) {
	s := start(t)
	f := userFlags(t, s, 0)
	missing := "missing"
	f.Context = &missing
	if _, err := NewAPI(f, APIOptions{}); err == nil || !strings.Contains(err.Error(), `context "missing" does not exist`) {
		t.Errorf("error %v", err)
	}
}

// What goes over the wire: who asks, in which format, under which name, for a dry run or not.
func TestRequests(t *testing.T) {
	var logged bytes.Buffer
	rest.SetDefaultWarningHandler(rest.NewWarningWriter(&logged, rest.WarningWriterOptions{}))
	t.Cleanup(func() { rest.SetDefaultWarningHandler(rest.WarningLogger{}) })
	for name, tc := range map[string]struct {
		options APIOptions
		want    url.Values
	}{
		"plain":         {want: url.Values{"fieldManager": {"kubectl-pss"}}},
		"field manager": {options: APIOptions{FieldManager: "me & you"}, want: url.Values{"fieldManager": {"me & you"}}},
		"dry run":       {options: APIOptions{DryRun: true}, want: url.Values{"fieldManager": {"kubectl-pss"}, "dryRun": {"All"}}},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, live("shop", nil))
			s.Inject(fakeapi.Fault{Path: "/*", Do: fakeapi.Warn("heard by nobody else")})
			results := connect(t, s, 0, tc.options).Write(loud(t), []report.Planned{change("shop", nil, labelSet{warn: "baseline"})}, Hooks{})
			want := []report.Result{{Outcome: report.EndingWritten, Warnings: []string{"heard by nobody else"}}}
			if !tc.options.DryRun {
				want[0].ResourceVersion = s.Namespace("shop").ResourceVersion
			}
			if diff := cmp.Diff(want, results); diff != "" {
				t.Error(diff)
			}
			got := s.Requests()
			if len(got) != 2 || got[0].Method != http.MethodGet || got[1].Method != http.MethodPatch {
				t.Fatalf("requests %+v", got)
			}
			for _, r := range got {
				if r.UserAgent != "kubectl-pss/v0.0.0" || !strings.HasPrefix(r.Accept, "application/vnd.kubernetes.protobuf,") {
					t.Errorf("request %+v", r)
				}
			}
			query, err := url.ParseQuery(got[1].Query)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, query); diff != "" {
				t.Error(diff)
			}
			manager := func(m metav1.ManagedFieldsEntry) bool {
				return m.Manager == tc.want.Get("fieldManager") && m.Operation == metav1.ManagedFieldsOperationUpdate
			}
			if noted := slices.ContainsFunc(s.Namespace("shop").ManagedFields, manager); noted == tc.options.DryRun {
				t.Errorf("managed fields %+v", s.Namespace("shop").ManagedFields)
			}
		})
	}
	if logged.Len() > 0 {
		t.Errorf("logged %q", logged.String())
	}
}
