package cluster

import (
	"bytes"
	"io"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// FuzzReadList: whatever a server sends, what is decoded of it is what would have been without skimming, less what a cut
// names; nothing is read beyond the body, nothing comes out of nowhere, and lengths are no reason to ask for memory.
func FuzzReadList(f *testing.F) {
	f.Add(body(f, &corev1.PodList{Items: []corev1.Pod{*fullPod(), {}}, ListMeta: metav1.ListMeta{Continue: "x", RemainingItemCount: new(int64(2))}}))
	f.Add(body(f, &corev1.PodList{}))
	f.Add(body(f, &corev1.PodList{Items: []corev1.Pod{{}, *fullPod(), {}, {}, *fullPod()}}))
	f.Add([]byte(`{"kind": "PodList"}`))
	f.Add([]byte(envelope + "\x12\xff\xff\xff\xff\x0f\x12\xf0\xff\xff\xff\x0frest"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := &skimmed{}
		s.reset(bytes.NewReader(data), skim{item: podCut()})
		out, err := io.ReadAll(s)
		if err != nil || len(out) > len(data) {
			t.Fatalf("%d bytes of %d, error %v", len(out), len(data), err)
		}
		if room := 16 * (len(data) + believed); cap(s.out) > room || cap(s.field) > room {
			t.Errorf("%d bytes took %d and %d of memory", len(data), cap(s.out), cap(s.field))
		}
		plain, err := decoded[corev1.PodList](data)
		if err != nil {
			return
		}
		got, err := decoded[corev1.PodList](out)
		if err != nil || len(got.Items) != len(plain.Items) || !cmp.Equal(got.ListMeta, plain.ListMeta) {
			t.Fatalf("%d items, want %d; error %v", len(got.Items), len(plain.Items), err)
		}
		for i := range plain.Items {
			if reflect.DeepEqual(plain.Items[i], got.Items[i]) {
				continue // not understood, and so left alone
			}
			blank(reflect.ValueOf(&plain.Items[i]).Elem(), podCut())
			if diff := cmp.Diff(plain.Items[i], got.Items[i]); diff != "" {
				t.Errorf("item %d (-want +got):\n%s", i, diff)
			}
		}
		if lists(data[len(envelope):]) == 1 { // of several a decoder takes the last
			inBatches(t, data, got)
		}
	})
}

// lists counts the messages in an envelope.
func lists(envelope []byte) (n int) {
	for len(envelope) > 0 {
		number, _, width := protowire.ConsumeField(envelope)
		if width < 0 {
			break
		}
		if number == rawField {
			n++
		}
		envelope = envelope[width:]
	}
	return n
}

// inBatches holds a list whose items are taken out while it arrives, two at a time, to what it is as a whole.
func inBatches(t *testing.T, data []byte, whole *corev1.PodList) {
	t.Helper()
	var parts []corev1.Pod
	s := &skimmed{}
	s.reset(bytes.NewReader(data), skim{podCut(), &batcher{kind: "PodList", most: 2, list: podKind().list, take: func(part runtime.Object) error {
		parts = append(parts, part.(*corev1.PodList).Items...)
		return nil
	}}})
	out, err := io.ReadAll(s)
	if err != nil {
		t.Fatal(err)
	}
	rest, err := decoded[corev1.PodList](out)
	if err != nil || !cmp.Equal(rest.ListMeta, whole.ListMeta) {
		t.Fatalf("what is left of the list has %v, want %v; error %v", rest.ListMeta, whole.ListMeta, err)
	}
	if parts = append(parts, rest.Items...); len(parts) != len(whole.Items) {
		t.Fatalf("%d items in batches, want %d", len(parts), len(whole.Items))
	}
	for i := range parts {
		if diff := cmp.Diff(whole.Items[i], parts[i]); diff != "" {
			t.Errorf("item %d in batches (-want +got):\n%s", i, diff)
		}
	}
}

// blank empties the fields that a cut names.
func blank(v reflect.Value, c *cut) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			blank(v.Elem(), c)
		}
	case reflect.Slice:
		for i := range v.Len() {
			blank(v.Index(i), c)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if v.Type().Field(i).Tag.Get("protobuf") == "" {
				continue
			}
			number := c.field(name)
			if c.drops(number) {
				v.Field(i).SetZero()
			} else if part := c.into[number]; part != nil {
				blank(v.Field(i), part)
			}
		}
	default:
	}
}
