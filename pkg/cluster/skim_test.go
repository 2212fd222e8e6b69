package cluster

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
)

// body is a message as a server sends it.
func body(tb testing.TB, message interface{ Marshal() ([]byte, error) }) []byte {
	tb.Helper()
	raw, err := message.Marshal()
	if err != nil {
		tb.Fatal(err)
	}
	unknown := runtime.Unknown{TypeMeta: runtime.TypeMeta{APIVersion: "v1", Kind: "PodList"}, Raw: raw, ContentType: "x"}
	wrapped, err := unknown.Marshal()
	if err != nil {
		tb.Fatal(err)
	}
	return append([]byte(envelope), wrapped...)
}

// skimmedBytes is what comes of a body that arrives byte by byte.
func skimmedBytes(tb testing.TB, body io.Reader, item *cut) []byte {
	tb.Helper()
	s := &skimmed{}
	s.reset(body, skim{item: item})
	out, err := io.ReadAll(s)
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

// decoded is a body as client-go decodes it, nil for one that it refuses.
func decoded[L any, PL interface {
	*L
	Unmarshal([]byte) error
}](body []byte) (PL, error) {
	var unknown runtime.Unknown
	if !bytes.HasPrefix(body, []byte(envelope)) {
		return nil, io.ErrNoProgress
	}
	if err := unknown.Unmarshal(body[len(envelope):]); err != nil {
		return nil, err
	}
	list := PL(new(L))
	return list, list.Unmarshal(unknown.Raw)
}

// full puts something into every field, two levels of lists deep; a type inside itself stays empty.
func full(v reflect.Value, within ...reflect.Type) {
	if slices.Contains(within, v.Type()) {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		full(v.Elem(), within...)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		full(v.Index(0), within...)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		full(key, within...)
		full(value, within...)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && v.Type().Field(i).Tag.Get("protobuf") != "" {
				full(v.Field(i), append(slices.Clone(within), v.Type())...)
			}
		}
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint8:
		v.SetUint(1)
	default:
	}
}

// lost are the paths of the fields that one value has and another of its type lacks.
func lost(path string, had, has reflect.Value) []string {
	switch {
	case had.IsZero():
		return nil
	case has.IsZero():
		return []string{path}
	}
	var paths []string
	switch had.Kind() {
	case reflect.Pointer:
		return lost(path, had.Elem(), has.Elem())
	case reflect.Slice:
		return lost(path, had.Index(0), has.Index(0))
	case reflect.Struct:
		for i := range had.NumField() {
			if field := had.Type().Field(i); field.IsExported() {
				name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
				paths = append(paths, lost(strings.TrimSuffix(path+"."+name, "."), had.Field(i), has.Field(i))...)
			}
		}
	default:
		if !equality.Semantic.DeepEqual(had.Interface(), has.Interface()) { // a quantity remembers how it was written
			return []string{path + " changed"}
		}
	}
	return paths
}

func fullPod() *corev1.Pod {
	var pod corev1.Pod
	full(reflect.ValueOf(&pod).Elem())
	pod.CreationTimestamp, pod.DeletionTimestamp = metav1.Unix(1, 0), &metav1.Time{Time: metav1.Unix(2, 0).Time}
	return &pod
}

// What is left out of a pod, whole. Whoever reads one of these fields takes it out of podCut first.
func TestPodCut(t *testing.T) {
	leftOut(t, podCut(), "resources", "image resources volumeMounts")
}

// Whoever looks beyond the Standards gets images, limits and mounts besides.
func TestBeyondCut(t *testing.T) {
	leftOut(t, beyondCut(), "resources.requests resources.claims", "resources.requests resources.claims volumeMounts.name "+
		"volumeMounts.readOnly volumeMounts.subPath volumeMounts.mountPropagation volumeMounts.subPathExpr volumeMounts.recursiveReadOnly")
}

