package standard

import "testing"

func TestLocatePrivilege(t *testing.T) {
	const privilegedPod = `
spec:
  initContainers: [{name: i, securityContext: {privileged: true}}]
  containers: [{name: a}, {name: b, securityContext: {privileged: true}}, {name: c, securityContext: {privileged: false}}]
  ephemeralContainers: [{name: e, securityContext: {privileged: true}}]`
	const escalating = `
spec:
  os: {name: windows}
  containers:
  - {name: a}
  - {name: b, securityContext: {}}
  - {name: c, securityContext: {allowPrivilegeEscalation: true}}
  - {name: d, securityContext: {allowPrivilegeEscalation: false}}`
	const unmasked = `
spec:
  hostUsers: false
  containers: [{name: a, securityContext: {procMount: Unmasked}}, {name: b, securityContext: {procMount: Default}}]`
	unmaskedField := []Field{{"spec.containers[0].securityContext.procMount", "a", "Unmasked"}}
	runLocate(t, []locateCase{
		{"all kinds of containers", "privileged", 0, privilegedPod, []Field{
			{"spec.initContainers[0].securityContext.privileged", "i", true},
			{"spec.containers[1].securityContext.privileged", "b", true},
			{"spec.ephemeralContainers[0].securityContext.privileged", "e", true},
		}},
		{"none", "privileged", 37, `{spec: {containers: [{name: a}]}}`, nil},
		{"pod and container", "windowsHostProcess", 0, `
spec:
  securityContext: {windowsOptions: {hostProcess: true}}
  containers:
  - {name: a, securityContext: {windowsOptions: {hostProcess: false}}}
  - {name: b, securityContext: {windowsOptions: {hostProcess: true}}}
  - {name: c, securityContext: {windowsOptions: {}}}`, []Field{
			{"spec.securityContext.windowsOptions.hostProcess", "", true},
			{"spec.containers[1].securityContext.windowsOptions.hostProcess", "b", true},
		}},
		{"before 1.8", "allowPrivilegeEscalation", 7, escalating, nil},
		{"unset and true", "allowPrivilegeEscalation", 24, escalating, []Field{
			{"spec.containers[0].securityContext.allowPrivilegeEscalation", "a", nil},
			{"spec.containers[1].securityContext.allowPrivilegeEscalation", "b", nil},
			{"spec.containers[2].securityContext.allowPrivilegeEscalation", "c", true},
		}},
		{"Windows since 1.25", "allowPrivilegeEscalation", 25, escalating, nil},
		{
			"Windows by node selector", "allowPrivilegeEscalation", 25,
			`{spec: {nodeSelector: {kubernetes.io/os: windows}, containers: [{name: a}]}}`,
			[]Field{{"spec.containers[0].securityContext.allowPrivilegeEscalation", "a", nil}},
		},
		{"user namespace before 1.35", "procMount", 34, unmasked, unmaskedField},
		{"user namespace since 1.35", "procMount", 35, unmasked, nil},
		{"user namespace", "procMount_restricted", 35, unmasked, unmaskedField},
		{"before 1.35", "procMount_restricted", 34, unmasked, nil},
	})
}

func TestLocateCapabilities(t *testing.T) {
	const adding = `
spec:
  os: {name: windows}
  containers:
  - {name: a, securityContext: {capabilities: {add: [NET_BIND_SERVICE, NET_RAW, CHOWN, CAP_CHOWN], drop: [ALL]}}}
  - {name: b}
  - {name: c, securityContext: {capabilities: {add: [CHOWN], drop: [all, NET_RAW]}}}`
	runLocate(t, []locateCase{
		{"each of the list", "capabilities_baseline", 37, adding, []Field{
			{"spec.containers[0].securityContext.capabilities.add[1]", "a", "NET_RAW"},
			{"spec.containers[0].securityContext.capabilities.add[3]", "a", "CAP_CHOWN"},
		}},
		{"before 1.22", "capabilities_restricted", 21, adding, nil},
		{"add and drop", "capabilities_restricted", 24, adding, []Field{
			{"spec.containers[0].securityContext.capabilities.add[1]", "a", "NET_RAW"},
			{"spec.containers[0].securityContext.capabilities.add[2]", "a", "CHOWN"},
			{"spec.containers[0].securityContext.capabilities.add[3]", "a", "CAP_CHOWN"},
			{"spec.containers[1].securityContext.capabilities.drop", "b", nil},
			{"spec.containers[2].securityContext.capabilities.drop", "c", "all, NET_RAW"},
			{"spec.containers[2].securityContext.capabilities.add[0]", "c", "CHOWN"},
		}},
		{"Windows since 1.25", "capabilities_restricted", 25, adding, nil},
	})
}
