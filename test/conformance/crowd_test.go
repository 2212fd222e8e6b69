package conformance

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
	"github.com/kubectl-pss/kubectl-pss/test/fidelity/random"
)

const (
	seed   = 20261122
	drawn  = 1500 // pods, and as many workloads
	policy = "restricted-legacy"
)

// crowd is everything that pods are made of here: upstream's fixtures, random pods and workloads, and the demo's estate,
// with what kubelets, controllers and people put into pods besides. Of fixtures and random objects it takes one of every
// so many, of the estate all.
func crowd(t *testing.T, every int) []runtime.Object {
	t.Helper()
	var objects []runtime.Object
	add := func(namespace string, o random.Object) {
		o.SetNamespace(namespace)
		o.SetUID(types.UID(fmt.Sprintf("%s-%d", namespace, len(objects))))
		if o.GetName() == "" {
			o.SetName(string(o.GetUID()))
		}
		o.SetManagedFields([]metav1.ManagedFieldsEntry{{Manager: "kubectl", FieldsV1: metav1.NewFieldsV1(`{"f:spec":{}}`)}})
		objects = append(objects, o)
	}
	files, err := filepath.Glob(filepath.Join(testdata(t), "*", "v1.*", "*", "*.yaml"))
	if err != nil || len(files) != wantPass+wantFail {
		t.Fatalf("%d fixtures, error %v", len(files), err)
	}
	for i := 0; i < len(files); i += every {
		for _, o := range read(t, files[i]) {
			o.SetName("") // many have the same
			add("fixtures", grown(o, len(objects)))
		}
	}
	for n := range uint64(drawn / every) {
		dice := random.NewDice(seed, n, standard.NewestMinor)
		pod := random.Pod(dice, "random", "")
		if life := random.LifeOf(dice, pod); life.Debugger != nil {
			pod.Spec.EphemeralContainers = append(pod.Spec.EphemeralContainers, *life.Debugger)
		}
		add("random", grown(pod, len(objects)))
		add("random", random.Workload(dice, "random", fmt.Sprintf("w-%d", n)))
	}
	estate, err := filepath.Glob(filepath.Join("..", "..", "hack", "demo", "estate", "*.yaml"))
	if err != nil || len(estate) == 0 {
		t.Fatalf("no estate, error %v", err)
	}
	for _, file := range estate {
		for _, o := range read(t, file) {
			add(o.GetNamespace(), o)
			if random.TemplateOf(o) == nil {
				continue
			}
			add(o.GetNamespace(), owned(grown(random.Made(o), len(objects)), o))
			add(o.GetNamespace(), owned(grown(random.Made(o), len(objects)), o))
		}
	}
	return append(objects, namespaces(objects)...)
}

// read reads the objects of a file that the fake serves, leaving namespaces out.
func read(t *testing.T, file string) []random.Object {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var list []random.Object
	for reader := yaml.NewDocumentDecoder(io.NopCloser(bytes.NewReader(data))); ; {
		document := make([]byte, len(data))
		n, err := reader.Read(document)
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		decoded, _, err := scheme.Codecs.UniversalDeserializer().Decode(document[:n], nil, nil)
		if err != nil {
			continue // a custom resource
		}
		o, ok := decoded.(random.Object)
		if _, pod := decoded.(*corev1.Pod); ok && (pod || random.TemplateOf(o) != nil) {
			list = append(list, o)
		}
	}
}

// grown is a pod as it stands in a cluster; one of three has come to its end, in one way or another.
func grown(o random.Object, n int) random.Object {
	pod, ok := o.(*corev1.Pod)
	if !ok {
		return o
	}
	pod.CreationTimestamp = metav1.Unix(int64(n%1000), 0)
	pod.Status = corev1.PodStatus{
		Phase: []corev1.PodPhase{corev1.PodRunning, corev1.PodRunning, corev1.PodPending, corev1.PodRunning, corev1.PodFailed, corev1.PodSucceeded}[n%6],
		PodIP: "10.0.0.7", Message: "m", ContainerStatuses: []corev1.ContainerStatus{{Name: "c", Image: "i"}},
	}
	if n%7 == 0 {
		pod.DeletionTimestamp = &metav1.Time{Time: time.Unix(2000, 0)}
	}
	if n%5 == 0 {
		metav1.SetMetaDataAnnotation(&pod.ObjectMeta, "kubernetes.io/psp", policy)
	}
	if n%11 == 0 { // a proxy, as meshes inject it
		root := int64(0)
		pod.Spec.InitContainers = append(pod.Spec.InitContainers, corev1.Container{
			Name: "proxy", SecurityContext: &corev1.SecurityContext{RunAsUser: &root, Capabilities: &corev1.Capabilities{Add: []corev1.Capability{"NET_ADMIN"}}},
		})
	}
	if n%13 == 0 {
		pod.Spec.Resources = &corev1.ResourceRequirements{Limits: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("1Gi")}}
	}
	pod.Spec.Tolerations = append(pod.Spec.Tolerations, corev1.Toleration{Key: "k"})
	for _, list := range [][]corev1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for i := range list {
			list[i].Env = append(list[i].Env, corev1.EnvVar{Name: "A", Value: "b"})
			list[i].VolumeMounts = append(list[i].VolumeMounts, corev1.VolumeMount{Name: "v", MountPath: "/v"})
			if n%4 == 0 {
				list[i].VolumeMounts = append(list[i].VolumeMounts, corev1.VolumeMount{Name: "token", MountPath: "/var/run/secrets/kubernetes.io/serviceaccount"})
			}
			if n%3 == 0 {
				list[i].Resources.Limits = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1"), corev1.ResourceMemory: resource.MustParse("1Gi")}
			}
		}
	}
	return pod
}

// owned is a pod that belongs to an object.
func owned(pod, o random.Object) random.Object {
	kind := o.GetObjectKind().GroupVersionKind()
	pod.SetOwnerReferences([]metav1.OwnerReference{*metav1.NewControllerRef(o, kind)})
	return pod
}

// namespaces are those of the objects, under policies of all kinds.
func namespaces(objects []runtime.Object) []runtime.Object {
	var list []runtime.Object
	var seen []string
	for _, obj := range objects {
		o, ok := obj.(random.Object)
		if !ok || slices.Contains(seen, o.GetNamespace()) {
			continue
		}
		seen = append(seen, o.GetNamespace())
		labels := random.Labels(random.NewDice(seed, uint64(len(seen)), standard.NewestMinor), false)
		list = append(list, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: o.GetNamespace(), Labels: labels}})
	}
	return list
}
