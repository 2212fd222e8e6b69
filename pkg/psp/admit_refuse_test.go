package psp

import "testing"

// refusal is a pod that a policy refuses, and why; none if it admits the pod.
type refusal struct {
	policy, pod string
	errs        []string
}

func holdRefusals(t *testing.T, tests []refusal) {
	t.Helper()
	for _, c := range tests {
		_, errs := policyFrom(t, c.policy).Admit(readPod(t, c.pod))
		policyErrors{c.policy + "\n" + c.pod, c.errs}.hold(t, errs)
	}
}

func TestAdmitRefusesPods(t *testing.T) {
	const inRanges = ` must be in the ranges: [{1 2} {5 5}]`
	groups := func(field, rule string) string {
		return `{spec: {` + field + `: {rule: ` + rule + `, ranges: [{min: 1, max: 2}, {min: 5, max: 5}]}}}`
	}
	holdRefusals(t, []refusal{
		{groups("fsGroup", "MustRunAs"), `{spec: {securityContext: {fsGroup: 3}}}`, []string{
			`spec.securityContext.fsGroup: Invalid value: [3]: group 3` + inRanges,
		}},
		{groups("fsGroup", "MayRunAs"), `{spec: {securityContext: {fsGroup: 5}}}`, nil},
		{groups("fsGroup", "MayRunAs"), `{spec: {securityContext: {fsGroup: 0}}}`, []string{
			`spec.securityContext.fsGroup: Invalid value: [0]: group 0` + inRanges,
		}},
		{groups("supplementalGroups", "MustRunAs"), `{spec: {securityContext: {supplementalGroups: [1, 4, 6]}}}`, []string{
			`spec.securityContext.supplementalGroups: Invalid value: [1,4,6]: group 4` + inRanges,
			`spec.securityContext.supplementalGroups: Invalid value: [1,4,6]: group 6` + inRanges,
		}},
		// An empty list is not an absent one: nothing is written.
		{groups("supplementalGroups", "MustRunAs"), `{spec: {securityContext: {supplementalGroups: []}}}`, []string{
			`spec.securityContext.supplementalGroups: Invalid value: []: unable to validate empty groups against required ranges`,
		}},
		{groups("supplementalGroups", "MayRunAs"), `{spec: {securityContext: {supplementalGroups: []}}}`, nil},
		{`{}`, `{spec: {hostNetwork: true, hostPID: true, hostIPC: true}}`, []string{
			`spec.securityContext.hostNetwork: Invalid value: true: Host network is not allowed to be used`,
			`spec.securityContext.hostPID: Invalid value: true: Host PID is not allowed to be used`,
			`spec.securityContext.hostIPC: Invalid value: true: Host IPC is not allowed to be used`,
		}},
		{`{spec: {hostNetwork: true, hostPID: true, hostIPC: true}}`, `{spec: {hostNetwork: true, hostPID: true, hostIPC: true}}`, nil},
		{`{spec: {allowedUnsafeSysctls: ["a.*", b], forbiddenSysctls: [net.ipv4.tcp_syncookies, c.*]}}`, `{spec: {securityContext: {sysctls: [
		  {name: a.x}, {name: b}, {name: b.x}, {name: net.ipv4.tcp_syncookies}, {name: c.d}, {name: kernel.shm_rmid_forced}, {name: a}]}}}`, []string{
			`pod.spec.securityContext.sysctls[2]: Forbidden: unsafe sysctl "b.x" is not allowed`,
			`pod.spec.securityContext.sysctls[3]: Forbidden: sysctl "net.ipv4.tcp_syncookies" is not allowed`,
			`pod.spec.securityContext.sysctls[4]: Forbidden: sysctl "c.d" is not allowed`,
			`pod.spec.securityContext.sysctls[6]: Forbidden: unsafe sysctl "a" is not allowed`,
		}},
		{`{}`, `{spec: {securityContext: {sysctls: [{name: net.ipv4.ip_local_port_range}, {name: net.ipv4.ping_group_range},
		  {name: net.ipv4.ip_unprivileged_port_start}, {name: net.ipv4.ip_local_reserved_ports}]}}}`, []string{
			`pod.spec.securityContext.sysctls[3]: Forbidden: unsafe sysctl "net.ipv4.ip_local_reserved_ports" is not allowed`,
		}},
		{`{spec: {runtimeClass: {allowedRuntimeClassNames: []}}}`, `{spec: {runtimeClassName: a}}`, []string{`spec.runtimeClassName: Invalid value: "a"`}},
		{`{spec: {runtimeClass: {allowedRuntimeClassNames: [b]}}}`, `{spec: {runtimeClassName: a}}`, []string{`spec.runtimeClassName: Invalid value: "a"`}},
		{`{spec: {runtimeClass: {allowedRuntimeClassNames: ["*"]}}}`, `{spec: {runtimeClassName: a}}`, nil},
		{`{}`, `{spec: {runtimeClassName: a}}`, nil},
	})
}

