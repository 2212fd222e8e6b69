package standard

import "testing"

func TestLocateUser(t *testing.T) {
	const root = `
spec:
  hostUsers: false
  securityContext: {runAsUser: 0}
  containers: [{name: a, securityContext: {runAsUser: 1000}}, {name: b, securityContext: {runAsUser: 0}}, {name: c}]`
	const mayBeRoot = `{spec: {hostUsers: false, containers: [{name: a}]}}`
	runLocate(t, []locateCase{
		{"nothing set", "runAsNonRoot", 0, `{spec: {containers: [{name: a}, {name: b}]}}`, []Field{
			{"spec.containers[0].securityContext.runAsNonRoot", "a", nil},
			{"spec.containers[1].securityContext.runAsNonRoot", "b", nil},
		}},
		{"pod true", "runAsNonRoot", 0, `
spec:
  securityContext: {runAsNonRoot: true}
  containers: [{name: a}, {name: b, securityContext: {runAsNonRoot: false}}]`, []Field{
			{"spec.containers[1].securityContext.runAsNonRoot", "b", false},
		}},
		// Setting the pod's to true does for a; upstream says the same of pod and b.
		{
			"pod false", "runAsNonRoot", 0, `
spec:
  securityContext: {runAsNonRoot: false}
  containers: [{name: a}, {name: b, securityContext: {runAsNonRoot: false}}, {name: c, securityContext: {runAsNonRoot: true}}]`,
			[]Field{
				{"spec.securityContext.runAsNonRoot", "", false},
				{"spec.containers[1].securityContext.runAsNonRoot", "b", false},
			},
		},
		// Upstream names b only, and a once b is mended.
		{
			"hidden behind an explicit one", "runAsNonRoot", 0, `
spec:
  containers: [{name: a}, {name: b, securityContext: {runAsNonRoot: false}}, {name: c, securityContext: {runAsNonRoot: true}}]`,
			[]Field{
				{"spec.containers[0].securityContext.runAsNonRoot", "a", nil},
				{"spec.containers[1].securityContext.runAsNonRoot", "b", false},
			},
		},
		{
			"user namespace before 1.35", "runAsNonRoot", 34, mayBeRoot,
			[]Field{{"spec.containers[0].securityContext.runAsNonRoot", "a", nil}},
		},
		{"user namespace since 1.35", "runAsNonRoot", 35, mayBeRoot, nil},
		{
			"Windows all the same", "runAsNonRoot", 37, `{spec: {os: {name: windows}, containers: [{name: a}]}}`,
			[]Field{{"spec.containers[0].securityContext.runAsNonRoot", "a", nil}},
		},
		{"before 1.23", "runAsUser", 22, root, nil},
		{"0 even where overridden", "runAsUser", 34, root, []Field{
			{"spec.securityContext.runAsUser", "", int64(0)},
			{"spec.containers[1].securityContext.runAsUser", "b", int64(0)},
		}},
		{"user namespace since 1.35", "runAsUser", 35, root, nil},
	})
}
