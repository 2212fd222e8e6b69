//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubectl-pss/kubectl-pss/pkg/beyond"
)

// imageSum ends an image that is pinned.
const imageSum = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// upToAll is a pod that has all six controls.
func upToAll(ns, name string, edits ...edit) *corev1.Pod {
	all := func(p *corev1.Pod) {
		p.Spec.AutomountServiceAccountToken = new(false)
		c := &p.Spec.Containers[0]
		c.Image = "registry.example.com/none:1" + imageSum
		c.SecurityContext = &corev1.SecurityContext{ReadOnlyRootFilesystem: new(true)}
		c.Resources.Limits = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1"), corev1.ResourceMemory: oneGi()}
	}
	return plainPod(ns, name, append([]edit{all}, edits...)...)
}

// image sets the first container's image.
func image(name string) edit { return func(p *corev1.Pod) { p.Spec.Containers[0].Image = name } }

// inInit makes an init container of a copy of the first container, with another edit.
func inInit(e edit) edit {
	return func(p *corev1.Pod) {
		other := p.DeepCopy()
		e(other)
		c := other.Spec.Containers[0]
		c.Name = "i"
		p.Spec.InitContainers = append(p.Spec.InitContainers, c)
	}
}

// TestExportedControls applies the six controls as they are printed, and tries each on pods that have it and that have not.
func TestExportedControls(t *testing.T) {
	t.Parallel()
	s := spare(t)
	ns, told := s.namespace(t, "controls", nil), s.namespace(t, "controls-told", nil)
	old := create(t, s, plainPod(ns, "old"))     // has none of them
	debugged := create(t, s, upToAll(ns, "new")) // has all
	args := []string{"--control", strings.Join(beyond.Names(), ","), "--registry", "registry.example.com/none"}
	enforced, audited := s.pss(t, append([]string{"export", ns, "--enforce"}, args...)...), s.pss(t, append([]string{"export", told}, args...)...)
	if enforced.exit != 0 || enforced.stderr != "" || audited.exit != 0 {
		t.Fatalf("%+v, %+v", enforced, audited)
	}
	s.inForce(t, enforced.stdout+"---\n"+audited.stdout)

	writable := func(p *corev1.Pod) { p.Spec.Containers[0].SecurityContext = nil }
	unlimited := func(p *corev1.Pod) { p.Spec.Containers[0].Resources.Limits = nil }
	mounts := func(p *corev1.Pod) { p.Spec.AutomountServiceAccountToken = nil }
	for name, tt := range map[string]struct {
		edit edit
		want []string // the controls that it breaks
	}{
		"all":              {func(*corev1.Pod) {}, nil},
		"writable":         {writable, []string{beyond.ReadOnlyRootFilesystem}},
		"writable-init":    {inInit(writable), []string{beyond.ReadOnlyRootFilesystem}},
		"elsewhere":        {image("ghcr.io/none:1" + imageSum), []string{beyond.TrustedRegistries}},
		"beside":           {image("registry.example.com/nonesuch:1" + imageSum), []string{beyond.TrustedRegistries}},
		"of-docker":        {image("none:1" + imageSum), []string{beyond.TrustedRegistries}},
		"mounts":           {mounts, []string{beyond.ServiceAccountToken}},
		"unlimited":        {unlimited, []string{beyond.ResourceLimits}},
		"unlimited-init":   {inInit(unlimited), []string{beyond.ResourceLimits}},
		"untagged":         {image("registry.example.com/none"), []string{beyond.ImageTags, beyond.ImageDigests}},
		"latest":           {image("registry.example.com/none:latest"), []string{beyond.ImageTags, beyond.ImageDigests}},
		"tagged":           {image("registry.example.com/none:2"), []string{beyond.ImageDigests}},
		"pinned-no-tag":    {image("registry.example.com/none" + imageSum), nil},
		"windows-writable": {func(p *corev1.Pod) { writable(p); windows(p) }, nil},
	} {
		a := s.dryCreate(t.Context(), "", upToAll(ns, name, tt.edit))
		s.holdControls(t, name, tt.want, a.message())
		a = s.dryCreate(t.Context(), "", upToAll(told, name, tt.edit))
		if a.err != nil {
			t.Errorf("%s, only told: %v", name, a.err)
		}
		s.holdAllControls(t, name+", only told", tt.want, strings.Join(a.warnings, "\n"))
	}
	s.holdControls(t, "labels of an old pod", nil, messageOf(s.dryUpdate(t.Context(), old, "labels")))
	s.holdControls(t, "an image of an old pod", beyond.Names(), messageOf(s.dryUpdate(t.Context(), old, "image")))
	s.holdControls(t, "a debugger in a new pod", []string{beyond.ReadOnlyRootFilesystem, beyond.TrustedRegistries, beyond.ImageDigests},
		messageOf(s.dryUpdate(t.Context(), debugged, "ephemeralContainers")))
	s.typeChecked(t)
}

func messageOf(a answer) string { return a.message() }

