package standard

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// pod is what a locator searches.
type pod struct {
	meta *metav1.ObjectMeta
	spec *corev1.PodSpec
	// server is the minor of the server that judges it.
	server int
}

// setter is a place in a pod that has a security context: the pod itself, or one of its containers.
type setter struct {
	// list and index are where the container stands; list is empty for the pod itself.
	list  string
	index int
	// container is nil for the pod itself.
	container *corev1.Container
	// context is never nil. Of a pod it holds what pods and containers have in common.
	context *corev1.SecurityContext
}

// containers are the containers of all three kinds, in the order in which upstream reports them.
func (p pod) containers() []setter {
	s := p.spec
	found := make([]setter, 0, len(s.InitContainers)+len(s.Containers)+len(s.EphemeralContainers)+1)
	for i := range s.InitContainers {
		found = append(found, containerSetter("initContainers", i, &s.InitContainers[i]))
	}
	for i := range s.Containers {
		found = append(found, containerSetter("containers", i, &s.Containers[i]))
	}
	for i := range s.EphemeralContainers {
		c := (*corev1.Container)(&s.EphemeralContainers[i].EphemeralContainerCommon)
		found = append(found, containerSetter("ephemeralContainers", i, c))
	}
	return found
}

// setters are the pod itself and then its containers.
func (p pod) setters() []setter { return append([]setter{podSetter(p.spec)}, p.containers()...) }

func containerSetter(list string, index int, c *corev1.Container) setter {
	s := setter{list: list, index: index, container: c, context: c.SecurityContext}
	if s.context == nil {
		s.context = &corev1.SecurityContext{}
	}
	return s
}

func podSetter(spec *corev1.PodSpec) setter {
	context := &corev1.SecurityContext{}
	if c := spec.SecurityContext; c != nil {
		context.SELinuxOptions = c.SELinuxOptions
		context.WindowsOptions = c.WindowsOptions
		context.RunAsUser = c.RunAsUser
		context.RunAsNonRoot = c.RunAsNonRoot
		context.SeccompProfile = c.SeccompProfile
		context.AppArmorProfile = c.AppArmorProfile
	}
	return setter{context: context}
}

// path is the path of the place.
func (s setter) path() *field.Path {
	spec := field.NewPath("spec")
	if s.list == "" {
		return spec
	}
	return spec.Child(s.list).Index(s.index)
}

// at is a field at a path below the place.
func (s setter) at(path *field.Path, value any) Field {
	f := Field{Path: path.String(), Value: value}
	if s.container != nil {
		f.Container = s.container.Name
	}
	return f
}

// secured is a field of the place's security context, below which its path is dotted.
func (s setter) secured(path string, value any) Field {
	names := strings.Split(path, ".")
	return s.at(s.path().Child("securityContext", names...), value)
}

// located is a field of the security context wherever judge finds its value bad.
func located(places []setter, path string, judge func(setter) (value any, bad bool)) []Field {
	var found []Field
	for _, s := range places {
		if value, bad := judge(s); bad {
			found = append(found, s.secured(path, value))
		}
	}
	return found
}

// isTrue tells a boolean that is set to true.
func isTrue(b *bool) bool { return b != nil && *b }

// orNil is the value of a field whose empty string means that it is unset.
func orNil[S ~string](s S) any {
	if s == "" {
		return nil
	}
	return string(s)
}
