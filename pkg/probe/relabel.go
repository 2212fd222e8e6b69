package probe

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"unicode/utf8"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/pod-security-admission/api"
)

const (
	// farVersion is a version that no configuration will have as a default: what is said about it is said about a
	// change. Servers evaluate versions that are still to come as their newest.
	farVersion = "v1.99999"
	// noLevel is one that Pod Security refuses, and a label value that nobody else minds.
	noLevel = "not-a-level"
)

// notice is what the server says to labels of a namespace.
type notice struct {
	// passed says that the request passed admission, labels the Pod Security labels with which it did, nil where that is
	// not shown.
	passed bool
	labels map[string]string
	// invalid says that Pod Security refused a label.
	invalid bool
	// exempt says that the server warns that labels do nothing there. policy is then what it says of each mode that has
	// a label and asks something.
	exempt bool
	policy map[string]api.LevelVersion
	// looked says that the server looked at the pods that run there, partly that it did not look at all of them, and
	// standing is the policy that it says they violate, empty for none.
	looked, partly bool
	standing       string
	// why says why nothing follows from the answer.
	why string
}

// create asks for a namespace with these labels, those without a value left out: a new one without a name. One that is
// there already is refused, but only after all of admission.
func (s *Search) create(ctx context.Context, name string, labels map[string]string) notice {
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: maps.Clone(labels)}}
	maps.DeleteFunc(ns.Labels, func(_, value string) bool { return value == "" })
	if name == "" {
		ns.GenerateName = baseName
	}
	var stored corev1.Namespace
	asked := create(ctx, s.client.core, "namespaces", "", ns, &stored)
	s.one()
	n := noticeOf(asked, name)
	if n.passed && asked.err == nil {
		n.labels = podSecurityLabels(stored.Labels)
	}
	return n
}

// patch asks for a change of a namespace's labels; those without a value go.
func (s *Search) patch(ctx context.Context, name string, labels map[string]string) notice {
	wanted := map[string]any{}
	for key, value := range labels {
		if wanted[key] = value; value == "" {
			wanted[key] = nil
		}
	}
	body, err := json.Marshal(map[string]any{"metadata": map[string]any{"labels": wanted}})
	if err != nil {
		return notice{why: err.Error()}
	}
	var ns corev1.Namespace
	asked := send(ctx, s.client.core.Patch(types.MergePatchType).Resource("namespaces").Name(name).Body(body), &ns)
	s.one()
	n := noticeOf(asked, name)
	if n.passed {
		n.labels = podSecurityLabels(ns.Labels)
		if !holds(n.labels, labels) {
			n.passed, n.why = false, alteredText
		}
	}
	return n
}

// holds says whether labels have these values.
func holds(labels, values map[string]string) bool {
	for key, value := range values {
		if labels[key] != value {
			return false
		}
	}
	return true
}

// arrive says why labels do not arrive at the server as they are sent, empty where they do. Only a new namespace shows it;
// the answer to a patch shows it by itself.
func (s *Search) arrive(ctx context.Context, labels map[string]string) string {
	if !s.rights.create {
		return ""
	}
	switch n := s.create(ctx, "", labels); {
	case !n.passed:
		return n.why
	case !holds(n.labels, labels):
		return alteredText
	default:
		return ""
	}
}

const alteredText = "something changes the labels of namespaces on their way"

// label is create where one may, else patch.
func (s *Search) label(ctx context.Context, name string, labels map[string]string) notice {
	if s.rights.create {
		return s.create(ctx, name, labels)
	}
	return s.patch(ctx, name, labels)
}

// by is how label asks, and with which right.
func (s *Search) by() source {
	if s.rights.create {
		return source{"dry run of the creation of a namespace", "create namespaces"}
	}
	return source{"dry run of a change of a namespace's labels", "patch namespaces"}
}

func podSecurityLabels(all map[string]string) map[string]string {
	labels := maps.Clone(all)
	maps.DeleteFunc(labels, func(key, _ string) bool { return !strings.HasPrefix(key, api.AuditAnnotationPrefix) })
	return labels
}

// noticeOf reads an answer about a namespace.
func noticeOf(asked answer, name string) notice {
	text := messageOf(asked.err)
	var n notice
	switch {
	case apierrors.IsInvalid(asked.err) && strings.Contains(text, "must be one of privileged, baseline, restricted"):
		return notice{invalid: true}
	case asked.err != nil && !apierrors.IsAlreadyExists(asked.err):
		return notice{why: "the server says: " + withoutName(text)}
	}
	n.passed = true
	exempt := fmt.Sprintf("namespace %q is exempt from Pod Security, and the policy (", name)
	standing := fmt.Sprintf("existing pods in namespace %q violate the new PodSecurity enforce level ", name)
	runes := 0
	for _, text := range asked.warnings {
		runes += utf8.RuneCountInString(text)
		if rest, ok := strings.CutPrefix(text, exempt); ok {
			n.exempt, n.policy = true, policyOf(rest)
		}
		if rest, ok := strings.CutPrefix(text, standing); ok {
			n.standing = strings.Trim(rest, `"`)
			n.looked = true
		} else if strings.Contains(text, "new PodSecurity enforce level") {
			n.looked, n.partly = true, true
		}
	}
	if !n.exempt && !n.looked && runes > crowd {
		n.passed, n.why = false, "the server warns of so much that it may have left out the rest"
	}
	return n
}

// policyOf reads the modes in `enforce=restricted:v1.0, audit=restricted:latest) will be ignored`.
func policyOf(text string) map[string]api.LevelVersion {
	list, _, _ := strings.Cut(text, ")")
	policy := map[string]api.LevelVersion{}
	for item := range strings.SplitSeq(list, ", ") {
		mode, lv, _ := strings.Cut(item, "=")
		level, version, _ := strings.Cut(lv, ":")
		parsedLevel, levelErr := api.ParseLevel(level)
		parsedVersion, versionErr := api.ParseVersion(version)
		if levelErr == nil && versionErr == nil {
			policy[mode] = api.LevelVersion{Level: parsedLevel, Version: parsedVersion}
		}
	}
	return policy
}
