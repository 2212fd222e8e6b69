package export

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// defaults are mutations of every shape.
func defaults() *Set {
	return &Set{Name: "psp-small", Mutations: []Mutation{
		{
			Name: "drop", Source: "requiredDropCapabilities", Containers: true,
			Path: []string{"securityContext", "capabilities", "drop"}, Value: []string{"KILL"}, Add: true,
		},
		{Name: "run-as-user", Source: "runAsUser", Path: []string{"securityContext", "runAsUser"}, Value: int64(5), Unless: podIsWindows},
		{Name: "seccomp", Source: "an annotation", Annotation: true, Path: []string{"seccomp.example/pod"}, Value: "runtime/default"},
		{
			Name: "non-root", Source: "runAsUser", Containers: true, Path: []string{"securityContext", "runAsNonRoot"}, Value: true,
			Unless: "container.?securityContext.?runAsUser.hasValue()",
		},
	}}
}

func TestRenderMutators(t *testing.T) {
	want := `# ` + aboutMutators(true, nil)[0] + `
# Gatekeeper cannot tell where the following is to be written. Templates have to say it themselves:
# - spec.containers[*].securityContext.runAsNonRoot (initContainers too): true (runAsUser)
#
# Writes what requiredDropCapabilities wrote.
apiVersion: mutations.gatekeeper.sh/v1
kind: ModifySet
metadata:
  name: psp-small-drop
spec:
  applyTo:
  - groups:
    - ""
    kinds:
    - Pod
    operations:
    - CREATE
    versions:
    - v1
  location: spec.containers[name:*].securityContext.capabilities.drop
  match:
    kinds:
    - apiGroups:
      - ""
      kinds:
      - Pod
    scope: Namespaced
  parameters:
    operation: merge
    values:
      fromList:
      - KILL
---
apiVersion: mutations.gatekeeper.sh/v1
kind: ModifySet
metadata:
  name: psp-small-drop-init
spec:
  applyTo:
  - groups:
    - ""
    kinds:
    - Pod
    operations:
    - CREATE
    versions:
    - v1
  location: spec.initContainers[name:*].securityContext.capabilities.drop
  match:
    kinds:
    - apiGroups:
      - ""
      kinds:
      - Pod
    scope: Namespaced
  parameters:
    operation: merge
    values:
      fromList:
      - KILL
---
# Writes what runAsUser wrote.
# Note: It is written into pods for Windows as well, and the server refuses those.
apiVersion: mutations.gatekeeper.sh/v1
kind: Assign
metadata:
  name: psp-small-run-as-user
spec:
  applyTo:
  - groups:
    - ""
    kinds:
    - Pod
    operations:
    - CREATE
    versions:
    - v1
  location: spec.securityContext.runAsUser
  match:
    kinds:
    - apiGroups:
      - ""
      kinds:
      - Pod
    scope: Namespaced
  parameters:
    assign:
      value: 5
    pathTests:
    - condition: MustNotExist
      subPath: spec.securityContext.runAsUser
---
# Writes what an annotation wrote.
# Note: Gatekeeper writes annotations on updates too.
apiVersion: mutations.gatekeeper.sh/v1
kind: AssignMetadata
metadata:
  name: psp-small-seccomp
spec:
  location: metadata.annotations."seccomp.example/pod"
  match:
    kinds:
    - apiGroups:
      - ""
      kinds:
      - Pod
    scope: Namespaced
  parameters:
    assign:
      value: runtime/default
`
	if diff := cmp.Diff(want, rendered(t, Gatekeeper, defaults(), Options{})); diff != "" {
		t.Error(diff)
	}
}

// Nothing that Gatekeeper could write still leaves something to say.
func TestNoMutators(t *testing.T) {
	s := defaults()
	s.Mutations = s.Mutations[3:]
	want := `# Gatekeeper cannot tell where the following is to be written. Templates have to say it themselves:
# - spec.containers[*].securityContext.runAsNonRoot (initContainers too): true (runAsUser)
`
	if diff := cmp.Diff(want, rendered(t, Gatekeeper, s, Options{})); diff != "" {
		t.Error(diff)
	}
}
