package export

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/pod-security-admission/api"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
)

// policyFrom is a policy that allows and writes nothing beyond what a text says of it.
func policyFrom(t *testing.T, text string) *psp.Policy {
	t.Helper()
	p := &psp.Policy{}
	p.Name = "p"
	p.Spec.SELinux.Rule, p.Spec.RunAsUser.Rule = psp.RunAsAny, psp.RunAsAny
	p.Spec.SupplementalGroups.Rule, p.Spec.FSGroup.Rule = psp.RunAsAny, psp.RunAsAny
	if err := yaml.UnmarshalStrict([]byte(text), p); err != nil {
		t.Fatal(err)
	}
	return p
}

// loose allows everything and writes nothing.
const loose = `privileged: true, hostNetwork: true, hostPID: true, hostIPC: true, hostPorts: [{min: 0, max: 65535}],
  allowedCapabilities: ["*"], volumes: ["*"], allowedUnsafeSysctls: ["*"], allowedProcMountTypes: [Default, Unmasked]`

// anySeccomp is the annotation without which a policy forbids all profiles.
const anySeccomp = `metadata: {name: p, annotations: {seccomp.security.alpha.kubernetes.io/allowedProfileNames: "*"}}`

func TestFromPolicy(t *testing.T) {
	tests := []struct{ name, policy, level, rules, mutations string }{
		{"everything is allowed", `{` + anySeccomp + `, spec: {` + loose + `}}`, "privileged", ``, ``},
		{"and wins against nothing", `{` + anySeccomp + `, spec: {` + loose + `}}`, "restricted", ``, ``},
		{
			"nothing is allowed", `{spec: {}}`, "privileged",
			`privileged-containers host-namespaces allowed-host-ports allowed-capabilities allowed-proc-mount allowed-volume-types
			 allowed-sysctls allowed-seccomp-profiles`, ``,
		},
		{
			"baseline forbids the worst", `{spec: {}}`, "baseline",
			`allowed-capabilities allowed-proc-mount allowed-volume-types allowed-sysctls allowed-seccomp-profiles`, ``,
		},
		{
			"restricted more, and demands a profile", `{spec: {}}`, "restricted",
			`allowed-capabilities allowed-volume-types allowed-sysctls`, ``,
		},
		{
			"an old baseline had the same sysctls", `{` + anySeccomp + `, spec: {volumes: ["*"]}}`, "baseline:v1.24", `allowed-capabilities`, ``,
		},
		{
			"the same capabilities as baseline",
			`{` + anySeccomp + `, spec: {volumes: ["*"], allowedCapabilities: [AUDIT_WRITE, CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, MKNOD,
			  NET_BIND_SERVICE, SETFCAP, SETGID, SETPCAP, SETUID, SYS_CHROOT]}}`, "baseline:v1.24", ``, ``,
		},
		{
			"restricted is enough", `{metadata: {annotations: {seccomp.security.alpha.kubernetes.io/allowedProfileNames: "*"}},
			  spec: {allowPrivilegeEscalation: false, requiredDropCapabilities: [ALL], allowedCapabilities: [NET_BIND_SERVICE],
			  volumes: [configMap, csi, downwardAPI, emptyDir, ephemeral, persistentVolumeClaim, projected, secret],
			  runAsUser: {rule: MustRunAsNonRoot}}}`, "restricted:v1.24",
			``, `drop-capability-all default-run-as-non-root default-allow-privilege-escalation`,
		},
		{
			"all that no level knows",
			`{metadata: {annotations: {seccomp.security.alpha.kubernetes.io/allowedProfileNames: "*", apparmor.security.beta.kubernetes.io/allowedProfileNames: "localhost/x"}},
			  spec: {volumes: ["*"], allowedCapabilities: ["*"], hostPorts: [{min: 80, max: 81}], allowedHostPaths: [{pathPrefix: /var/log}],
			  allowedFlexVolumes: [{driver: d}], allowedCSIDrivers: [{name: d}], forbiddenSysctls: ["net.*"], runtimeClass: {allowedRuntimeClassNames: [kata], defaultRuntimeClassName: kata},
			  readOnlyRootFilesystem: true, seLinux: {rule: MustRunAs, seLinuxOptions: {level: "s0:c1"}}, runAsUser: {rule: MustRunAs, ranges: [{min: 1, max: 2}]},
			  runAsGroup: {rule: MayRunAs, ranges: [{min: 1, max: 2}]}, supplementalGroups: {rule: MustRunAs, ranges: [{min: 1, max: 2}]}, fsGroup: {rule: MustRunAs, ranges: [{min: 1, max: 2}]}}}`,
			"baseline",
			`read-only-root-filesystem allowed-proc-mount allowed-flex-volumes allowed-csi-drivers allowed-sysctls selinux-must-run-as run-as-user-ranges run-as-group-ranges
			 supplemental-groups-ranges fs-group-ranges allowed-apparmor-profiles allowed-runtime-classes`,
			`default-supplemental-groups default-fs-group default-selinux-options default-runtime-class default-run-as-user default-read-only-root-filesystem`,
		},
		{
			"and host paths where the level knows none", `{` + anySeccomp + `, spec: {` + loose + `, allowedHostPaths: [{pathPrefix: /var/log}]}}`, "privileged", `allowed-host-paths`, ``,
		},
		{
			"what is allowed no more is not written either",
			`{metadata: {annotations: {seccomp.security.alpha.kubernetes.io/allowedProfileNames: "*", seccomp.security.alpha.kubernetes.io/defaultProfileName: unconfined,
			  apparmor.security.beta.kubernetes.io/defaultProfileName: unconfined}}, spec: {` + loose + `, defaultAddCapabilities: [SYS_ADMIN, CHOWN],
			  seLinux: {rule: MustRunAs, seLinuxOptions: {user: u}}}}`, "baseline", ``, `add-capability-chown`,
		},
		{
			"but elsewhere it is",
			`{metadata: {annotations: {seccomp.security.alpha.kubernetes.io/allowedProfileNames: "*", seccomp.security.alpha.kubernetes.io/defaultProfileName: unconfined,
			  apparmor.security.beta.kubernetes.io/defaultProfileName: unconfined}}, spec: {` + loose + `, defaultAddCapabilities: [SYS_ADMIN, CHOWN],
			  seLinux: {rule: MustRunAs, seLinuxOptions: {user: u}}}}`, "privileged", `selinux-must-run-as`,
			`default-selinux-options default-seccomp-profile add-capability-sys-admin add-capability-chown default-apparmor-profile`,
		},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			level, version, found := strings.Cut(c.level, ":")
			if !found {
				version = "latest"
			}
			parsed, err := api.ParseVersion(version)
			if err != nil {
				t.Fatal(err)
			}
			set, err := FromPolicy(policyFrom(t, c.policy), api.LevelVersion{Level: api.Level(level), Version: parsed})
			if err != nil {
				t.Fatal(err)
			}
			rules, mutations := []string{}, []string{}
			for _, r := range set.Rules {
				rules = append(rules, r.Name)
			}
			for _, m := range set.Mutations {
				mutations = append(mutations, m.Name)
			}
			if diff := cmp.Diff(strings.Fields(c.rules), rules); diff != "" {
				t.Errorf("rules:\n%s", diff)
			}
			if diff := cmp.Diff(strings.Fields(c.mutations), mutations); diff != "" {
				t.Errorf("mutations:\n%s", diff)
			}
			if empty := len(rules)+len(mutations) == 0; empty != (len(set.About) == 0) {
				t.Errorf("about: %q", set.About)
			}
		})
	}
}