// holdControls holds a refusal, of which the server tells one reason only, against the controls that are broken.
func (s *server) holdControls(t *testing.T, what string, broken []string, message string) {
	t.Helper()
	compared.Add(1)
	if len(broken) == 0 && message != "" || len(broken) > 0 && !slices.ContainsFunc(broken, func(name string) bool { return strings.Contains(message, name+"'") }) {
		t.Errorf("%s: want refused for one of %v, got %q", what, broken, message)
	}
}

// holdAllControls holds warnings, of which there is one for each control that is broken, against those.
func (s *server) holdAllControls(t *testing.T, what string, broken []string, warnings string) {
	t.Helper()
	for _, name := range beyond.Names() {
		compared.Add(1)
		if said := strings.Contains(warnings, name+"'"); said != slices.Contains(broken, name) {
			t.Errorf("%s: warned of %s: %t, broken: %v", what, name, said, broken)
		}
	}
}

// TestExportedException holds a namespace to baseline but for an agent.
func TestExportedException(t *testing.T) {
	t.Parallel()
	s := spare(t)
	ns := s.namespace(t, "excepted", nil)
	if err := s.account(t.Context(), ns, "agent"); err != nil {
		t.Fatal(err)
	}
	asAgent := func(p *corev1.Pod) { p.Spec.ServiceAccountName = "agent" }
	labelled := func(p *corev1.Pod) { p.Labels = map[string]string{"app": "agent", "version": "2"} }
	agent := deployment(plainPod(ns, "agent", asAgent, hostPID), 0)
	agent.Spec.Selector.MatchLabels = map[string]string{"app": "agent"}
	agent.Spec.Template.Labels = map[string]string{"app": "agent", "version": "1"}
	create(t, s, agent)
	create(t, s, deployment(plainPod(ns, "web"), 0))
	create(t, s, deployment(plainPod(ns, "loose", hostPID), 0))
	old := create(t, s, plainPod(ns, "old", hostPID))
	agents := create(t, s, plainPod(ns, "agents", asAgent, labelled, hostPID))
	plainOne := create(t, s, plainPod(ns, "plain"))
	r := s.pss(t, "export", ns, "--except", "deploy/agent", "--level", "baseline", "--enforce")
	const keeps = "keeps enforce=privileged, the most that Deployment/agent can bear; the policies hold all others to baseline:v1.37."
	if r.exit != 0 || !strings.Contains(r.stderr, fmt.Sprintf("Namespace %s %s", ns, keeps)) || !strings.Contains(r.stderr, "not up to baseline:v1.37: Deployment/loose.") {
		t.Fatalf("%+v", r)
	}
	s.inForce(t, r.stdout)

	privilegedDebugger := func(pod *corev1.Pod) *corev1.Pod {
		pod = pod.DeepCopy()
		pod.ResourceVersion = ""
		pod.Spec.EphemeralContainers = []corev1.EphemeralContainer{{EphemeralContainerCommon: corev1.EphemeralContainerCommon{
			Name: "debugger", Image: "registry.example.com/debug:1", SecurityContext: &corev1.SecurityContext{Privileged: new(true)},
		}}}
		return pod
	}
	for what, tt := range map[string]struct {
		a       answer
		refused string // in a part of the message
	}{
		"the agent":                        {s.dryCreate(t.Context(), "", plainPod(ns, "a", asAgent, labelled, hostPID)), ""},
		"its account alone":                {s.dryCreate(t.Context(), "", plainPod(ns, "a", asAgent, hostPID)), "host namespaces (hostPID=true)"},
		"its labels alone":                 {s.dryCreate(t.Context(), "", plainPod(ns, "a", labelled, hostPID)), "host namespaces (hostPID=true)"},
		"somebody else":                    {s.dryCreate(t.Context(), "", plainPod(ns, "a", hostPID)), "host namespaces (hostPID=true)"},
		"somebody else, in line":           {s.dryCreate(t.Context(), "", plainPod(ns, "a")), ""},
		"somebody else's init container":   {s.dryCreate(t.Context(), "", plainPod(ns, "a", inInit(func(p *corev1.Pod) { containerSecurity(p).Privileged = new(true) }))), "privileged"},
		"labels of an old pod":             {s.dryUpdate(t.Context(), old, "labels"), ""},
		"the image of an old pod":          {s.dryUpdate(t.Context(), old, "image"), "host namespaces (hostPID=true)"},
		"the image of the agent":           {s.dryUpdate(t.Context(), agents, "image"), ""},
		"a privileged debugger":            {s.dryDebug(t.Context(), privilegedDebugger(plainOne)), "privileged"},
		"a privileged debugger, the agent": {s.dryDebug(t.Context(), privilegedDebugger(agents)), ""},
		"a debugger in line":               {s.dryUpdate(t.Context(), plainOne, "ephemeralContainers"), ""},
	} {
		compared.Add(1)
		got := tt.a.message()
		if tt.refused == "" && got != "" || tt.refused != "" && !strings.Contains(got, tt.refused) {
			t.Errorf("%s: want %q, got %q", what, tt.refused, got)
		}
	}
	s.typeChecked(t)
}
