package psp

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"
)

// policyFrom is a policy that allows nothing and asks for nothing, changed by a text.
func policyFrom(t *testing.T, text string) *Policy {
	t.Helper()
	p := &Policy{}
	for _, part := range []string{
		`{metadata: {name: p}, spec: {seLinux: {rule: RunAsAny}, runAsUser: {rule: RunAsAny}, fsGroup: {rule: RunAsAny},
		  supplementalGroups: {rule: RunAsAny}}}`,
		text,
	} {
		if err := yaml.UnmarshalStrict([]byte(part), p); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func messages(errs field.ErrorList) []string {
	var texts []string
	for _, err := range errs {
		texts = append(texts, err.Error())
	}
	return texts
}

type policyErrors struct {
	policy string
	errs   []string
}

func (c policyErrors) hold(t *testing.T, got field.ErrorList) {
	t.Helper()
	if diff := cmp.Diff(c.errs, messages(got)); diff != "" {
		t.Errorf("%s:\n%s", c.policy, diff)
	}
}

const dnsName = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start ` +
	`and end with an alphanumeric character (e.g. 'example.com', regex used for validation is ` +
	`'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`

func TestValidateRules(t *testing.T) {
	tests := []policyErrors{
		{`{}`, nil},
		{`{metadata: {name: ""}}`, []string{`metadata.name: Required value: name or generateName is required`}},
		{`{metadata: {name: A}}`, []string{`metadata.name: Invalid value: "A": ` + dnsName}},
		{`{spec: {runAsUser: {rule: ""}, seLinux: {rule: MayRunAs}, supplementalGroups: {rule: x}, fsGroup: {rule: MustRunAsNonRoot}}}`, []string{
			`spec.runAsUser.rule: Unsupported value: "": supported values: "MustRunAs", "MustRunAsNonRoot", "RunAsAny"`,
			`spec.seLinux.rule: Unsupported value: "MayRunAs": supported values: "MustRunAs", "RunAsAny"`,
			`spec.supplementalGroups.rule: Unsupported value: "x": supported values: "MayRunAs", "MustRunAs", "RunAsAny"`,
			`spec.fsGroup.rule: Unsupported value: "MustRunAsNonRoot": supported values: "MayRunAs", "MustRunAs", "RunAsAny"`,
		}},
		// What is missing here keeps the plug-in from using the policy, and the API from nothing.
		{`{spec: {runAsUser: {rule: MustRunAs}, seLinux: {rule: MustRunAs}, supplementalGroups: {rule: MayRunAs}, fsGroup: {rule: MustRunAs}}}`, nil},
		{`{spec: {runAsUser: {rule: MustRunAs, ranges: [{min: -2, max: -3}]}, fsGroup: {rule: RunAsAny, ranges: [{min: 1, max: 1}, {min: 5, max: 4}]}}}`, []string{
			`spec.runAsUser.ranges[0].min: Invalid value: -2: min cannot be negative`,
			`spec.runAsUser.ranges[0].max: Invalid value: -3: max cannot be negative`,
			`spec.runAsUser.ranges[0].min: Invalid value: -2: min cannot be greater than max`,
			`spec.fsGroup.ranges[1].min: Invalid value: 5: min cannot be greater than max`,
		}},
		{`{spec: {supplementalGroups: {rule: MayRunAs, ranges: [{min: 0, max: -1}]}}}`, []string{
			`spec.supplementalGroups.ranges[0].max: Invalid value: -1: max cannot be negative`,
			`spec.supplementalGroups.ranges[0].min: Invalid value: 0: min cannot be greater than max`,
		}},
		{`{spec: {runAsGroup: {rule: MustRunAs, ranges: [{min: 1, max: 0}]}}}`, []string{
			`spec.runAsGroup.ranges[0].min: Invalid value: 1: min cannot be greater than max`,
		}},
		{`{spec: {runAsGroup: {rule: MustRunAs}}}`, []string{`spec.runAsGroup.ranges: Invalid value: null: must provide at least one range`}},
		{`{spec: {runAsGroup: {rule: MayRunAs}}}`, []string{`spec.runAsGroup.ranges: Invalid value: null: must provide at least one range`}},
		{`{spec: {runAsGroup: {rule: RunAsAny, ranges: [{min: 1, max: 2}]}}}`, []string{
			`spec.runAsGroup.ranges: Invalid value: [{"min":1,"max":2}]: Ranges must be empty`,
		}},
		{`{spec: {runAsGroup: {rule: RunAsAny}}}`, nil},
		{`{spec: {runAsGroup: {rule: ""}}}`, []string{
			`spec.runAsGroup.rule: Unsupported value: "": supported values: "MustRunAs", "RunAsAny", "MayRunAs"`,
		}},
		{`{spec: {defaultAllowPrivilegeEscalation: true}}`, nil},
		{`{spec: {defaultAllowPrivilegeEscalation: false, allowPrivilegeEscalation: false}}`, nil},
		{`{spec: {defaultAllowPrivilegeEscalation: true, allowPrivilegeEscalation: false}}`, []string{
			`spec.defaultAllowPrivilegeEscalation: Invalid value: true: Cannot set DefaultAllowPrivilegeEscalation to true without also setting AllowPrivilegeEscalation to true`,
		}},
	}
	for _, c := range tests {
		c.hold(t, policyFrom(t, c.policy).Validate())
	}
}

func TestValidateLists(t *testing.T) {
	types := `supported values: "*", "awsElasticBlockStore", "azureDisk", "azureFile", "cephFS", "cinder", "configMap", "csi", ` +
		`"downwardAPI", "emptyDir", "ephemeral", "fc", "flexVolume", "flocker", "gcePersistentDisk", "gitRepo", "glusterfs", ` +
		`"hostPath", "iscsi", "nfs", "persistentVolumeClaim", "photonPersistentDisk", "portworxVolume", "projected", "quobyte", ` +
		`"rbd", "scaleIO", "secret", "storageos", "vsphereVolume"`
	tests := []policyErrors{
		{`{spec: {volumes: ["*", cephFS, hostPath]}}`, nil},
		{`{spec: {volumes: [secret, cephfs]}}`, []string{`spec.volumes: Unsupported value: "cephfs": ` + types}},
		{`{spec: {requiredDropCapabilities: [A], allowedCapabilities: ["*"]}}`, []string{
			`requiredDropCapabilities: Invalid value: ["A"]: must be empty when all capabilities are allowed by a wildcard`,
		}},
		{`{spec: {requiredDropCapabilities: [A, B], allowedCapabilities: [B, a], defaultAddCapabilities: [C, A]}}`, []string{
			`defaultAddCapabilities: Invalid value: "A": capability is listed in defaultAddCapabilities and requiredDropCapabilities`,
			`allowedCapabilities: Invalid value: "B": capability is listed in allowedCapabilities and requiredDropCapabilities`,
		}},
		{`{spec: {hostPorts: [{min: 2, max: 1}], allowedProcMountTypes: [Odd]}}`, nil}, // the API does not look
		{`{spec: {allowedHostPaths: [{pathPrefix: /a/../b/..}, {pathPrefix: "/a..b"}, {}, {pathPrefix: ..}]}}`, []string{
			`spec.allowedHostPaths[0]: Invalid value: "/a/../b/..": must not contain '..'`,
			`spec.allowedHostPaths[2]: Required value: is required`,
		}},
		{`{spec: {allowedFlexVolumes: [{driver: a}, {}]}}`, []string{
			`spec.allowedFlexVolumes.allowedFlexVolumes[1].driver: Required value: must specify a driver`,
		}},
		{`{spec: {allowedCSIDrivers: [{name: Upper.Case}, {name: a_b}]}}`, []string{
			`spec.allowedCSIDrivers.allowedCSIDriver[1].name: Invalid value: "a_b": ` + dnsName,
		}},
		{`{spec: {allowedCSIDrivers: [{name: ` + strings.Repeat("a", 64) + `}, {name: ""}]}}`, []string{
			`spec.allowedCSIDrivers.allowedCSIDriver[0].name: Too long: may not be more than 63 bytes`,
			`spec.allowedCSIDrivers.allowedCSIDriver[1].name: Required value`,
			`spec.allowedCSIDrivers.allowedCSIDriver[1].name: Invalid value: "": ` + dnsName,
		}},
		{`{spec: {runtimeClass: {allowedRuntimeClassNames: []}}}`, nil},
		{`{spec: {runtimeClass: {allowedRuntimeClassNames: [a, "*", a, B], defaultRuntimeClassName: c}}}`, []string{
			`spec.runtimeClass.allowedRuntimeClassNames[2]: Duplicate value: "a"`,
			`spec.runtimeClass.allowedRuntimeClassNames[3]: Invalid value: "B": ` + dnsName,
			`spec.runtimeClass.allowedRuntimeClassNames: Invalid value: ["a","*","a","B"]: if '*' is present, must not specify other RuntimeClass names`,
		}},
		{`{spec: {runtimeClass: {allowedRuntimeClassNames: [a], defaultRuntimeClassName: B}}}`, []string{
			`spec.runtimeClass.defaultRuntimeClassName: Invalid value: "B": ` + dnsName,
			`spec.runtimeClass.allowedRuntimeClassNames: Required value: default "B" must be allowed`,
		}},
		{`{spec: {runtimeClass: {allowedRuntimeClassNames: ["*"], defaultRuntimeClassName: b}}}`, nil},
	}
	for _, c := range tests {
		c.hold(t, policyFrom(t, c.policy).Validate())
	}
}

func TestValidateTexts(t *testing.T) {
	const form = `must have at most 253 characters and match regex ([a-z0-9]([-_a-z0-9]*[a-z0-9])?\.)*([a-z0-9][-_a-z0-9]*)?[a-z0-9*]`
	note := func(key, value string) string { return `{metadata: {annotations: {` + key + `: "` + value + `"}}}` }
	tests := []policyErrors{
		{note(SeccompAllowedAnnotation, "*,runtime/default,docker/default,unconfined,localhost/a/b"), nil},
		{note(SeccompAllowedAnnotation, ""), nil},
		{note(SeccompAllowedAnnotation, "runtime/default,"), []string{
			`metadata.annotations[` + SeccompAllowedAnnotation + `]: Invalid value: "": must be a valid seccomp profile`,
		}},
		{note(SeccompDefaultAnnotation, "*"), []string{
			`metadata.annotations[` + SeccompDefaultAnnotation + `]: Invalid value: "*": must be a valid seccomp profile`,
		}},
		{note(SeccompDefaultAnnotation, "localhost//../a"), []string{
			`metadata.annotations[` + SeccompDefaultAnnotation + `]: Invalid value: "/../a": must be a relative path`,
			`metadata.annotations[` + SeccompDefaultAnnotation + `]: Invalid value: "/../a": must not contain '..'`,
		}},
		{note(AppArmorAllowedAnnotation, "runtime/default,,unconfined,localhost/"), nil},
		{note(AppArmorAllowedAnnotation, "runtime/default,*"), []string{
			`metadata.annotations[` + AppArmorAllowedAnnotation + `]: Invalid value: "runtime/default,*": invalid AppArmor profile name: "*"`,
		}},
		{note(AppArmorDefaultAnnotation, "docker/default"), []string{
			`metadata.annotations[` + AppArmorDefaultAnnotation + `]: Invalid value: "docker/default": invalid AppArmor profile name: "docker/default"`,
		}},
		{`{spec: {allowedUnsafeSysctls: ["*", ""], forbiddenSysctls: [A]}}`, []string{
			`spec.allowedUnsafeSysctls[1]: Invalid value: "": empty sysctl not allowed`,
			`spec.allowedUnsafeSysctls.items: Forbidden: if '*' is present, must not specify other sysctls`,
			`spec.forbiddenSysctls[0]: Invalid value: "A": ` + form,
			`spec.forbiddenSysctls[0]: Invalid value: "A": sysctl overlaps with *`,
		}},
		{`{spec: {allowedUnsafeSysctls: [` + strings.Repeat("a", 254) + `]}}`, []string{
			`spec.allowedUnsafeSysctls[0]: Invalid value: "` + strings.Repeat("a", 254) + `": ` + form,
		}},
		{`{spec: {allowedUnsafeSysctls: [a.b, c.*, d.e, f], forbiddenSysctls: ["a.*", c.d, d.e, f.*]}}`, []string{
			`spec.allowedUnsafeSysctls[0]: Invalid value: "a.b": sysctl overlaps with a.*`,
			`spec.forbiddenSysctls[1]: Invalid value: "c.d": sysctl overlaps with c.*`,
			`spec.allowedUnsafeSysctls[2]: Invalid value: "d.e": sysctl overlaps with d.e`,
		}},
		{`{spec: {allowedUnsafeSysctls: [a.b.*], forbiddenSysctls: ["a.*", a.b.c.*]}}`, []string{
			`spec.allowedUnsafeSysctls[0]: Invalid value: "a.b.*": sysctl overlaps with a.*`,
			`spec.forbiddenSysctls[1]: Invalid value: "a.b.c.*": sysctl overlaps with a.b.*`,
		}},
	}
	for _, c := range tests {
		c.hold(t, policyFrom(t, c.policy).Validate())
	}
}
