package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	k8sjson "sigs.k8s.io/json"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// header is what is looked at before anything is decoded.
type header struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name         string `json:"name"`
		GenerateName string `json:"generateName"`
		Namespace    string `json:"namespace"`
	} `json:"metadata"`
	Items []json.RawMessage `json:"items"`
}

// name is a display name: objects that the server names have a star in it.
func (h *header) name() string {
	if h.Metadata.Name == "" {
		return h.Metadata.GenerateName + "*"
	}
	return h.Metadata.Name
}

// decoder turns documents into what a Source holds. It is safe for concurrent use.
type decoder struct {
	kinds     map[typeName]kind
	namespace string
	minor     int
	// policies says that PodSecurityPolicies are looked for, and nothing else.
	policies bool
}

// decoded is what became of one document, or of a file that could not be read.
type decoded struct {
	order      int
	document   *document
	namespaces []corev1.Namespace
	pods       []corev1.Pod
	objects    []*workload.Object
	policies   []Policy
	passed     []schema.GroupKind
	gaps       []workload.Gap
	errors     []DocumentError
	warnings   []Remark
	// more counts the errors and warnings beyond those that are kept.
	moreErrors, moreWarnings int
}

// remarks bounds how many errors, and how many warnings, are kept of one document: a list may hold as many objects
// as there is room for, all with the same mistake.
const remarks = 100

func (c *decoder) decode(d *document) *decoded {
	out := &decoded{document: d}
	raw, err := d.toJSON()
	if err != nil {
		out.fail(err)
		return out
	}
	if string(raw) != "null" { // a document may be empty
		c.object(out, raw, "", typeName{})
	}
	if n := out.moreErrors; n > 0 {
		more := Remark{Location: d.location(), Text: fmt.Sprintf("and %d more objects that cannot be decoded", n)}
		out.errors = append(out.errors, DocumentError{more})
	}
	if n := out.moreWarnings; n > 0 {
		out.warnings = append(out.warnings, Remark{Location: d.location(), Text: fmt.Sprintf("and %d more warnings", n)})
	}
	return out
}

// object decodes one object, or the items of a list. path is where in the document it stands, inherited what an
// item of a list need not say.
func (c *decoder) object(out *decoded, raw []byte, path string, inherited typeName) {
	var h header
	if err := k8sjson.UnmarshalCaseSensitivePreserveInts(raw, &h); err != nil {
		out.failAt(raw, path, func() any { return &header{} }, err)
		return
	}
	name := typeName{h.APIVersion, h.Kind}
	if name == (typeName{}) {
		name = inherited
	}
	switch {
	case name.kind == "":
		out.missing(path, "kind")
	case name.apiVersion == "":
		out.missing(path, "apiVersion")
	case strings.HasSuffix(name.kind, "List") && h.Items != nil:
		of := typeName{}
		if item := strings.TrimSuffix(name.kind, "List"); item != "" {
			of = typeName{name.apiVersion, item}
		}
		for i, item := range h.Items {
			c.object(out, item, fmt.Sprintf("%s[%d]", join(path, "items"), i), of)
		}
	case c.policies:
		c.policy(out, raw, path, name, &h)
	default:
		if k, ok := c.kinds[name]; ok {
			c.known(out, raw, path, name, k, &h)
		} else {
			c.unknown(out, raw, name, &h)
		}
	}
}

// known decodes an object of a kind that makes pods, or a namespace.
func (c *decoder) known(out *decoded, raw []byte, path string, name typeName, k kind, h *header) {
	o := k.empty()
	strict, err := k8sjson.UnmarshalStrict(raw, o)
	if err != nil {
		out.failAt(raw, path, func() any { return k.empty() }, err)
		return
	}
	for _, s := range strict {
		at := ""
		if f, ok := errors.AsType[k8sjson.FieldError](s); ok {
			at = join(path, f.FieldPath())
		}
		if strings.HasPrefix(s.Error(), "duplicate field") {
			out.fail(syntaxError{out.document.lineOf(at), s.Error()})
			return
		}
		out.warn(at, s.Error()+": the API server drops it, or refuses the object")
	}
	if text := k.retired(name, c.minor); text != "" {
		out.warn(path, text)
	}
	if h.Metadata.Name == "" && h.Metadata.GenerateName == "" {
		out.warn(path, "has neither name nor generateName: the API server refuses it")
	}
	if ns, ok := o.(*corev1.Namespace); ok {
		out.namespaces = append(out.namespaces, *ns)
		return
	}
	o.SetName(h.name())
	if o.GetNamespace() == "" {
		o.SetNamespace(c.namespace)
	}
	c.keep(out, path, o)
}

// unknown passes an object over, unless it makes pods by the look of it.
func (c *decoder) unknown(out *decoded, raw []byte, name typeName, h *header) {
	gv, err := schema.ParseGroupVersion(name.apiVersion)
	if err != nil {
		gv = schema.GroupVersion{Group: name.apiVersion}
	}
	gk := gv.WithKind(name.kind).GroupKind()
	text := misnamed(name, c.kinds)
	if text == "" && !slices.Contains(makesNoPods(), gk) {
		if path := findContainers(raw); path != "" {
			text = fmt.Sprintf("%s %s holds containers at %s, and what pods become of them cannot be told", name.kind, h.name(), path)
		}
	}
	if text == "" {
		out.passed = append(out.passed, gk)
		return
	}
	gap := workload.Gap{Resource: gk.String(), Namespace: h.Metadata.Namespace, Reason: reasonUnknownKind}
	if gap.Namespace == "" {
		gap.Namespace = c.namespace
	}
	gap.Message = Remark{Location: out.document.location(), Text: text}.String()
	out.gaps = append(out.gaps, gap)
}

func (d *document) location() workload.Location {
	return workload.Location{File: d.file, Document: d.number}
}

func (out *decoded) missing(path, field string) {
	line := out.document.lineOf(path)
	if path != "" {
		path += ": "
	}
	out.fail(syntaxError{line, fmt.Sprintf("%s%s is missing: not a Kubernetes object", path, field)})
}

// fail records that the document, or the item of a list that it is about, could not be decoded.
func (out *decoded) fail(err error) {
	if len(out.errors) == remarks {
		out.moreErrors++
		return
	}
	line := out.document.line + out.document.firstLine() - 1
	if at, ok := errors.AsType[syntaxError](err); ok {
		line = out.document.line + at.line - 1
	}
	out.errors = append(out.errors, DocumentError{Remark{Location: out.document.location(), Line: line, Text: err.Error()}})
}

// warn records a warning about what stands at a path of the document.
func (out *decoded) warn(path, text string) {
	if len(out.warnings) == remarks {
		out.moreWarnings++
		return
	}
	line := out.document.line + out.document.lineOf(path) - 1
	out.warnings = append(out.warnings, Remark{Location: out.document.location(), Line: line, Text: text})
}

func join(path, field string) string { return strings.TrimPrefix(path+"."+field, ".") }
