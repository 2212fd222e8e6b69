package psp

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

func podFrom(t *testing.T, text string) *corev1.Pod {
	t.Helper()
	pod := &corev1.Pod{}
	if err := yaml.UnmarshalStrict([]byte(text), pod); err != nil {
		t.Fatal(err)
	}
	return pod
}

func templateFrom(t *testing.T, text string) *corev1.PodTemplateSpec {
	t.Helper()
	pod := podFrom(t, text)
	return &corev1.PodTemplateSpec{ObjectMeta: pod.ObjectMeta, Spec: pod.Spec}
}

func TestWritten(t *testing.T) {
	tests := []struct {
		name, template, pod string
		want                []string
	}{
		{"nothing", `{spec: {containers: [{name: a}]}}`, `{spec: {containers: [{name: a}]}}`, nil},
		{
			"what the API fills in",
			`{spec: {containers: [{name: a, image: x}]}}`,
			`{metadata: {name: x, annotations: {kubernetes.io/psp: p, other: "1"}}, spec: {serviceAccountName: default, nodeName: n,
			  tolerations: [{key: k}], volumes: [{name: token}], securityContext: {}, containers: [{name: a, image: x,
			  imagePullPolicy: Always, securityContext: {procMount: Default, capabilities: {}}, volumeMounts: [{name: token, mountPath: /x}]}]}}`,
			nil,
		},
		{
			"each field",
			`{spec: {initContainers: [{name: i}], containers: [{name: a}]}}`,
			`{metadata: {annotations: {container.apparmor.security.beta.kubernetes.io/a: runtime/default}},
			  spec: {runtimeClassName: kata, securityContext: {fsGroup: 1, supplementalGroups: [2, 3],
			    seccompProfile: {type: RuntimeDefault}, seLinuxOptions: {level: s0}},
			  initContainers: [{name: i, securityContext: {runAsUser: 4}}],
			  containers: [{name: a, securityContext: {allowPrivilegeEscalation: false, capabilities: {add: [CHOWN], drop: [ALL]},
			    procMount: Unmasked, readOnlyRootFilesystem: true, runAsGroup: 5, runAsNonRoot: true, runAsUser: 0,
			    seccompProfile: {type: Localhost, localhostProfile: p}, seLinuxOptions: {type: t}}}]}}`,
			[]string{
				"spec.runtimeClassName:  -> \"kata\"",
				"spec.securityContext.fsGroup:  -> 1",
				"spec.securityContext.seLinuxOptions:  -> {\"level\":\"s0\"}",
				"spec.securityContext.seccompProfile:  -> {\"type\":\"RuntimeDefault\"}",
				"spec.securityContext.supplementalGroups:  -> [2,3]",
				"spec.initContainers[i].securityContext.runAsUser:  -> 4",
				"spec.containers[a].securityContext.allowPrivilegeEscalation:  -> false",
				"spec.containers[a].securityContext.capabilities.add:  -> [\"CHOWN\"]",
				"spec.containers[a].securityContext.capabilities.drop:  -> [\"ALL\"]",
				"spec.containers[a].securityContext.procMount:  -> \"Unmasked\"",
				"spec.containers[a].securityContext.readOnlyRootFilesystem:  -> true",
				"spec.containers[a].securityContext.runAsGroup:  -> 5",
				"spec.containers[a].securityContext.runAsNonRoot:  -> true",
				"spec.containers[a].securityContext.runAsUser:  -> 0",
				"spec.containers[a].securityContext.seLinuxOptions:  -> {\"type\":\"t\"}",
				"spec.containers[a].securityContext.seccompProfile:  -> {\"type\":\"Localhost\",\"localhostProfile\":\"p\"}",
				"metadata.annotations[container.apparmor.security.beta.kubernetes.io/a]:  -> \"runtime/default\"",
			},
		},
		{
			"a value that changes, and one that goes",
			`{spec: {containers: [{name: a, securityContext: {runAsUser: 1, runAsGroup: 1}}]}}`,
			`{spec: {containers: [{name: a, securityContext: {runAsUser: 2}}]}}`,
			[]string{
				"spec.containers[a].securityContext.runAsGroup: 1 -> ",
				"spec.containers[a].securityContext.runAsUser: 1 -> 2",
			},
		},
		{
			"containers by name, not by place; a sidecar is nobody's",
			`{spec: {containers: [{name: a, securityContext: {runAsUser: 1}}, {name: b, securityContext: {runAsUser: 2}}, {name: gone}]}}`,
			`{spec: {initContainers: [{name: a, securityContext: {runAsUser: 8}}], containers: [{name: sidecar, securityContext: {privileged: true, runAsUser: 9}},
			  {name: b, securityContext: {runAsUser: 2}}, {name: a, securityContext: {runAsUser: 3}}]}}`,
			[]string{"spec.containers[a].securityContext.runAsUser: 1 -> 3"},
		},
		{
			"capabilities are sets",
			`{spec: {containers: [{name: a, securityContext: {capabilities: {add: [B, A, A], drop: [X]}}}]}}`,
			`{spec: {containers: [{name: a, securityContext: {capabilities: {add: [A, B], drop: [X, Z]}}}]}}`,
			[]string{`spec.containers[a].securityContext.capabilities.drop: ["X"] -> ["X","Z"]`},
		},
		{
			"annotations that servers derive from fields",
			`{spec: {securityContext: {seccompProfile: {type: RuntimeDefault}},
			  containers: [{name: a, securityContext: {seccompProfile: {type: Localhost, localhostProfile: p}}}]}}`,
			`{metadata: {annotations: {seccomp.security.alpha.kubernetes.io/pod: runtime/default, container.seccomp.security.alpha.kubernetes.io/a: localhost/p}},
			  spec: {securityContext: {seccompProfile: {type: RuntimeDefault}},
			  containers: [{name: a, securityContext: {seccompProfile: {type: Localhost, localhostProfile: p}}}]}}`,
			nil,
		},
		{
			"an annotation of old that says the same as the new field",
			`{metadata: {annotations: {seccomp.security.alpha.kubernetes.io/pod: docker/default}}, spec: {containers: [{name: a}]}}`,
			`{metadata: {annotations: {seccomp.security.alpha.kubernetes.io/pod: runtime/default}},
			  spec: {securityContext: {seccompProfile: {type: RuntimeDefault}}, containers: [{name: a}]}}`,
			[]string{`spec.securityContext.seccompProfile:  -> {"type":"RuntimeDefault"}`},
		},
		{
			"an annotation of a pod from before there were fields",
			`{spec: {containers: [{name: a}]}}`,
			`{metadata: {annotations: {seccomp.security.alpha.kubernetes.io/pod: unconfined}}, spec: {containers: [{name: a}]}}`,
			[]string{`metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]:  -> "unconfined"`},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, d := range Written(podFrom(t, tt.template), podFrom(t, tt.pod)) {
				got = append(got, fmt.Sprintf("%s: %s -> %s", d.Path, d.Template, d.Pod))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("differences (-want +got):\n%s", diff)
			}
		})
	}
}

