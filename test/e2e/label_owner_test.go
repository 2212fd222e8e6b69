//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// file writes a file for one test and returns its path.
func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// kubectl runs kubectl, which has to succeed.
func (s *server) kubectl(t *testing.T, args ...string) string {
	t.Helper()
	r := s.exec(t, s.Kubectl, args...)
	if r.exit != 0 {
		t.Fatalf("kubectl %s: %s", strings.Join(args, " "), r.stderr)
	}
	return r.stdout
}

// podSecurity are the labels of a namespace that are Pod Security's, by what follows their prefix.
func (s *server) podSecurity(t *testing.T, namespace string) map[string]string {
	t.Helper()
	ns, err := s.client.CoreV1().Namespaces().Get(t.Context(), namespace, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for key, value := range ns.Labels {
		if mode, ok := strings.CutPrefix(key, "pod-security.kubernetes.io/"); ok {
			found[mode] = value
		}
	}
	return found
}

// namespaceManifest is a namespace that enforces baseline, as it stands in somebody's repository.
func namespaceManifest(name string) string {
	return fmt.Sprintf(`apiVersion: v1
kind: Namespace
metadata:
  name: %s
  labels:
    pod-security.kubernetes.io/enforce: baseline
    pod-security.kubernetes.io/warn: baseline
    tier: a
`, name)
}

// owned is somebody who applies namespaces, and what is said of them.
type owned struct {
	name  string
	apply []string // how, beside -f FILE
	owner report.LabelOwner
}

func ownedCases() []owned {
	by := func(manager string) []string {
		return []string{"--server-side", "--force-conflicts", "--field-manager=" + manager}
	}
	const gitOps = "it writes these labels back within minutes: commit the change to its source instead; -o patch prints it"
	keys := []string{"pod-security.kubernetes.io/enforce"}
	return []owned{
		{"client", nil, report.LabelOwner{
			Name: "kubectl apply", Keys: keys,
			Advice: "the next kubectl apply of its manifest writes these labels back: change the manifest too; -o patch prints it",
		}},
		{"server", []string{"--server-side", "--force-conflicts"}, report.LabelOwner{
			Name: "kubectl apply", Keys: keys,
			Advice: "the next kubectl apply of its manifest writes these labels back: change the manifest too; -o patch prints it",
		}},
		{"argo", by("argocd-controller"), report.LabelOwner{Name: "Argo CD", Keys: keys, Advice: gitOps}},
		{"flux", by("kustomize-controller"), report.LabelOwner{Name: "Flux", Keys: keys, Advice: gitOps}},
		{"fleet", by("fleetagent"), report.LabelOwner{Name: "Rancher Fleet", Keys: keys, Advice: gitOps}},
		{"helm", by("helm"), report.LabelOwner{
			Name: "Helm", Keys: keys,
			Advice: "the next upgrade may write these labels back: change the chart's values or templates; -o patch prints it",
		}},
		{"openshift", by("pod-security-admission-label-synchronization-controller"), report.LabelOwner{
			Name: "OpenShift", Keys: keys,
			Advice: "its label syncer sets these from SCCs; switch it off for the namespace first: security.openshift.io/scc.podSecurityLabelSync=false",
		}},
		{"stranger", by("some-operator"), report.LabelOwner{
			Name: "some-operator", Detail: "field manager", Keys: keys,
			Advice: "last wrote these labels; a controller of that name writes them back, a person does not",
		}},
	}
}

// TestLabelOwners labels namespaces that others really apply: who they are is said and nothing written, unless that is
// wanted; and what they apply next does undo it.
func TestLabelOwners(t *testing.T) {
	t.Parallel()
	s := plain(t)
	for _, tc := range ownedCases() {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ns := "owned-" + tc.name + "-" + suite.id
			apply := append([]string{"apply", "-f", file(t, "ns.yaml", namespaceManifest(ns))}, tc.apply...)
			s.kubectl(t, apply...)
			theirs := s.podSecurity(t, ns)
			a := newAdmin(t, s.Kubeconfig)
			label := []string{"label", "ns", ns, "--enforce=restricted"}

			p := a.plan(t, 0, append(label, "--dry-run=client")...)
			if diff := cmp.Diff([]report.LabelOwner{tc.owner}, p.Items[0].Owners); diff != "" {
				t.Errorf("owners (-want +got):\n%s", diff)
			}
			r := a.must(t, 2, append(label, "--yes", "--allow-violations", "--allow-gaps")...)
			advice, _, _ := strings.Cut(tc.owner.Advice, "; -o patch")
			r.says(t, tc.owner.Name, advice, "pass --force-conflicts to write all the same", "nothing was written")
			if diff := cmp.Diff(theirs, s.podSecurity(t, ns)); diff != "" {
				t.Errorf("refused, and yet (-before +after):\n%s", diff)
			}

			a.must(t, 0, append(label, "--yes", "--force-conflicts")...)
			if got := s.podSecurity(t, ns)["enforce"]; got != "restricted" {
				t.Errorf("forced, and enforce is %s", got)
			}
			s.kubectl(t, apply...)
			if diff := cmp.Diff(theirs, s.podSecurity(t, ns)); diff != "" {
				t.Errorf("they do not write it back (-theirs +got):\n%s", diff)
			}
		})
	}
	t.Run("a hand", func(t *testing.T) {
		t.Parallel()
		ns := s.namespace(t, "by-hand", nil)
		s.kubectl(t, "label", "ns", ns, "pod-security.kubernetes.io/enforce=baseline")
		p := newAdmin(t, s.Kubeconfig).plan(t, 0, "label", "ns", ns, "--enforce=restricted", "--yes")
		if owners := p.Items[0].Owners; len(owners) > 0 || s.podSecurity(t, ns)["enforce"] != "restricted" {
			t.Errorf("what was labelled by hand is owned by %+v", owners)
		}
	})
}

