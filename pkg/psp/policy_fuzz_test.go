package psp

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// FuzzPolicy: whatever is read as a policy can be judged, written again, and asked about pods; what it has written once,
// it leaves alone.
func FuzzPolicy(f *testing.F) {
	const pod = `{spec: {hostPID: true, initContainers: [{name: i}], containers: [{name: c, ports: [{hostPort: 1}],
	  securityContext: {capabilities: {add: [A], drop: [B]}}}], securityContext: {sysctls: [{name: a}], runAsUser: 0},
	  volumes: [{name: h, hostPath: {path: /a}}, {name: t, projected: {sources: [{}]}}, {name: e}]}}`
	const small = `{spec: {containers: [{name: c}]}}`
	f.Add(full)
	f.Add(`{apiVersion: policy/v1beta1, kind: PodSecurityPolicy}`)
	f.Add(`{apiVersion: extensions/v1beta1, kind: PodSecurityPolicy, spec: {runAsUser: {rule: MustRunAs}, runAsGroup: {rule: MayRunAs}}}`)
	f.Add(`{apiVersion: policy/v1beta1, kind: PodSecurityPolicy, metadata: {annotations: {` + AppArmorDefaultAnnotation + `: x, ` +
		SeccompDefaultAnnotation + `: localhost/x, ` + SeccompAllowedAnnotation + `: "*"}}, spec: {fsGroup: {rule: RunAsAny},
		supplementalGroups: {rule: MustRunAs, ranges: [{min: -1, max: 1}]}, runAsUser: {rule: MustRunAsNonRoot},
		seLinux: {rule: MustRunAs, seLinuxOptions: {}}, defaultAddCapabilities: [A, B], requiredDropCapabilities: [A, C]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		var obj map[string]any
		if yaml.Unmarshal([]byte(text), &obj) != nil {
			return // no document
		}
		p, err := Decode(obj)
		if err != nil {
			return
		}
		p.Validate()
		data, err := yaml.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Decode(object(t, string(data))); err != nil {
			t.Errorf("cannot be read again: %v\n%s", err, data)
		}
		for _, text := range []string{pod, small} {
			after, errs := p.Admit(WithToken(readPod(t, text), nil))
			if len(errs) > 0 {
				continue
			}
			if again, mutated, errs := p.admit(after); mutated || len(errs) > 0 {
				t.Errorf("the second time: %v\n%s", errs, cmp.Diff(after, again))
			}
		}
	})
}