// leftOut wants a cut to leave out of a pod what is never read, and those fields of its spec and its containers.
func leftOut(t *testing.T, c *cut, ofSpec, ofContainers string) {
	container := strings.Fields(ofContainers + " command args workingDir env envFrom resizePolicy volumeDevices " +
		"terminationMessagePath terminationMessagePolicy imagePullPolicy")
	want := []string{".metadata.managedFields"}
	for name := range strings.FieldsSeq(ofSpec + " nodeSelector imagePullSecrets affinity tolerations hostAliases dnsConfig readinessGates overhead " +
		"topologySpreadConstraints") {
		want = append(want, ".spec."+name)
	}
	for _, list := range []string{"initContainers", "containers", "ephemeralContainers"} {
		for _, name := range container {
			want = append(want, ".spec."+list+"."+name)
		}
	}
	for name := range strings.FieldsSeq("conditions message reason hostIP hostIPs podIP podIPs startTime initContainerStatuses " +
		"containerStatuses qosClass ephemeralContainerStatuses resize resourceClaimStatuses allocatedResources resources") {
		want = append(want, ".status."+name)
	}
	pod := fullPod()
	list, err := decoded[corev1.PodList](skimmedBytes(t, iotest.OneByteReader(bytes.NewReader(body(t, &corev1.PodList{Items: []corev1.Pod{*pod, *pod}}))), c))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(want)
	for i := range list.Items {
		got := lost("", reflect.ValueOf(*pod), reflect.ValueOf(list.Items[i]))
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("pod %d (-want +got):\n%s", i, diff)
		}
	}
}

// Of everything else only managed fields go. The templates of Jobs and CronJobs are compared by their digests.
func TestObjectCut(t *testing.T) {
	all := append(kinds(), namespaceKind(), webhookKind(), changerKind())
	for _, k := range all[1:] {
		object := k.one()
		full(reflect.ValueOf(object).Elem())
		whole, ok := object.(interface{ Marshal() ([]byte, error) })
		if !ok {
			t.Fatalf("%s has no protobuf", k.Kind)
		}
		data, err := whole.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		rest, understood := k.cut().skim(nil, data)
		again := k.one()
		if err := again.(interface{ Unmarshal([]byte) error }).Unmarshal(rest); err != nil || !understood {
			t.Fatalf("%s: understood %t, error %v", k.Kind, understood, err)
		}
		object.(metav1.Object).SetManagedFields(nil)
		if diff := cmp.Diff(object, again); diff != "" {
			t.Errorf("%s (-want +got):\n%s", k.Kind, diff)
		}
	}
}

// A body that is no list of ours, or that is cut short or malformed, comes out as it went in.
func TestSkimmedLeavesTheRestAlone(t *testing.T) {
	whole := body(t, &corev1.PodList{Items: []corev1.Pod{*fullPod()}})
	for name, text := range map[string]string{
		"nothing":              "",
		"JSON":                 `{"items": []}`,
		"a word":               "k8s",
		"the envelope alone":   envelope,
		"no message":           envelope + "\x0a\x02\x0a\x00",
		"another wire type":    envelope + "\x10\x02rest",
		"a length too long":    envelope + "\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01rest",
		"a length of ages":     envelope + "\x12\xff\xff\xff\xff\xff\xff\xff\xff\x7frest",
		"an item of ages":      envelope + "\x12\xff\xff\xff\xff\x0f\x12\xf0\xff\xff\xff\x0frest",
		"beyond its list":      envelope + "\x12\x04\x12\x05\x0a\x03rest",
		"a tag over the end":   envelope + "\x12\x01\x92\x01\x02\x0a\x00",
		"field 0":              envelope + "\x02\x00",
		"an item of nonsense":  envelope + "\x12\x05\x12\x03\x0f\x0f\x0f",
		"a number in the list": envelope + "\x12\x02\x10\x05",
		"ended in an item":     string(whole[:len(whole)/2]),
	} {
		got := skimmedBytes(t, iotest.OneByteReader(strings.NewReader(text)), podCut())
		if diff := cmp.Diff(text, string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// One reader serves many bodies, and tells what ended the last one.
func TestSkimmedAgain(t *testing.T) {
	pods := &corev1.PodList{}
	for i := range 3 {
		pod := fullPod()
		pod.UID = types.UID(strconv.Itoa(i))
		pods.Items = append(pods.Items, *pod)
	}
	s := &skimmed{}
	for _, n := range []int{3, 0, 1} {
		data := body(t, &corev1.PodList{Items: pods.Items[:n]})
		s.reset(bytes.NewReader(data), skim{item: podCut()})
		out, err := io.ReadAll(s)
		if err != nil || n > 0 && len(out) >= len(data) {
			t.Fatalf("%d of %d bytes are left, error %v", len(out), len(data), err)
		}
		list, err := decoded[corev1.PodList](out)
		if err != nil || len(list.Items) != n || n > 0 && list.Items[n-1].UID != pods.Items[n-1].UID {
			t.Fatalf("%d items, want %d; error %v", len(list.Items), n, err)
		}
		s.reset(io.MultiReader(bytes.NewReader(data[:len(data)-3]), iotest.ErrReader(io.ErrClosedPipe)), skim{item: podCut()})
		if _, err := io.ReadAll(s); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("the body broke off, and the reader says %v", err)
		}
	}
}
