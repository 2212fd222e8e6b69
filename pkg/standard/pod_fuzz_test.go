package standard

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"
)

// FuzzPod puts any text into a pod, where FuzzInvariants draws from what checks know: the locator finds a field exactly
// when a check denies, clearing what it found makes the check pass, and the same pod gets the same answer twice.
func FuzzPod(f *testing.F) {
	for _, seed := range []string{
		`{spec: {containers: [{name: c}]}}`,
		`{spec: {hostPID: true, containers: [{name: "", ports: [{hostPort: 1}, {hostPort: -1}]}, {name: "", securityContext: {privileged: true}}]}}`,
		`{metadata: {annotations: {container.apparmor.security.beta.kubernetes.io/c: unconfined, "container.apparmor.security.beta.kubernetes.io/\u202e": x,
		  seccomp.security.alpha.kubernetes.io/pod: unconfined, container.seccomp.security.alpha.kubernetes.io/: ""}}, spec: {initContainers: [{name: c}]}}`,
		`{spec: {securityContext: {sysctls: [{name: "a\u200b"}, {name: kernel.shm_rmid_forced}, {name: kernel/shm_rmid_forced}], seLinuxOptions: {type: "container_t\n", user: " "}},
		  volumes: [{name: v}, {name: w, hostPath: {path: ""}}, {name: x, hostPath: {}, emptyDir: {}}], containers: [{name: c, securityContext: {procMount: "",
		  capabilities: {add: [all, NET_BIND_SERVICE, ""], drop: [all, ALL]}, seccompProfile: {type: Localhost}, appArmorProfile: {type: "\u2066"}}}]}}`,
		`{spec: {os: {name: windows}, securityContext: {windowsOptions: {hostProcess: true}}, containers: [{name: c, livenessProbe: {httpGet: {host: "::1%eth0", port: 1}},
		  lifecycle: {preStop: {tcpSocket: {host: "[::1]", port: x}}, postStart: {httpGet: {host: 127.1, port: 0}}}}]}}`,
		`{spec: {ephemeralContainers: [{name: e, securityContext: {runAsUser: 0, runAsNonRoot: false, allowPrivilegeEscalation: true}}], hostUsers: false}}`,
	} {
		f.Add(seed)
	}
	checks, versions := policy.DefaultChecks(), classes()
	evaluator, err := NewEvaluator(NewestMinor)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p := &corev1.Pod{}
		if yaml.Unmarshal([]byte(text), p) != nil {
			return
		}
		for _, check := range checks {
			for _, v := range versions {
				for _, server := range serversOf(check.ID) {
					if _, err := invariants(server, check, v, p); err != nil {
						t.Errorf("%s at %s on v1.%d: %v", check.ID, v, server, err)
					}
				}
			}
		}
		before := p.DeepCopy()
		restricted := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
		first := evaluator.EvaluatePod(restricted, &p.ObjectMeta, &p.Spec)
		second := evaluator.EvaluatePod(restricted, &p.ObjectMeta, &p.Spec)
		if diff := cmp.Diff(first, second); diff != "" {
			t.Errorf("the second time: %s", diff)
		}
		if diff := cmp.Diff(before, p); diff != "" {
			t.Errorf("the pod was changed: %s", diff)
		}
	})
}
