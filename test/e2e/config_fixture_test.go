//go:build e2e

package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	nodev1 "k8s.io/api/node/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// truth is an AdmissionConfiguration that a server runs with.
type truth struct {
	Enforce, Audit, Warn              string // LEVEL:VERSION
	Namespaces, RuntimeClasses, Users []string
}

// file writes it down, in a version of the API that the server reads.
func (c *truth) file(t *testing.T, version string) string {
	t.Helper()
	defaults := map[string]string{}
	for mode, lv := range map[string]string{"enforce": c.Enforce, "audit": c.Audit, "warn": c.Warn} {
		defaults[mode], defaults[mode+"-version"], _ = strings.Cut(lv, ":")
	}
	content, err := json.Marshal(map[string]any{
		"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration",
		"plugins": []any{map[string]any{"name": "PodSecurity", "configuration": map[string]any{
			"apiVersion": "pod-security.admission.config.k8s.io/" + version, "kind": "PodSecurityConfiguration", "defaults": defaults,
			"exemptions": map[string]any{"namespaces": c.Namespaces, "runtimeClasses": c.RuntimeClasses, "usernames": c.Users},
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "admission.yaml")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// of is what the file says of a fact.
func (c *truth) of(f report.ConfigFact) string {
	exempt := func(list []string) string {
		if slices.Contains(list, f.Name) {
			return report.ConfigExempt
		}
		return report.ConfigNotExempt
	}
	switch f.Subject {
	case report.SubjectPodSecurity:
		return report.PodSecurityActive
	case report.SubjectDefault:
		return map[string]string{"enforce": c.Enforce, "audit": c.Audit, "warn": c.Warn}[f.Name]
	case report.SubjectExemptNamespace:
		return exempt(c.Namespaces)
	case report.SubjectExemptRuntimeClass:
		return exempt(c.RuntimeClasses)
	case report.SubjectExemptUser:
		return exempt(c.Users)
	default:
		return f.Value // gates are no part of the file
	}
}

// upAlone starts a cluster of the test's own, which alone changes it, and ends it with the test.
func upAlone(t *testing.T, name string, args ...string) *server {
	t.Helper()
	s, err := suite.up(name, append([]string{"--no-kwok"}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { suite.end(s.Name) })
	return s
}

// restart lets the API server run with another configuration.
func (s *server) restart(t *testing.T, config string) {
	t.Helper()
	if out, err := suite.restart(t, "--name", s.Name, "--admission-config", config); err != nil {
		t.Fatalf("localkube restart: %v\n%s", err, out)
	}
}

// furnish gives a cluster namespaces of each sort, runtime classes, and users with and without rights.
func (s *server) furnish(t *testing.T) {
	t.Helper()
	for name, m := range map[string]modes{"exempt-a": {}, "held": {enforce: "baseline:v1.20"}, "free": {}} {
		if _, err := s.newNamespace(t.Context(), name, m.labels()); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"default", "kube-system", "kube-public", "kube-node-lease"} {
		// Pods need the account, and the server makes these namespaces when it gets to it.
		eventually(t, "namespace "+name, func() (bool, error) {
			err := s.account(t.Context(), name, "default")
			return err == nil, err
		})
	}
	for _, name := range []string{"trusted", "other"} {
		class := &nodev1.RuntimeClass{ObjectMeta: metav1.ObjectMeta{Name: name}, Handler: name}
		if _, err := s.client.NodeV1().RuntimeClasses().Create(t.Context(), class, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	reads := []rbacv1.PolicyRule{
		{APIGroups: []string{"node.k8s.io"}, Resources: []string{"runtimeclasses"}, Verbs: []string{"list"}},
		{APIGroups: []string{""}, Resources: []string{"namespaces"}, Verbs: []string{"list"}},
	}
	creates := rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"create"}}
	s.grant(t, "reader", "", reads)
	s.grant(t, "creator", "", append(slices.Clone(reads), creates))
	s.grant(t, "boss", "", []rbacv1.PolicyRule{creates})
	s.grant(t, "clerk", "", []rbacv1.PolicyRule{creates})
}

// config is `kubectl pss config`, which leaves nothing behind.
func (s *server) config(t *testing.T, args ...string) *report.ConfigReport {
	t.Helper()
	before := s.everything(t)
	r := s.pss(t, append([]string{"config", "-o", "json"}, args...)...)
	if diff := cmp.Diff(before, s.everything(t)); diff != "" {
		t.Errorf("left behind:\n%s", diff)
	}
	if r.exit != 0 {
		t.Fatalf("exit code %d: %s", r.exit, r.stderr)
	}
	decoder := json.NewDecoder(strings.NewReader(r.stdout))
	decoder.DisallowUnknownFields()
	var out report.ConfigReport
	if err := decoder.Decode(&out); err != nil {
		t.Fatal(err)
	}
	var most int
	said, _ := fmt.Sscanf(r.stderr, "Sending up to %d dry-run requests", &most)
	if (said == 1) != (out.Asked > 0) || out.Asked > most {
		t.Errorf("%d asked, and said beforehand: %q", out.Asked, r.stderr)
	}
	return &out
}

// onlyDryRuns fails where the audit log has a request of the plugin's that could have written something.
func (s *server) onlyDryRuns(t *testing.T) {
	t.Helper()
	file, err := os.Open(s.AuditLog)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines, seen := bufio.NewReader(file), 0
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			break // the end, or the beginning of a line
		}
		var event struct{ Verb, RequestURI, UserAgent string }
		if err := json.Unmarshal(line, &event); err != nil {
			t.Fatal(err)
		}
		switch {
		case !strings.HasPrefix(event.UserAgent, "kubectl-pss/"), event.Verb == "get", event.Verb == "list",
			strings.HasPrefix(event.RequestURI, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"):
		case strings.HasSuffix(event.RequestURI, "?dryRun=All"):
			seen++
		default:
			t.Errorf("%s %s is no dry run", event.Verb, event.RequestURI)
		}
	}
	if seen == 0 {
		t.Error("no dry runs are in the audit log")
	}
}
