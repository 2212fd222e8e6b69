package compare

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
)

// namespaceManifest is a namespace as a manifest.
func namespaceManifest(name string, labels map[string]string) []byte {
	return append(encoded(&corev1.Namespace{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"}, ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels},
	}), '\n')
}

// creations asks about new namespaces: labels that the report on their manifests finds wrong, in its words, are those
// that the server refuses them for.
func (s *Server) creations(ctx context.Context, parallel int, number uint64, labels map[string]map[string]string) ([]*question, error) {
	var text bytes.Buffer
	var questions []*question
	names := slices.Sorted(maps.Keys(labels))
	for i, ns := range names {
		body := namespaceManifest(ns, labels[ns])
		text.Write(body)
		questions = append(questions, &question{
			what: "Namespace", number: number + uint64(i), labels: labels[ns],
			request: request{verb: http.MethodPost, path: "/api/v1/namespaces", contentType: jsonType, body: body},
		})
	}
	f, err := s.foreseeFiles(ctx, &text, survey.Options{Minor: s.Minor}, nil)
	if err != nil {
		return nil, err
	}
	if err := s.askAll(ctx, parallel, questions); err != nil {
		return nil, err
	}
	for i, q := range questions {
		wrong := f.items[names[i]].LabelErrors
		q.predicted = []prediction{{asWritten, Verdict{Allowed: len(wrong) == 0, Message: strings.Join(wrong, "\n")}}}
	}
	return questions, s.conclude(ctx, questions, ofNamespace)
}

// change is a proposal for the labels of a namespace.
type change struct {
	number    uint64
	namespace string
	labels    map[string]string
}

// changes asks about changes of labels of namespaces in which pods run, one change a namespace at a time.
func (s *Server) changes(ctx context.Context, parallel int, source *recorded, proposals []change) ([]*question, error) {
	questions := make([]*question, len(proposals))
	from := map[string]map[string]string{}
	for i := range source.namespaces {
		from[source.namespaces[i].Name] = source.namespaces[i].Labels
	}
	for i, p := range proposals {
		patch, err := labelPatch(survey.PodSecurityLabels(from[p.namespace]), p.labels)
		if err != nil {
			return nil, err
		}
		questions[i] = &question{
			what: "labels of a namespace", number: p.number, change: &p,
			request: request{verb: http.MethodPatch, path: "/api/v1/namespaces/" + p.namespace, contentType: mergeType, body: patch},
		}
	}
	for left := indexes(len(proposals)); len(left) > 0; {
		planned := map[string]map[string]string{}
		var now, later []int
		for _, i := range left {
			if _, twice := planned[proposals[i].namespace]; twice {
				later = append(later, i)
				continue
			}
			planned[proposals[i].namespace] = proposals[i].labels
			now = append(now, i)
		}
		f, err := s.foresee(ctx, source, survey.Options{Minor: s.Minor, Binary: s.Binary, Labels: planned})
		if err != nil {
			return nil, err
		}
		for _, i := range now {
			questions[i].predicted = []prediction{{asStored, s.foreseeChange(f, source, proposals[i])}}
		}
		left = later
	}
	if err := s.askAll(ctx, parallel, questions); err != nil {
		return nil, err
	}
	return questions, s.conclude(ctx, questions, ofChange)
}

func indexes(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}
