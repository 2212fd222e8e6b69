package psp

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

func TestTemplateLeftovers(t *testing.T) {
	const (
		pod      = "seccomp.security.alpha.kubernetes.io/pod"
		ofA      = "container.seccomp.security.alpha.kubernetes.io/a"
		appArmor = "container.apparmor.security.beta.kubernetes.io/a"
	)
	tests := []struct {
		name, kind, template string
		minor                int
		what, patched        string
	}{
		{"nothing", "Deployment", `{metadata: {annotations: {x: "1"}}, spec: {containers: [{name: a}]}}`, 36, "", ""},
		{
			"the plug-in's mark", "Deployment", `{metadata: {annotations: {kubernetes.io/psp: p}}, spec: {containers: [{name: a}]}}`, 24,
			"annotation kubernetes.io/psp, which the plug-in wrote on some pod",
			`{spec: {containers: [{name: a}]}}`,
		},
		{
			"seccomp on servers that read it", "CronJob",
			`{metadata: {annotations: {` + pod + `: docker/default, ` + ofA + `: localhost/x, x: "1"}}, spec: {containers: [{name: a}]}}`, 24,
			"seccomp annotation " + ofA + "=localhost/x, which no server reads from 1.27 on: the field takes its place; " +
				"seccomp annotation " + pod + "=docker/default, which no server reads from 1.27 on: the field takes its place",
			`{metadata: {annotations: {x: "1"}}, spec: {securityContext: {seccompProfile: {type: RuntimeDefault}},
			  containers: [{name: a, securityContext: {seccompProfile: {type: Localhost, localhostProfile: x}}}]}}`,
		},
		{
			"seccomp beside its field", "DaemonSet",
			`{metadata: {annotations: {` + pod + `: unconfined}}, spec: {securityContext: {seccompProfile: {type: RuntimeDefault}}, containers: [{name: a}]}}`, 26,
			"seccomp annotation " + pod + "=unconfined, which no server reads from 1.27 on: the field takes its place",
			`{spec: {securityContext: {seccompProfile: {type: RuntimeDefault}}, containers: [{name: a}]}}`,
		},
		{
			"seccomp that no field can say", "DaemonSet",
			`{metadata: {annotations: {` + pod + `: mine}}, spec: {containers: [{name: a}]}}`, 26, "", "",
		},
		{
			"seccomp on servers that do not read it", "StatefulSet",
			`{metadata: {annotations: {` + pod + `: runtime/default}}, spec: {containers: [{name: a}]}}`, 27,
			"seccomp annotation " + pod + "=runtime/default, which the server does not read: only the field does something",
			`{spec: {containers: [{name: a}]}}`,
		},
		{"AppArmor before there was a field", "Deployment", `{metadata: {annotations: {` + appArmor + `: unconfined}}, spec: {containers: [{name: a}]}}`, 29, "", ""},
		{
			"AppArmor", "Deployment", `{metadata: {annotations: {` + appArmor + `: localhost/x}}, spec: {initContainers: [{name: a}], containers: [{name: b}]}}`, 30,
			"AppArmor annotation of container a, localhost/x: servers have had a field for it since 1.30",
			`{spec: {initContainers: [{name: a, securityContext: {appArmorProfile: {type: Localhost, localhostProfile: x}}}], containers: [{name: b}]}}`,
		},
		{
			"AppArmor beside the pod's field", "Deployment",
			`{metadata: {annotations: {` + appArmor + `: runtime/default}}, spec: {securityContext: {appArmorProfile: {type: RuntimeDefault}}, containers: [{name: a}]}}`, 36,
			"AppArmor annotation of container a, runtime/default: servers have had a field for it since 1.30",
			`{spec: {securityContext: {appArmorProfile: {type: RuntimeDefault}}, containers: [{name: a}]}}`,
		},
		{
			"AppArmor of no container", "ReplicaSet", `{metadata: {annotations: {` + appArmor + `: unconfined}}, spec: {containers: [{name: b}]}}`, 36,
			"AppArmor annotation of container a, unconfined: servers have had a field for it since 1.30",
			`{spec: {containers: [{name: b}]}}`,
		},
		{"AppArmor that no field can say", "Deployment", `{metadata: {annotations: {` + appArmor + `: mine}}, spec: {containers: [{name: a}]}}`, 36, "", ""},
		{
			"a Job", "Job", `{metadata: {annotations: {kubernetes.io/psp: p}}, spec: {containers: [{name: a}]}}`, 24,
			"annotation kubernetes.io/psp, which the plug-in wrote on some pod; " +
				"the template of a Job cannot be changed: delete the Job and create it from a changed manifest", "",
		},
	}
	groups := map[string]string{"CronJob": "batch", "Job": "batch"}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			group := "apps"
			if g := groups[tt.kind]; g != "" {
				group = g
			}
			template := templateFrom(t, tt.template)
			o := &workload.Object{Ref: workload.Ref{Group: group, Kind: tt.kind, Name: "web"}, Namespace: "shop", Template: template}
			found, err := TemplateLeftovers(o, tt.minor)
			if err != nil {
				t.Fatal(err)
			}
			if tt.what == "" {
				if len(found) > 0 {
					t.Fatalf("found %+v", found)
				}
				return
			}
			if len(found) != 1 || found[0].What != tt.what || found[0].Kind != tt.kind || found[0].Namespace != "shop" || found[0].Name != "web" {
				t.Fatalf("found %+v, want %s", found, tt.what)
			}
			if diff := cmp.Diff(templateFrom(t, tt.template), template); diff != "" {
				t.Errorf("the template has been touched:\n%s", diff)
			}
			l := found[0]
			if tt.patched == "" {
				if l.Command != nil || l.Undo != nil {
					t.Errorf("commands are %q and %q", l.Command, l.Undo)
				}
				return
			}
			words := strings.Fields("patch " + strings.ToLower(tt.kind) + "." + group + " web --namespace shop --type=strategic --patch")
			for _, c := range [][]string{l.Command, l.Undo} {
				if diff := cmp.Diff(words, c[:len(c)-1]); diff != "" {
					t.Errorf("command (-want +got):\n%s", diff)
				}
			}
			patched := patchedTemplate(t, o.Ref, template, []byte(l.Command[len(words)]))
			if diff := cmp.Diff(templateFrom(t, tt.patched), patched, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("patched (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(template, patchedTemplate(t, o.Ref, patched, []byte(l.Undo[len(words)])), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("undone (-want +got):\n%s", diff)
			}
		})
	}
}

