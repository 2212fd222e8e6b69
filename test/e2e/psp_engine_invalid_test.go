//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
)

// TestInvalidPolicies holds psp.Validate to the API: each policy breaks a rule, or just not.
func TestInvalidPolicies(t *testing.T) {
	t.Parallel()
	s := pspServer(t)
	broken := 0
	edits := append(append(invalidRules(), invalidLists()...), invalidTexts()...)
	for i, edit := range edits {
		p := engineOpen(fmt.Sprintf("invalid-%d", i))
		edit(p)
		_, a := s.createPolicy(t, p)
		compareCauses(t, p, a)
		if a.err != nil {
			broken++
		}
	}
	t.Logf("%d of %d policies are invalid", broken, len(edits))
	if broken < 50 {
		t.Error("too few of them are")
	}
}

func invalidRules() []policyEdit {
	edits := []policyEdit{
		func(p *psp.Policy) { p.Name = "Upper" },
		func(p *psp.Policy) { p.Name = "" },
		func(p *psp.Policy) { p.Name = "under_score" },
		func(p *psp.Policy) { p.Labels = map[string]string{"ok": "not ok"} },
		func(p *psp.Policy) { p.Annotations["a b"] = "x" },
		func(p *psp.Policy) { p.Spec.SELinux.Rule = "" },
		func(p *psp.Policy) { p.Spec.SELinux.Rule = psp.MayRunAs },
		func(p *psp.Policy) { p.Spec.SELinux.Rule = psp.MustRunAs },
		func(p *psp.Policy) { p.Spec.RunAsUser.Rule = "" },
		func(p *psp.Policy) { p.Spec.RunAsUser.Rule = psp.MayRunAs },
		func(p *psp.Policy) { p.Spec.FSGroup.Rule = psp.MustRunAsNonRoot },
		func(p *psp.Policy) { p.Spec.SupplementalGroups.Rule = "runAsAny" },
		func(p *psp.Policy) {
			p.Spec.SELinux.Rule, p.Spec.RunAsUser.Rule, p.Spec.FSGroup.Rule, p.Spec.SupplementalGroups.Rule = "", "", "", ""
		},
		func(p *psp.Policy) { p.Spec.RunAsGroup = new(ids("")) },
		func(p *psp.Policy) { p.Spec.RunAsGroup = new(ids(psp.MustRunAs)) },
		func(p *psp.Policy) { p.Spec.RunAsGroup = new(ids(psp.MayRunAs)) },
		func(p *psp.Policy) { p.Spec.RunAsGroup = new(ids(psp.RunAsAny, 1, 2)) },
		func(p *psp.Policy) { p.Spec.RunAsGroup = new(ids(psp.MustRunAs, 2, 1)) },
		func(p *psp.Policy) { p.Spec.DefaultAllowPrivilegeEscalation = new(true) },
		func(p *psp.Policy) {
			p.Spec.DefaultAllowPrivilegeEscalation, p.Spec.AllowPrivilegeEscalation = new(true), new(false)
		},
	}
	for _, bounds := range [][]int64{{2, 1}, {-1, 5}, {-5, -1}, {5, -1}, {1, 2, 9, 8}, {0, 1 << 40}} {
		edits = append(edits,
			func(p *psp.Policy) { p.Spec.RunAsUser = ids(psp.MustRunAs, bounds...) },
			func(p *psp.Policy) { p.Spec.FSGroup = ids(psp.MayRunAs, bounds...) },
			func(p *psp.Policy) { p.Spec.SupplementalGroups = ids(psp.RunAsAny, bounds...) },
		)
	}
	return edits
}

func invalidLists() []policyEdit {
	edits := []policyEdit{
		policyVolumes("cephfs", "hostPath", "HostPath"), policyVolumes("", psp.All),
		func(p *psp.Policy) { p.Spec.RequiredDropCapabilities = caps("NET_RAW") },
		func(p *psp.Policy) {
			p.Spec.AllowedCapabilities, p.Spec.RequiredDropCapabilities = caps("A", "B"), caps("B", "A")
			p.Spec.DefaultAddCapabilities = caps("B", "C")
		},
		func(p *psp.Policy) { p.Spec.HostPorts = []psp.PortRange{{Min: 9, Max: 1}, {Min: -1, Max: 70000}} },
		func(p *psp.Policy) { p.Spec.AllowedProcMountTypes = []corev1.ProcMountType{"Odd"} },
		hostPaths(psp.HostPath{}, psp.HostPath{PathPrefix: "/.."}), hostPaths(psp.HostPath{PathPrefix: "/a/../b/.."}, psp.HostPath{}),
		hostPaths(psp.HostPath{PathPrefix: "relative"}, psp.HostPath{PathPrefix: "/a..b"}),
		func(p *psp.Policy) { p.Spec.AllowedFlexVolumes = []psp.FlexVolume{{}, {Driver: "ok"}, {}} },
		func(p *psp.Policy) {
			p.Spec.AllowedCSIDrivers = []psp.CSIDriver{{}, {Name: "Upper.Case"}, {Name: "under_score"}, {Name: strings.Repeat("a", 64)}}
		},
		classes(nil, "Upper", "ok"), classes(nil, "a", "b", "a"), classes(nil, psp.All, "a"), classes(new("a")),
		classes(new("a"), "b"), classes(new("A"), psp.All), classes(new(""), "a"), classes(nil, ""), classes(new(psp.All), psp.All),
		classes(nil, psp.All, psp.All),
	}
	return edits
}

func invalidTexts() []policyEdit {
	edits := []policyEdit{}
	for _, lists := range [][2][]string{
		{{"", "ok"}, nil},
		{{"a b"}, nil},
		{{"UPPER"}, {"a/b"}},
		{{"*", "a"}, nil},
		{{"*"}, {"a.*"}},
		{{"a.b*"}, {"a.*"}},
		{{"a.b"}, {"a.*", "a.b"}},
		{{"a.*"}, {"a.b", "a.b.c", "b"}},
		{nil, {"*", "*"}},
		{{"a*b"}, {".a"}},
		{{"*a"}, nil},
		{{strings.Repeat("a", 254)}, nil},
		{{"a.b-c_d.*"}, {"a-"}},
		{{"**"}, nil},
		{{"a.b"}, {"a.b.*"}},
		{{"a.b.*"}, {"a.b"}},
	} {
		edits = append(edits, func(p *psp.Policy) {
			p.Spec.AllowedUnsafeSysctls, p.Spec.ForbiddenSysctls = lists[0], lists[1]
		})
	}
	for _, profiles := range []string{
		"runtime/default", "runtime/default,", ",", "docker/default,unconfined", "localhost/", "localhost//etc/x", "localhost/../x,localhost/a/..",
		"localhost/a..b", "*", "*,bad", "runtime/default, unconfined", "RuntimeDefault",
	} {
		edits = append(edits,
			noted(psp.SeccompAllowedAnnotation, profiles), noted(psp.SeccompDefaultAnnotation, profiles),
			noted(psp.AppArmorAllowedAnnotation, profiles), noted(psp.AppArmorDefaultAnnotation, profiles))
	}
	return edits
}
