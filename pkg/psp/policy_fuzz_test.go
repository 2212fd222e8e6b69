package psp

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// fuzzedPods are asked about by every policy.
func fuzzedPods() []string {
	return []string{
		`{spec: {hostPID: true, initContainers: [{name: i}], containers: [{name: c, ports: [{hostPort: 1}],
	  securityContext: {capabilities: {add: [A], drop: [B]}}}], securityContext: {sysctls: [{name: a}], runAsUser: 0},
	  volumes: [{name: h, hostPath: {path: /a}}, {name: t, projected: {sources: [{}]}}, {name: e}]}}`,
		`{spec: {containers: [{name: c}]}}`,
		`{metadata: {annotations: {container.apparmor.security.beta.kubernetes.io/c: localhost/x, ` + "container.seccomp.security.alpha.kubernetes.io/c" + `: ""}},
	  spec: {hostNetwork: true, runtimeClassName: r, volumes: [{name: v, hostPath: {path: ../..//var}}, {name: f, flexVolume: {driver: d}}, {name: c, csi: {driver: d}}],
	  containers: [{name: c, securityContext: {privileged: true, procMount: Odd, runAsUser: 4294967296, runAsGroup: -1, seLinuxOptions: {level: "s0:c1,c0"}}}]}}`,
	}
}

// FuzzPolicy: whatever is read as a policy can be judged, written again, compared with the levels, and asked about pods;
// what it has written once it leaves alone, and it answers the same each time.
func FuzzPolicy(f *testing.F) {
	f.Add(full)
	f.Add(`{apiVersion: policy/v1beta1, kind: PodSecurityPolicy}`)
	f.Add(`{apiVersion: extensions/v1beta1, kind: PodSecurityPolicy, spec: {runAsUser: {rule: MustRunAs}, runAsGroup: {rule: MayRunAs}}}`)
	f.Add(`{apiVersion: policy/v1beta1, kind: PodSecurityPolicy, metadata: {annotations: {` + AppArmorDefaultAnnotation + `: x, ` +
		SeccompDefaultAnnotation + `: localhost/x, ` + SeccompAllowedAnnotation + `: "*"}}, spec: {fsGroup: {rule: RunAsAny},
		supplementalGroups: {rule: MustRunAs, ranges: [{min: -1, max: 1}]}, runAsUser: {rule: MustRunAsNonRoot},
		seLinux: {rule: MustRunAs, seLinuxOptions: {}}, defaultAddCapabilities: [A, B], requiredDropCapabilities: [A, C]}}`)
	f.Add(`{apiVersion: policy/v1beta1, kind: PodSecurityPolicy, metadata: {name: "\u202e"}, spec: {privileged: true, volumes: ["*"],
		hostPorts: [{min: 65535, max: 0}], allowedHostPaths: [{pathPrefix: ""}, {pathPrefix: ../..}], forbiddenSysctls: ["*"],
		allowedUnsafeSysctls: [a*], runtimeClass: {allowedRuntimeClassNames: ["*"]}, fsGroup: {rule: RunAsAny}, runAsUser: {rule: RunAsAny},
		seLinux: {rule: RunAsAny}, supplementalGroups: {rule: RunAsAny}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		var obj map[string]any
		if yaml.Unmarshal([]byte(text), &obj) != nil {
			return // no document
		}
		p, err := Decode(obj)
		if err != nil {
			return
		}
		valid := len(p.Validate()) == 0
		data, err := yaml.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Decode(object(t, string(data))); err != nil {
			t.Errorf("cannot be read again: %v\n%s", err, data)
		}
		for _, text := range fuzzedPods() {
			asksAbout(t, p, text)
		}
		assesses(t, p, valid)
		if after, err := yaml.Marshal(p); err != nil || string(after) != string(data) {
			t.Errorf("the policy was changed, error %v: %s", err, cmp.Diff(string(data), string(after)))
		}
	})
}

// asksAbout asks a policy about a pod.
func asksAbout(t *testing.T, p *Policy, text string) {
	t.Helper()
	pod := WithToken(readPod(t, text), nil)
	after, errs := p.Admit(pod)
	if diff := cmp.Diff(WithToken(readPod(t, text), nil), pod); diff != "" {
		t.Errorf("the pod was changed: %s", diff)
	}
	secondAfter, secondErrs := p.Admit(pod)
	if diff := cmp.Diff(after, secondAfter) + cmp.Diff(errs, secondErrs); diff != "" {
		t.Errorf("the second answer: %s", diff)
	}
	choice := Choose([]*Policy{p}, func(string) bool { return true }, pod)
	if (choice.Policy == p) != (len(errs) == 0) {
		t.Errorf("admitted with %v, chosen %v", errs, choice.Policy != nil)
	}
	if len(errs) > 0 {
		return
	}
	if again, mutated, errs := p.admit(after); mutated || len(errs) > 0 {
		t.Errorf("what it has written itself: %v\n%s", errs, cmp.Diff(after, again))
	}
}

// assesses compares a policy with the levels. A valid one also has a simpler one that is no looser.
func assesses(t *testing.T, p *Policy, valid bool) {
	t.Helper()
	first := p.Assess()
	if diff := cmp.Diff(first, p.Assess()); diff != "" {
		t.Errorf("the second assessment: %s", diff)
	}
	simple, removed := p.Simplify()
	if simple == nil || !valid {
		return
	}
	if again, more := simple.Simplify(); len(more) > 0 {
		t.Errorf("simplified by %q, and again by %q: %v", removed, more, again)
	}
	if errs := simple.Validate(); len(errs) > 0 && p.Name != "" {
		t.Errorf("the simpler policy is not valid: %v", errs)
	}
}
