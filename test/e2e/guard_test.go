//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/pod-security-admission/api"
)

// TestGuard applies what --guard prints to a server of its own, where it stands in nobody else's way.
func TestGuard(t *testing.T) {
	t.Parallel()
	s := upAlone(t, "guard")
	editor := s.grant(t, "editor", "", []rbacv1.PolicyRule{{
		APIGroups: []string{""}, Resources: []string{"namespaces", "namespaces/status", "namespaces/finalize"}, Verbs: []string{"*"},
	}})
	for _, name := range []string{"named", "system:serviceaccount:ops:bot", "someone"} {
		s.kubectl(t, "create", "clusterrolebinding", "edits-"+strings.NewReplacer(":", "-").Replace(name), "--clusterrole="+editor, "--user="+name)
	}
	ns := s.namespace(t, "guarded", map[string]string{api.EnforceLevelLabel: "restricted"})
	printed := s.pss(t, "who-can", "--guard", "--allow=user/named", "--allow=group/keepers", "--allow=serviceaccount/ops/bot")
	if printed.exit != 0 || printed.stderr != "" {
		t.Fatalf("%+v", printed)
	}
	guard := file(t, "guard.yaml", printed.stdout)
	if strict := s.exec(t, s.Kubectl, "apply", "--validate=strict", "-f", guard); strict.exit != 0 || strict.stderr != "" {
		t.Fatalf("%+v", strict)
	}
	eventually(t, "the guard", func() (bool, error) {
		return s.setEnforce(t, ns, editor, []string{metav1.DryRunAll}, "baseline", absent) != nil, nil
	})

	t.Run("type check", func(t *testing.T) {
		eventually(t, "the server's type check", func() (bool, error) {
			p, err := s.client.AdmissionregistrationV1().ValidatingAdmissionPolicies().Get(t.Context(), "pod-security-guard", metav1.GetOptions{})
			if err == nil && p.Status.TypeChecking != nil && len(p.Status.TypeChecking.ExpressionWarnings) > 0 {
				t.Fatalf("%+v", p.Status.TypeChecking.ExpressionWarnings)
			}
			return err == nil && p.Status.TypeChecking != nil, err
		})
	})
	t.Run("ways", func(t *testing.T) { s.guardedWays(t, ns, editor) })
	t.Run("every change", func(t *testing.T) { s.guardEveryChange(t, ns, editor) })
	t.Run("gone again", func(t *testing.T) {
		s.kubectl(t, "delete", "namespace", ns, "--as", editor, "--timeout="+patience.String()) // its controller has to finish it
		ns := s.namespace(t, "unguarded", map[string]string{api.EnforceLevelLabel: "restricted"})
		s.kubectl(t, "delete", "-f", guard)
		eventually(t, "the guard to be gone", func() (bool, error) {
			err := s.setEnforce(t, ns, editor, nil, "privileged", absent)
			return err == nil, err
		})
	})
}

// guardedWays loosens by every way that there is, as somebody who is not named and as those who are.
func (s *server) guardedWays(t *testing.T, ns, editor string) {
	loose := file(t, "loose.yaml", fmt.Sprintf("{apiVersion: v1, kind: Namespace, metadata: {name: %s, labels: {%s: baseline}}}", ns, api.EnforceLevelLabel))
	whole := strings.ReplaceAll(s.kubectl(t, "get", "namespace", ns, "-o", "json"), `"restricted"`, `"privileged"`)
	raw := file(t, "whole.json", whole)
	label := []string{"label", "--overwrite", "namespace", ns}
	patch := []string{"patch", "namespace", ns, "--subresource=status", "--type=merge", "-p"}
	refused := func(from, to string) string {
		return fmt.Sprintf("Error from server (Forbidden): namespaces %q is forbidden: ValidatingAdmissionPolicy 'pod-security-guard' with binding "+
			"'pod-security-guard' denied request: only user/named, group/keepers, serviceaccount/ops/bot may loosen Pod Security: "+
			"enforce of namespace %[1]s would go from %s to %s\n", ns, from, to)
	}
	for _, tt := range []struct {
		name, as string
		args     []string
		stderr   string
	}{
		{"label", editor, append(label, api.EnforceLevelLabel+"=baseline"), refused("restricted:latest", "baseline:latest")},
		{"no label", editor, append(label, api.EnforceLevelLabel+"-"), refused("restricted:latest", "privileged:latest")},
		{"a version", editor, append(label, api.EnforceVersionLabel+"=v1.30"), refused("restricted:latest", "restricted:v1.30")},
		{"status", editor, append(patch, fmt.Sprintf(`{"metadata":{"labels":{%q:"privileged"}}}`, api.EnforceLevelLabel)), refused("restricted:latest", "privileged:latest")},
		{"apply", editor, []string{"apply", "--server-side", "--force-conflicts", "-f", loose}, refused("restricted:latest", "baseline:latest")},
		{"replace", editor, []string{"replace", "-f", raw}, refused("restricted:latest", "privileged:latest")},
		{"replace status", editor, []string{"replace", "--raw", "/api/v1/namespaces/" + ns + "/status", "-f", raw}, refused("restricted:latest", "privileged:latest")},
		{"finalize", editor, []string{"replace", "--raw", "/api/v1/namespaces/" + ns + "/finalize", "-f", raw}, refused("restricted:latest", "privileged:latest")},
		{"an admin who is not named", "", append(label, api.EnforceLevelLabel+"=baseline"), refused("restricted:latest", "baseline:latest")},
		{"something else", editor, append(label, "team=x", "pod-security.kubernetes.io/warn=privileged"), ""},
		{"a user", "named", append(label, api.EnforceLevelLabel+"=privileged"), ""},
		{"tighten", editor, append(label, api.EnforceLevelLabel+"=baseline", api.EnforceVersionLabel+"=v1.30"), ""},
		{"tighten both", editor, append(label, api.EnforceLevelLabel+"=restricted", api.EnforceVersionLabel+"=v1.31"), ""},
		{"the version no longer pinned", editor, append(label, api.EnforceVersionLabel+"-"), ""},
		{"a service account", "system:serviceaccount:ops:bot", append(label, api.EnforceLevelLabel+"=baseline"), ""},
		{"tighten again", editor, append(label, api.EnforceLevelLabel+"=restricted"), ""},
		{"a group", "someone", append(label, api.EnforceLevelLabel+"-", "--as-group=keepers"), ""},
	} {
		args := tt.args
		if tt.as != "" {
			args = append(slices.Clip(args), "--as", tt.as)
		}
		r := s.exec(t, s.Kubectl, args...)
		got := strings.ReplaceAll(r.stderr, fmt.Sprintf("error when replacing %q: ", raw), "")
		if got != tt.stderr || (r.exit == 0) != (tt.stderr == "") {
			t.Errorf("%s: exit code %d, stderr\n%s\nwant\n%s", tt.name, r.exit, r.stderr, tt.stderr)
		}
		compared.Add(1)
	}
}

