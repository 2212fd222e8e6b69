package cluster

import (
	"fmt"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/version"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

const policiesPath = "/apis/policy/v1beta1/podsecuritypolicies"

// newPolicy is a policy as a server of 1.24 has it, with more fields in its spec.
func newPolicy(name string, more map[string]any) *unstructured.Unstructured {
	spec := map[string]any{"runAsUser": map[string]any{"rule": "MustRunAs", "ranges": []any{map[string]any{"min": int64(1), "max": int64(65535)}}}}
	maps.Copy(spec, more)
	for _, key := range []string{"seLinux", "supplementalGroups", "fsGroup"} {
		spec[key] = map[string]any{"rule": "RunAsAny"}
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "policy/v1beta1", "kind": "PodSecurityPolicy", "metadata": map[string]any{"name": name}, "spec": spec,
	}}
}

func TestPolicies(t *testing.T) {
	forbidden := fakeapi.Forbid("podsecuritypolicies", "policy")
	refused := &workload.Gap{
		Resource: "podsecuritypolicies.policy", Reason: "forbidden",
		Message: `podsecuritypolicies.policy is forbidden: User "tester" cannot list resource "podsecuritypolicies" in API group "policy" at the cluster scope`,
	}
	for _, tt := range []struct {
		name   string
		minor  string
		faults []fakeapi.Fault
		odd    *unstructured.Unstructured
		count  int
		served bool
		gap    *workload.Gap
	}{
		{name: "in pages", minor: "24", count: 502, served: true},
		{name: "a list that starts again", minor: "24", count: 502, served: true, faults: []fakeapi.Fault{
			{Path: policiesPath, Query: "continue=", Times: 1, Do: fakeapi.Expire(false)},
		}},
		{name: "gone with 1.25", minor: "25"},
		{name: "gone, and no right to ask", minor: "37", faults: []fakeapi.Fault{{Path: policiesPath, Do: forbidden}}},
		{name: "no right to list", minor: "24", served: true, gap: refused, faults: []fakeapi.Fault{{Path: policiesPath, Do: forbidden}}},
		{
			name: "no right to anything", minor: "37", served: true, gap: refused,
			faults: []fakeapi.Fault{{Path: policyVersion + "*", Do: forbidden}},
		},
		{name: "a page twice", minor: "24", served: true, count: 502, faults: []fakeapi.Fault{{Path: policiesPath, Do: fakeapi.Play(fakeapi.Repeat(0))}}},
		{
			name: "an unknown field", minor: "24", served: true, count: 502, odd: newPolicy("odd", map[string]any{"hostUsers": true}),
			gap: &workload.Gap{Resource: "podsecuritypolicies.policy", Reason: "malformed", Message: `policy "odd": unknown field "spec.hostUsers"`},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := fakeapi.New()
			t.Cleanup(s.Close)
			s.SetVersion(version.Info{Major: "1", Minor: tt.minor, GitVersion: "v1." + tt.minor + ".0"})
			for i := range 502 {
				s.Add(newPolicy(fmt.Sprintf("p-%03d", i), nil))
			}
			if tt.odd != nil {
				s.Add(tt.odd)
			}
			for _, f := range tt.faults {
				s.Inject(f)
			}
			list, served, gap, err := client(t, s, 0).Policies(loud(t))
			if err != nil || len(list) != tt.count || served != tt.served {
				t.Errorf("%d policies, served %v, error %v", len(list), served, err)
			}
			if diff := cmp.Diff(tt.gap, gap); diff != "" {
				t.Errorf("gap: -want +got:\n%s", diff)
			}
			if len(list) > 0 && (list[501].Name != "p-501" || list[501].Spec.RunAsUser.Ranges[0].Max != 65535) {
				t.Errorf("the last one is %+v", list[501])
			}
		})
	}
}

// That policies are deprecated is known to whoever asks about them.
func TestPoliciesWarnOfNothing(t *testing.T) {
	s := fakeapi.New(newPolicy("p", nil))
	t.Cleanup(s.Close)
	s.SetVersion(version.Info{Major: "1", Minor: "24", GitVersion: "v1.24.17"})
	s.Inject(fakeapi.Fault{Path: policiesPath, Do: fakeapi.Warn("policy/v1beta1 PodSecurityPolicy is deprecated in v1.21+, unavailable in v1.25+")})
	warnings := &heard{}
	c, err := NewClient(flags(t, s), ClientOptions{Version: "v0.0.0", Warnings: warnings})
	if err != nil {
		t.Fatal(err)
	}
	list, _, _, err := c.Policies(loud(t))
	if len(list) != 1 || err != nil || len(warnings.texts) != 0 {
		t.Errorf("%d policies, error %v, warnings %q", len(list), err, warnings.texts)
	}
}

func TestPoliciesWithoutServer(t *testing.T) {
	s, c := serve(t)
	s.Close()
	if _, _, _, err := c.Policies(t.Context()); err == nil || !noAnswer(err) {
		t.Errorf("error %v", err)
	}
}
