package psp

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// What the volume of a token holds.
const (
	tokenVolume    = "kube-api-access"
	tokenFile      = "token"
	rootCA         = "kube-root-ca.crt"
	namespaceFile  = "namespace"
	namespaceField = "metadata.namespace"
)

// WithToken returns a new pod as it is when policies see it: the ServiceAccount plug-in has been there before, has named
// the service account and has given the pod the volume of its token, which a policy must allow too. The pod has a say
// in whether it gets one, then its service account, nil for one that says nothing.
func WithToken(pod *corev1.Pod, automount *bool) *corev1.Pod {
	pod = pod.DeepCopy()
	if _, mirror := pod.Annotations[corev1.MirrorPodAnnotationKey]; mirror {
		return pod
	}
	if pod.Spec.ServiceAccountName == "" {
		pod.Spec.ServiceAccountName = "default"
	}
	if own := pod.Spec.AutomountServiceAccountToken; own != nil {
		automount = own
	}
	if automount != nil && !*automount {
		return pod
	}
	name, found := tokenVolume+"-xxxxx", false
	for _, v := range pod.Spec.Volumes {
		if strings.HasPrefix(v.Name, tokenVolume+"-") {
			name, found = v.Name, true
			break
		}
	}
	mounted := mountToken(pod.Spec.InitContainers, name)
	if mountToken(pod.Spec.Containers, name) || mounted {
		mounted = true
	}
	if mounted && !found {
		pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{
			Name: name, VolumeSource: corev1.VolumeSource{Projected: tokenSource()},
		})
	}
	return pod
}

// mountToken mounts the volume where nothing else is mounted, and says whether it did so anywhere.
func mountToken(containers []corev1.Container, name string) bool {
	const path = "/var/run/secrets/kubernetes.io/serviceaccount"
	taken := func(m corev1.VolumeMount) bool { return m.MountPath == path }
	mounted := false
	for i := range containers {
		if c := &containers[i]; !slices.ContainsFunc(c.VolumeMounts, taken) {
			c.VolumeMounts = append(c.VolumeMounts, corev1.VolumeMount{Name: name, ReadOnly: true, MountPath: path})
			mounted = true
		}
	}
	return mounted
}

func tokenSource() *corev1.ProjectedVolumeSource {
	seconds, mode := int64(3607), corev1.ProjectedVolumeSourceDefaultMode
	return &corev1.ProjectedVolumeSource{DefaultMode: &mode, Sources: []corev1.VolumeProjection{
		{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{Path: tokenFile, ExpirationSeconds: &seconds}},
		{ConfigMap: &corev1.ConfigMapProjection{
			LocalObjectReference: corev1.LocalObjectReference{Name: rootCA},
			Items:                []corev1.KeyToPath{{Key: "ca.crt", Path: "ca.crt"}},
		}},
		{DownwardAPI: &corev1.DownwardAPIProjection{Items: []corev1.DownwardAPIVolumeFile{{
			Path: namespaceFile, FieldRef: &corev1.ObjectFieldSelector{APIVersion: "v1", FieldPath: namespaceField},
		}}}},
	}}
}
