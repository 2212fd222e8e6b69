package cluster

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// cut says what of a message on the wire is left out before it is decoded: nobody reads it, and it is most of a list.
// What a cut does not name stays, so that a field which a later release adds is there for a check to look at.
type cut struct {
	message reflect.Type
	drop    uint64 // a bit for each field
	into    map[int]*cut
}

// metaCut is what goes of any object's metadata.
func metaCut() *cut {
	return without[metav1.ObjectMeta]("ManagedFields") // only those of namespaces tell anything
}

// objectCut is what goes of an object with a template. The template itself stays whole: a Job's tells by its digest
// which of the CronJob's it was made from, a dry run sends it back, and a plan quotes it.
func objectCut[T any]() *cut { return without[T]().within("ObjectMeta", metaCut()) }

// podCut is what goes of a pod that runs. Nothing of it comes back to the API.
func podCut() *cut {
	return podsCut(
		without[corev1.PodSpec](append(podFields(), "Resources")...),
		without[corev1.Container](append(containerFields(), "Image", "Resources", "VolumeMounts")...),
		without[corev1.EphemeralContainerCommon](append(containerFields(), "Image", "Resources", "VolumeMounts")...),
	)
}

// beyondCut is podCut for those who look beyond the Standards: images stay, limits, and where something is mounted.
func beyondCut() *cut {
	limits := without[corev1.ResourceRequirements]("Requests", "Claims")
	mount := without[corev1.VolumeMount]("Name", "ReadOnly", "SubPath", "MountPropagation", "SubPathExpr", "RecursiveReadOnly")
	return podsCut(
		without[corev1.PodSpec](podFields()...).within("Resources", limits),
		without[corev1.Container](containerFields()...).within("Resources", limits).within("VolumeMounts", mount),
		without[corev1.EphemeralContainerCommon](containerFields()...).within("Resources", limits).within("VolumeMounts", mount),
	)
}

// podFields are what goes of a pod's spec: where it runs, how it finds names and how its image is fetched is no matter of
// Pod Security.
func podFields() []string {
	return []string{
		"NodeSelector", "Affinity", "Tolerations", "TopologySpreadConstraints", "HostAliases", "DNSConfig", "ImagePullSecrets",
		"Overhead", "ReadinessGates",
	}
}

// podsCut is what goes of a pod, given what goes of its spec and of its containers.
func podsCut(spec, container, debugger *cut) *cut {
	spec = spec.
		within("InitContainers", container).within("Containers", container).
		within("EphemeralContainers", without[corev1.EphemeralContainer]().within("EphemeralContainerCommon", debugger))
	status := without[corev1.PodStatus](
		// Of what became of the pod its phase is read, of its life the deletion timestamp.
		"Conditions", "Message", "Reason", "HostIP", "HostIPs", "PodIP", "PodIPs", "StartTime", "QOSClass",
		"InitContainerStatuses", "ContainerStatuses", "EphemeralContainerStatuses", "Resize", "ResourceClaimStatuses",
		"AllocatedResources", "Resources",
	)
	return objectCut[corev1.Pod]().within("Spec", spec).within("Status", status)
}

// containerFields are what goes of a container, whatever is looked at.
func containerFields() []string {
	return []string{
		"ImagePullPolicy", "Command", "Args", "WorkingDir", // what runs is not what it may do
		"Env", "EnvFrom", "ResizePolicy",
		"VolumeDevices", // a volume counts by its type, wherever it is mounted; policies look in templates
		"TerminationMessagePath", "TerminationMessagePolicy",
	}
}

// without leaves fields out of a message, by their names in Go.
func without[T any](names ...string) *cut {
	c := &cut{message: reflect.TypeFor[T](), into: map[int]*cut{}}
	for _, name := range names {
		c.drop |= 1 << c.field(name)
	}
	return c
}

// within puts a cut on the message in a field.
func (c *cut) within(name string, part *cut) *cut {
	c.into[c.field(name)] = part
	return c
}

// field is a field's number on the wire, the second word of its tag. A name that there is not is a mistake in this file,
// which its test finds.
func (c *cut) field(name string) int {
	field, _ := c.message.FieldByName(name)
	words := strings.Split(field.Tag.Get("protobuf"), ",")
	if len(words) < 2 {
		panic(fmt.Sprintf("%s has no field %s on the wire", c.message, name))
	}
	number, err := strconv.Atoi(words[1])
	if err != nil || number >= 64 {
		panic(fmt.Sprintf("%s.%s cannot be cut", c.message, name))
	}
	return number
}

// drops says whether a field is left out.
func (c *cut) drops(number int) bool { return number < 64 && c.drop&(1<<number) != 0 }
