package cluster

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/version"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

func TestServes(t *testing.T) {
	const path = "/apis/admissionregistration.k8s.io/v1"
	for name, tt := range map[string]struct {
		minor  string
		gv     schema.GroupVersion
		faults []fakeapi.Fault
		want   []string
		ok     bool
	}{
		"1.24": {"24", admissionv1.SchemeGroupVersion, nil, nil, true},
		"1.30": {"30", admissionv1.SchemeGroupVersion, nil, []string{"validatingadmissionpolicies"}, true},
		"1.36": {"36", admissionv1.SchemeGroupVersion, nil, []string{"mutatingadmissionpolicies", "validatingadmissionpolicies"}, true},
		"a group of others": {
			"37", schema.GroupVersion{Group: "templates.gatekeeper.sh", Version: "v1"}, nil, nil, true,
		},
		"no right to ask": {"37", admissionv1.SchemeGroupVersion, []fakeapi.Fault{{Path: path, Do: fakeapi.Forbid("", "")}}, nil, false},
	} {
		s, c := serve(t)
		s.SetVersion(version.Info{Major: "1", Minor: tt.minor, GitVersion: "v1." + tt.minor + ".0"})
		for _, f := range tt.faults {
			s.Inject(f)
		}
		served, ok, err := c.Serves(t.Context(), tt.gv)
		if err != nil || ok != tt.ok {
			t.Errorf("%s: ok %t, error %v", name, ok, err)
		}
		var got []string
		for _, plural := range []string{"mutatingadmissionpolicies", "validatingadmissionpolicies"} {
			if served.Has(plural) {
				got = append(got, plural)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestServesOfNobody(t *testing.T) {
	s, c := serve(t)
	s.Close()
	if _, _, err := c.Serves(t.Context(), admissionv1.SchemeGroupVersion); err == nil {
		t.Error("no error from a server that is gone")
	}
}

func TestObject(t *testing.T) {
	_, c := serve(t, newDeployment("a", "web"))
	obj, err := c.Object(t.Context(), Target{Ref: workload.Ref{Group: "apps", Kind: "Deployment", Name: "web"}, Namespace: "a"})
	if d, ok := obj.(*appsv1.Deployment); err != nil || !ok || d.Name != "web" || d.Spec.Selector == nil {
		t.Errorf("%+v, error %v", obj, err)
	}
	if _, err := c.Object(t.Context(), Target{Ref: workload.Ref{Group: "apps", Kind: "Deployment", Name: "wev"}, Namespace: "a"}); !apierrors.IsNotFound(err) {
		t.Errorf("a name that there is not: %v", err)
	}
	if _, err := c.Object(t.Context(), Target{Ref: workload.Ref{Kind: "Secret", Name: "web"}, Namespace: "a"}); err == nil {
		t.Error("secrets are read")
	}
}