// What somebody else makes, or nobody makes pods of any more, is not ours to patch.
func TestTemplateLeftoversOfOthers(t *testing.T) {
	template := templateFrom(t, `{metadata: {annotations: {kubernetes.io/psp: p}}, spec: {containers: [{name: a}]}}`)
	rs := workload.Ref{Group: "apps", Kind: "ReplicaSet", Name: "web-1"}
	deployment := &workload.Owner{Ref: workload.Ref{Group: "apps", Kind: "Deployment", Name: "web"}}
	rollout := &workload.Owner{Ref: workload.Ref{Group: "argoproj.io", Kind: "Rollout", Name: "web"}}
	tests := []struct {
		name string
		o    workload.Object
		want int
	}{
		{"of nobody", workload.Object{Ref: rs, Template: template}, 1},
		{"of a Deployment", workload.Object{Ref: rs, Template: template, Owner: deployment}, 0},
		{"of a custom controller", workload.Object{Ref: rs, Template: template, Owner: rollout}, 1},
		{"without a template", workload.Object{Ref: rs}, 0},
		{"finished", workload.Object{Ref: rs, Template: template, State: workload.Finished}, 0},
		{"terminating", workload.Object{Ref: rs, Template: template, State: workload.Terminating}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found, err := TemplateLeftovers(&tt.o, 24)
			if err != nil || len(found) != tt.want {
				t.Errorf("found %d, %v; want %d", len(found), err, tt.want)
			}
		})
	}
}
