package cluster

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

// numbered are pods called 0, 1, 2…
func numbered(n int) *corev1.PodList {
	list := &corev1.PodList{ListMeta: metav1.ListMeta{ResourceVersion: "1", Continue: "x"}}
	for i := range n {
		name := strconv.Itoa(i)
		list.Items = append(list.Items, corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name)}})
	}
	return list
}

func namesOf(list *corev1.PodList) (names []string) {
	for i := range list.Items {
		names = append(names, list.Items[i].Name)
	}
	return names
}

// Every item of a list comes once, in a batch or in what is left of the list, and the list keeps its metadata.
func TestBatches(t *testing.T) {
	big := numbered(3)
	for i := range big.Items {
		big.Items[i].Annotations = map[string]string{"a": string(bytes.Repeat([]byte("x"), batchBytes*2/3))}
	}
	enough := errors.New("enough")
	for name, test := range map[string]struct {
		list *corev1.PodList
		kind string
		cut  int // bytes from the end, of which the list's are those beyond five
		fail error

		batches []int
		left    int // -1 for a body that cannot be decoded
	}{
		"none":                {list: numbered(0)},
		"a short list":        {list: numbered(batchItems), left: batchItems},
		"one more":            {list: numbered(batchItems + 1), batches: []int{batchItems, 1}},
		"a page":              {list: numbered(3 * batchItems), batches: []int{batchItems, batchItems, batchItems}},
		"big items":           {list: big, batches: []int{2, 1}},
		"another kind":        {list: numbered(batchItems + 1), kind: "NodeList", left: batchItems + 1},
		"cut off at the end":  {list: numbered(batchItems + 2), cut: 6, batches: []int{batchItems}, left: -1},
		"cut off in a batch":  {list: numbered(batchItems - 2), cut: 6, left: -1},
		"nobody wants it":     {list: numbered(3 * batchItems), fail: enough, batches: []int{batchItems}, left: -1},
		"nobody wants a rest": {list: numbered(batchItems + 1), fail: enough, batches: []int{batchItems}, left: -1},
	} {
		t.Run(name, func(t *testing.T) {
			var batches []int
			var got []string
			s, raw := &skimmed{}, body(t, test.list)
			batch := &batcher{kind: "PodList", most: batchItems, list: podKind().list, take: func(part runtime.Object) error {
				pods := part.(*corev1.PodList)
				batches, got = append(batches, len(pods.Items)), append(got, namesOf(pods)...)
				return test.fail
			}}
			if test.kind != "" {
				batch.kind = test.kind
			}
			s.reset(bytes.NewReader(raw[:len(raw)-test.cut]), skim{podCut(), batch})
			out, err := io.ReadAll(s)
			if !errors.Is(err, test.fail) {
				t.Fatalf("error %v", err)
			}
			if diff := cmp.Diff(test.batches, batches); diff != "" {
				t.Errorf("batches (-want +got):\n%s", diff)
			}
			left, err := decoded[corev1.PodList](out)
			if test.left < 0 {
				if err == nil {
					t.Errorf("%d items are left of a list that broke off", len(left.Items))
				}
				return
			}
			if err != nil || len(left.Items) != test.left || !cmp.Equal(left.ListMeta, test.list.ListMeta) {
				t.Fatalf("%d items are left of %v, error %v", len(left.Items), left.ListMeta, err)
			}
			if diff := cmp.Diff(namesOf(test.list), append(got, namesOf(left)...)); diff != "" {
				t.Errorf("items (-want +got):\n%s", diff)
			}
		})
	}
}

// A page that breaks off is asked for again, and nothing of it is handed on twice; of one that never ends well, what came
// counts, and the rest is a gap.
func TestBrokenPage(t *testing.T) {
	const pods = 3 * batchItems
	half := func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		whole := httptest.NewRecorder()
		next.ServeHTTP(whole, r)
		w.Header().Set("Content-Type", whole.Header().Get("Content-Type"))
		w.Header().Set("Content-Length", strconv.Itoa(whole.Body.Len()))
		_, _ = w.Write(whole.Body.Bytes()[:whole.Body.Len()/2])
	}
	var want []string
	for i := range pods {
		want = append(want, fmt.Sprintf("a/%03d", i))
	}
	for name, test := range map[string]struct {
		times, chunk, whole int
		gap                 string
	}{
		"once":            {times: 1, chunk: 500, whole: pods},
		"twice":           {times: 2, chunk: 500, whole: pods},
		"without pages":   {times: 1, whole: pods},
		"always":          {chunk: 500, whole: batchItems, gap: reasonUnreachable},
		"an answer's end": {times: 1, chunk: pods - 1, whole: pods},
	} {
		t.Run(name, func(t *testing.T) {
			var objects []runtime.Object
			for _, n := range want {
				objects = append(objects, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: n[2:], UID: types.UID(n)}})
			}
			s, c := serve(t, append(objects, newNamespace("a"))...)
			s.Inject(fakeapi.Fault{Path: "/api/v1/pods", Times: test.times, Do: half})
			k, gaps, err := survey(t, source(t, c, Options{ChunkSize: int64(test.chunk)}))
			if err != nil {
				t.Fatal(err)
			}
			if whole := test.gap == ""; whole != (len(gaps) == 0) || !whole && gaps[0].Reason != test.gap {
				t.Errorf("gaps %v, want %q", gaps, test.gap)
			}
			slices.Sort(k.pods)
			if diff := cmp.Diff(want[:test.whole], k.pods); diff != "" {
				t.Errorf("pods (-want +got):\n%s", diff)
			}
		})
	}
}
