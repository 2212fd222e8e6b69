package psp

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Types of volumes as policies name them, where policies say more about them than whether they are allowed.
const (
	volumeHostPath  = "hostPath"
	volumeEmptyDir  = "emptyDir"
	volumeSecret    = "secret"
	volumeFlex      = "flexVolume"
	volumeProjected = "projected"
	volumeCSI       = "csi"
)

// volumeType says which type a volume has, and whether a policy can name it.
type volumeType struct {
	name string
	is   bool
}

// volumeTypes are all types that a policy can name.
func volumeTypes(v *corev1.VolumeSource) []volumeType {
	return []volumeType{
		{volumeHostPath, v.HostPath != nil},
		{volumeEmptyDir, v.EmptyDir != nil},
		{"gcePersistentDisk", v.GCEPersistentDisk != nil},
		{"awsElasticBlockStore", v.AWSElasticBlockStore != nil},
		{"gitRepo", v.GitRepo != nil},
		{volumeSecret, v.Secret != nil},
		{"nfs", v.NFS != nil},
		{"iscsi", v.ISCSI != nil},
		{"glusterfs", v.Glusterfs != nil},
		{"persistentVolumeClaim", v.PersistentVolumeClaim != nil},
		{"rbd", v.RBD != nil},
		{volumeFlex, v.FlexVolume != nil},
		{"cinder", v.Cinder != nil},
		{"cephFS", v.CephFS != nil}, // the pod's own field is cephfs
		{"flocker", v.Flocker != nil},
		{"downwardAPI", v.DownwardAPI != nil},
		{"fc", v.FC != nil},
		{"azureFile", v.AzureFile != nil},
		{"configMap", v.ConfigMap != nil},
		{"vsphereVolume", v.VsphereVolume != nil},
		{"quobyte", v.Quobyte != nil},
		{"azureDisk", v.AzureDisk != nil},
		{"photonPersistentDisk", v.PhotonPersistentDisk != nil},
		{"storageos", v.StorageOS != nil},
		{volumeProjected, v.Projected != nil},
		{"portworxVolume", v.PortworxVolume != nil},
		{"scaleIO", v.ScaleIO != nil},
		{volumeCSI, v.CSI != nil},
		{"ephemeral", v.Ephemeral != nil},
	}
}

// typeOf takes a volume of no type that 1.24 knows for what that server makes of it: an empty directory.
func typeOf(v *corev1.VolumeSource) string {
	for _, t := range volumeTypes(v) {
		if t.is {
			return t.name
		}
	}
	return volumeEmptyDir
}

func (p *Policy) refuseVolumes(pod *corev1.Pod) field.ErrorList {
	var errs field.ErrorList
	for i := range pod.Spec.Volumes {
		v, path := &pod.Spec.Volumes[i], field.NewPath("spec", "volumes").Index(i)
		name := typeOf(&v.VolumeSource)
		if !p.allowsVolume(name, v) {
			errs = append(errs, field.Invalid(path, name, name+" volumes are not allowed to be used"))
			continue
		}
		switch name {
		case volumeHostPath:
			errs = append(errs, p.refuseHostPath(path, pod, v)...)
		case volumeFlex:
			is := func(f FlexVolume) bool { return f.Driver == v.FlexVolume.Driver }
			if allowed := p.Spec.AllowedFlexVolumes; len(allowed) > 0 && !slices.ContainsFunc(allowed, is) {
				errs = append(errs, field.Invalid(path.Child("driver"), v.FlexVolume.Driver,
					"Flexvolume driver is not allowed to be used"))
			}
		case volumeCSI:
			is := func(d CSIDriver) bool { return d.Name == v.CSI.Driver }
			if allowed := p.Spec.AllowedCSIDrivers; len(allowed) > 0 && !slices.ContainsFunc(allowed, is) {
				errs = append(errs, field.Invalid(path.Child("csi", "driver"), v.CSI.Driver,
					"Inline CSI driver is not allowed to be used"))
			}
		}
	}
	return errs
}

// allowsVolume lets the volume of a token pass where secrets are allowed: tokens were secrets once.
func (p *Policy) allowsVolume(name string, v *corev1.Volume) bool {
	allowed := p.Spec.Volumes
	return slices.Contains(allowed, All) || slices.Contains(allowed, name) ||
		name == volumeProjected && slices.Contains(allowed, volumeSecret) && holdsToken(v.Projected)
}

// holdsToken says whether a volume has nothing but what the volume of a token has.
func holdsToken(v *corev1.ProjectedVolumeSource) bool {
	for _, s := range v.Sources {
		if s.ServiceAccountToken == nil && s.ConfigMap == nil && s.DownwardAPI == nil {
			return false
		}
		if t := s.ServiceAccountToken; t != nil && (t.Path != tokenFile || t.Audience != "") {
			return false
		}
		if s.ConfigMap != nil && s.ConfigMap.Name != rootCA {
			return false
		}
		if s.DownwardAPI == nil {
			continue
		}
		for _, item := range s.DownwardAPI.Items {
			// A file says v1 only once the API's defaults are in.
			if f := item.FieldRef; item.Path != namespaceFile || f == nil ||
				(f.APIVersion != "v1" && f.APIVersion != "") || f.FieldPath != namespaceField {
				return false
			}
		}
	}
	return true
}

// refuseHostPath prefers a prefix that allows writing to those that do not.
func (p *Policy) refuseHostPath(path *field.Path, pod *corev1.Pod, v *corev1.Volume) field.ErrorList {
	if len(p.Spec.AllowedHostPaths) == 0 {
		return nil
	}
	found := false
	for _, allowed := range p.Spec.AllowedHostPaths {
		if !below(v.HostPath.Path, allowed.PathPrefix) {
			continue
		}
		if !allowed.ReadOnly {
			return nil
		}
		found = true
	}
	if !found {
		return field.ErrorList{field.Invalid(path.Child("hostPath", "pathPrefix"), v.HostPath.Path, "is not allowed to be used")}
	}
	var errs field.ErrorList
	eachContainer(pod, func(c *corev1.Container, path *field.Path) {
		for i, mount := range c.VolumeMounts {
			if mount.Name == v.Name && !mount.ReadOnly {
				errs = append(errs, field.Invalid(path.Child("volumeMounts").Index(i).Child("readOnly"), false, "must be read-only"))
			}
		}
	})
	return errs
}

// below compares whole elements of paths: /foo holds /foo and /foo/bar, and not /food.
func below(name, prefix string) bool {
	name, prefix = strings.TrimSuffix(name, "/"), strings.TrimSuffix(prefix, "/")
	rest, found := strings.CutPrefix(name, prefix)
	return found && (rest == "" || rest[0] == '/')
}
