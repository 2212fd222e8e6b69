package standard

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// Field is where in a pod a denial stands, and what stands there.
type Field struct {
	// Path is relative to the pod, such as spec.containers[0].securityContext.privileged.
	Path string
	// Container is the name of the container concerned, empty for the pod as a whole.
	Container string
	// Value is a bool, an int64, a string or nil where the field is unset.
	Value any
}

// Locate returns the fields for which a check, in the revision of a policy version (as evaluated, never latest),
// denies a pod; none where it allows it.
func Locate(check policy.CheckID, v api.Version, m *metav1.ObjectMeta, s *corev1.PodSpec) []Field {
	return nil
}
