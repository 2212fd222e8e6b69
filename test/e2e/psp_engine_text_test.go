//go:build e2e

package e2e

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
)

// separator stands between the texts of a predicted refusal, whose order the plug-in leaves to chance.
const separator = "\n"

const refused = `pods "p" is forbidden: PodSecurityPolicy: unable to admit pod: `

// refusal is a predicted message. Policies that the plug-in ignores have no say in it.
func (e *engine) refusal(choice psp.Choice) string {
	var texts []string
	for _, p := range e.policies {
		if len(p.Ignored()) == 0 {
			for _, err := range choice.Refusals[p.Name] {
				texts = append(texts, oldText(err))
			}
		}
	}
	return refused + "[" + strings.Join(texts, separator) + "]"
}

// sameRefusal says whether a message consists of the predicted texts.
func sameRefusal(message, predicted string) bool {
	if len(message) != len(predicted) {
		return false
	}
	message, ok := strings.CutPrefix(message, refused)
	predicted = strings.TrimSuffix(strings.TrimPrefix(predicted, refused+"["), "]")
	for text := range strings.SplitSeq(predicted, separator) {
		ok = ok && strings.Contains(message, text)
	}
	return ok
}

// oldText is an error as the libraries of 1.24 print it: values that are no plain ones come as Go, and not as JSON.
func oldText(err *field.Error) string {
	var value string
	switch v := err.BadValue.(type) {
	case []int64:
		value = fmt.Sprintf("%#v", v)
	case []corev1.Capability:
		value = strings.ReplaceAll(fmt.Sprintf("%#v", v), "v1.", "core.")
	case []string:
		value = fmt.Sprintf("%#v", v)
	case []psp.IDRange:
		value = strings.ReplaceAll(fmt.Sprintf("%#v", v), "psp.", "policy.")
	default:
		if err.Type == field.ErrorTypeTooLong {
			return fmt.Sprintf("%s: %s: must have at most 63 bytes", err.Field, err.Type)
		}
		return err.Error()
	}
	return fmt.Sprintf("%s: %s: %s: %s", err.Field, err.Type, value, err.Detail)
}

// cause is one rule that a policy breaks.
type cause struct{ Field, Type, Message string }

// compareCauses holds Validate to the server's answer to the creation of a policy.
func compareCauses(t *testing.T, p *psp.Policy, a answer) {
	t.Helper()
	var got, want []cause
	for _, err := range p.Validate() {
		text := strings.TrimPrefix(oldText(err), err.Field+": ")
		want = append(want, cause{err.Field, string(err.Type), text})
	}
	if status, ok := errors.AsType[*apierrors.StatusError](a.err); ok {
		if status.ErrStatus.Details != nil {
			for _, c := range status.ErrStatus.Details.Causes {
				got = append(got, cause{c.Field, string(c.Type), c.Message})
			}
		}
	} else if a.err != nil {
		t.Fatal(a.err)
	}
	for _, list := range [][]cause{got, want} {
		slices.SortFunc(list, func(a, b cause) int {
			return cmp.Or(strings.Compare(a.Field, b.Field), strings.Compare(a.Type, b.Type), strings.Compare(a.Message, b.Message))
		})
	}
	if diff := gocmp.Diff(got, want); diff != "" {
		t.Errorf("policy %s (-server +Validate):\n%s\n%v", p.Name, diff, a.err)
	}
	compared.Add(1)
}

// written is all of a pod that policies can write, and what they look at that other plug-ins write.
func written(pod *corev1.Pod) string {
	type container struct {
		Name   string
		SC     *corev1.SecurityContext
		Mounts []string
	}
	w := struct {
		Annotations map[string]string
		Class       *string
		SC          corev1.PodSecurityContext
		Containers  []container
		Volumes     []string
	}{Annotations: map[string]string{}, Class: pod.Spec.RuntimeClassName}
	for key, value := range pod.Annotations {
		if key != psp.Annotation {
			w.Annotations[key] = value
		}
	}
	if pod.Spec.SecurityContext != nil {
		w.SC = *pod.Spec.SecurityContext
	}
	const token = "kube-api-access-" // and five letters at random
	name := func(volume string) string {
		if strings.HasPrefix(volume, token) {
			return token
		}
		return volume
	}
	for _, c := range append(append([]corev1.Container{}, pod.Spec.InitContainers...), pod.Spec.Containers...) {
		var mounts []string
		for _, m := range c.VolumeMounts {
			mounts = append(mounts, name(m.Name)+" "+m.MountPath)
		}
		w.Containers = append(w.Containers, container{c.Name, c.SecurityContext, mounts})
	}
	for _, v := range pod.Spec.Volumes {
		w.Volumes = append(w.Volumes, name(v.Name))
	}
	data, err := json.MarshalIndent(w, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(data)
}
