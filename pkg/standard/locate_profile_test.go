package standard

import "testing"

func TestLocateProfiles(t *testing.T) {
	const hidden = `
spec:
  os: {name: windows}
  containers:
  - {name: a}
  - {name: b, securityContext: {seccompProfile: {type: Unconfined}}}
  - {name: c, securityContext: {seccompProfile: {type: Localhost}}}
  - {name: d, securityContext: {seccompProfile: {}}}`
	const annotated = `
metadata:
  annotations:
    seccomp.security.alpha.kubernetes.io/pod: unconfined
    container.seccomp.security.alpha.kubernetes.io/a: ""
    container.seccomp.security.alpha.kubernetes.io/b: docker/default
    container.seccomp.security.alpha.kubernetes.io/none: unconfined
spec:
  initContainers: [{name: a}]
  containers: [{name: b}, {name: a}]`
	const labelled = `
spec:
  securityContext: {seLinuxOptions: {type: container_engine_t, level: s0}}
  containers: [{name: a, securityContext: {seLinuxOptions: {type: spc_t, user: u, role: r}}}]`
	custom := []Field{
		{"spec.containers[0].securityContext.seLinuxOptions.type", "a", "spc_t"},
		{"spec.containers[0].securityContext.seLinuxOptions.user", "a", "u"},
		{"spec.containers[0].securityContext.seLinuxOptions.role", "a", "r"},
	}
	runLocate(t, []locateCase{
		{"fields and annotations", "appArmorProfile", 0, `
metadata:
  annotations:
    container.apparmor.security.beta.kubernetes.io/none: unconfined
    container.apparmor.security.beta.kubernetes.io/a: docker/default
    container.apparmor.security.beta.kubernetes.io/b: localhost/x
    container.apparmor.security.beta.kubernetes.io/c: ""
spec:
  securityContext: {appArmorProfile: {type: Unconfined}}
  containers:
  - {name: a, securityContext: {appArmorProfile: {}}}
  - {name: b, securityContext: {appArmorProfile: {type: RuntimeDefault}}}`, []Field{
			{"spec.securityContext.appArmorProfile.type", "", "Unconfined"},
			{"spec.containers[0].securityContext.appArmorProfile.type", "a", nil},
			{"metadata.annotations[container.apparmor.security.beta.kubernetes.io/a]", "a", "docker/default"},
			{"metadata.annotations[container.apparmor.security.beta.kubernetes.io/none]", "none", "unconfined"},
		}},
		{"annotations before 1.19", "seccompProfile_baseline", 18, annotated, []Field{
			{"metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]", "", "unconfined"},
			{"metadata.annotations[container.seccomp.security.alpha.kubernetes.io/a]", "a", ""},
		}},
		{"annotations since 1.19", "seccompProfile_baseline", 19, annotated, nil},
		{"fields before 1.19", "seccompProfile_baseline", 18, hidden, nil},
		{"fields since 1.19", "seccompProfile_baseline", 19, hidden, []Field{
			{"spec.containers[1].securityContext.seccompProfile.type", "b", "Unconfined"},
			{"spec.containers[3].securityContext.seccompProfile.type", "d", nil},
		}},
		{"before 1.19", "seccompProfile_restricted", 18, hidden, nil},
		{"hidden behind an explicit one", "seccompProfile_restricted", 24, hidden, []Field{
			{"spec.containers[0].securityContext.seccompProfile.type", "a", nil},
			{"spec.containers[1].securityContext.seccompProfile.type", "b", "Unconfined"},
			{"spec.containers[3].securityContext.seccompProfile.type", "d", nil},
		}},
		{"Windows since 1.25", "seccompProfile_restricted", 25, hidden, nil},
		{"pod bad", "seccompProfile_restricted", 37, `
spec:
  securityContext: {seccompProfile: {type: Unconfined}}
  containers: [{name: a}]`, []Field{{"spec.securityContext.seccompProfile.type", "", "Unconfined"}}},
		{"pod good", "seccompProfile_restricted", 37, `
spec:
  securityContext: {seccompProfile: {type: RuntimeDefault}}
  containers: [{name: a}]`, nil},
		{
			"type before 1.31", "seLinuxOptions", 30, labelled,
			append([]Field{{"spec.securityContext.seLinuxOptions.type", "", "container_engine_t"}}, custom...),
		},
		{"type since 1.31", "seLinuxOptions", 31, labelled, custom},
	})
}
