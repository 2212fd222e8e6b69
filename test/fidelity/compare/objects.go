package compare

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/manifest"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// objects asks about pods and workloads, in namespaces that have those labels, and about the pods of the workloads:
// what is said of the manifest, and what is said of the object that the server would store, is held against what the
// server says. It returns all that was asked.
func (s *Server) objects(ctx context.Context, parallel int, labels map[string]map[string]string, questions []*question) ([]*question, error) {
	written, err := s.foreseeWritten(ctx, labels, questions)
	if err != nil {
		return nil, err
	}
	live, err := s.foreseeLive(ctx, questions)
	if err != nil {
		return nil, err
	}
	if err := s.askAll(ctx, parallel, questions); err != nil {
		return nil, err
	}
	var pods []*question
	for _, q := range questions {
		q.invalid = q.answer.code == http.StatusUnprocessableEntity
		if _, isPod := q.object.(*corev1.Pod); isPod || q.invalid || q.answer.status != nil {
			continue
		}
		made, err := q.makes()
		if err != nil {
			return nil, err
		}
		pods = append(pods, made)
	}
	if err := s.askAll(ctx, parallel, pods); err != nil {
		return nil, err
	}
	for _, q := range pods {
		q.invalid = q.answer.code == http.StatusUnprocessableEntity
	}
	all := append(slices.Clone(questions), pods...)
	if err := s.conclude(ctx, all, ofAnswer); err != nil {
		return nil, err
	}
	if err := errors.Join(written.predict(asWritten, all), live.predict(asApplied, all)); err != nil {
		return nil, err
	}
	return all, s.predictStored(ctx, labels, all)
}

// foreseeWritten has everything checked as manifests, offline: the labels are those of the manifests' namespaces.
func (s *Server) foreseeWritten(ctx context.Context, labels map[string]map[string]string, questions []*question) (*foresight, error) {
	var text bytes.Buffer
	for ns := range labels {
		text.Write(namespaceManifest(ns, labels[ns]))
	}
	return s.foreseeFiles(ctx, manifests(&text, questions), survey.Options{Minor: s.Minor}, nil)
}

// foreseeLive has everything checked as manifests that are to be applied to the server.
func (s *Server) foreseeLive(ctx context.Context, questions []*question) (*foresight, error) {
	options := survey.Options{Minor: s.Minor, Binary: s.Binary}
	return s.foreseeFiles(ctx, manifests(&bytes.Buffer{}, questions), options, &manifest.Cluster{
		Minor: s.Binary, Namespaces: s.reader.Namespaces,
	})
}

// yamlEvery is how many manifests there are to one that is written as YAML, the others as JSON.
const yamlEvery = 5

// manifests adds what questions are about.
func manifests(text *bytes.Buffer, questions []*question) *bytes.Buffer {
	for i, q := range questions {
		text.WriteString("---\n")
		if i%yamlEvery == 0 {
			text.WriteString(asYAML(q.object))
			continue
		}
		text.Write(q.body)
		text.WriteByte('\n')
	}
	return text
}

func (s *Server) foreseeFiles(ctx context.Context, text io.Reader, o survey.Options, live *manifest.Cluster) (*foresight, error) {
	source, err := manifest.NewSource(manifest.Options{Filenames: []string{"-"}, Stdin: text, Minor: s.Minor})
	if err != nil {
		return nil, err
	}
	if live != nil {
		source = source.For(*live)
	}
	f, err := s.foresee(ctx, source, o)
	if err != nil {
		return nil, err
	}
	if errs := source.Errors(); len(errs) > 0 {
		return nil, errs[0]
	}
	return f, nil
}

// predict adds what was foreseen.
func (f *foresight) predict(ground string, questions []*question) error {
	for _, q := range questions {
		var v Verdict
		var err error
		switch {
		case q.invalid:
			continue
		case q.of != nil:
			v, err = f.madeOf(q.of.name())
		case q.name().kind == "Pod":
			v, err = f.pod(q.name())
		default:
			v, err = f.object(q.name())
		}
		if err != nil {
			return err
		}
		q.predicted = append(q.predicted, prediction{ground, v})
	}
	return nil
}

// predictStored has what the server would store checked as a cluster that holds it. Of denied pods there is nothing.
func (s *Server) predictStored(ctx context.Context, labels map[string]map[string]string, questions []*question) error {
	source := &recorded{}
	for ns := range labels {
		source.namespaces = append(source.namespaces, corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: ns, Labels: labels[ns]}})
	}
	there := map[*question]name{}
	for _, q := range questions {
		if q.answer.status != nil {
			continue
		}
		o, err := q.stored()
		if err != nil {
			return err
		}
		there[q] = name{o.GetNamespace(), o.GetObjectKind().GroupVersionKind().Kind, o.GetName()}
		if pod, ok := o.(*corev1.Pod); ok {
			source.pods = append(source.pods, *pod)
		} else {
			source.objects = append(source.objects, workload.From(o, time.Now()))
		}
	}
	f, err := s.foresee(ctx, source, survey.Options{Minor: s.Minor, Binary: s.Binary})
	if err != nil {
		return err
	}
	for _, q := range questions {
		n, ok := there[q]
		switch {
		case q.of != nil && !q.invalid: // of the template, also where the pod was denied
			v, err := f.madeOf(there[q.of])
			if err != nil {
				return err
			}
			q.predicted = append(q.predicted, prediction{asStored, v})
		case ok && n.kind != "Pod":
			v, err := f.object(n)
			if err != nil {
				return err
			}
			q.predicted = append(q.predicted, prediction{asStored, v})
		}
		if !ok || n.kind != "Pod" {
			continue
		}
		v, err := f.pod(n)
		if err != nil {
			return err
		}
		q.predicted = append(q.predicted, prediction{asRunning, v})
	}
	return nil
}