func TestAdmitRefusesVolumes(t *testing.T) {
	token := func(change string) string {
		return `{spec: {volumes: [{name: t, projected: {sources: [{serviceAccountToken: {path: token}}, {configMap: {name: kube-root-ca.crt}},
		  {downwardAPI: {items: [{path: namespace, fieldRef: {fieldPath: metadata.namespace}}]}}` + change + `]}}]}}`
	}
	refused := []string{`spec.volumes[0]: Invalid value: "projected": projected volumes are not allowed to be used`}
	const hostRefused = `spec.volumes[0].hostPath.pathPrefix: Invalid value: `
	host := func(path string) string { return `{spec: {volumes: [{name: h, hostPath: {path: "` + path + `"}}]}}` }
	holdRefusals(t, []refusal{
		{`{}`, `{spec: {volumes: [{name: a, emptyDir: {}}, {name: b}]}}`, []string{
			`spec.volumes[0]: Invalid value: "emptyDir": emptyDir volumes are not allowed to be used`,
			`spec.volumes[1]: Invalid value: "emptyDir": emptyDir volumes are not allowed to be used`,
		}},
		{`{spec: {volumes: [emptyDir]}}`, `{spec: {volumes: [{name: a}, {name: b, cephfs: {monitors: [m]}}]}}`, []string{
			`spec.volumes[1]: Invalid value: "cephFS": cephFS volumes are not allowed to be used`,
		}},
		{`{spec: {volumes: ["*"]}}`, `{spec: {volumes: [{name: a}, {name: b, hostPath: {path: /}}]}}`, nil},
		{`{spec: {volumes: [secret]}}`, token(``), nil},
		{`{spec: {volumes: [projected]}}`, token(`, {secret: {name: s}}`), nil},
		{`{spec: {volumes: [configMap, downwardAPI]}}`, token(``), refused},
		{`{spec: {volumes: [secret]}}`, token(`, {secret: {name: s}}`), refused},
		{`{spec: {volumes: [secret]}}`, token(`, {configMap: {name: other}}`), refused},
		{`{spec: {volumes: [secret]}}`, token(`, {serviceAccountToken: {path: token, audience: a}}`), refused},
		{`{spec: {volumes: [secret]}}`, token(`, {serviceAccountToken: {path: other}}`), refused},
		{`{spec: {volumes: [secret]}}`, token(`, {downwardAPI: {items: [{path: other, fieldRef: {fieldPath: metadata.namespace}}]}}`), refused},
		{`{spec: {volumes: [secret]}}`, token(`, {downwardAPI: {items: [{path: namespace, fieldRef: {fieldPath: metadata.name}}]}}`), refused},
		{`{spec: {volumes: [secret]}}`, token(`, {downwardAPI: {items: [{path: namespace}]}}`), refused},
		{`{spec: {volumes: [flexVolume], allowedFlexVolumes: [{driver: a}]}}`, `{spec: {volumes: [{name: a, flexVolume: {driver: a}}, {name: b, flexVolume: {driver: b}}]}}`, []string{
			`spec.volumes[1].driver: Invalid value: "b": Flexvolume driver is not allowed to be used`,
		}},
		{`{spec: {volumes: [flexVolume, csi]}}`, `{spec: {volumes: [{name: a, flexVolume: {driver: a}}, {name: b, csi: {driver: b}}]}}`, nil},
		{`{spec: {volumes: ["*"], allowedCSIDrivers: [{name: a}]}}`, `{spec: {volumes: [{name: a, csi: {driver: a}}, {name: b, csi: {driver: b}}]}}`, []string{
			`spec.volumes[1].csi.driver: Invalid value: "b": Inline CSI driver is not allowed to be used`,
		}},
		{`{spec: {volumes: [hostPath]}}`, host("/etc"), nil},
		{`{spec: {volumes: [hostPath], allowedHostPaths: [{pathPrefix: /var}]}}`, host("/var/"), nil},
		{`{spec: {volumes: [hostPath], allowedHostPaths: [{pathPrefix: /var/}]}}`, host("/var"), nil},
		{`{spec: {volumes: [hostPath], allowedHostPaths: [{pathPrefix: /}]}}`, host("/var"), nil},
		{`{spec: {volumes: [hostPath], allowedHostPaths: [{pathPrefix: /var}]}}`, host("/variable"), []string{hostRefused + `"/variable": is not allowed to be used`}},
		{`{spec: {volumes: [hostPath], allowedHostPaths: [{pathPrefix: /var/log}]}}`, host("/var"), []string{hostRefused + `"/var": is not allowed to be used`}},
		{
			`{spec: {volumes: [hostPath], allowedHostPaths: [{pathPrefix: /var, readOnly: true}, {pathPrefix: /var/log}, {pathPrefix: /var, readOnly: true}]}}`,
			`{spec: {volumes: [{name: r, hostPath: {path: /var/run}}, {name: l, hostPath: {path: /var/log}}],
			  initContainers: [{name: i, volumeMounts: [{name: r, readOnly: true}, {name: l}, {name: r}]}], containers: [{name: c, volumeMounts: [{name: r}]}]}}`,
			[]string{
				`spec.initContainers[0].volumeMounts[2].readOnly: Invalid value: false: must be read-only`,
				`spec.containers[0].volumeMounts[0].readOnly: Invalid value: false: must be read-only`,
			},
		},
	})
}

