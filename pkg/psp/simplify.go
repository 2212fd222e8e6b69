package psp

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

// CopyOf is the annotation of a simplified copy, and of what grants its use: the name of the policy that it was made from.
const CopyOf = "pss.dev/copy-of"

// Simplify returns a copy of a policy without what only writes to pods and what no level can say, and what that was. The
// name of the copy sorts before the original's, so that it is tried first; the original is there for pods that it refuses.
// The copy carries no labels and no other annotations: whoever manages the original by them would take it for his own.
//
// What the levels can say is left, even where it writes as well: requiredDropCapabilities, seLinux, runAsUser and
// allowPrivilegeEscalation. readOnlyRootFilesystem goes, although the official guide forgets it: no level knows it.
// Simplifying a copy again changes nothing. What is as it was is shared with the original.
func (p *Policy) Simplify() (simple *Policy, removed []string) {
	simple = &Policy{
		TypeMeta:   metav1.TypeMeta{APIVersion: "policy/v1beta1", Kind: "PodSecurityPolicy"},
		ObjectMeta: p.copiedMeta(),
		Spec:       p.Spec,
	}
	s := &simple.Spec
	r := removals{}
	r.writing(p, s)
	r.inexpressible(p, s)
	r.groups(p, s)
	return simple, r
}

// copiedMeta is the metadata of a copy. Of the annotations it keeps those that validate.
func (p *Policy) copiedMeta() metav1.ObjectMeta {
	meta := metav1.ObjectMeta{Name: CopyName(p.Name), Annotations: map[string]string{CopyOf: p.Name}}
	if original, found := p.Annotations[CopyOf]; found {
		meta.Name, meta.Annotations[CopyOf] = p.Name, original
	}
	for _, key := range []string{SeccompAllowedAnnotation, AppArmorAllowedAnnotation} {
		if value, found := p.Annotations[key]; found {
			meta.Annotations[key] = value
		}
	}
	return meta
}

// CopyName is the name of a policy's simplified copy, which sorts before the policy's own. No name of an object is longer
// than 253 characters.
func CopyName(policy string) string {
	name := "0" + policy
	if name >= policy {
		name = "0-" + policy // as "00-x" would come after "0-x"
	}
	if len(name) > validation.DNS1123SubdomainMaxLength {
		name = strings.TrimRight(name[:validation.DNS1123SubdomainMaxLength], "-.")
	}
	return name
}

// removals are lines such as "spec.fsGroup: MustRunAs [1-65535]".
type removals []string

func (r *removals) add(field, value string) { *r = append(*r, field+": "+value) }

// writing removes what only writes. What is added by default is allowed from now on, as it has been implicitly.
func (r *removals) writing(p *Policy, s *Spec) {
	if s.DefaultAllowPrivilegeEscalation != nil {
		r.add("spec.defaultAllowPrivilegeEscalation", boolean(s.DefaultAllowPrivilegeEscalation))
		s.DefaultAllowPrivilegeEscalation = nil
	}
	if len(s.DefaultAddCapabilities) > 0 {
		note := list(s.DefaultAddCapabilities)
		if !slices.Contains(s.AllowedCapabilities, All) {
			s.AllowedCapabilities = slices.Concat(s.AllowedCapabilities, without(s.DefaultAddCapabilities, s.AllowedCapabilities))
			note += " (now in spec.allowedCapabilities)"
		}
		r.add("spec.defaultAddCapabilities", note)
		s.DefaultAddCapabilities = nil
	}
	for _, key := range []string{SeccompDefaultAnnotation, AppArmorDefaultAnnotation} {
		if _, found := p.Annotations[key]; found {
			r.add("metadata.annotations["+key+"]", p.annotation(key))
		}
	}
}

// inexpressible removes the lists that no level has, and what goes with them.
func (r *removals) inexpressible(p *Policy, s *Spec) {
	if s.ReadOnlyRootFilesystem {
		r.add("spec.readOnlyRootFilesystem", "true")
		s.ReadOnlyRootFilesystem = false
	}
	if len(s.AllowedHostPaths) > 0 {
		r.add("spec.allowedHostPaths", each(s.AllowedHostPaths, HostPath.String))
		s.AllowedHostPaths = nil
	}
	if len(s.AllowedFlexVolumes) > 0 {
		r.add("spec.allowedFlexVolumes", each(s.AllowedFlexVolumes, flexDriver))
		s.AllowedFlexVolumes = nil
	}
	if len(s.AllowedCSIDrivers) > 0 {
		r.add("spec.allowedCSIDrivers", each(s.AllowedCSIDrivers, csiDriver))
		s.AllowedCSIDrivers = nil
	}
	if len(s.ForbiddenSysctls) > 0 {
		r.add("spec.forbiddenSysctls", list(s.ForbiddenSysctls))
		s.ForbiddenSysctls = nil
	}
	if rc := p.Spec.RuntimeClass; rc != nil {
		if rc.DefaultRuntimeClassName != nil {
			r.add("spec.runtimeClass.defaultRuntimeClassName", *rc.DefaultRuntimeClassName)
		}
		r.add("spec.runtimeClass.allowedRuntimeClassNames", list(rc.AllowedRuntimeClassNames))
		s.RuntimeClass = nil
	}
}

// groups lets pods have any group: no level looks at them, and MustRunAs writes. Two of the fields are required, so that
// they cannot go altogether.
func (r *removals) groups(p *Policy, s *Spec) {
	if g := p.Spec.RunAsGroup; g != nil && g.Rule != RunAsAny {
		r.add("spec.runAsGroup", g.String())
		s.RunAsGroup = nil
	}
	if p.Spec.SupplementalGroups.Rule != RunAsAny {
		r.add("spec.supplementalGroups", p.Spec.SupplementalGroups.String())
		s.SupplementalGroups = IDs{Rule: RunAsAny}
	}
	if p.Spec.FSGroup.Rule != RunAsAny {
		r.add("spec.fsGroup", p.Spec.FSGroup.String())
		s.FSGroup = IDs{Rule: RunAsAny}
	}
}

func flexDriver(f FlexVolume) string { return f.Driver }
func csiDriver(c CSIDriver) string   { return c.Name }
