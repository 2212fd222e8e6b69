package scripts

import (
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"
)

// objectsIn reads the objects of a manifest that a script brings along.
func objectsIn(ts *testscript.TestScript, file string) []runtime.Object {
	var objects []runtime.Object
	for document := range strings.SplitSeq(ts.ReadFile(file), "\n---\n") {
		obj, _, err := scheme.Codecs.UniversalDeserializer().Decode([]byte(document), nil, nil)
		if runtime.IsNotRegisteredError(err) { // no library knows PodSecurityPolicies any more
			untyped := &unstructured.Unstructured{}
			obj, err = untyped, yaml.Unmarshal([]byte(document), &untyped.Object)
		}
		ts.Check(err)
		objects = append(objects, obj)
	}
	return objects
}
