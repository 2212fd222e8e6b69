package standard

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/policy"
)

// The server minors since which a check is as it is today. Upstream changed these under policy versions that were out
// already, so that no policy version tells the difference: it is in the server's own release (semantics 6.2, 7.2).
const (
	// fullSELinuxTextSince: before, user and role were told of only beside a bad type.
	fullSELinuxTextSince = 26
	// appArmorFieldsSince: before, only annotations were looked at, and told of in fewer words.
	appArmorFieldsSince = 30
	// imageVolumesSince: before, image volumes were of a type that the restricted level does not know.
	imageVolumesSince = 33
)

// asOf makes a check judge as a server of that minor does, in that server's words.
func asOf(server int, check *policy.Check) {
	switch {
	case check.ID == "seLinuxOptions" && server < fullSELinuxTextSince:
		wrap(check, withShortSELinuxText)
	case check.ID == "appArmorProfile" && server < appArmorFieldsSince:
		wrap(check, onAppArmorAnnotations)
	case check.ID == "restrictedVolumes" && server < imageVolumesSince:
		wrap(check, withoutImageVolumes)
	}
}

// wrap changes every revision of a check. Upstream's own table is left as it is.
func wrap(check *policy.Check, change func(policy.CheckPodFn) policy.CheckPodFn) {
	check.Versions = slices.Clone(check.Versions)
	for i := range check.Versions {
		check.Versions[i].CheckPod = change(check.Versions[i].CheckPod)
	}
}

// withShortSELinuxText ends the text where a server up to 1.25 ends it when no type is bad: after the colon.
func withShortSELinuxText(run policy.CheckPodFn) policy.CheckPodFn {
	return func(m *metav1.ObjectMeta, s *corev1.PodSpec) policy.CheckResult {
		const user, role = "user may not be set", "role may not be set"
		result := run(m, s)
		for _, unsaid := range []string{user + "; " + role, user, role} {
			// Beside a type the words follow a semicolon, and there they stay.
			if short, found := strings.CutSuffix(result.ForbiddenDetail, ": "+unsaid); found {
				result.ForbiddenDetail = short + ": "
				break
			}
		}
		return result
	}
}

// onAppArmorAnnotations judges as servers did before there were fields, up to 1.29: by annotations alone, of which
// the text is the list.
func onAppArmorAnnotations(run policy.CheckPodFn) policy.CheckPodFn {
	return func(m *metav1.ObjectMeta, _ *corev1.PodSpec) policy.CheckResult {
		result := run(m, &corev1.PodSpec{})
		if result.Allowed {
			return result
		}
		var bad []string
		for key, value := range m.Annotations {
			// Which of them are bad is upstream's to say.
			alone := &metav1.ObjectMeta{Annotations: map[string]string{key: value}}
			if !run(alone, &corev1.PodSpec{}).Allowed {
				bad = append(bad, fmt.Sprintf("%s=%q", key, value))
			}
		}
		slices.Sort(bad)
		result.ForbiddenDetail = strings.Join(bad, ", ")
		return result
	}
}

// withoutImageVolumes judges as servers up to 1.32 do, which take an image for no source at all.
func withoutImageVolumes(run policy.CheckPodFn) policy.CheckPodFn {
	return func(m *metav1.ObjectMeta, s *corev1.PodSpec) policy.CheckResult {
		isImage := func(v corev1.Volume) bool { return v.Image != nil }
		if !slices.ContainsFunc(s.Volumes, isImage) {
			return run(m, s)
		}
		seen := *s
		seen.Volumes = slices.Clone(s.Volumes)
		for i := range seen.Volumes {
			seen.Volumes[i].Image = nil
		}
		return run(m, &seen)
	}
}