// What policies of the matrix write into a template's pod ends up in the hardened template, so that nothing is left to
// write: the policy admits the next pod as it is, and the plug-in's trap is empty.
func TestHardenLeavesNothingToWrite(t *testing.T) {
	written := 0
	for _, c := range policyChanges() {
		p := restrictedPolicy()
		c.change(p)
		for _, text := range templates() {
			template := templateFrom(t, text)
			o := &workload.Object{Ref: workload.Ref{Group: "apps", Kind: "Deployment", Name: "web"}, Template: template}
			pod := workload.PodOf(o, 24)
			after, errs := p.Admit(pod)
			if len(errs) > 0 {
				continue
			}
			before := template.DeepCopy()
			hardened := Harden(template, after)
			if diff := cmp.Diff(before, template); diff != "" {
				t.Fatalf("%s: Harden changed what it was given:\n%s", c.name, diff)
			}
			o.Template = hardened
			again := workload.PodOf(o, 24)
			if diff := cmp.Diff([]any{}, toAny(Written(again, after))); diff != "" {
				t.Errorf("%s: %s\nlacks (-want +got):\n%s", c.name, text, diff)
			}
			if _, mutated, errs := p.admit(again); mutated || len(errs) > 0 {
				t.Errorf("%s: %s\nis still written to, or refused: %v", c.name, text, errs)
			}
			if len(Written(pod, after)) > 0 {
				written++
			}
			if twice := Harden(hardened, after); !cmp.Equal(hardened, twice) {
				t.Errorf("%s: %s\nhardening again changes:\n%s", c.name, text, cmp.Diff(hardened, twice))
			}
		}
	}
	if written < 50 {
		t.Errorf("policies wrote into %d pods only", written)
	}
}

func toAny[T any](list []T) []any {
	all := []any{}
	for _, item := range list {
		all = append(all, item)
	}
	return all
}

