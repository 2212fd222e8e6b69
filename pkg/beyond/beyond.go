// Package beyond knows the controls that the Pod Security Standards lack, and judges pods by them. Pure.
package beyond

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"
)

// The controls, as flags, reports and exported policies name them.
const (
	ReadOnlyRootFilesystem = "read-only-root-filesystem"
	TrustedRegistries      = "trusted-registries"
	ServiceAccountToken    = "service-account-token"
	ResourceLimits         = "resource-limits"
	ImageTags              = "image-tags"
	ImageDigests           = "image-digests"
)

// Names are all of them, in the order in which they are shown.
func Names() []string {
	return []string{ReadOnlyRootFilesystem, TrustedRegistries, ServiceAccountToken, ResourceLimits, ImageTags, ImageDigests}
}

// Options are the parameters of the controls.
type Options struct {
	// Registries are those that are trusted, as ValidRegistry wants them. Without any, an image is told off that leaves
	// its registry to the node.
	Registries []string
}

// Finding is one place in a pod that breaks a control.
type Finding struct {
	// Control is one of Names.
	Control string
	// List is the list of the pod's spec that the place stands in (containers, initContainers, ephemeralContainers or
	// volumes), and Index where in it; an empty one means the spec itself.
	List  string
	Index int
	// Field is below that, with dots: securityContext.readOnlyRootFilesystem.
	Field string
	// Container is the name of the container concerned, empty for the pod and its volumes.
	Container string
	// Value is what stands there: a bool, a string, or nil where the field is unset.
	Value any
}

// Path is where in the pod the finding stands, such as spec.containers[0].image. Callers that fold thousands of pods
// ask for it once for each that differs.
func (f *Finding) Path() string {
	if f.List == "" {
		return "spec." + f.Field
	}
	return "spec." + f.List + "[" + strconv.Itoa(f.Index) + "]." + f.Field
}

// Check tells every place of a pod's spec that breaks a control: in the order of Names, and within a control as the pod
// starts its containers. template says that the spec is a template's, to which the server has yet to add mounts.
func Check(spec *corev1.PodSpec, template bool, o Options) []Finding {
	return Append(nil, spec, template, o)
}

// Append is Check for many pods: it appends to list, and allocates nothing else but what findings hold.
func Append(list []Finding, spec *corev1.PodSpec, template bool, o Options) []Finding {
	list = readOnly(list, spec)
	list = images(list, spec, TrustedRegistries, o.Registries, func(image string, trusted []string) bool { return trusts(trusted, image) })
	list = token(list, spec, template)
	list = limits(list, spec)
	list = images(list, spec, ImageTags, nil, func(image string, _ []string) bool { return tagged(image) })
	return images(list, spec, ImageDigests, nil, func(image string, _ []string) bool { return pinned(image) })
}

// The lists of a pod's spec.
const (
	initContainers      = "initContainers"
	containers          = "containers"
	ephemeralContainers = "ephemeralContainers"
	volumes             = "volumes"
)

// visit shows every container of the three lists. What ephemeral containers have in common with others comes as a
// Container, which is the same type but for its name.
func visit(spec *corev1.PodSpec, see func(list string, i int, c *corev1.Container)) {
	for i := range spec.InitContainers {
		see(initContainers, i, &spec.InitContainers[i])
	}
	for i := range spec.Containers {
		see(containers, i, &spec.Containers[i])
	}
	for i := range spec.EphemeralContainers {
		see(ephemeralContainers, i, (*corev1.Container)(&spec.EphemeralContainers[i].EphemeralContainerCommon))
	}
}

// windows says that a pod says that it runs on Windows, where the root file system of a container cannot be read-only.
func windows(spec *corev1.PodSpec) bool { return spec.OS != nil && spec.OS.Name == corev1.Windows }

func readOnly(list []Finding, spec *corev1.PodSpec) []Finding {
	if windows(spec) {
		return list
	}
	visit(spec, func(in string, i int, c *corev1.Container) {
		var value any
		if c.SecurityContext != nil && c.SecurityContext.ReadOnlyRootFilesystem != nil {
			if *c.SecurityContext.ReadOnlyRootFilesystem {
				return
			}
			value = false
		}
		list = append(list, Finding{
			Control: ReadOnlyRootFilesystem, List: in, Index: i, Field: "securityContext.readOnlyRootFilesystem",
			Container: c.Name, Value: value,
		})
	})
	return list
}

// images judges the images of containers and of volumes.
func images(list []Finding, spec *corev1.PodSpec, control string, trusted []string, good func(string, []string) bool) []Finding {
	visit(spec, func(in string, i int, c *corev1.Container) {
		if !good(c.Image, trusted) {
			list = append(list, Finding{Control: control, List: in, Index: i, Field: "image", Container: c.Name, Value: c.Image})
		}
	})
	for i := range spec.Volumes {
		if image := spec.Volumes[i].Image; image != nil && !good(image.Reference, trusted) {
			list = append(list, Finding{Control: control, List: volumes, Index: i, Field: "image.reference", Value: image.Reference})
		}
	}
	return list
}

// tokenPath is where the server mounts the token of a service account.
const tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount"

// token looks for the mount itself in a pod: the service account may say that there is to be none, and a volume may be
// declared by hand.
func token(list []Finding, spec *corev1.PodSpec, template bool) []Finding {
	automount := spec.AutomountServiceAccountToken
	if automount != nil && !*automount {
		return list
	}
	if !template && !mounts(spec) {
		return list
	}
	var value any
	if automount != nil {
		value = true
	}
	return append(list, Finding{Control: ServiceAccountToken, Field: "automountServiceAccountToken", Value: value})
}

func mounts(spec *corev1.PodSpec) bool {
	found := false
	visit(spec, func(_ string, _ int, c *corev1.Container) {
		for i := range c.VolumeMounts {
			found = found || c.VolumeMounts[i].MountPath == tokenPath
		}
	})
	return found
}

// limits leaves ephemeral containers out: the server refuses any that has limits.
func limits(list []Finding, spec *corev1.PodSpec) []Finding {
	visit(spec, func(in string, i int, c *corev1.Container) {
		if in == ephemeralContainers {
			return
		}
		for _, name := range [...]corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
			if limited(spec.Resources, name) || limited(&c.Resources, name) {
				continue
			}
			field := "resources.limits.cpu"
			if name == corev1.ResourceMemory {
				field = "resources.limits.memory"
			}
			list = append(list, Finding{Control: ResourceLimits, List: in, Index: i, Field: field, Container: c.Name})
		}
	})
	return list
}

func limited(r *corev1.ResourceRequirements, name corev1.ResourceName) bool {
	if r == nil {
		return false
	}
	_, ok := r.Limits[name]
	return ok
}

// Demand is what a control asks of a pod, in a clause without a full stop. It is empty for a name that there is not.
func Demand(control string, o Options) string {
	switch control {
	case ReadOnlyRootFilesystem:
		return "containers have a read-only root file system"
	case TrustedRegistries:
		if len(o.Registries) == 0 {
			return "images name their registry"
		}
		return "images come from trusted registries"
	case ServiceAccountToken:
		return "no token of a service account is mounted"
	case ResourceLimits:
		return "containers have limits of CPU and memory"
	case ImageTags:
		return "images have a digest, or a tag other than latest"
	case ImageDigests:
		return "images have a digest"
	default:
		return ""
	}
}
