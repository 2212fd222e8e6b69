package js

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/export"
	"github.com/kubectl-pss/kubectl-pss/test/engines/cel"
)

// volumes is a set that has something of everything.
func volumes() *export.Set {
	return &export.Set{
		Name: "test",
		Conditions: []export.Condition{
			{Name: "not-trusted", Expression: "object.spec.serviceAccountName != 'trusted'"},
			{Name: "changes-something", Expression: "request.operation != 'UPDATE' || object.spec != oldObject.spec"},
		},
		Rules: []export.Rule{
			{
				Name: "host-paths", Title: "Host paths are below /var/log",
				Params:    []export.Param{{Name: "prefix", Value: "/var/log"}, {Name: "spare", Value: []string{}}},
				Variables: []export.Variable{{Name: "paths", Expression: "object.spec.?volumes.orValue([]).filter(v, has(v.hostPath)).map(v, v.hostPath.path)"}},
				Validations: []export.Validation{{
					Expression:        "variables.paths.all(p, p == variables.prefix || p.startsWith(variables.prefix + '/') || p in variables.spare)",
					MessageExpression: "'host paths: ' + variables.paths.join(', ')",
				}},
			},
			{
				Name: "names", Title: "Containers are well named",
				Validations: []export.Validation{
					{Expression: "object.spec.containers.all(c, c.name.matches('^[a-z]+$'))", Message: "a name is not \"good\""},
					{Expression: "object.spec.?ephemeralContainers.orValue([]).all(c, c.name != 'x')", Message: "</script> & no x"},
				},
			},
		},
	}
}

func pod(change func(*corev1.Pod)) *corev1.Pod {
	p := &corev1.Pod{}
	p.Namespace, p.Name = "n", "p"
	p.Spec.ServiceAccountName = "default"
	p.Spec.Containers = []corev1.Container{{Name: "a", Image: "i"}}
	if change != nil {
		change(p)
	}
	return p
}

func hostPath(path string) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		p.Spec.Volumes = append(p.Spec.Volumes, corev1.Volume{Name: "v", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: path}}})
	}
}

func TestScript(t *testing.T) {
	debugged := pod(func(p *corev1.Pod) {
		p.Spec.EphemeralContainers = []corev1.EphemeralContainer{{EphemeralContainerCommon: corev1.EphemeralContainerCommon{Name: "x"}}}
	})
	refused := judged(t, volumes(), map[string]cel.Request{
		"good":               {Pod: pod(nil)},
		"good path":          {Pod: pod(hostPath("/var/log/x"))},
		"bad path":           {Pod: pod(hostPath("/var/lo\u2028g\"'\\"))},
		"bad name":           {Pod: pod(func(p *corev1.Pod) { p.Spec.Containers[0].Name = "A" })},
		"all bad":            {Pod: pod(func(p *corev1.Pod) { hostPath("/etc")(p); hostPath("/var/logs")(p); p.Spec.Containers[0].Name = "1" })},
		"trusted":            {Pod: pod(func(p *corev1.Pod) { hostPath("/etc")(p); p.Spec.ServiceAccountName = "trusted" })},
		"update of nothing":  {Pod: pod(hostPath("/etc")), Old: pod(hostPath("/etc"))},
		"update":             {Pod: pod(hostPath("/etc")), Old: pod(nil)},
		"ephemeral":          {Pod: debugged, Old: pod(nil), Subresource: "ephemeralcontainers"},
		"ephemeral, nothing": {Pod: debugged, Old: debugged, Subresource: "ephemeralcontainers"},
	})
	if refused != 5 {
		t.Errorf("%d requests were refused, want 5", refused)
	}
}

