package random

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

const newestMinor = standard.NewestMinor

func TestSameSeedSameObjects(t *testing.T) {
	for number := range uint64(50) {
		first := Workload(NewDice(1, number, newestMinor), "ns", "a")
		again := Workload(NewDice(1, number, newestMinor), "ns", "a")
		if diff := cmp.Diff(first, again); diff != "" {
			t.Fatalf("number %d:\n%s", number, diff)
		}
	}
	if cmp.Equal(Template(NewDice(1, 1, newestMinor)), Template(NewDice(2, 1, newestMinor))) {
		t.Error("another seed makes the same pod")
	}
}

// Whatever a server can deny, some pods are denied, and about as many as not pass each level.
func TestTemplatesMeetEveryCheck(t *testing.T) {
	const drawn = 4000
	evaluator, err := standard.NewEvaluator(newestMinor)
	if err != nil {
		t.Fatal(err)
	}
	missing := map[policy.CheckID]bool{}
	for _, c := range policy.DefaultChecks() {
		missing[c.ID] = true
	}
	passed := map[api.Level]int{}
	for number := range uint64(drawn) {
		template := Template(NewDice(1, number, newestMinor))
		for _, version := range []api.Version{api.LatestVersion(), api.MajorMinorVersion(1, 0)} {
			for _, level := range []api.Level{api.LevelBaseline, api.LevelRestricted} {
				denials := evaluator.Denials(api.LevelVersion{Level: level, Version: version}, &template.ObjectMeta, &template.Spec)
				for _, d := range denials {
					delete(missing, d.Check)
				}
				if len(denials) == 0 && version.Latest() {
					passed[level]++
				}
			}
		}
	}
	if len(missing) > 0 {
		t.Errorf("no pod of %d is denied by %v", drawn, slices.Sorted(maps.Keys(missing)))
	}
	for level, n := range passed {
		if n < drawn/20 || n > drawn*19/20 {
			t.Errorf("%d of %d pods pass %s", n, drawn, level)
		}
	}
}

func TestWorkloadsAreOfEveryKind(t *testing.T) {
	seen := map[string]bool{}
	for number := range uint64(200) {
		o := Workload(NewDice(1, number, newestMinor), "ns", "a")
		seen[o.GetObjectKind().GroupVersionKind().Kind] = true
		if TemplateOf(o) == nil {
			t.Errorf("a %T has no template", o)
		}
	}
	for _, gk := range workload.GroupKinds() {
		if !seen[gk.Kind] {
			t.Errorf("no %s", gk.Kind)
		}
	}
}

func TestLabels(t *testing.T) {
	invalid := map[bool]int{}
	for number := range uint64(500) {
		for _, broken := range []bool{false, true} {
			if _, errs := api.PolicyToEvaluate(Labels(NewDice(1, number, newestMinor), broken), api.Policy{}); len(errs) > 0 {
				invalid[broken]++
			}
		}
	}
	if invalid[false] > 0 || invalid[true] < 100 {
		t.Errorf("labels that cannot be parsed: %d of 500 that are not to be broken, %d of 500 that are", invalid[false], invalid[true])
	}
}

// Old servers take the configuration in an older version.
func TestConfigurationsLoad(t *testing.T) {
	for _, minor := range []int{24, 25, newestMinor} {
		for number := range uint64(50) {
			data, err := Configuration(NewDice(1, number, minor), []string{"a", "b"})
			if err != nil {
				t.Fatal(err)
			}
			config, err := simulate.LoadConfig("c.yaml", func(string) ([]byte, error) { return data, nil })
			if err == nil {
				_, err = simulate.New(config)
			}
			if err != nil {
				t.Errorf("%v:\n%s", err, data)
			}
		}
	}
}

// A StatefulSet's controller puts claims in the place of volumes; all others take the template as it is.
func TestMade(t *testing.T) {
	template := corev1.PodTemplateSpec{Spec: corev1.PodSpec{Volumes: []corev1.Volume{{Name: "v0"}, {Name: "v1"}}}}
	set := &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "db"}, Spec: appsv1.StatefulSetSpec{
		Template: template, VolumeClaimTemplates: []corev1.PersistentVolumeClaim{{ObjectMeta: metav1.ObjectMeta{Name: "v1"}}},
	}}
	want := []corev1.Volume{
		{Name: "v1", VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "v1-db-0"}}},
		{Name: "v0"},
	}
	if diff := cmp.Diff(want, Made(set).Spec.Volumes); diff != "" {
		t.Errorf("volumes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(template.Spec, Made(&appsv1.Deployment{Spec: appsv1.DeploymentSpec{Template: template}}).Spec); diff != "" {
		t.Errorf("the pod of a Deployment (-want +got):\n%s", diff)
	}
}
