package psp

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// full is a policy with every field there is.
const full = `
apiVersion: policy/v1beta1
kind: PodSecurityPolicy
metadata:
  name: full
  creationTimestamp: null
  annotations: {seccomp.security.alpha.kubernetes.io/allowedProfileNames: '*'}
spec:
  privileged: true
  defaultAddCapabilities: [CHOWN]
  requiredDropCapabilities: [ALL]
  allowedCapabilities: [KILL]
  volumes: [hostPath, '*']
  hostNetwork: true
  hostPorts: [{min: 80, max: 90}]
  hostPID: true
  hostIPC: true
  seLinux: {rule: MustRunAs, seLinuxOptions: {user: u, role: r, type: t, level: s0}}
  runAsUser: {rule: MustRunAsNonRoot}
  runAsGroup: {rule: MayRunAs, ranges: [{min: 1, max: 4294967296}]}
  supplementalGroups: {rule: RunAsAny}
  fsGroup: {rule: MustRunAs, ranges: [{min: 2, max: 2}]}
  readOnlyRootFilesystem: true
  defaultAllowPrivilegeEscalation: false
  allowPrivilegeEscalation: false
  allowedHostPaths: [{pathPrefix: /var, readOnly: true}]
  allowedFlexVolumes: [{driver: f}]
  allowedCSIDrivers: [{name: c}]
  allowedUnsafeSysctls: [a.*]
  forbiddenSysctls: [b]
  allowedProcMountTypes: [Unmasked]
  runtimeClass: {allowedRuntimeClassNames: [a], defaultRuntimeClassName: a}
`

func object(t *testing.T, text string) map[string]any {
	t.Helper()
	var obj map[string]any
	if err := yaml.Unmarshal([]byte(text), &obj); err != nil {
		t.Fatal(err)
	}
	return obj
}

func TestDecode(t *testing.T) {
	ranges := func(rule string, low, high int64) IDs { return IDs{Rule: rule, Ranges: []IDRange{{low, high}}} }
	want := &Policy{
		TypeMeta: metav1.TypeMeta{APIVersion: "policy/v1beta1", Kind: "PodSecurityPolicy"},
		ObjectMeta: metav1.ObjectMeta{Name: "full", Annotations: map[string]string{
			"seccomp.security.alpha.kubernetes.io/allowedProfileNames": "*",
		}},
		Spec: Spec{
			Privileged: true, DefaultAddCapabilities: []corev1.Capability{"CHOWN"},
			RequiredDropCapabilities: []corev1.Capability{"ALL"}, AllowedCapabilities: []corev1.Capability{"KILL"},
			Volumes: []string{"hostPath", "*"}, HostNetwork: true, HostPorts: []PortRange{{80, 90}}, HostPID: true, HostIPC: true,
			SELinux:   SELinux{"MustRunAs", &corev1.SELinuxOptions{User: "u", Role: "r", Type: "t", Level: "s0"}},
			RunAsUser: IDs{Rule: "MustRunAsNonRoot"}, RunAsGroup: new(ranges("MayRunAs", 1, 1<<32)),
			SupplementalGroups: IDs{Rule: "RunAsAny"}, FSGroup: ranges("MustRunAs", 2, 2),
			ReadOnlyRootFilesystem: true, DefaultAllowPrivilegeEscalation: new(false), AllowPrivilegeEscalation: new(false),
			AllowedHostPaths: []HostPath{{"/var", true}}, AllowedFlexVolumes: []FlexVolume{{"f"}}, AllowedCSIDrivers: []CSIDriver{{"c"}},
			AllowedUnsafeSysctls: []string{"a.*"}, ForbiddenSysctls: []string{"b"},
			AllowedProcMountTypes: []corev1.ProcMountType{"Unmasked"},
			RuntimeClass:          &RuntimeClass{AllowedRuntimeClassNames: []string{"a"}, DefaultRuntimeClassName: new("a")},
		},
	}
	obj := object(t, full)
	got, err := Decode(obj)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(object(t, full), obj); diff != "" {
		t.Errorf("the object was changed:\n%s", diff)
	}
}