// guardEveryChange goes from every level and version to every other one, those that are none included, by the subresource
// that Pod Security does not look at. What loosens is told by the parser of the server's own Pod Security.
func (s *server) guardEveryChange(t *testing.T, ns, editor string) {
	levels := []string{absent, "privileged", "baseline", "restricted", "Restricted", ""}
	versions := []string{absent, "latest", "v1.0", "v1.9", "v1.30", "v1.31", "v1.999999999", "v1.01", "1.30", ""}
	type state struct{ level, version string }
	var states []state
	for _, level := range levels {
		for _, version := range versions {
			states = append(states, state{level, version})
		}
	}
	for _, from := range states {
		if err := s.setEnforce(t, ns, "named", nil, from.level, from.version); err != nil {
			t.Fatal(err)
		}
		for _, to := range states {
			err := s.setEnforce(t, ns, editor, []string{metav1.DryRunAll}, to.level, to.version)
			want := loosens(enforced(from.level, from.version), enforced(to.level, to.version))
			if (err != nil) != want || err != nil && !strings.Contains(err.Error(), "may loosen Pod Security") {
				t.Errorf("from %q:%q to %q:%q: refused %v, want %v: %v", from.level, from.version, to.level, to.version, err != nil, want, err)
			}
			compared.Add(1)
		}
	}
}

// absent is a label that is not there.
const absent = "\x00"

// setEnforce writes the two enforce labels by namespaces/status.
func (s *server) setEnforce(t *testing.T, ns, user string, dryRun []string, level, version string) error {
	t.Helper()
	labels := map[string]*string{api.EnforceLevelLabel: nil, api.EnforceVersionLabel: nil}
	if level != absent {
		labels[api.EnforceLevelLabel] = &level
	}
	if version != absent {
		labels[api.EnforceVersionLabel] = &version
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"labels": labels}})
	if err != nil {
		t.Fatal(err)
	}
	request := s.client.CoreV1().RESTClient().Patch(types.MergePatchType).Resource("namespaces").Name(ns).SubResource("status").Body(patch).
		VersionedParams(&metav1.PatchOptions{DryRun: dryRun}, scheme.ParameterCodec)
	return s.ask(t.Context(), user, request, &corev1.Namespace{}).err
}

// enforced is what the server makes of the labels.
func enforced(level, version string) api.LevelVersion {
	labels := map[string]string{}
	if level != absent {
		labels[api.EnforceLevelLabel] = level
	}
	if version != absent {
		labels[api.EnforceVersionLabel] = version
	}
	privileged := api.LevelVersion{Level: api.LevelPrivileged, Version: api.LatestVersion()}
	policy, _ := api.PolicyToEvaluate(labels, api.Policy{Enforce: privileged, Audit: privileged, Warn: privileged})
	return policy.Enforce
}

// loosens says whether something may be let in that was not before.
func loosens(before, after api.LevelVersion) bool {
	rank := map[api.Level]int{api.LevelPrivileged: 0, api.LevelBaseline: 1, api.LevelRestricted: 2}
	return rank[after.Level] < rank[before.Level] || before.Level != api.LevelPrivileged && after.Version.Older(before.Version)
}
