// Package matrix is what engines that cannot be run are compared over: sets of rules of every source, and requests.
package matrix

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-pss/kubectl-pss/pkg/beyond"
	"github.com/kubectl-pss/kubectl-pss/pkg/export"
	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
	"github.com/kubectl-pss/kubectl-pss/test/engines/cel"
	"github.com/kubectl-pss/kubectl-pss/test/fidelity/random"
)

// Sets are those of three policies, one that allows nothing, one that has something of every field, and one that has
// patterns and several of everything; all controls; and both levels, of now and of 1.24, with an exception.
func Sets() ([]*export.Set, error) {
	var sets []*export.Set
	for _, text := range []string{nothing, everything, patterns} {
		p := &psp.Policy{}
		if err := yaml.UnmarshalStrict([]byte(text), p); err != nil {
			return nil, err
		}
		set, err := export.FromPolicy(p, api.LevelVersion{Level: api.LevelPrivileged, Version: api.LatestVersion()})
		if err != nil {
			return nil, err
		}
		sets = append(sets, set)
	}
	controls, err := export.FromControls(beyond.Names(), export.ControlParams{Registries: []string{"registry.k8s.io", "docker.io/library", "localhost:5000/a"}})
	if err != nil {
		return nil, err
	}
	sets = append(sets, controls)
	agent := export.ExceptedWorkload{
		Ref: workload.Ref{Group: "apps", Kind: "DaemonSet", Name: "agent"}, ServiceAccount: "agent", Labels: map[string]string{"app": "agent"},
	}
	for _, lv := range []api.LevelVersion{
		{Level: api.LevelBaseline, Version: api.MajorMinorVersion(1, 24)},
		{Level: api.LevelBaseline, Version: api.LatestVersion()},
		{Level: api.LevelRestricted, Version: api.MajorMinorVersion(1, 24)},
		{Level: api.LevelRestricted, Version: api.LatestVersion()},
	} {
		set, err := export.FromStandard(lv.Level, lv.Version, export.Exception{Workloads: []export.ExceptedWorkload{agent}})
		if err != nil {
			return nil, err
		}
		sets = append(sets, set)
	}
	return sets, nil
}

const nothing = `{metadata: {name: nothing}, spec: {
  seLinux: {rule: RunAsAny}, runAsUser: {rule: MustRunAsNonRoot}, supplementalGroups: {rule: RunAsAny}, fsGroup: {rule: RunAsAny},
  allowPrivilegeEscalation: false}}`

const everything = `{metadata: {name: everything, annotations: {
    seccomp.security.alpha.kubernetes.io/allowedProfileNames: "runtime/default,localhost/a", seccomp.security.alpha.kubernetes.io/defaultProfileName: runtime/default,
    apparmor.security.beta.kubernetes.io/allowedProfileNames: "localhost/x,runtime/default", apparmor.security.beta.kubernetes.io/defaultProfileName: runtime/default}},
  spec: {volumes: [configMap, secret, hostPath, csi, flexVolume], allowedCapabilities: [NET_ADMIN], defaultAddCapabilities: [CHOWN], requiredDropCapabilities: [KILL],
    hostNetwork: true, hostPorts: [{min: 80, max: 81}, {min: 1000, max: 60000}], allowedHostPaths: [{pathPrefix: /var/log}, {pathPrefix: /etc, readOnly: true}],
    allowedFlexVolumes: [{driver: d}], allowedCSIDrivers: [{name: d}], forbiddenSysctls: ["net.*"], allowedProcMountTypes: [Default],
    runtimeClass: {allowedRuntimeClassNames: [kata], defaultRuntimeClassName: kata}, readOnlyRootFilesystem: true,
    seLinux: {rule: MustRunAs, seLinuxOptions: {level: "s0:c1"}}, runAsUser: {rule: MustRunAs, ranges: [{min: 1, max: 2000}]},
    runAsGroup: {rule: MayRunAs, ranges: [{min: 1, max: 2000}]}, supplementalGroups: {rule: MustRunAs, ranges: [{min: 1, max: 2}, {min: 1000, max: 9000000000}]},
    fsGroup: {rule: MayRunAs, ranges: [{min: 1, max: 2000}]}}}`

const patterns = `{metadata: {name: patterns, annotations: {seccomp.security.alpha.kubernetes.io/allowedProfileNames: "*"}},
  spec: {volumes: ["*"], allowedCapabilities: ["*"], privileged: true, hostPID: true, hostIPC: true, hostPorts: [{min: 0, max: 65535}],
    allowedUnsafeSysctls: ["kernel.msg*", "net.core.somaxconn"], forbiddenSysctls: ["kernel.shm*"], allowedHostPaths: [{pathPrefix: /}],
    allowedProcMountTypes: [Default, Unmasked], seLinux: {rule: RunAsAny}, runAsUser: {rule: MustRunAs, ranges: [{min: 0, max: 5}, {min: 1000, max: 1000}]},
    runAsGroup: {rule: MustRunAs, ranges: [{min: 1000, max: 70000}]}, supplementalGroups: {rule: MayRunAs, ranges: [{min: 1, max: 65535}]}, fsGroup: {rule: MustRunAs, ranges: [{min: 5, max: 5}]}}}`

// Requests are creations and updates of random pods, the same in every run: of each pod one creation, one update that
// changes nothing, and one that makes the next pod of it.
func Requests(count uint64) map[string]cel.Request {
	pods := make([]*corev1.Pod, count)
	for i := range count {
		pods[i] = random.Pod(random.NewDice(8, i, 37), "shop", fmt.Sprintf("random-%d", i))
	}
	all := map[string]cel.Request{}
	for i, pod := range pods {
		next, name := pods[(i+1)%len(pods)], fmt.Sprintf("pod %d", i)
		excepted := pod.DeepCopy()
		excepted.Spec.ServiceAccountName, excepted.Labels = "agent", map[string]string{"app": "agent"}
		all[name+" created"] = cel.Request{Pod: pod}
		all[name+" created by the agent"] = cel.Request{Pod: excepted}
		all[name+" as it was"] = cel.Request{Pod: pod, Old: pod}
		all[name+" made of the next"] = cel.Request{Pod: pod, Old: next}
		all[name+" debugged"] = cel.Request{Pod: pod, Old: next, Subresource: "ephemeralcontainers"}
	}
	return all
}
