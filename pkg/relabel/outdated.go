package relabel

import (
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/resourceversion"

	"github.com/kubectl-pss/kubectl-pss/pkg/patience"
)

// outdatedError is the failure of a read whose answer is older than what is known already. API servers do not answer so,
// but what stands before them may; and a cluster that was restored from a backup goes on counting where that was made.
type outdatedError struct{ got, known string }

// Error implements error.
func (e *outdatedError) Error() string {
	return fmt.Sprintf("the answer is older (resourceVersion %s) than what is known (%s): "+
		"a proxy answers from a cache, or the cluster was restored from a backup", e.got, e.known)
}

// older says whether a namespace is in an older state than that of a resourceVersion. Versions that cannot be compared
// say nothing.
func older(namespace *corev1.Namespace, known string) bool {
	order, err := resourceversion.CompareResourceVersion(namespace.ResourceVersion, known)
	return err == nil && order < 0
}

// passesForGet is patience.Passes, and for caches that may have caught up a moment later.
func passesForGet(err error) bool {
	_, outdated := errors.AsType[*outdatedError](err)
	return outdated || patience.Passes(err)
}
