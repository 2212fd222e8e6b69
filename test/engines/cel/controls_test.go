package cel

import (
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubectl-pss/kubectl-pss/pkg/beyond"
	"github.com/kubectl-pss/kubectl-pss/pkg/export"
	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
	"github.com/kubectl-pss/kubectl-pss/test/fidelity/random"
)

// images are good and bad ones for each control about images, and those that are easily taken for the other.
func images() []string {
	const hex = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	return []string{
		"nginx", "nginx:1.25", "nginx:latest", "nginx:latest@sha256:" + hex, "nginx@sha256:" + hex, "team/app", "team/app:1", "docker.io/library/nginx:1",
		"docker.io/nginx", "localhost/app:1", "localhost:5000/app", "localhost:5000/app:latest", "registry.example.com/team/app:1",
		"registry.example.com/team/app:1@sha256:" + hex, "registry.example.com/teammate/app:1", "registry.example.com/team", "registry.example.com/team:1",
		"registry.example.com.evil.io/team/app:1", "registry.example.com:443/team/app", "other.example.com/a/b:latest-1", "other.example.com/a@sha512:" + hex + hex,
		"a@sha256:" + hex[1:], "a@sha256:" + strings.ToUpper(hex), "a@sha512:" + hex, "a@md5:" + hex[:32], "a@sha256:" + hex + "@x", "latest", "a:latest:1", "",
	}
}

// dressed is a random pod with all that the controls look at, good in more cases than not.
func dressed(d *random.Dice) *corev1.Pod {
	pod := random.Pod(d, "n", "p")
	some := func(percent int) bool { return d.IntN(100) < percent }
	quality := random.OneOf(d, 50, 90, 97, 100)
	limits := func(r *corev1.ResourceRequirements, percent int) {
		r.Limits = corev1.ResourceList{}
		for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
			if some(percent) {
				r.Limits[name] = resource.MustParse("1")
			}
		}
	}
	image := func() string { return random.OneOf(d, images()...) }
	if some(60) { // one for all, so that a pod may well be good
		one := image()
		image = func() string { return one }
	}
	dress := func(c *corev1.Container) {
		c.Image = image()
		if some(80) {
			if c.SecurityContext == nil {
				c.SecurityContext = &corev1.SecurityContext{}
			}
			c.SecurityContext.ReadOnlyRootFilesystem = new(some(quality))
		}
		limits(&c.Resources, quality)
		if some(10) {
			c.VolumeMounts = append(c.VolumeMounts, corev1.VolumeMount{Name: "t", MountPath: random.OneOf(d,
				"/var/run/secrets/kubernetes.io/serviceaccount", "/var/run/secrets/kubernetes.io/serviceaccount/x", "/data")})
		}
	}
	for i := range pod.Spec.Containers {
		dress(&pod.Spec.Containers[i])
	}
	for i := range pod.Spec.InitContainers {
		dress(&pod.Spec.InitContainers[i])
	}
	if some(20) {
		c := corev1.Container{Name: "debugger"}
		dress(&c)
		c.Resources = corev1.ResourceRequirements{}
		pod.Spec.EphemeralContainers = []corev1.EphemeralContainer{{EphemeralContainerCommon: corev1.EphemeralContainerCommon(c)}}
	}
	if some(20) {
		pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{Name: "model", VolumeSource: corev1.VolumeSource{
			Image: &corev1.ImageVolumeSource{Reference: image()},
		}})
	}
	if some(20) {
		pod.Spec.Resources = &corev1.ResourceRequirements{}
		limits(pod.Spec.Resources, 70)
	}
	if some(40) {
		pod.Spec.AutomountServiceAccountToken = new(some(30))
	}
	return pod
}

// The rules of controls refuse the pods in which pkg/beyond finds something, control by control. (1 s)
func TestControls(t *testing.T) {
	registries := []string{"registry.example.com/team/", "docker.io/library", "localhost"}
	set, err := export.FromControls(beyond.Names(), export.ControlParams{Registries: registries})
	if err != nil {
		t.Fatal(err)
	}
	policies, err := Compile(set)
	if err != nil {
		t.Fatal(err)
	}
	refused := map[string]int{}
	const pods = 1500
	for i := range uint64(pods) {
		pod := dressed(random.NewDice(11, i, standard.NewestMinor))
		refusals, err := policies.Judge(t.Context(), Request{Pod: pod})
		if err != nil {
			t.Fatal(err)
		}
		var got, want []string
		for _, r := range refusals {
			got = append(got, r.Rule)
		}
		for _, f := range beyond.Check(&pod.Spec, false, beyond.Options{Registries: registries}) {
			want = append(want, f.Control)
		}
		got, want = slices.Compact(got), slices.Compact(want)
		if !slices.Equal(got, want) {
			t.Errorf("pod %d: rules refuse %v, pkg/beyond finds %v: %+v", i, got, want, refusals)
		}
		for _, control := range got {
			refused[control]++
		}
	}
	for _, control := range beyond.Names() {
		if n := refused[control]; n < pods/50 || n > pods*49/50 {
			t.Errorf("%s: %d of %d pods are refused, which tries one side too little", control, n, pods)
		}
	}
}

// An image is told by the name that it has in the pod.
func TestControlMessages(t *testing.T) {
	set, err := export.FromControls(beyond.Names(), export.ControlParams{Registries: []string{"registry.example.com/"}})
	if err != nil {
		t.Fatal(err)
	}
	policies, err := Compile(set)
	if err != nil {
		t.Fatal(err)
	}
	p := pod(false, nil, "a", "b")
	p.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{MountPath: "/var/run/secrets/kubernetes.io/serviceaccount"}}
	p.Spec.Containers[1].Image = "registry.example.com/x"
	refusals, err := policies.Judge(t.Context(), Request{Pod: p})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range refusals {
		got = append(got, r.Message)
	}
	want := []string{
		`containers "a", "b" must set securityContext.readOnlyRootFilesystem=true`,
		`image "i" must come from registry.example.com`,
		`pods must set spec.automountServiceAccountToken=false, or run under a service account that does: container "a" mounts it`,
		`containers "a", "b" must set resources.limits.cpu`,
		`containers "a", "b" must set resources.limits.memory`,
		`images "i", "registry.example.com/x" must have a digest, or a tag other than latest`,
		`images "i", "registry.example.com/x" must end in a digest, such as @sha256:HEX`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("messages are\n%s", strings.Join(got, "\n"))
	}
}
