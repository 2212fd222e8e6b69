package psp

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

func readPod(t *testing.T, text string) *corev1.Pod {
	t.Helper()
	pod := &corev1.Pod{}
	if err := yaml.UnmarshalStrict([]byte(text), pod); err != nil {
		t.Fatal(err)
	}
	return pod
}

// TestAdmitWrites is about pods that a policy admits, and what it makes of them; an empty want is the pod itself.
func TestAdmitWrites(t *testing.T) {
	tests := []struct{ name, policy, pod, want string }{
		{
			"nothing to write leaves even absent contexts absent",
			`{spec: {runAsGroup: {rule: RunAsAny}}}`, `{spec: {containers: [{name: c}]}}`, ``,
		},
		{
			"groups and label of the pod",
			`{spec: {seLinux: {rule: MustRunAs, seLinuxOptions: {level: "s0:c1"}}, fsGroup: {rule: MustRunAs, ranges: [{min: 5, max: 9}, {min: 1, max: 1}]},
			  supplementalGroups: {rule: MustRunAs, ranges: [{min: 0, max: 9}]}}}`,
			`{spec: {containers: [{name: c}]}}`,
			`{spec: {securityContext: {seLinuxOptions: {level: "s0:c1"}, fsGroup: 5, supplementalGroups: [0]}, containers: [{name: c}]}}`,
		},
		{
			"what the pod says stays",
			`{spec: {seLinux: {rule: MustRunAs, seLinuxOptions: {level: "s0:c1,c2"}}, fsGroup: {rule: MustRunAs, ranges: [{min: 5, max: 9}]},
			  supplementalGroups: {rule: MustRunAs, ranges: [{min: 0, max: 9}]}}}`,
			`{spec: {securityContext: {runAsUser: 1, seLinuxOptions: {level: "s0:c2,c1"}, fsGroup: 9, supplementalGroups: [3, 4]}, containers: [{name: c}]}}`, ``,
		},
		{
			"MayRunAs writes nothing",
			`{spec: {runAsGroup: {rule: MayRunAs, ranges: [{min: 1, max: 2}]}, fsGroup: {rule: MayRunAs, ranges: [{min: 5, max: 9}]},
			  supplementalGroups: {rule: MayRunAs, ranges: [{min: 0, max: 9}]}}}`,
			`{spec: {containers: [{name: c}]}}`, ``,
		},
		{
			"user and group of containers of each kind, unless the pod or they say so",
			`{spec: {runAsUser: {rule: MustRunAs, ranges: [{min: 7, max: 8}]}, runAsGroup: {rule: MustRunAs, ranges: [{min: 3, max: 4}]}}}`,
			`{spec: {securityContext: {runAsGroup: 4}, initContainers: [{name: i}], containers: [{name: c, securityContext: {runAsUser: 8}}],
			  ephemeralContainers: [{name: e}]}}`,
			`{spec: {securityContext: {runAsGroup: 4}, initContainers: [{name: i, securityContext: {runAsUser: 7}}],
			  containers: [{name: c, securityContext: {runAsUser: 8}}], ephemeralContainers: [{name: e, securityContext: {runAsUser: 7}}]}}`,
		},
		{
			"the group of containers",
			`{spec: {runAsGroup: {rule: MustRunAs, ranges: [{min: 3, max: 4}]}}}`,
			`{spec: {containers: [{name: c, securityContext: {privileged: false}}]}}`,
			`{spec: {containers: [{name: c, securityContext: {privileged: false, runAsGroup: 3}}]}}`,
		},
		{
			"runAsNonRoot only where there is no user either",
			`{spec: {runAsUser: {rule: MustRunAsNonRoot}}}`,
			`{spec: {initContainers: [{name: i, securityContext: {runAsUser: 5}}, {name: j, securityContext: {runAsNonRoot: true}}], containers: [{name: c}]}}`,
			`{spec: {initContainers: [{name: i, securityContext: {runAsUser: 5}}, {name: j, securityContext: {runAsNonRoot: true}}],
			  containers: [{name: c, securityContext: {runAsNonRoot: true}}]}}`,
		},
		{
			"nor where the pod has one",
			`{spec: {runAsUser: {rule: MustRunAsNonRoot}}}`, `{spec: {securityContext: {runAsUser: 5}, containers: [{name: c}]}}`, ``,
		},
		{
			"capabilities are added and dropped in order",
			`{spec: {defaultAddCapabilities: [B, A], requiredDropCapabilities: [Z, X], allowedCapabilities: [C]}}`,
			`{spec: {initContainers: [{name: i, securityContext: {capabilities: {add: [C], drop: [X, A, X]}}}], containers: [{name: c}]}}`,
			`{spec: {initContainers: [{name: i, securityContext: {capabilities: {add: [B, C], drop: [A, X, Z]}}}],
			  containers: [{name: c, securityContext: {capabilities: {add: [A, B], drop: [X, Z]}}}]}}`,
		},
		{
			"dropping alone adds nothing",
			`{spec: {requiredDropCapabilities: [ALL]}}`, `{spec: {securityContext: {fsGroup: 1}, containers: [{name: c, securityContext: {privileged: false}}]}}`,
			`{spec: {securityContext: {fsGroup: 1}, containers: [{name: c, securityContext: {privileged: false, capabilities: {drop: [ALL]}}}]}}`,
		},
		{
			"what the pod says beside stays",
			`{spec: {fsGroup: {rule: MustRunAs, ranges: [{min: 5, max: 9}]}}}`,
			`{spec: {securityContext: {runAsNonRoot: true}, containers: [{name: c}]}}`,
			`{spec: {securityContext: {runAsNonRoot: true, fsGroup: 5}, containers: [{name: c}]}}`,
		},
		{
			"capabilities that are in line stay out of order",
			`{spec: {defaultAddCapabilities: [B, A], requiredDropCapabilities: [Z]}}`,
			`{spec: {containers: [{name: c, securityContext: {capabilities: {add: [B], drop: [Z, A, Z]}}}]}}`, ``,
		},
		{
			"a read-only root",
			`{spec: {readOnlyRootFilesystem: true}}`, `{spec: {containers: [{name: c}]}}`,
			`{spec: {containers: [{name: c, securityContext: {readOnlyRootFilesystem: true}}]}}`,
		},
		{
			"escalation as by default",
			`{spec: {defaultAllowPrivilegeEscalation: true}}`,
			`{spec: {initContainers: [{name: i, securityContext: {allowPrivilegeEscalation: false}}], containers: [{name: c}]}}`,
			`{spec: {initContainers: [{name: i, securityContext: {allowPrivilegeEscalation: false}}],
			  containers: [{name: c, securityContext: {allowPrivilegeEscalation: true}}]}}`,
		},
		{
			"no escalation",
			`{spec: {allowPrivilegeEscalation: false}}`, `{spec: {containers: [{name: c}]}}`,
			`{spec: {containers: [{name: c, securityContext: {allowPrivilegeEscalation: false}}]}}`,
		},
		{"escalation that is allowed is not written", `{spec: {allowPrivilegeEscalation: true}}`, `{spec: {containers: [{name: c}]}}`, ``},
		{
			"the runtime class",
			`{spec: {runtimeClass: {allowedRuntimeClassNames: [a, b], defaultRuntimeClassName: a}}}`,
			`{spec: {containers: [{name: c}]}}`, `{spec: {runtimeClassName: a, containers: [{name: c}]}}`,
		},
		{
			"another runtime class",
			`{spec: {runtimeClass: {allowedRuntimeClassNames: [a, b], defaultRuntimeClassName: a}}}`, `{spec: {runtimeClassName: b, containers: [{name: c}]}}`, ``,
		},
		{"no runtime class", `{spec: {runtimeClass: {allowedRuntimeClassNames: []}}}`, `{spec: {containers: [{name: c}]}}`, ``},
		{
			"AppArmor for each container that has none",
			`{metadata: {annotations: {apparmor.security.beta.kubernetes.io/defaultProfileName: localhost/x}}}`,
			`{metadata: {annotations: {container.apparmor.security.beta.kubernetes.io/c: unconfined, container.apparmor.security.beta.kubernetes.io/d: ""}},
			  spec: {initContainers: [{name: i}], containers: [{name: c}, {name: d}]}}`,
			`{metadata: {annotations: {container.apparmor.security.beta.kubernetes.io/c: unconfined, container.apparmor.security.beta.kubernetes.io/d: localhost/x,
			  container.apparmor.security.beta.kubernetes.io/i: localhost/x}},
			  spec: {initContainers: [{name: i}], containers: [{name: c}, {name: d}]}}`,
		},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			if c.want == "" {
				c.want = c.pod
			}
			p, pod := policyFrom(t, c.policy), readPod(t, c.pod)
			got, errs := p.Admit(pod)
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			if diff := cmp.Diff(readPod(t, c.want), got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(readPod(t, c.pod), pod); diff != "" {
				t.Errorf("the pod itself was changed:\n%s", diff)
			}
			if again, mutated, _ := p.admit(got); mutated {
				t.Errorf("is written to once more:\n%s", cmp.Diff(got, again))
			}
			if _, mutated, _ := p.admit(pod); mutated != (c.want != c.pod) {
				t.Errorf("counts as mutated: %t", mutated)
			}
		})
	}
}

