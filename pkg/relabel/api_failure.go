package relabel

import (
	"context"
	"errors"
	"fmt"
	"time"

	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/kubectl-pss/kubectl-pss/pkg/patience"
)

// conflictBackoff is how often and how fast a patch is made again because somebody else changed the namespace in the
// meantime: their next change, if any, should find ours done.
func conflictBackoff() wait.Backoff {
	return wait.Backoff{Duration: 10 * time.Millisecond, Factor: 2, Jitter: 1, Steps: 5}
}

// passesForPatch is patience.Passes for what client-go does not send a second time. Patches carry the resourceVersion that
// they are made for, so that one which did arrive makes the next one fail.
func passesForPatch(err error) bool {
	return patience.Passes(err) || utilnet.IsConnectionReset(err) || utilnet.IsConnectionRefused(err) ||
		utilnet.IsProbableEOF(err) || utilnet.IsHTTP2ConnectionLost(err)
}

// messageOf is the server's own text, or what kept it from us, without addresses.
func (a *API) messageOf(err error) string {
	if errors.Is(err, context.DeadlineExceeded) || utilnet.IsTimeout(err) {
		if a.timeout > 0 {
			return fmt.Sprintf("no answer within --request-timeout=%s", a.timeout)
		}
		return "no answer"
	}
	return patience.Text(err)
}