// TestLabelCommitted applies what is printed to be committed elsewhere, in each of the ways that it is meant for.
func TestLabelCommitted(t *testing.T) {
	t.Parallel()
	s := plain(t)
	a := newAdmin(t, s.Kubeconfig)
	want := map[string]string{"enforce": "restricted", "enforce-version": "v1.30"}
	flags := []string{"--enforce=restricted:v1.30", "--warn=-"}
	printed := func(t *testing.T, format string, names ...string) string {
		t.Helper()
		args := append(append([]string{"label", "ns"}, names...), flags...)
		return a.must(t, 0, append(args, "-o", format)...).stdout
	}
	for name, commit := range map[string]func(t *testing.T, ns, other string){
		"kubectl patch": func(t *testing.T, ns, other string) {
			for _, one := range []string{ns, other} {
				s.kubectl(t, "patch", "ns", one, "--type=merge", "--patch-file="+file(t, "patch.yaml", printed(t, "patch", one)))
			}
		},
		"kustomize": func(t *testing.T, ns, other string) {
			dir := filepath.Dir(file(t, "patch.yaml", ""))
			for name, content := range map[string]string{
				"patch.yaml": printed(t, "patch", ns, other), "ns.yaml": namespaceManifest(ns) + "---\n" + namespaceManifest(other),
				"kustomization.yaml": "resources: [ns.yaml]\npatches: [{path: patch.yaml}]\n",
			} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			s.kubectl(t, "apply", "-k", dir)
		},
		"manifests": func(t *testing.T, ns, other string) {
			apply := []string{"apply", "--server-side", "--force-conflicts", "--field-manager=platform", "-f"}
			s.kubectl(t, append(apply, file(t, "ns.yaml", printed(t, "manifests", ns, other)))...)
			for _, one := range []string{ns, other} { // what goes is no part of a manifest
				s.kubectl(t, "label", "ns", one, "pod-security.kubernetes.io/warn-")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ns := "committed-" + strings.ReplaceAll(name, " ", "-") + "-" + suite.id
			other := ns + "-too"
			s.kubectl(t, "apply", "-f", file(t, "ns.yaml", namespaceManifest(ns)+"---\n"+namespaceManifest(other)))
			commit(t, ns, other)
			for _, one := range []string{ns, other} {
				if diff := cmp.Diff(want, s.podSecurity(t, one)); diff != "" {
					t.Errorf("the labels of %s (-want +got):\n%s", one, diff)
				}
				if p := a.plan(t, 0, append([]string{"label", "ns", one, "--dry-run=client"}, flags...)...); p.Summary.Keep != 1 {
					t.Errorf("committed, and yet not done: %+v", p.Items[0])
				}
			}
		})
	}
	if runs, _ := a.journals(); len(runs) > 0 {
		t.Errorf("printing wrote: %q", runs)
	}
}
