package psp

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-pss/kubectl-pss/pkg/export"
	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/test/engines/cel"
)

// openPolicy forbids nothing but what is said in a text.
func openPolicy(t *testing.T, text string) *psp.Policy {
	t.Helper()
	p := &psp.Policy{}
	const open = `{metadata: {name: p, annotations: {seccomp.security.alpha.kubernetes.io/allowedProfileNames: "*"}},
	  spec: {privileged: true, hostNetwork: true, hostPID: true, hostIPC: true, hostPorts: [{min: 0, max: 65535}], allowedCapabilities: ["*"],
	  volumes: ["*"], allowedUnsafeSysctls: ["*"], allowedProcMountTypes: [Default, Unmasked], seLinux: {rule: RunAsAny},
	  runAsUser: {rule: RunAsAny}, supplementalGroups: {rule: RunAsAny}, fsGroup: {rule: RunAsAny}}}`
	for _, yamlText := range []string{open, text} {
		if err := yaml.UnmarshalStrict([]byte(yamlText), p); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func podFrom(t *testing.T, text string) *corev1.Pod {
	t.Helper()
	if text == "" {
		return nil
	}
	pod := &corev1.Pod{}
	if err := yaml.UnmarshalStrict([]byte(text), pod); err != nil {
		t.Fatal(err)
	}
	pod.Namespace, pod.Name = "n", "p"
	return pod
}

const (
	plain     = `{spec: {containers: [{name: a}]}}`
	inWindows = `{spec: {os: {name: windows}, containers: [{name: a}]}}`
)

// TestRules has pods that each rule refuses, with what they are told, and pods that it lets through, as they are made and
// without anything having been written into them: init and ephemeral containers, values of the pod.
func TestRules(t *testing.T) {
	tests := []struct {
		policy, rule string
		refused      map[string]string
		admitted     []string
	}{
		{
			`{spec: {privileged: false}}`, "privileged-containers",
			map[string]string{
				`{spec: {initContainers: [{name: i, securityContext: {privileged: true}}], containers: [{name: a, securityContext: {privileged: true}}]}}`: "containers a, i must not set securityContext.privileged to true",
				`{spec: {containers: [{name: a}], ephemeralContainers: [{name: e, securityContext: {privileged: true}}]}}`:                                 "containers e must not set securityContext.privileged to true",
			},
			[]string{plain, `{spec: {containers: [{name: a, securityContext: {privileged: false}}]}}`},
		},
		{
			`{spec: {hostPID: false, hostIPC: false}}`, "host-namespaces",
			map[string]string{`{spec: {hostPID: true, containers: []}}`: "pods must not set spec.hostPID to true"},
			[]string{plain, `{spec: {hostNetwork: true, containers: []}}`},
		},
		{
			`{spec: {hostPorts: [{min: 80, max: 80}, {min: 8000, max: 9000}]}}`, "allowed-host-ports",
			map[string]string{`{spec: {containers: [{name: a, ports: [{containerPort: 1, hostPort: 81}]}]}}`: "containers a must set ports[*].hostPort to 80, 8000-9000"},
			[]string{plain, `{spec: {containers: [{name: a, ports: [{containerPort: 81}, {containerPort: 1, hostPort: 8000}]}]}}`},
		},
		{
			`{spec: {hostPorts: [{min: 0, max: 0}]}}`, "allowed-host-ports",
			map[string]string{`{spec: {containers: [{name: a, ports: [{containerPort: 1, hostPort: 81}]}]}}`: "containers a must set ports[*].hostPort to 0"},
			[]string{plain},
		},
		{
			`{spec: {allowedCapabilities: [KILL], defaultAddCapabilities: [CHOWN]}}`, "allowed-capabilities",
			map[string]string{`{spec: {containers: [{name: a, securityContext: {capabilities: {add: [KILL, kill]}}}]}}`: "containers a must add only CHOWN, KILL in securityContext.capabilities.add"},
			[]string{plain, `{spec: {containers: [{name: a, securityContext: {capabilities: {add: [KILL, CHOWN]}}}]}}`},
		},
		{
			`{spec: {allowedCapabilities: [KILL], requiredDropCapabilities: [MKNOD]}}`, "required-drop-capabilities",
			map[string]string{plain: "containers a must drop MKNOD in securityContext.capabilities.drop"},
			[]string{inWindows, `{spec: {containers: [{name: a, securityContext: {capabilities: {drop: [MKNOD]}}}, {name: b, securityContext: {capabilities: {drop: [ALL]}}}]}}`},
		},
		{
			`{spec: {allowPrivilegeEscalation: false}}`, "privilege-escalation",
			map[string]string{plain: "containers a must set securityContext.allowPrivilegeEscalation to false"},
			[]string{inWindows, `{spec: {containers: [{name: a, securityContext: {allowPrivilegeEscalation: false}}]}}`},
		},
		{
			`{spec: {readOnlyRootFilesystem: true}}`, "read-only-root-filesystem",
			map[string]string{plain: "containers a must set securityContext.readOnlyRootFilesystem to true"},
			[]string{inWindows, `{spec: {containers: [{name: a, securityContext: {readOnlyRootFilesystem: true}}]}}`},
		},
		{
			`{spec: {allowedProcMountTypes: []}}`, "allowed-proc-mount",
			map[string]string{`{spec: {containers: [{name: a, securityContext: {procMount: Unmasked}}]}}`: "containers a must have only Default as securityContext.procMount"},
			[]string{plain},
		},
		{
			`{spec: {volumes: [secret, cephFS]}}`, "allowed-volume-types",
			map[string]string{
				`{spec: {containers: [], volumes: [{name: v, emptyDir: {}}, {name: s, secret: {}}]}}`:                                           "volumes v must be of a type that is allowed: secret, cephFS",
				`{spec: {containers: [], volumes: [{name: v, projected: {sources: [{serviceAccountToken: {path: token, audience: other}}]}}]}}`: "volumes v must be of a type that is allowed: secret, cephFS",
			},
			[]string{plain, `{spec: {containers: [], volumes: [{name: s, secret: {}}, {name: c, cephfs: {monitors: []}}, {name: t, projected: {sources: [{serviceAccountToken: {path: token}},
			  {configMap: {name: kube-root-ca.crt}}, {downwardAPI: {items: [{path: namespace, fieldRef: {fieldPath: metadata.namespace}}]}}]}}]}}`},
		},
		{
			`{spec: {volumes: []}}`, "allowed-volume-types",
			map[string]string{`{spec: {containers: [], volumes: [{name: v, emptyDir: {}}]}}`: "volumes v must be of a type that is allowed: none is"},
			[]string{plain},
		},
		{
			`{spec: {allowedHostPaths: [{pathPrefix: /var/log/, readOnly: true}, {pathPrefix: /data}]}}`, "allowed-host-paths",
			map[string]string{
				`{spec: {containers: [], volumes: [{name: v, hostPath: {path: /database}}]}}`:                                                                       "volumes v must have a hostPath below one of: /var/log/ (read-only), /data",
				`{spec: {containers: [], initContainers: [{name: i, volumeMounts: [{name: v, mountPath: /m}]}], volumes: [{name: v, hostPath: {path: /var/log}}]}}`: "containers i must set volumeMounts[*].readOnly to true for host paths that are allowed as read-only",
			},
			[]string{plain, `{spec: {containers: [{name: a, volumeMounts: [{name: v, mountPath: /m, readOnly: true}, {name: d, mountPath: /d}]}],
			  volumes: [{name: v, hostPath: {path: /var/log/pods}}, {name: d, hostPath: {path: /data/}}, {name: e, emptyDir: {}}]}}`},
		},
		{
			`{spec: {allowedFlexVolumes: [{driver: d}]}}`, "allowed-flex-volumes",
			map[string]string{`{spec: {containers: [], volumes: [{name: v, flexVolume: {driver: e}}]}}`: "volumes v must have only d as flexVolume.driver"},
			[]string{plain, `{spec: {containers: [], volumes: [{name: v, flexVolume: {driver: d}}]}}`},
		},
		{
			`{spec: {allowedCSIDrivers: [{name: d}]}}`, "allowed-csi-drivers",
			map[string]string{`{spec: {containers: [], volumes: [{name: v, csi: {driver: e}}]}}`: "volumes v must have only d as csi.driver"},
			[]string{plain, `{spec: {containers: [], volumes: [{name: v, csi: {driver: d}}]}}`},
		},
		{
			`{spec: {allowedUnsafeSysctls: ["net.ipv4.*", "net.x"], forbiddenSysctls: ["net.core.*", "kernel.shm*"]}}`, "allowed-sysctls",
			map[string]string{
				`{spec: {containers: [], securityContext: {sysctls: [{name: kernel.shm_rmid_forced, value: a}, {name: net.ipv4.a, value: a}, {name: net.core.a, value: a}, {name: vm.b, value: a}]}}}`: "sysctls kernel.shm_rmid_forced, net.core.a, vm.b must not be set in spec.securityContext.sysctls",
				`{spec: {containers: [], securityContext: {sysctls: [{name: net/core/a, value: a}]}}}`:                                                                                                 "sysctls net/core/a must not be set in spec.securityContext.sysctls",
			},
			[]string{plain, `{spec: {containers: [], securityContext: {sysctls: [{name: net.ipv4.tcp_syncookies, value: a}, {name: net.x, value: a}]}}}`},
		},
		{
			`{spec: {seLinux: {rule: MustRunAs, seLinuxOptions: {type: container_t, level: "s0:c1,c2"}}}}`, "selinux-must-run-as",
			map[string]string{
				plain: "pods must have as spec.securityContext.seLinuxOptions {type: container_t, level: s0:c1,c2}",
				`{spec: {securityContext: {seLinuxOptions: {type: container_t, level: "s0:c1,c2"}}, containers: [{name: a, securityContext: {seLinuxOptions: {level: "s0:c1,c2"}}}]}}`: "containers a must have as securityContext.seLinuxOptions {type: container_t, level: s0:c1,c2}",
			},
			[]string{inWindows, `{spec: {securityContext: {seLinuxOptions: {type: container_t, level: "s0:c2,c1"}}, containers: [{name: a}]}}`},
		},
		{
			`{spec: {runAsUser: {rule: MustRunAs, ranges: [{min: 5, max: 5}, {min: 10, max: 20}]}}}`, "run-as-user-ranges",
			map[string]string{
				plain: "containers a must set securityContext.runAsUser to 5, 10-20, themselves or by their pod",
				`{spec: {securityContext: {runAsUser: 5}, containers: [{name: a, securityContext: {runAsUser: 6}}]}}`: "containers a must set securityContext.runAsUser to 5, 10-20, themselves or by their pod",
			},
			[]string{inWindows, `{spec: {securityContext: {runAsUser: 5}, containers: [{name: a}, {name: b, securityContext: {runAsUser: 20}}]}}`},
		},
		{
			`{spec: {runAsUser: {rule: MustRunAsNonRoot}}}`, "run-as-non-root",
			map[string]string{
				plain: "containers a must set securityContext.runAsNonRoot to true or runAsUser to something else than 0, themselves or by their pod",
				`{spec: {securityContext: {runAsNonRoot: true}, containers: [{name: a, securityContext: {runAsNonRoot: false, runAsUser: 1}}]}}`: "containers a must set securityContext.runAsNonRoot to true or runAsUser to something else than 0, themselves or by their pod",
				`{spec: {securityContext: {runAsNonRoot: true, runAsUser: 0}, containers: [{name: a}]}}`:                                         "containers a must set securityContext.runAsNonRoot to true or runAsUser to something else than 0, themselves or by their pod",
			},
			[]string{
				`{spec: {securityContext: {runAsNonRoot: false}, containers: [{name: a, securityContext: {runAsNonRoot: true}}]}}`,
				`{spec: {securityContext: {runAsUser: 0}, containers: [{name: a, securityContext: {runAsUser: 7}}]}}`,
			},
		},
		{
			`{spec: {runAsGroup: {rule: MayRunAs, ranges: [{min: 5, max: 5}]}}}`, "run-as-group-ranges",
			map[string]string{`{spec: {containers: [{name: a, securityContext: {runAsGroup: 0}}]}}`: "containers a must set securityContext.runAsGroup to 5, themselves or by their pod"},
			[]string{plain, `{spec: {securityContext: {runAsGroup: 5}, containers: [{name: a}]}}`},
		},
		{
			`{spec: {supplementalGroups: {rule: MayRunAs, ranges: [{min: 5, max: 5}]}}}`, "supplemental-groups-ranges",
			map[string]string{`{spec: {securityContext: {supplementalGroups: [5, 6]}, containers: []}}`: "pods must set spec.securityContext.supplementalGroups to 5, or leave it out"},
			[]string{plain, `{spec: {securityContext: {supplementalGroups: [5]}, containers: []}}`},
		},
		{
			`{spec: {fsGroup: {rule: MustRunAs, ranges: [{min: 5, max: 5}]}}}`, "fs-group-ranges",
			map[string]string{plain: "pods must set spec.securityContext.fsGroup to 5"},
			[]string{inWindows, `{spec: {securityContext: {fsGroup: 5}, containers: []}}`},
		},
		{
			`{metadata: {annotations: {seccomp.security.alpha.kubernetes.io/allowedProfileNames: "docker/default,localhost/x"}}}`, "allowed-seccomp-profiles",
			map[string]string{
				`{spec: {securityContext: {seccompProfile: {type: RuntimeDefault}}, containers: [{name: a, securityContext: {seccompProfile: {type: Unconfined}}}]}}`: "containers a must have localhost/x, runtime/default as securityContext.seccompProfile",
			},
			[]string{inWindows, `{spec: {securityContext: {seccompProfile: {type: RuntimeDefault}}, containers: [{name: a, securityContext: {seccompProfile: {type: Localhost, localhostProfile: x}}}, {name: b}]}}`},
		},
		{
			`{metadata: {annotations: {apparmor.security.beta.kubernetes.io/allowedProfileNames: "runtime/default"}}}`, "allowed-apparmor-profiles",
			map[string]string{plain: "containers a must have runtime/default as securityContext.appArmorProfile"},
			[]string{
				inWindows, `{spec: {securityContext: {appArmorProfile: {type: RuntimeDefault}}, containers: [{name: a}]}}`,
				`{metadata: {annotations: {container.apparmor.security.beta.kubernetes.io/a: runtime/default}}, spec: {containers: [{name: a}]}}`,
			},
		},
		{
			`{spec: {runtimeClass: {allowedRuntimeClassNames: []}}}`, "allowed-runtime-classes",
			map[string]string{`{spec: {runtimeClassName: kata, containers: []}}`: "pods must leave out spec.runtimeClassName"},
			[]string{plain},
		},
	}
	for _, c := range tests {
		t.Run(c.rule+" "+c.policy, func(t *testing.T) {
			set, err := export.FromPolicy(openPolicy(t, c.policy), api.LevelVersion{Level: api.LevelPrivileged, Version: api.LatestVersion()})
			if err != nil {
				t.Fatal(err)
			}
			policies, err := cel.Compile(set)
			if err != nil {
				t.Fatal(err)
			}
			judge := func(pod string, want []cel.Refusal) {
				got, err := policies.Judge(t.Context(), cel.Request{Pod: podFrom(t, pod)})
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s\n%s", pod, diff)
				}
			}
			for pod, message := range c.refused {
				judge(pod, []cel.Refusal{{Rule: c.rule, Message: message}})
			}
			for _, pod := range c.admitted {
				judge(pod, nil)
			}
		})
	}
}
