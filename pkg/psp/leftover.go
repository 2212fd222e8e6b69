package psp

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// Leftover is something that PodSecurityPolicy, or the time of its annotations, has left in a cluster.
type Leftover struct {
	Kind, Namespace, Name string
	// What says what it is, in a clause.
	What string
	// Command are the arguments with which kubectl removes it, Undo those that put it back. Both are nil for what cannot
	// be changed where it is; What says so then.
	Command, Undo []string
	// Object is what goes as a whole, as it can be created again: Undo reads it from stdin. It is nil for a patch.
	Object json.RawMessage
}

const (
	// lastSeccompMinor is the last server minor that reads seccomp annotations, firstAppArmorMinor the first one that has
	// a field for AppArmor.
	lastSeccompMinor   = 26
	firstAppArmorMinor = 30
)

// TemplateLeftovers finds in the template of a workload what nobody needs any more: the mark of the plug-in, copied from
// a pod; seccomp annotations, which no newer server reads; AppArmor annotations, where the server has a field. What an
// annotation says and the server still reads moves to its field; one that the server does not read goes, so that pods stay
// what they are. One patch does it all, and makes one rollout. Nil for what another workload owns, and for what is over.
func TemplateLeftovers(o *workload.Object, minor int) ([]Leftover, error) {
	if o.Template == nil || o.State == workload.Finished || o.State == workload.Terminating || owned(o) {
		return nil, nil
	}
	tidy, found := o.Template.DeepCopy(), []string{}
	for _, key := range slices.Sorted(maps.Keys(o.Template.Annotations)) {
		if what := tidyAnnotation(tidy, key, o, minor); what != "" {
			found = append(found, what)
			delete(tidy.Annotations, key)
		}
	}
	if len(found) == 0 {
		return nil, nil
	}
	l := Leftover{Kind: o.Kind, Namespace: o.Namespace, Name: o.Name, What: strings.Join(found, "; ")}
	if fixed := Fixed(o.Ref); fixed != "" {
		l.What += "; " + fixed
		return []Leftover{l}, nil
	}
	patch, undo, err := Patches(o.Ref, o.Template, tidy)
	if err != nil {
		return nil, err
	}
	words := []string{"patch", strings.TrimSuffix(strings.ToLower(o.Kind)+"."+o.Group, "."), o.Name, "--namespace", o.Namespace, "--type=strategic", "--patch"}
	l.Command, l.Undo = append(slices.Clone(words), string(patch)), append(slices.Clone(words), string(undo))
	return []Leftover{l}, nil
}

// owned says whether a workload that has a template of its own makes this one.
func owned(o *workload.Object) bool {
	return o.Owner != nil && slices.ContainsFunc(workload.GroupKinds(), func(gk schema.GroupKind) bool {
		return gk.Group == o.Owner.Group && gk.Kind == o.Owner.Kind
	})
}

// tidyAnnotation says why an annotation may go, and puts its field in its place; empty for one that stays.
func tidyAnnotation(tidy *corev1.PodTemplateSpec, key string, o *workload.Object, minor int) string {
	value := o.Template.Annotations[key]
	container, ofContainer := strings.CutPrefix(key, corev1.SeccompContainerAnnotationKeyPrefix)
	switch {
	case key == Annotation:
		return "annotation " + Annotation + ", which the plug-in wrote on some pod"
	case key == corev1.SeccompPodAnnotationKey || ofContainer:
		if minor > lastSeccompMinor {
			return fmt.Sprintf("seccomp annotation %s=%s, which the server does not read: only the field does something", key, value)
		}
		if !ofContainer {
			container = ""
		}
		return tidySeccomp(tidy, container, key, value)
	case minor >= firstAppArmorMinor && strings.HasPrefix(key, corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix):
		return tidyAppArmor(tidy, strings.TrimPrefix(key, corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix), value, o)
	default:
		return ""
	}
}

// tidySeccomp moves a profile to its field. What the field cannot say stays in its annotation.
func tidySeccomp(tidy *corev1.PodTemplateSpec, container, key, value string) string {
	profile := profileOf(value)
	if profile == nil {
		return ""
	}
	if container == "" {
		if tidy.Spec.SecurityContext == nil {
			tidy.Spec.SecurityContext = &corev1.PodSecurityContext{}
		}
		if tidy.Spec.SecurityContext.SeccompProfile == nil {
			tidy.Spec.SecurityContext.SeccompProfile = profile
		}
	} else if c := containerNamed(&tidy.Spec, container); c != nil {
		if sc := contextOf(c); sc.SeccompProfile == nil {
			sc.SeccompProfile = profile
		}
	}
	return fmt.Sprintf("seccomp annotation %s=%s, which no server reads from 1.%d on: the field takes its place", key, value, lastSeccompMinor+1)
}

// tidyAppArmor moves a profile to its field, as a server would that has one.
func tidyAppArmor(tidy *corev1.PodTemplateSpec, container, value string, o *workload.Object) string {
	if c := containerNamed(&tidy.Spec, container); c != nil {
		// The newest server writes no fields back into annotations.
		synced := containerNamed(&workload.PodOf(o, standard.NewestMinor).Spec, container)
		field := ownContext(synced).AppArmorProfile
		inherited := o.Template.Spec.SecurityContext != nil && o.Template.Spec.SecurityContext.AppArmorProfile != nil
		if field == nil && !inherited {
			return "" // not a profile, or a pod for Windows
		}
		if field != nil {
			contextOf(c).AppArmorProfile = field
		}
	}
	return fmt.Sprintf("AppArmor annotation of container %s, %s: servers have had a field for it since 1.%d", container, value, firstAppArmorMinor)
}

// containerNamed is a container or init container of that name, nil for none.
func containerNamed(spec *corev1.PodSpec, name string) *corev1.Container {
	for _, list := range [][]corev1.Container{spec.InitContainers, spec.Containers} {
		if i := slices.IndexFunc(list, func(c corev1.Container) bool { return c.Name == name }); i >= 0 {
			return &list[i]
		}
	}
	return nil
}

// contextOf is the security context of a container, which gets one where it has none.
func contextOf(c *corev1.Container) *corev1.SecurityContext {
	if c.SecurityContext == nil {
		c.SecurityContext = &corev1.SecurityContext{}
	}
	return c.SecurityContext
}