// TestFromPolicyLost is about what a level takes from a policy, which is said.
func TestFromPolicyLost(t *testing.T) {
	p := policyFrom(t, `{metadata: {name: p}, spec: {hostPID: true, volumes: ["*"], allowedCapabilities: ["*"], defaultAddCapabilities: [SYS_ADMIN]}}`)
	set, err := FromPolicy(p, api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"The level forbids what the policy allowed: spec.hostPID true (pods may see the node's processes).",
		"PodSecurityPolicy p, annotation " + psp.SeccompAllowedAnnotation + " admits nothing that restricted:latest admits: there is no rule for it.",
		"PodSecurityPolicy p, spec.defaultAddCapabilities wrote what restricted:latest refuses " +
			`(spec.containers[*].securityContext.capabilities.add (initContainers too): add "SYS_ADMIN"): it is not written.`,
	} {
		if !slices.Contains(set.About, want) {
			t.Errorf("about does not say: %s\n%s", want, strings.Join(set.About, "\n"))
		}
	}
}

func TestFromPolicyErrors(t *testing.T) {
	for policy, want := range map[string]string{
		`{metadata: {name: p}, spec: {runAsUser: {rule: MustRunAs}}}`: `PodSecurityPolicy "p" admits nothing as it stands: ` +
			`spec.runAsUser.ranges: Required value: MustRunAs needs at least one range`,
		`{metadata: {name: p}, spec: {volumes: [floppy]}}`: `PodSecurityPolicy "p" admits nothing as it stands: spec.volumes: Unsupported value: "floppy"`,
	} {
		set, err := FromPolicy(policyFrom(t, policy), api.LevelVersion{Level: api.LevelBaseline, Version: api.LatestVersion()})
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: error is %v; set %v", policy, err, set)
		}
	}
}

func TestPolicySetName(t *testing.T) {
	for policy, want := range map[string]string{
		"restricted":            "psp-restricted",
		"a.b":                   "psp-a-b-" + digest("a.b"),
		strings.Repeat("x", 99): cut("psp-"+strings.Repeat("x", 99), setNameLimit),
	} {
		if got := policySetName(policy); got != want || len(got) > setNameLimit {
			t.Errorf("%s: %s, want %s", policy, got, want)
		}
	}
}
