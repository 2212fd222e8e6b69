package manifest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/json"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// Policy is a PodSecurityPolicy of a file.
type Policy struct {
	// Policy is nil where it could not be decoded.
	Policy   *psp.Policy
	Name     string
	Location workload.Location
	// Invalid are the rules that it breaks, as the API of 1.24 words them: no server has ever had it like that.
	Invalid []string
}

// Policies are the PodSecurityPolicies of files.
type Policies struct {
	// Items are in the order of the files; of several with one name the last counts, as when files are applied one after
	// the other.
	Items []Policy
	// Errors are the documents, and the policies in them, that are not right. The others count all the same.
	Errors []DocumentError
	// Warnings are what counts otherwise than it stands there, PassedOver the objects that are no policies, by kind.
	Warnings   []Remark
	PassedOver []Count
}

// Valid are the policies that a server would have.
func (p *Policies) Valid() []*psp.Policy {
	var list []*psp.Policy
	for i := range p.Items {
		if len(p.Items[i].Invalid) == 0 {
			list = append(list, p.Items[i].Policy)
		}
	}
	return list
}

// ReadPolicies reads the PodSecurityPolicies of both API groups from files, alone or in lists. Files without any are an
// error: whoever names them believes that there are some.
func ReadPolicies(ctx context.Context, o Options) (*Policies, error) {
	source, err := NewSource(o)
	if err != nil {
		return nil, err
	}
	l := newLoader(source)
	l.decoder.policies = true
	if err := l.run(ctx); err != nil {
		return nil, err
	}
	slices.SortFunc(l.decoded, func(a, b *decoded) int { return cmp.Compare(a.order, b.order) })
	out := &Policies{}
	passed := newSet()
	at := map[string]int{}
	for _, d := range l.decoded {
		out.Errors = append(out.Errors, d.errors...)
		out.Warnings = append(out.Warnings, d.warnings...)
		for _, gk := range d.passed {
			passed.passed[gk]++
		}
		for _, p := range d.policies {
			i, again := at[p.Name]
			if !again {
				at[p.Name] = len(out.Items)
				out.Items = append(out.Items, p)
				continue
			}
			first := out.Items[i].Location
			out.Warnings = append(out.Warnings, Remark{Location: p.Location, Text: fmt.Sprintf(
				"has policy %q again, after document %d of %s: this one is taken", p.Name, first.Document, first.File)})
			out.Items[i] = p
		}
	}
	out.PassedOver = passed.passedOver()
	if len(out.Items) == 0 && len(out.Errors) == 0 {
		return nil, noPolicies(l.roots, out.PassedOver)
	}
	return out, nil
}

func noPolicies(roots []root, passed []Count) error {
	text := fmt.Sprintf("no %s in %s", psp.Kind, names(roots))
	if len(passed) > 0 {
		var kinds []string
		for _, c := range passed {
			kinds = append(kinds, c.String())
		}
		text += ", only " + strings.Join(kinds, ", ")
	}
	return errors.New(text)
}

// policy decodes a PodSecurityPolicy, and passes over what is none.
func (c *decoder) policy(out *decoded, raw []byte, path string, name typeName, h *header) {
	if !strings.EqualFold(name.kind, psp.Kind) {
		gv, err := schema.ParseGroupVersion(name.apiVersion)
		if err != nil {
			gv.Group = name.apiVersion
		}
		out.passed = append(out.passed, gv.WithKind(name.kind).GroupKind())
		return
	}
	var fields map[string]any
	if err := json.Unmarshal(raw, &fields); err != nil {
		out.fail(err)
		return
	}
	// Items of a list need not say what they are.
	fields["apiVersion"], fields["kind"] = name.apiVersion, name.kind
	read := Policy{Name: h.name(), Location: out.document.location()}
	var errs []error
	if read.Policy, errs = decodePolicy(fields); len(errs) == 0 {
		for _, e := range read.Policy.Validate() {
			errs = append(errs, e)
		}
	}
	for _, e := range errs {
		text := e.Error()
		read.Invalid = append(read.Invalid, text)
		out.fail(syntaxError{out.document.lineOf(join(path, fieldIn(text))), fmt.Sprintf("policy %q: %s", read.Name, text)})
	}
	out.policies = append(out.policies, read)
}

// decodePolicy tells the errors of a policy one by one.
func decodePolicy(fields map[string]any) (*psp.Policy, []error) {
	p, err := psp.Decode(fields)
	if err == nil {
		return p, nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return nil, joined.Unwrap()
	}
	return nil, []error{err}
}

// fieldIn is the field that an error is about: what it begins with, or what it quotes.
func fieldIn(text string) string {
	if m := quotedField().FindStringSubmatch(text); m != nil {
		return m[1]
	}
	field, _, found := strings.Cut(text, ": ")
	if !found || strings.Contains(field, " ") {
		return ""
	}
	return field
}

func quotedField() *regexp.Regexp { return regexp.MustCompile(`field "([^"]+)"`) }
