package export

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
)

// allVolumes is CEL for the volumes of a pod: dyn, since servers to come may lack the fields of some types.
const allVolumes = "dyn(object.spec.?volumes.orValue([]))"

// volumeDemands are those on volumes: their types first, then what may be said of each.
func (s policySource) volumeDemands(spec *psp.Spec) []demand {
	may := func(volume string) bool {
		return slices.Contains(spec.Volumes, volume) || slices.Contains(spec.Volumes, psp.All)
	}
	all := []demand{s.volumeTypes(spec)}
	if len(spec.AllowedHostPaths) > 0 && may("hostPath") {
		all = append(all, s.hostPaths(spec))
	}
	if len(spec.AllowedFlexVolumes) > 0 && may("flexVolume") {
		drivers := make([]string, len(spec.AllowedFlexVolumes))
		for i, f := range spec.AllowedFlexVolumes {
			drivers[i] = f.Driver
		}
		all = append(all, s.drivers("allowed-flex-volumes", "flexVolume", "spec.allowedFlexVolumes", drivers, corev1.VolumeSource{
			FlexVolume: &corev1.FlexVolumeSource{},
		}))
	}
	if len(spec.AllowedCSIDrivers) > 0 && may("csi") {
		drivers := make([]string, len(spec.AllowedCSIDrivers))
		for i, d := range spec.AllowedCSIDrivers {
			drivers[i] = d.Name
		}
		all = append(all, s.drivers("allowed-csi-drivers", "csi", "spec.allowedCSIDrivers", drivers, corev1.VolumeSource{
			CSI: &corev1.CSIVolumeSource{},
		}))
	}
	return all
}

// volumeRule completes a rule that is broken by each volume for which CEL about v is true.
func volumeRule(r *Rule, broken, must string) {
	r.Variables = append(r.Variables, Variable{"volumes", allVolumes}, Variable{"broken", "variables.volumes.filter(v, " + broken + ")"})
	r.Validations = append(r.Validations, namedValidation("broken", "volumes", must))
}

func withVolume(source corev1.VolumeSource) change {
	return func(pod *corev1.Pod, _ *corev1.Container) {
		pod.Spec.Volumes = []corev1.Volume{{Name: "v", VolumeSource: source}}
	}
}

func (s policySource) volumeTypes(spec *psp.Spec) demand {
	allowed := spec.Volumes
	if slices.Contains(allowed, psp.All) {
		return demand{}
	}
	r := Rule{
		Name: "allowed-volume-types", Title: "Pods have volumes of listed types only", Source: s.field("spec.volumes"),
		Params: []Param{{"allowed", append([]string{}, allowed...)}},
		Notes: []Note{
			{Text: "Types of volumes that PodSecurityPolicy never knew (image) are refused; Kubernetes 1.24 dropped them."},
		},
	}
	var passes []string
	for _, name := range allowed {
		passes = append(passes, "has(v."+volumeField(name)+")")
	}
	if slices.Contains(allowed, "secret") && !slices.Contains(allowed, "projected") {
		passes = append(passes, tokenVolume)
		r.Notes = append(r.Notes, Note{Text: "As secrets are allowed, so is the projected volume of a service account's token."})
	}
	broken := "true"
	if len(passes) > 0 {
		broken = "!(" + strings.Join(passes, " || ") + ")"
	}
	if len(allowed) == 0 {
		r.Notes = append(r.Notes, Note{Text: "No volume at all: pods have to set automountServiceAccountToken to false."})
	}
	volumeRule(&r, broken, "must be of a type that is allowed: "+orNone(allowed))
	d := demand{rule: r}
	for name, source := range volumeSources() {
		if !slices.Contains(allowed, name) {
			d.refused = append(d.refused, withVolume(source))
		}
	}
	return d
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none is"
	}
	return strings.Join(names, ", ")
}

// volumeField is what pods call a type: the same, but for one.
func volumeField(name string) string {
	if name == "cephFS" {
		return "cephfs"
	}
	return name
}