// templates are some that policies write to, and some that say everything themselves.
func templates() []string {
	return []string{
		`{spec: {containers: [{name: a}]}}`,
		`{spec: {securityContext: {}, initContainers: [{name: i}], containers: [{name: a, securityContext: {}}, {name: b}]}}`,
		`{spec: {securityContext: {seccompProfile: {type: RuntimeDefault}}, containers: [{name: a, securityContext: {capabilities: {drop: [KILL]}}}]}}`,
		`{metadata: {annotations: {seccomp.security.alpha.kubernetes.io/pod: runtime/default, other: x}}, spec: {containers: [{name: a}, {name: b}]}}`,
		`{metadata: {annotations: {container.seccomp.security.alpha.kubernetes.io/b: localhost/app, seccomp.security.alpha.kubernetes.io/pod: localhost/app}},
		  spec: {containers: [{name: a}, {name: b}]}}`,
		`{metadata: {annotations: {container.apparmor.security.beta.kubernetes.io/a: runtime/default}},
		  spec: {securityContext: {runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}, containers: [{name: a, securityContext: {readOnlyRootFilesystem: true}}]}}`,
		`{spec: {securityContext: {runAsUser: 7, fsGroup: 2, supplementalGroups: [3], seccompProfile: {type: Localhost, localhostProfile: app}},
		  containers: [{name: a, securityContext: {capabilities: {add: [CHOWN], drop: [KILL, ALL]}}}]}}`,
	}
}

func TestHarden(t *testing.T) {
	tests := []struct{ name, template, after, want string }{
		{
			"a sidecar and other people's fields stay out",
			`{spec: {containers: [{name: a}]}}`,
			`{metadata: {annotations: {kubernetes.io/psp: p, injected: "true"}}, spec: {nodeName: n, containers: [{name: sidecar},
			  {name: a, env: [{name: X}], securityContext: {privileged: true, runAsNonRoot: true}}]}}`,
			`{spec: {containers: [{name: a, securityContext: {runAsNonRoot: true}}]}}`,
		},
		{
			"seccomp moves to fields",
			`{metadata: {annotations: {seccomp.security.alpha.kubernetes.io/pod: docker/default}}, spec: {containers: [{name: a}]}}`,
			`{metadata: {annotations: {seccomp.security.alpha.kubernetes.io/pod: runtime/default, container.seccomp.security.alpha.kubernetes.io/a: localhost/x}},
			  spec: {containers: [{name: a}]}}`,
			`{spec: {securityContext: {seccompProfile: {type: RuntimeDefault}}, containers: [{name: a, securityContext: {seccompProfile:
			  {type: Localhost, localhostProfile: x}}}]}}`,
		},
		{
			"an annotation that no field can say stays",
			`{metadata: {annotations: {seccomp.security.alpha.kubernetes.io/pod: mine}}, spec: {containers: [{name: a}]}}`,
			`{metadata: {annotations: {seccomp.security.alpha.kubernetes.io/pod: mine}}, spec: {containers: [{name: a}]}}`,
			`{metadata: {annotations: {seccomp.security.alpha.kubernetes.io/pod: mine}}, spec: {containers: [{name: a}]}}`,
		},
		{
			"AppArmor stays an annotation",
			`{metadata: {annotations: {x: "1"}}, spec: {containers: [{name: a}]}}`,
			`{metadata: {annotations: {container.apparmor.security.beta.kubernetes.io/a: runtime/default, container.apparmor.security.beta.kubernetes.io/gone: unconfined}},
			  spec: {containers: [{name: a}]}}`,
			`{metadata: {annotations: {x: "1", container.apparmor.security.beta.kubernetes.io/a: runtime/default}}, spec: {containers: [{name: a}]}}`,
		},
		{
			"but not beside the field",
			`{spec: {containers: [{name: a, securityContext: {appArmorProfile: {type: RuntimeDefault}}}]}}`,
			`{metadata: {annotations: {container.apparmor.security.beta.kubernetes.io/a: runtime/default}},
			  spec: {containers: [{name: a, securityContext: {appArmorProfile: {type: RuntimeDefault}}}]}}`,
			`{spec: {containers: [{name: a, securityContext: {appArmorProfile: {type: RuntimeDefault}}}]}}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Harden(templateFrom(t, tt.template), podFrom(t, tt.after))
			if diff := cmp.Diff(templateFrom(t, tt.want), got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("template (-want +got):\n%s", diff)
			}
		})
	}
}