func TestAdmitRefusesContainers(t *testing.T) {
	const c = "spec.containers[0]"
	with := func(sc string) string { return `{spec: {containers: [{name: c, securityContext: {` + sc + `}}]}}` }
	nonRoot, user := `{spec: {runAsUser: {rule: MustRunAsNonRoot}}}`, `{spec: {runAsUser: {rule: MustRunAs, ranges: [{min: 1, max: 5}, {min: 9, max: 9}]}}}`
	label := `{spec: {seLinux: {rule: MustRunAs, seLinuxOptions: {user: u, role: r, type: t, level: "s0:c1,c2"}}}}`
	ports := `{spec: {containers: [{name: c, ports: [{containerPort: 1}, {hostPort: 80}, {hostPort: 81}, {hostPort: 91}]}]}}`
	holdRefusals(t, []refusal{
		{`{}`, `{spec: {initContainers: [{name: i, securityContext: {privileged: true}}], ephemeralContainers: [{name: e, securityContext: {privileged: true}}]}}`, []string{
			`spec.initContainers[0].securityContext.privileged: Invalid value: true: Privileged containers are not allowed`,
			`spec.ephemeralContainers[0].securityContext.privileged: Invalid value: true: Privileged containers are not allowed`,
		}},
		{`{spec: {privileged: true}}`, with(`privileged: true`), nil},
		{nonRoot, with(`runAsUser: 0`), []string{c + `.securityContext.runAsUser: Invalid value: 0: running with the root UID is forbidden`}},
		{nonRoot, with(`runAsNonRoot: false, runAsUser: 0`), []string{c + `.securityContext.runAsNonRoot: Invalid value: false: must be true`}},
		{nonRoot, `{spec: {securityContext: {runAsUser: 0}, containers: [{name: c, securityContext: {runAsUser: 1}}]}}`, nil},
		{user, with(`runAsUser: 6`), []string{c + `.securityContext.runAsUser: Invalid value: 6: must be in the ranges: [{1 5} {9 9}]`}},
		{user, `{spec: {securityContext: {runAsUser: 0}, containers: [{name: c, securityContext: {runAsUser: 9}}]}}`, nil},
		{`{spec: {runAsGroup: {rule: MayRunAs, ranges: [{min: 1, max: 1}]}}}`, with(`runAsGroup: 2`), []string{
			c + `.securityContext: Invalid value: [2]: group 2 must be in the ranges: [{1 1}]`,
		}},
		{label, with(`seLinuxOptions: {user: u, role: r, type: t, level: "s0:c2,c1"}`), nil},
		{label, with(`seLinuxOptions: {level: "s1:c1,c2"}`), []string{
			c + `.securityContext.seLinuxOptions.level: Invalid value: "s1:c1,c2": must be s0:c1,c2`,
			c + `.securityContext.seLinuxOptions.role: Invalid value: "": must be r`,
			c + `.securityContext.seLinuxOptions.type: Invalid value: "": must be t`,
			c + `.securityContext.seLinuxOptions.user: Invalid value: "": must be u`,
		}},
		{label, `{spec: {securityContext: {seLinuxOptions: {user: u, role: r, type: t, level: s0}}}}`, []string{
			`spec.securityContext.seLinuxOptions.level: Invalid value: "s0": must be s0:c1,c2`,
		}},
		{`{}`, with(`procMount: Unmasked`), []string{c + `.securityContext.procMount: Invalid value: "Unmasked": ProcMountType is not allowed`}},
		{`{}`, with(`procMount: Default`), nil},
		{`{spec: {allowedProcMountTypes: [Unmasked]}}`, with(`procMount: Unmasked`), nil},
		{`{spec: {allowedProcMountTypes: [Unmasked]}}`, with(``), []string{c + `.securityContext.procMount: Invalid value: "Default": ProcMountType is not allowed`}},
		{`{spec: {readOnlyRootFilesystem: true}}`, with(`readOnlyRootFilesystem: false`), []string{
			c + `.securityContext.readOnlyRootFilesystem: Invalid value: false: ReadOnlyRootFilesystem must be set to true`,
		}},
		{`{spec: {allowPrivilegeEscalation: false}}`, with(`allowPrivilegeEscalation: true`), []string{
			c + `.securityContext.allowPrivilegeEscalation: Invalid value: true: Allowing privilege escalation for containers is not allowed`,
		}},
		{`{}`, with(`allowPrivilegeEscalation: true`), nil},
		{`{spec: {hostPorts: [{min: 80, max: 80}, {min: 90, max: 91}]}}`, ports, []string{
			c + `.hostPort: Invalid value: 81: Host port 81 is not allowed to be used. Allowed ports: [80,90-91]`,
		}},
		{`{spec: {hostPorts: [{min: 80, max: 91}]}}`, ports, nil},
		{`{}`, with(`capabilities: {add: [A], drop: [ALL]}`), []string{
			c + `.securityContext.capabilities.add: Invalid value: "A": capability may not be added`,
		}},
		{`{spec: {allowedCapabilities: [A], defaultAddCapabilities: [B]}}`, with(`capabilities: {add: [A, B, a]}`), []string{
			c + `.securityContext.capabilities.add: Invalid value: "a": capability may not be added`,
		}},
		{`{spec: {allowedCapabilities: ["*"]}}`, with(`capabilities: {add: [ALL]}`), nil},
		// A policy that only adds wants to see something, and a container that drops it all has nothing.
		{`{spec: {defaultAddCapabilities: [A]}}`, with(`capabilities: {drop: [A]}`), nil},
	})
}