// What fails refuses, as it does under failurePolicy Fail, and says where it failed.
func TestScriptFails(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*export.Set)
		want   answer
	}{
		"condition": {func(s *export.Set) { s.Conditions[0].Expression = "object.spec.nodeName == ''" }, answer{message: "a condition could not be evaluated: no such key: nodeName"}},
		"variable":  {func(s *export.Set) { s.Rules[0].Variables[0].Expression = "object.spec.nothing" }, answer{message: "host-paths could not be evaluated: no such key: nothing"}},
		"no bool":   {func(s *export.Set) { s.Rules[1].Validations[0].Expression = "object.spec" }, answer{message: "names could not be evaluated: no such overload for map, which is no bool"}},
		"message": {func(s *export.Set) {
			s.Rules[0].Validations[0] = export.Validation{Expression: "false", MessageExpression: "object.spec.nothing"}
		}, answer{message: "breaks host-paths: Host paths are below /var/log"}},
	} {
		set := volumes()
		tt.change(set)
		tt.want.denied, tt.want.reason, tt.want.code = true, "Forbidden", 403
		got := newEngine(t, scriptOf(t, set, "Validating")).run(t, review(t, cel.Request{Pod: pod(nil)}))
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(answer{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	set := volumes()
	set.Conditions[0].Expression, set.Conditions[1].Expression = "object.spec.nodeName == ''", "false"
	if got := newEngine(t, scriptOf(t, set, "Validating")).run(t, review(t, cel.Request{Pod: pod(nil)})); got.denied {
		t.Errorf("a request was denied, although a condition does not hold: %s", got.message)
	}
}

func TestMutatingScript(t *testing.T) {
	set := &export.Set{Name: "test", Mutations: []export.Mutation{
		{Name: "read-only", Containers: true, Path: []string{"securityContext", "readOnlyRootFilesystem"}, Value: true},
		{Name: "drop", Containers: true, Path: []string{"securityContext", "capabilities", "drop"}, Value: []string{"A", "B"}, Add: true},
		{Name: "groups", Path: []string{"securityContext", "supplementalGroups"}, Value: []int64{7}},
		{Name: "user", Path: []string{"securityContext", "runAsUser"}, Value: int64(5), Unless: "object.spec.containers.all(c, c.?securityContext.?runAsUser.hasValue())"},
		{Name: "selinux", Containers: true, Path: []string{"securityContext", "seLinuxOptions"}, Value: map[string]any{"level": "s0"}, Unless: "container.name == 'b'"},
		{Name: "annotation", Annotation: true, Path: []string{"seccomp/pod"}, Value: "</x>"},
	}}
	no, user := false, int64(0)
	in := pod(func(p *corev1.Pod) {
		p.Annotations = map[string]string{"other": ""}
		p.Spec.Containers[0].SecurityContext = &corev1.SecurityContext{ReadOnlyRootFilesystem: &no, Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"B", "C"}}}
		p.Spec.InitContainers = []corev1.Container{{Name: "b"}}
	})
	want := in.DeepCopy()
	yes, five := true, int64(5)
	want.Annotations["seccomp/pod"] = "</x>"
	want.Spec.SecurityContext = &corev1.PodSecurityContext{SupplementalGroups: []int64{7}, RunAsUser: &five}
	want.Spec.Containers[0].SecurityContext.Capabilities.Drop = []corev1.Capability{"B", "C", "A"}
	want.Spec.Containers[0].SecurityContext.SELinuxOptions = &corev1.SELinuxOptions{Level: "s0"}
	want.Spec.InitContainers[0].SecurityContext = &corev1.SecurityContext{ReadOnlyRootFilesystem: &yes, Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"A", "B"}}}
	script := newEngine(t, scriptOf(t, set, "Mutating"))
	patched(t, "written", script, in, want)
	patched(t, "written twice", script, want, want)

	settled := want.DeepCopy()
	settled.Spec.SecurityContext.RunAsUser = nil
	settled.Spec.SecurityContext.SupplementalGroups = []int64{8}
	settled.Spec.Containers[0].SecurityContext.RunAsUser = &user
	settled.Annotations["seccomp/pod"] = ""
	patched(t, "unless", script, settled, settled)
}

func patched(t *testing.T, name string, script engine, in, want *corev1.Pod) {
	t.Helper()
	got := script.run(t, review(t, cel.Request{Pod: in}))
	if got.thrown != "" {
		t.Fatalf("%s: %s", name, got.thrown)
	}
	wanted := toUnstructured(t, want)
	wanted["apiVersion"], wanted["kind"] = "v1", "Pod"
	if diff := cmp.Diff(wanted, got.patched); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}
