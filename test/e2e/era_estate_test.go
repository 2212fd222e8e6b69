//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
)

// TestOldEstate holds what of the demo's estate the oldest server takes, with what it drops of it, against that server.
func TestOldEstate(t *testing.T) {
	t.Parallel()
	const fewest = 4000
	s := old(t)
	s.loadOldEstate(t)
	panel := []modes{{enforce: baseline, audit: "-", warn: "-"}} // nothing is implied
	for _, lv := range []string{baseline, restricted} {
		panel = append(panel, all(lv), told(lv))
	}
	panel = append(panel, told("restricted:v1.18")) // goes by annotations, which this server writes
	if count := s.holdEstate(t, panel); count < fewest {
		t.Errorf("only %d comparisons were made, fewer than %d", count, fewest)
	}
}

// loadOldEstate creates the objects of hack/demo/estate one by one and passes over what this server does not have.
func (s *server) loadOldEstate(t *testing.T) {
	t.Helper()
	files, err := filepath.Glob("../../hack/demo/estate/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no estate: %v", err)
	}
	stored := 0
	var passed, refused []string
	for _, file := range files {
		for _, o := range documents(t, file) {
			switch err := s.load(t, o); {
			case err == nil:
				stored++
			case errors.Is(err, errPassedOver):
				passed = append(passed, fmt.Sprintf("%T", o))
			default:
				refused = append(refused, err.Error())
			}
		}
	}
	t.Logf("%d objects of the estate are stored; refused: %q; passed over: %q", stored, refused, slices.Compact(slices.Sorted(slices.Values(passed))))
	if stored < 180 || len(refused) > 0 {
		t.Errorf("%d objects of the estate are stored and %d refused: %q", stored, len(refused), refused)
	}
	s.atRest(t)
}

// documents are the objects of a file; of kinds that the scheme does not know, nothing.
func documents(t *testing.T, file string) []runtime.Object {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var objects []runtime.Object
	for reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(data))); ; {
		text, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return objects
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		o, _, err := scheme.Codecs.UniversalDeserializer().Decode(text, nil, nil)
		if err != nil && !runtime.IsNotRegisteredError(err) && !runtime.IsMissingKind(err) {
			t.Fatalf("%s: %v", file, err)
		}
		if err == nil {
			objects = append(objects, o)
		}
	}
}

// errPassedOver says that an object is not needed for pods and templates to be there.
var errPassedOver = errors.New("passed over")

// load creates an object with its namespace and service account.
func (s *server) load(t *testing.T, o runtime.Object) error {
	t.Helper()
	ctx := t.Context()
	switch o := o.(type) {
	case *corev1.Namespace:
		_, err := s.newNamespace(ctx, o.Name, o.Labels)
		return err
	case *corev1.Node: // for DaemonSets
		_, err := s.client.CoreV1().Nodes().Create(ctx, o, metav1.CreateOptions{})
		return err
	case *nodev1.RuntimeClass: // which pods name
		_, err := s.client.NodeV1().RuntimeClasses().Create(ctx, o, metav1.CreateOptions{})
		return err
	case *corev1.Pod:
		return s.loadMaker(t, o, o.Spec.ServiceAccountName)
	case object:
		if template := templateOf(o); template != nil {
			return s.loadMaker(t, o, template.Spec.ServiceAccountName)
		}
	}
	return errPassedOver
}

func (s *server) loadMaker(t *testing.T, o object, account string) error {
	t.Helper()
	if account != "" {
		if err := s.account(t.Context(), o.GetNamespace(), account); err != nil {
			return err
		}
	}
	client, plural := s.resource(o)
	return client.Post().Namespace(o.GetNamespace()).Resource(plural).Body(o).Do(t.Context()).Error()
}

// atRest waits until controllers make no more pods.
func (s *server) atRest(t *testing.T) {
	t.Helper()
	const still = 20 // looks that see the same, a twentieth of a second apart
	seen, last := 0, ""
	eventually(t, "the old estate to come to rest", func() (bool, error) {
		pods, err := s.client.CoreV1().Pods("").List(t.Context(), metav1.ListOptions{})
		if err != nil {
			return false, err
		}
		var names strings.Builder
		for i := range pods.Items {
			names.WriteString(string(pods.Items[i].UID))
		}
		if names.String() != last {
			seen, last = 0, names.String()
		}
		seen++
		return seen > still, nil
	})
}
