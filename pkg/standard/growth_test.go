package standard

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
)

// TestManyContainers: a pod with ten times the containers takes ten times the work, not a hundred times. The work is counted in bytes allocated, which no busy machine changes: whatever compares each with each, or
// builds a text piece by piece, shows in them.
func TestManyContainers(t *testing.T) {
	e, err := NewEvaluator(NewestMinor)
	if err != nil {
		t.Fatal(err)
	}
	restricted := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	bytes := func(containers int) int64 {
		p := crowd(containers)
		return testing.Benchmark(func(b *testing.B) {
			b.Helper()
			b.ReportAllocs()
			for b.Loop() {
				for _, d := range e.Denials(restricted, &p.ObjectMeta, &p.Spec) {
					if len(e.Locate(d.Check, restricted.Version, &p.ObjectMeta, &p.Spec)) == 0 {
						b.Fatalf("%s denies nothing", d.Check)
					}
				}
			}
		}).AllocedBytesPerOp()
	}
	few, many := bytes(100), bytes(1000)
	if few == 0 || many > 15*few {
		t.Errorf("100 containers take %d bytes, 1,000 take %d", few, many)
	}
}

// crowd is a pod whose every container breaks whatever a container can.
func crowd(containers int) *corev1.Pod {
	p := &corev1.Pod{}
	for i := range containers {
		p.Spec.Containers = append(p.Spec.Containers, corev1.Container{
			Name: fmt.Sprintf("c%d", i), Ports: []corev1.ContainerPort{{HostPort: int32(i) + 1}},
			SecurityContext: &corev1.SecurityContext{
				Privileged: new(true), RunAsUser: new(int64(0)), Capabilities: &corev1.Capabilities{Add: []corev1.Capability{"SYS_ADMIN"}},
			},
		})
	}
	return p
}
