package psp

import (
	"encoding/json"
	"reflect"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// Written are the differences between two pods in the fields that a policy can write: what a template asks for (as the pod
// that its controller makes of it), and a pod that runs. Containers are told apart by name, spec.containers[web]; one that
// only one side has (an injected sidecar) is passed over. What the API server fills in or keeps in line by itself is no
// difference: a seccomp annotation counts only where it says something else than the field.
func Written(template, pod *corev1.Pod) []report.PSPDifference {
	d := differences{}
	d.compare("spec.runtimeClassName", template.Spec.RuntimeClassName, pod.Spec.RuntimeClassName)
	d.pod(podContext(template), podContext(pod))
	d.annotation(corev1.SeccompPodAnnotationKey, template, pod, podContext(template).SeccompProfile, podContext(pod).SeccompProfile)
	d.containers("spec.initContainers", template, pod, template.Spec.InitContainers, pod.Spec.InitContainers)
	d.containers("spec.containers", template, pod, template.Spec.Containers, pod.Spec.Containers)
	return d
}

type differences []report.PSPDifference

// compare notes two values that differ. Empty lists and nil pointers are the absence of a value.
func (d *differences) compare(path string, template, pod any) {
	if reflect.DeepEqual(template, pod) {
		return
	}
	before, after := raw(template), raw(pod)
	if before == nil && after == nil {
		return
	}
	*d = append(*d, report.PSPDifference{Path: path, Template: before, Pod: after})
}

// raw is a value as JSON, nil for none. These values are always encoded: they came from JSON.
func raw(value any) json.RawMessage {
	v := reflect.ValueOf(value)
	if v.Kind() == reflect.Pointer && v.IsNil() || v.Kind() != reflect.Pointer && v.Len() == 0 {
		return nil
	}
	data, err := json.Marshal(value)
	if err != nil {
		return nil
	}
	return data
}

func (d *differences) pod(template, pod corev1.PodSecurityContext) {
	const sc = "spec.securityContext."
	d.compare(sc+"fsGroup", template.FSGroup, pod.FSGroup)
	d.compare(sc+"seLinuxOptions", template.SELinuxOptions, pod.SELinuxOptions)
	d.compare(sc+"seccompProfile", template.SeccompProfile, pod.SeccompProfile)
	d.compare(sc+"supplementalGroups", template.SupplementalGroups, pod.SupplementalGroups)
}

// containers compares those of the same name, in the template's order.
func (d *differences) containers(path string, template, pod *corev1.Pod, before, after []corev1.Container) {
	for i := range before {
		j := slices.IndexFunc(after, func(c corev1.Container) bool { return c.Name == before[i].Name })
		if j < 0 {
			continue
		}
		b, a := ownContext(&before[i]), ownContext(&after[j])
		d.container(path+"["+before[i].Name+"].securityContext.", b, a)
		d.annotation(seccompKey(&before[i]), template, pod, b.SeccompProfile, a.SeccompProfile)
		d.compare("metadata.annotations["+appArmorKey(&before[i])+"]", appArmorOf(template, &before[i]), appArmorOf(pod, &before[i]))
	}
}

func (d *differences) container(sc string, template, pod corev1.SecurityContext) {
	b, a := ownCapabilities(template), ownCapabilities(pod)
	d.compare(sc+"allowPrivilegeEscalation", template.AllowPrivilegeEscalation, pod.AllowPrivilegeEscalation)
	d.capabilities(sc+"capabilities.add", b.Add, a.Add)
	d.capabilities(sc+"capabilities.drop", b.Drop, a.Drop)
	d.compare(sc+"procMount", notDefault(template.ProcMount), notDefault(pod.ProcMount))
	d.compare(sc+"readOnlyRootFilesystem", template.ReadOnlyRootFilesystem, pod.ReadOnlyRootFilesystem)
	d.compare(sc+"runAsGroup", template.RunAsGroup, pod.RunAsGroup)
	d.compare(sc+"runAsNonRoot", template.RunAsNonRoot, pod.RunAsNonRoot)
	d.compare(sc+"runAsUser", template.RunAsUser, pod.RunAsUser)
	d.compare(sc+"seLinuxOptions", template.SELinuxOptions, pod.SELinuxOptions)
	d.compare(sc+"seccompProfile", template.SeccompProfile, pod.SeccompProfile)
}

// capabilities compares sets: the plug-in sorts both lists as soon as it changes one.
func (d *differences) capabilities(path string, template, pod []corev1.Capability) {
	if !sameSet(template, pod) {
		d.compare(path, template, pod)
	}
}

func sameSet(a, b []corev1.Capability) bool {
	return len(without(a, b)) == 0 && len(without(b, a)) == 0
}

// annotation compares seccomp annotations. One that says what a field says, of either pod, is passed over: servers up to
// 1.24 derive them from fields, and the fields have been compared already.
func (d *differences) annotation(key string, template, pod *corev1.Pod, fields ...*corev1.SeccompProfile) {
	b, a := template.Annotations[key], pod.Annotations[key]
	if b == a {
		return
	}
	for _, field := range fields {
		if sameProfile(profileOf(b), field) {
			b = ""
		}
		if sameProfile(profileOf(a), field) {
			a = ""
		}
	}
	d.compare("metadata.annotations["+key+"]", b, a)
}

func sameProfile(a, b *corev1.SeccompProfile) bool {
	return a != nil && b != nil && profileName(a) == profileName(b)
}

// ownContext is what a container says itself, which may be nothing.
func ownContext(c *corev1.Container) corev1.SecurityContext {
	if c.SecurityContext == nil {
		return corev1.SecurityContext{}
	}
	return *c.SecurityContext
}

func ownCapabilities(sc corev1.SecurityContext) corev1.Capabilities {
	if sc.Capabilities == nil {
		return corev1.Capabilities{}
	}
	return *sc.Capabilities
}

// notDefault is a type of /proc mount, unless it is what leaving it out means.
func notDefault(mount *corev1.ProcMountType) *corev1.ProcMountType {
	if mount == nil || *mount == corev1.DefaultProcMount {
		return nil
	}
	return mount
}
