package workload

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// PodOf returns the pod that a workload's controller would create from its template on a server of that minor,
// as Pod Security sees it there: after the controller's own changes and after the defaulting and syncing that
// the server does for pods but not for templates. It is nil for an object without a template.
//
// What a controller adds without bearing on any check (tokens, tolerations, labels, requests) is left out, and
// so is what webhooks and policies do: only a dry run shows that.
func PodOf(o *Object, minor int) *corev1.Pod {
	if o.Template == nil {
		return nil
	}
	t := o.Template.DeepCopy()
	pod := &corev1.Pod{ObjectMeta: t.ObjectMeta, Spec: t.Spec}
	pod.Namespace = o.Namespace
	pod.Name = o.Name
	claimVolumes(&pod.Spec, o.Claims)
	complete(pod, minor)
	return pod
}

// Alters says whether PodOf may differ from the template, its name aside. In doubt it does.
func Alters(o *Object, minor int) bool {
	t := o.Template
	if len(o.Claims) > 0 || t.Spec.HostNetwork || minor <= seccompAnnotationMinor {
		return true
	}
	if slices.ContainsFunc(t.Spec.Volumes, func(v corev1.Volume) bool { return v.VolumeSource == (corev1.VolumeSource{}) }) {
		return true
	}
	for key := range t.Annotations {
		if strings.HasPrefix(key, corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix) {
			return true
		}
	}
	if sc := t.Spec.SecurityContext; sc != nil && sc.AppArmorProfile != nil {
		return true
	}
	own := func(c corev1.Container) bool {
		return c.SecurityContext != nil && c.SecurityContext.AppArmorProfile != nil
	}
	return slices.ContainsFunc(t.Spec.InitContainers, own) || slices.ContainsFunc(t.Spec.Containers, own)
}

// claimVolumes puts a StatefulSet's claims in place of template volumes of the same name (case 48). The controller
// puts all of them first; here the template's volumes keep their index, so that a path into them can be followed in
// the template. No check tells the difference: claims pass them all, and the others keep their order.
func claimVolumes(spec *corev1.PodSpec, claims []string) {
	for _, claim := range claims {
		volume := corev1.Volume{Name: claim, VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claim},
		}}
		i := slices.IndexFunc(spec.Volumes, func(v corev1.Volume) bool { return v.Name == claim })
		if i < 0 {
			spec.Volumes = append(spec.Volumes, volume)
		} else {
			spec.Volumes[i] = volume
		}
	}
}