func TestAdmitRefusesProfiles(t *testing.T) {
	const (
		pod     = `pod.metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: Forbidden: `
		c       = `pod.metadata.annotations[container.seccomp.security.alpha.kubernetes.io/c]: Forbidden: `
		armor   = `pod.metadata.annotations[container.apparmor.security.beta.kubernetes.io/c]: Forbidden: `
		plain   = `{spec: {containers: [{name: c}]}}`
		runtime = `{spec: {securityContext: {seccompProfile: {type: RuntimeDefault}}, containers: [{name: c}]}}`
	)
	allowed := func(key, list string) string { return `{metadata: {annotations: {` + key + `: "` + list + `"}}}` }
	seccomp := func(list string) string { return allowed(SeccompAllowedAnnotation, list) }
	appArmor := func(list string) string { return allowed(AppArmorAllowedAnnotation, list) }
	confined := func(profile string) string {
		return `{metadata: {annotations: {container.apparmor.security.beta.kubernetes.io/c: ` + profile + `}}, spec: {containers: [{name: c}]}}`
	}
	holdRefusals(t, []refusal{
		{`{}`, plain, nil},
		{`{}`, runtime, []string{pod + `seccomp may not be set`, c + `seccomp may not be set`}},
		{seccomp("*"), runtime, nil},
		{seccomp("localhost/x,*"), plain, nil},
		{seccomp("docker/default"), runtime, nil},
		{seccomp("runtime/default"), `{metadata: {annotations: {seccomp.security.alpha.kubernetes.io/pod: docker/default}}, spec: {containers: [{name: c}]}}`, nil},
		{seccomp("runtime/default"), plain, []string{
			pod + ` is not an allowed seccomp profile. Valid values are runtime/default`,
			c + ` is not an allowed seccomp profile. Valid values are runtime/default`,
		}},
		{seccomp("runtime/default,"), plain, nil},
		{seccomp(""), plain, nil},
		{seccomp("localhost/x"), `{spec: {securityContext: {seccompProfile: {type: Localhost, localhostProfile: x}},
		  containers: [{name: c, securityContext: {seccompProfile: {type: Unconfined}}}]}}`, []string{
			c + `unconfined is not an allowed seccomp profile. Valid values are localhost/x`,
		}},
		{seccomp("unconfined"), `{metadata: {annotations: {seccomp.security.alpha.kubernetes.io/pod: unconfined,
		  container.seccomp.security.alpha.kubernetes.io/c: localhost/y}}, spec: {containers: [{name: c}]}}`, []string{
			c + `localhost/y is not an allowed seccomp profile. Valid values are unconfined`,
		}},
		// A pod's annotation goes before its field, a container's field before its annotation and the pod's annotation.
		{seccomp("unconfined"), `{metadata: {annotations: {seccomp.security.alpha.kubernetes.io/pod: unconfined}},
		  spec: {securityContext: {seccompProfile: {type: RuntimeDefault}}, containers: [{name: c}]}}`, []string{
			c + `runtime/default is not an allowed seccomp profile. Valid values are unconfined`,
		}},
		{`{}`, confined("odd"), nil},
		{appArmor("runtime/default,unconfined"), confined("unconfined"), nil},
		{appArmor("runtime/default"), plain, []string{armor + `AppArmor profile must be set`}},
		{appArmor("runtime/default,"), plain, []string{armor + `AppArmor profile must be set`}},
		{appArmor(""), plain, []string{armor + `AppArmor profile must be set`}},
		{appArmor("runtime/default,localhost/x"), confined("unconfined"), []string{
			armor + `unconfined is not an allowed profile. Allowed values: "runtime/default,localhost/x"`,
		}},
	})
}
