package random

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// volumes have names that StatefulSets' claims may have as well.
func (p *pod) volumes() []corev1.Volume {
	if !p.chance(50) {
		return nil
	}
	return several(p.Dice, OneOf(p.Dice, 3, 3, 7), func(i int) corev1.Volume {
		v := corev1.Volume{Name: "v" + strconv.Itoa(i), VolumeSource: p.harmless()}
		if p.bad() {
			v.VolumeSource = p.risky()
		}
		return v
	})
}

// harmless are sources that the restricted level allows, and none at all, of which the server makes one.
func (p *pod) harmless() corev1.VolumeSource {
	switch p.IntN(10) {
	case 0:
		return corev1.VolumeSource{}
	case 1:
		return corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "a"}}
	case 2:
		return corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: named("a")}}
	case 3:
		return corev1.VolumeSource{DownwardAPI: &corev1.DownwardAPIVolumeSource{}}
	case 4:
		return corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{
			{Secret: &corev1.SecretProjection{LocalObjectReference: named("a")}},
		}}}
	case 5:
		return corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "a"}}
	case 6:
		return corev1.VolumeSource{CSI: &corev1.CSIVolumeSource{Driver: "a.example.com"}}
	case 7:
		return corev1.VolumeSource{Ephemeral: &corev1.EphemeralVolumeSource{VolumeClaimTemplate: &corev1.PersistentVolumeClaimTemplate{Spec: claim()}}}
	case 8:
		return corev1.VolumeSource{Image: &corev1.ImageVolumeSource{Reference: "registry.example.com/none:1"}}
	default:
		return corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}
	}
}

func named(name string) corev1.LocalObjectReference { return corev1.LocalObjectReference{Name: name} }

func claim() corev1.PersistentVolumeClaimSpec {
	return corev1.PersistentVolumeClaimSpec{
		AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
		Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}},
	}
}

// risky are sources that the restricted level does not allow, hostPath above all.
func (p *pod) risky() corev1.VolumeSource {
	switch p.IntN(28) {
	case 0:
		return corev1.VolumeSource{NFS: &corev1.NFSVolumeSource{Server: "a", Path: "/a"}}
	case 1:
		return corev1.VolumeSource{GitRepo: &corev1.GitRepoVolumeSource{Repository: "https://example.com/a"}}
	case 2:
		return corev1.VolumeSource{ISCSI: &corev1.ISCSIVolumeSource{TargetPortal: "10.0.0.1:3260", IQN: "iqn.2001-04.com.example:a", Lun: 0}}
	case 3:
		return corev1.VolumeSource{Glusterfs: &corev1.GlusterfsVolumeSource{EndpointsName: "a", Path: "a"}}
	case 4:
		return corev1.VolumeSource{RBD: &corev1.RBDVolumeSource{CephMonitors: []string{"a"}, RBDImage: "a"}}
	case 5:
		return corev1.VolumeSource{CephFS: &corev1.CephFSVolumeSource{Monitors: []string{"a"}}}
	case 6:
		return corev1.VolumeSource{Cinder: &corev1.CinderVolumeSource{VolumeID: "a"}}
	case 7:
		return corev1.VolumeSource{AWSElasticBlockStore: &corev1.AWSElasticBlockStoreVolumeSource{VolumeID: "a"}}
	case 8:
		return corev1.VolumeSource{GCEPersistentDisk: &corev1.GCEPersistentDiskVolumeSource{PDName: "a", ReadOnly: true}}
	case 9:
		return corev1.VolumeSource{AzureFile: &corev1.AzureFileVolumeSource{SecretName: "a", ShareName: "a"}}
	case 10:
		return corev1.VolumeSource{AzureDisk: &corev1.AzureDiskVolumeSource{DiskName: "a", DataDiskURI: "https://a.blob.core.windows.net/a/a.vhd"}}
	case 11:
		return corev1.VolumeSource{FC: &corev1.FCVolumeSource{TargetWWNs: []string{"a"}, Lun: new(int32(0))}}
	case 12:
		return corev1.VolumeSource{FlexVolume: &corev1.FlexVolumeSource{Driver: "example.com/a"}}
	case 13:
		return corev1.VolumeSource{Flocker: &corev1.FlockerVolumeSource{DatasetName: "a"}}
	case 14:
		return corev1.VolumeSource{VsphereVolume: &corev1.VsphereVirtualDiskVolumeSource{VolumePath: "a"}}
	case 15:
		return corev1.VolumeSource{Quobyte: &corev1.QuobyteVolumeSource{Registry: "10.0.0.1:7861", Volume: "a"}}
	case 16:
		return corev1.VolumeSource{PortworxVolume: &corev1.PortworxVolumeSource{VolumeID: "a"}}
	case 17:
		return corev1.VolumeSource{ScaleIO: &corev1.ScaleIOVolumeSource{
			Gateway: "a", System: "a", VolumeName: "a", SecretRef: new(named("a")),
		}}
	case 18:
		return corev1.VolumeSource{StorageOS: &corev1.StorageOSVolumeSource{VolumeName: "a", VolumeNamespace: "a"}}
	case 19:
		return corev1.VolumeSource{PhotonPersistentDisk: &corev1.PhotonPersistentDiskVolumeSource{PdID: "a"}}
	default:
		return corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: OneOf(p.Dice, "/", "/var/run", "/tmp")}}
	}
}
