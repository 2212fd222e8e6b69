package probe

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
	authorizationv1 "k8s.io/api/authorization/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// parallelAsks is how many questions are under way at once: each may call webhooks, which serve the cluster's own pods too.
const parallelAsks = 4

// Asking is what is to be asked, and as whom.
type Asking struct {
	client   *Client
	requests []workload.Request

	mu sync.Mutex
	// ownself are the controllers that cannot be impersonated, with the reason.
	ownself map[string]string
	// closed are the namespaces in which whoever runs this program may not create pods, with the server's words.
	closed map[string]string
}

// Prepare finds out by access reviews as whom the requests may be made: as the controllers where these may be
// impersonated, else as oneself. A review that fails leaves it to the attempt.
func (c *Client) Prepare(ctx context.Context, requests []workload.Request) (*Asking, error) {
	a := &Asking{client: c, requests: requests, ownself: map[string]string{}, closed: map[string]string{}}
	users := map[string]bool{}
	for i := range requests {
		users[requests[i].User] = true
	}
	delete(users, "")
	err := each(ctx, users, func(ctx context.Context, user string) {
		if c.assumed {
			a.note(a.ownself, user, "another user is impersonated already, by --as or in the kubeconfig")
			return
		}
		_, account, _ := strings.Cut(user, "kube-system:")
		if allowed, why := c.review(ctx, "impersonate", "serviceaccounts", "kube-system", account); !allowed {
			a.note(a.ownself, user, why)
		}
	})
	if err != nil {
		return nil, err
	}
	namespaces := map[string]bool{}
	for i := range requests {
		if a.as(&requests[i]) == "" {
			namespaces[requests[i].Namespace] = true
		}
	}
	err = each(ctx, namespaces, func(ctx context.Context, namespace string) {
		if allowed, why := c.review(ctx, "create", "pods", namespace, ""); !allowed {
			a.note(a.closed, namespace, why)
		}
	})
	return a, err
}

// each handles names side by side, a few at a time.
func each(ctx context.Context, names map[string]bool, handle func(context.Context, string)) error {
	var group errgroup.Group
	group.SetLimit(parallelAsks)
	for name := range names {
		group.Go(func() error {
			if ctx.Err() == nil {
				handle(ctx, name)
			}
			return nil
		})
	}
	_ = group.Wait() // of functions that do not fail
	return ctx.Err()
}

// review asks whether whoever runs this program may do something. In doubt it may: the server has the last word.
func (c *Client) review(ctx context.Context, verb, resource, namespace, name string) (allowed bool, why string) {
	if c.may(ctx, &authorizationv1.ResourceAttributes{Verb: verb, Resource: resource, Namespace: namespace, Name: name}) {
		return true, ""
	}
	return false, fmt.Sprintf("no right to %s %s in namespace %s", verb, resource, namespace)
}

// may is review in the API's own terms.
func (c *Client) may(ctx context.Context, what *authorizationv1.ResourceAttributes) bool {
	review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: what}}
	err := c.reviews.Post().Resource("selfsubjectaccessreviews").Body(review).Do(ctx).Into(review)
	return err != nil || review.Status.Allowed
}

func (a *Asking) note(in map[string]string, key, why string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	in[key] = why
}

// as is whom a request is made as, empty for oneself.
func (a *Asking) as(r *workload.Request) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, own := a.ownself[r.User]; own {
		return ""
	}
	return r.User
}

// shut says why a request is not worth sending; empty where it is.
func (a *Asking) shut(r *workload.Request) string {
	if a.as(r) != "" {
		return ""
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.closed[r.Namespace]
}

// Count is how many dry runs will be sent.
func (a *Asking) Count() int {
	n := 0
	for i := range a.requests {
		if a.shut(&a.requests[i]) == "" {
			n++
		}
	}
	return n
}

// why says why requests are made as oneself, each reason once.
func (a *Asking) why() string {
	var reasons []string
	for _, reason := range a.ownself {
		if !slices.Contains(reasons, reason) {
			reasons = append(reasons, reason)
		}
	}
	slices.Sort(reasons)
	return strings.Join(reasons, "; ")
}