// volumeSources has types that levels tell apart: those that restricted allows, some that only it forbids, and hostPath.
// Types that no policy knew are no reason for a rule.
func volumeSources() map[string]corev1.VolumeSource {
	return map[string]corev1.VolumeSource{
		"configMap":             {ConfigMap: &corev1.ConfigMapVolumeSource{}},
		"csi":                   {CSI: &corev1.CSIVolumeSource{}},
		"downwardAPI":           {DownwardAPI: &corev1.DownwardAPIVolumeSource{}},
		"emptyDir":              {EmptyDir: &corev1.EmptyDirVolumeSource{}},
		"ephemeral":             {Ephemeral: &corev1.EphemeralVolumeSource{}},
		"persistentVolumeClaim": {PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{}},
		"projected":             {Projected: &corev1.ProjectedVolumeSource{}},
		"secret":                {Secret: &corev1.SecretVolumeSource{}},
		"hostPath":              {HostPath: &corev1.HostPathVolumeSource{}},
		"nfs":                   {NFS: &corev1.NFSVolumeSource{}},
		"iscsi":                 {ISCSI: &corev1.ISCSIVolumeSource{}},
	}
}

// tokenVolume is CEL that is true for a volume that holds nothing but what that of a token does: tokens were secrets once.
const tokenVolume = `has(v.projected) && v.projected.?sources.orValue([]).all(s,
  (has(s.serviceAccountToken) || has(s.configMap) || has(s.downwardAPI)) &&
  (!has(s.serviceAccountToken) || s.serviceAccountToken.path == 'token' && s.serviceAccountToken.?audience.orValue('') == '') &&
  (!has(s.configMap) || s.configMap.?name.orValue('') == 'kube-root-ca.crt') &&
  (!has(s.downwardAPI) || s.downwardAPI.?items.orValue([]).all(i, i.path == 'namespace' &&
    i.?fieldRef.?fieldPath.orValue('') == 'metadata.namespace' && i.?fieldRef.?apiVersion.orValue('v1') == 'v1')))`

// hostPaths knows whole elements of paths: /foo is below /foo and above /foo/bar, and has nothing to do with /food.
func (s policySource) hostPaths(spec *psp.Spec) demand {
	writable, readOnly, names := []string{}, []string{}, []string{}
	for _, path := range spec.AllowedHostPaths {
		prefix := strings.TrimSuffix(path.PathPrefix, "/") + "/"
		if path.ReadOnly {
			readOnly = append(readOnly, prefix)
		} else {
			writable = append(writable, prefix)
		}
		names = append(names, path.String())
	}
	const path = "(v.hostPath.path.endsWith('/') ? v.hostPath.path : v.hostPath.path + '/')"
	const below = ".exists(prefix, " + path + ".startsWith(prefix))"
	r := Rule{
		Name: "allowed-host-paths", Title: "Pods mount paths of the node from a list only", Source: s.field("spec.allowedHostPaths"),
		Params: []Param{{"writable", writable}, {"readOnly", readOnly}},
		Variables: []Variable{
			{"volumes", allVolumes},
			{"notWritable", "variables.volumes.filter(v, has(v.hostPath) && !variables.writable" + below + ")"},
			{"outside", "variables.notWritable.filter(v, !variables.readOnly" + below + ")"},
			{"readOnlyNames", "variables.notWritable.filter(v, variables.readOnly" + below + ").map(v, v.name)"},
		},
		Validations: []Validation{namedValidation("outside", "volumes", "must have a hostPath below one of: "+strings.Join(names, ", "))},
	}
	containerRule(&r, false, "c.?volumeMounts.orValue([]).exists(m, m.name in variables.readOnlyNames && !m.?readOnly.orValue(false))",
		"must set volumeMounts[*].readOnly to true for host paths that are allowed as read-only")
	return demand{rule: r, refused: []change{withVolume(corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{}})}}
}

// drivers is the demand on the drivers of volumes of one type.
func (s policySource) drivers(name, field, source string, allowed []string, probe corev1.VolumeSource) demand {
	r := Rule{
		Name: name, Title: "Volumes of type " + field + " have drivers of a list only", Source: s.field(source),
		Params: []Param{{"allowed", allowed}},
	}
	volumeRule(&r, "has(v."+field+") && !(v."+field+".driver in variables.allowed)",
		"must have "+oneOf(allowed)+" as "+field+".driver")
	return demand{rule: r, refused: []change{withVolume(probe)}}
}