func TestDecodeOldGroup(t *testing.T) {
	p, err := Decode(object(t, `{apiVersion: extensions/v1beta1, kind: PodSecurityPolicy, metadata: {name: old}, spec: {privileged: true}}`))
	if err != nil {
		t.Fatal(err)
	}
	if p.Name != "old" || !p.Spec.Privileged || p.Spec.AllowPrivilegeEscalation != nil {
		t.Errorf("read as %+v", p)
	}
}

func TestDecodeErrors(t *testing.T) {
	const head = "apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\n"
	for text, want := range map[string]string{
		`{}`:              `kind is missing, and must be PodSecurityPolicy`,
		`kind: ConfigMap`: `kind is "ConfigMap", and must be PodSecurityPolicy`,
		`kind: [a]`:       `kind is "[a]", and must be PodSecurityPolicy`,
		"apiVersion: policy/v1\nkind: PodSecurityPolicy": `apiVersion is "policy/v1", and policies are of policy/v1beta1 or extensions/v1beta1`,
		`kind: PodSecurityPolicy`:                        `apiVersion is missing, and policies are of policy/v1beta1 or extensions/v1beta1`,

		head + `spec: {privilegd: true}`:                            `unknown field "spec.privilegd"`,
		head + `spec: {Privileged: true, seLinux: {rule: a, x: 1}}`: "unknown field \"spec.Privileged\"\nunknown field \"spec.seLinux.x\"",
		head + `spec: {hostPorts: [{min: 1, max: 2}, {from: 1}]}`:   `unknown field "spec.hostPorts[1].from"`,
		head + `status: {}`:                                           `unknown field "status"`,
		head + `spec: {privileged: "true"}`:                           `field "spec.privileged" cannot be a string`,
		head + `spec: {volumes: all}`:                                 `field "spec.volumes" cannot be a string`,
		head + `spec: {volumes: [1]}`:                                 `field "spec.volumes" cannot be a number`,
		head + `spec: {runAsUser: []}`:                                `field "spec.runAsUser" cannot be an array`,
		head + `spec: {runAsUser: {rule: {}}}`:                        `field "spec.runAsUser.rule" cannot be an object`,
		head + `spec: {runAsUser: {rule: true}}`:                      `field "spec.runAsUser.rule" cannot be true or false`,
		head + `spec: {hostPorts: [{min: 3000000000}]}`:               `field "spec.hostPorts.min" cannot be the number 3000000000`,
		head + `spec: {fsGroup: {ranges: [{min: 1.5}]}}`:              `field "spec.fsGroup.ranges.min" cannot be the number 1.5`,
		head + `spec: []`:                                             `field "spec" cannot be an array`,
		head + `metadata: {annotations: {a: 1}}`:                      `field "metadata.annotations" cannot be a number`,
		head + `metadata: {creationTimestamp: yesterday, name: a}`:    `cannot read the policy: parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"`,
		head + `spec: {runtimeClass: {defaultRuntimeClassName: [a]}}`: `field "spec.runtimeClass.defaultRuntimeClassName" cannot be an array`,
	} {
		p, err := Decode(object(t, text))
		if err == nil || p != nil {
			t.Errorf("%s\nis read as %+v", text, p)
			continue
		}
		if diff := cmp.Diff(want, err.Error()); diff != "" {
			t.Errorf("%s\n%s", text, diff)
		}
	}
}

// TestDecodeBackAndForth: a policy can be written again as it was.
func TestDecodeBackAndForth(t *testing.T) {
	first, err := Decode(object(t, full))
	if err != nil {
		t.Fatal(err)
	}
	data, err := yaml.Marshal(first)
	if err != nil {
		t.Fatal(err)
	}
	second, err := Decode(object(t, string(data)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Error(diff)
	}
}
