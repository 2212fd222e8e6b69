package workload

import (
	"slices"

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