// TestAdmitSharesNothing: whoever changes a pod must not change the policy that wrote to it.
func TestAdmitSharesNothing(t *testing.T) {
	const text = `{spec: {seLinux: {rule: MustRunAs, seLinuxOptions: {level: s0}}, fsGroup: {rule: MustRunAs, ranges: [{min: 5, max: 9}]},
	  runAsUser: {rule: MustRunAs, ranges: [{min: 5, max: 9}]}, defaultAllowPrivilegeEscalation: false,
	  runtimeClass: {allowedRuntimeClassNames: [a], defaultRuntimeClassName: a}}}`
	p := policyFrom(t, text)
	pod, errs := p.Admit(readPod(t, `{spec: {containers: [{name: c}]}}`))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	sc := pod.Spec.Containers[0].SecurityContext
	pod.Spec.SecurityContext.SELinuxOptions.Level, *pod.Spec.SecurityContext.FSGroup, *sc.RunAsUser = "x", 1, 1
	*sc.AllowPrivilegeEscalation, *pod.Spec.RuntimeClassName = true, "x"
	if diff := cmp.Diff(policyFrom(t, text), p); diff != "" {
		t.Error(diff)
	}
}

func TestIgnored(t *testing.T) {
	rule := func(name string) string { return `: Unsupported value: "x": supported values: ` + name }
	for _, c := range []policyErrors{
		{`{}`, nil},
		{
			`{spec: {runAsUser: {rule: MustRunAs}, runAsGroup: {rule: MayRunAs}, seLinux: {rule: MustRunAs}, fsGroup: {rule: MayRunAs},
			  supplementalGroups: {rule: MustRunAs}}}`,
			[]string{
				`spec.runAsUser.ranges: Required value: MustRunAs needs at least one range`,
				`spec.runAsGroup.ranges: Required value: MayRunAs needs at least one range`,
				`spec.seLinux.seLinuxOptions: Required value: MustRunAs needs the options that are a must`,
				`spec.fsGroup.ranges: Required value: MayRunAs needs at least one range`,
				`spec.supplementalGroups.ranges: Required value: MustRunAs needs at least one range`,
			},
		},
		{
			`{spec: {runAsUser: {rule: x}, runAsGroup: {rule: x}, seLinux: {rule: x}, fsGroup: {rule: x}, supplementalGroups: {rule: x}}}`,
			[]string{
				`spec.runAsUser.rule` + rule(`"MustRunAs", "RunAsAny", "MustRunAsNonRoot"`),
				`spec.runAsGroup.rule` + rule(`"MustRunAs", "RunAsAny", "MayRunAs"`),
				`spec.seLinux.rule` + rule(`"MustRunAs", "RunAsAny"`),
				`spec.fsGroup.rule` + rule(`"MustRunAs", "RunAsAny", "MayRunAs"`),
				`spec.supplementalGroups.rule` + rule(`"MustRunAs", "RunAsAny", "MayRunAs"`),
			},
		},
		{
			`{spec: {runAsUser: {rule: MustRunAsNonRoot}, runAsGroup: {rule: MustRunAs, ranges: [{min: 1, max: 2}]},
			  seLinux: {rule: MustRunAs, seLinuxOptions: {}}, fsGroup: {rule: MayRunAs, ranges: [{min: 1, max: 2}]}}}`, nil,
		},
	} {
		p := policyFrom(t, c.policy)
		c.hold(t, p.Ignored())
		pod := readPod(t, `{spec: {containers: [{name: c}]}}`)
		after, errs := p.Admit(pod)
		if want := p.Ignored(); len(want) > 0 && !slices.Equal(messages(errs), messages(want)) {
			t.Errorf("%s refuses for %v", c.policy, errs)
		} else if len(want) > 0 && !cmp.Equal(pod, after) {
			t.Errorf("%s writes all the same", c.policy)
		}
	}
}
