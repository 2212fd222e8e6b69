package commands

import (
	"fmt"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-pss/kubectl-pss/pkg/export"
	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/test/fidelity/random"
)

// listed is a policy that says something of everything, by lists and ranges of its own, so that every rule is rendered.
const listed = `
metadata:
  name: listed
  annotations:
    seccomp.security.alpha.kubernetes.io/allowedProfileNames: runtime/default
    seccomp.security.alpha.kubernetes.io/defaultProfileName: runtime/default
    apparmor.security.beta.kubernetes.io/allowedProfileNames: runtime/default,localhost/a
    apparmor.security.beta.kubernetes.io/defaultProfileName: runtime/default
spec:
  privileged: false
  hostNetwork: true
  hostPorts: [{min: 80, max: 90}, {min: 1000, max: 9000}]
  allowPrivilegeEscalation: false
  allowedCapabilities: [NET_BIND_SERVICE, CHOWN]
  defaultAddCapabilities: [CHOWN]
  requiredDropCapabilities: [ALL]
  volumes: [configMap, secret, projected, emptyDir, hostPath, flexVolume, csi, persistentVolumeClaim]
  allowedHostPaths: [{pathPrefix: /var/log}, {pathPrefix: /etc, readOnly: true}]
  allowedFlexVolumes: [{driver: example/fine}]
  allowedCSIDrivers: [{name: csi.example.com}]
  allowedUnsafeSysctls: [net.core.*]
  forbiddenSysctls: [kernel.shm_rmid_forced]
  allowedProcMountTypes: [Default]
  readOnlyRootFilesystem: true
  runtimeClass: {allowedRuntimeClassNames: [trusted], defaultRuntimeClassName: trusted}
  seLinux: {rule: MustRunAs, seLinuxOptions: {level: "s0:c1,c2"}}
  runAsUser: {rule: MustRunAs, ranges: [{min: 1, max: 10}, {min: 1000, max: 65535}]}
  runAsGroup: {rule: MustRunAs, ranges: [{min: 1, max: 10}, {min: 1000, max: 65535}]}
  fsGroup: {rule: MayRunAs, ranges: [{min: 1, max: 10}, {min: 1000, max: 65535}]}
  supplementalGroups: {rule: MustRunAs, ranges: [{min: 1, max: 10}, {min: 1000, max: 65535}]}
`

// sets are those that are rendered: what a policy that lists everything says beyond no level at all.
func sets(t *testing.T) []*export.Set {
	t.Helper()
	p := &psp.Policy{}
	if err := yaml.UnmarshalStrict([]byte(listed), p); err != nil {
		t.Fatal(err)
	}
	fromPolicy, err := export.FromPolicy(p, api.LevelVersion{Level: api.LevelPrivileged, Version: api.LatestVersion()})
	if err != nil {
		t.Fatal(err)
	}
	return []*export.Set{fromPolicy}
}

// pods are random ones, the same in every run, and some with what is too rare among them.
func pods(t *testing.T) map[string]*corev1.Pod {
	t.Helper()
	all := map[string]*corev1.Pod{}
	for i := range uint64(40) {
		name := fmt.Sprintf("random-%d", i)
		all[name] = random.Pod(random.NewDice(8, i, 37), namespace, name)
	}
	for name, spec := range rare() {
		pod := &corev1.Pod{}
		if err := yaml.UnmarshalStrict([]byte("containers: [{name: a, image: a}]\n"+spec), &pod.Spec); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all[name] = pod
	}
	return all
}

func rare() map[string]string {
	return map[string]string{
		"flex":       `volumes: [{name: v, flexVolume: {driver: example/bad}}]`,
		"flex-fine":  `volumes: [{name: v, flexVolume: {driver: example/fine}}]`,
		"csi":        `volumes: [{name: v, csi: {driver: other.example.com}}]`,
		"fs-group":   `securityContext: {fsGroup: 11}`,
		"groups":     `securityContext: {supplementalGroups: [1, 11]}`,
		"groups-ok":  `securityContext: {supplementalGroups: [1, 10], fsGroup: 10, runAsUser: 10, runAsGroup: 1000}`,
		"log":        `volumes: [{name: v, hostPath: {path: /var/log/pods}}]`,
		"logs":       `volumes: [{name: v, hostPath: {path: /var/logs}}]`,
		"etc":        "volumes: [{name: v, hostPath: {path: /etc/a}}]\ninitContainers: [{name: i, image: i, volumeMounts: [{name: v, mountPath: /a}]}]",
		"etc-read":   "volumes: [{name: v, hostPath: {path: /etc/a}}]\ninitContainers: [{name: i, image: i, volumeMounts: [{name: v, mountPath: /a, readOnly: true}]}]",
		"debugged":   `ephemeralContainers: [{name: e, image: e, securityContext: {privileged: true}}]`,
		"windows":    `os: {name: windows}`,
		"categories": `securityContext: {seLinuxOptions: {level: "s0:c2,c1"}}`,
	}
}

// sorted puts messages in order, which engines do not keep.
func sorted(v verdicts) verdicts {
	for _, messages := range v {
		slices.Sort(messages)
	}
	return v
}
