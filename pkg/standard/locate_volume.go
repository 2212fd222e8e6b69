package standard

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// hostPathVolumes: no volume may be a path of the host.
func hostPathVolumes(p pod) []Field {
	var found []Field
	for i := range p.spec.Volumes {
		if h := p.spec.Volumes[i].HostPath; h != nil {
			found = append(found, Field{Path: volumePath(i).Child("hostPath").String(), Value: h.Path})
		}
	}
	return found
}

// restrictedVolumes: volumes must have a source of an allowed type. One with several sources, which only a file can
// hold, passes if any of them is allowed; one without any, or with one that this build does not know, does not pass
// and is found as a whole. Images are allowed by the server's age, not by the revision.
func restrictedVolumes(p pod) []Field {
	var found []Field
	for i := range p.spec.Volumes {
		v := &p.spec.Volumes[i].VolumeSource
		if allowedSource(v) || v.Image != nil && p.server >= imageVolumesSince {
			continue
		}
		bad := restrictedSources(v, volumePath(i))
		if len(bad) == 0 {
			bad = []Field{{Path: volumePath(i).String()}}
		}
		found = append(found, bad...)
	}
	return found
}

func volumePath(i int) *field.Path { return field.NewPath("spec", "volumes").Index(i) }

func allowedSource(v *corev1.VolumeSource) bool {
	return v.ConfigMap != nil || v.CSI != nil || v.DownwardAPI != nil || v.EmptyDir != nil || v.Ephemeral != nil ||
		v.PersistentVolumeClaim != nil || v.Projected != nil || v.Secret != nil
}

// restrictedSources are the sources of a volume that are not allowed, each with what tells it from others of its type.
func restrictedSources(v *corev1.VolumeSource, path *field.Path) []Field {
	var found []Field
	look := func(name string, identity func() string, set bool) {
		if set {
			found = append(found, Field{Path: path.Child(name).String(), Value: identity()})
		}
	}
	look("image", func() string { return v.Image.Reference }, v.Image != nil)
	look("hostPath", func() string { return v.HostPath.Path }, v.HostPath != nil)
	look("gcePersistentDisk", func() string { return v.GCEPersistentDisk.PDName }, v.GCEPersistentDisk != nil)
	look("awsElasticBlockStore", func() string { return v.AWSElasticBlockStore.VolumeID }, v.AWSElasticBlockStore != nil)
	look("gitRepo", func() string { return withoutCredentials(v.GitRepo.Repository) }, v.GitRepo != nil)
	look("nfs", func() string { return v.NFS.Server + ":" + v.NFS.Path }, v.NFS != nil)
	look("iscsi", func() string { return v.ISCSI.IQN }, v.ISCSI != nil)
	look("glusterfs", func() string { return v.Glusterfs.EndpointsName + ":" + v.Glusterfs.Path }, v.Glusterfs != nil)
	look("rbd", func() string { return v.RBD.RBDPool + "/" + v.RBD.RBDImage }, v.RBD != nil)
	look("flexVolume", func() string { return v.FlexVolume.Driver }, v.FlexVolume != nil)
	look("cinder", func() string { return v.Cinder.VolumeID }, v.Cinder != nil)
	look("cephfs", func() string { return v.CephFS.Path }, v.CephFS != nil)
	look("flocker", func() string { return v.Flocker.DatasetName + v.Flocker.DatasetUUID }, v.Flocker != nil)
	look("fc", func() string { return strings.Join(slices.Concat(v.FC.TargetWWNs, v.FC.WWIDs), ", ") }, v.FC != nil)
	look("azureFile", func() string { return v.AzureFile.ShareName }, v.AzureFile != nil)
	look("vsphereVolume", func() string { return v.VsphereVolume.VolumePath }, v.VsphereVolume != nil)
	look("quobyte", func() string { return v.Quobyte.Volume }, v.Quobyte != nil)
	look("azureDisk", func() string { return v.AzureDisk.DiskName }, v.AzureDisk != nil)
	look("photonPersistentDisk", func() string { return v.PhotonPersistentDisk.PdID }, v.PhotonPersistentDisk != nil)
	look("portworxVolume", func() string { return v.PortworxVolume.VolumeID }, v.PortworxVolume != nil)
	look("scaleIO", func() string { return v.ScaleIO.VolumeName }, v.ScaleIO != nil)
	look("storageos", func() string { return v.StorageOS.VolumeName }, v.StorageOS != nil)
	return found
}

// withoutCredentials takes out of a repository's address the parts that can hold a password: all before the last @
// but the scheme, and all after a ? or #.
func withoutCredentials(address string) string {
	if i := strings.IndexAny(address, "?#"); i >= 0 {
		address = address[:i]
	}
	start := 0
	if i := strings.Index(address, "://"); i >= 0 {
		start = i + len("://")
	}
	return address[:start] + address[start+strings.LastIndex(address[start:], "@")+1:]
}
