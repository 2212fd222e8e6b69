package cluster

import (
	"cmp"
	"context"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/rest"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

const (
	// policyVersion is where servers before 1.25 serve PodSecurityPolicies, since 1.10.
	policyVersion = "/apis/" + psp.APIVersion
	// policyResource is their resource as RBAC spells it.
	policyResource = "podsecuritypolicies.policy"
	policyPlural   = "podsecuritypolicies"
	// policyPage is how many policies are asked for at a time.
	policyPage = 500
)

// policyList is a page of PodSecurityPolicies. No library that serves today's API knows their type.
type policyList struct {
	metav1.ListMeta `json:"metadata"`
	Items           []stdjson.RawMessage `json:"items"`
}

// Policies reads the PodSecurityPolicies of a cluster, sorted by name. served is false on servers that have none any more,
// from 1.25 on; the gap says why there may be more than the list has. An error means that no server took the request.
func (c *Client) Policies(ctx context.Context) (list []*psp.Policy, served bool, gap *workload.Gap, err error) {
	items, err := c.policyItems(ctx)
	switch {
	case ctx.Err() != nil:
		return nil, false, nil, ctx.Err()
	case apierrors.IsNotFound(err):
		return nil, false, nil, nil
	case err != nil && noAnswer(err):
		return nil, false, nil, err
	case err != nil:
		// Rights come before existence: a server without policies refuses those who may not read them all the same.
		if apierrors.IsForbidden(err) && !c.servesPolicies(ctx) {
			return nil, false, nil, nil
		}
		gap = policyGap(err)
	}
	seen := sets.New[string]()
	for _, item := range items {
		p, err := decodePolicy(item)
		if err != nil {
			gap = &workload.Gap{Resource: policyResource, Reason: reasonMalformed, Message: err.Error()}
			continue
		}
		if !seen.Has(p.Name) { // a page that came twice
			list = append(list, p)
		}
		seen.Insert(p.Name)
	}
	slices.SortFunc(list, func(a, b *psp.Policy) int { return cmp.Compare(a.Name, b.Name) })
	return list, true, gap, nil
}

// policyItems reads all pages, or those before the one that failed. A list whose token expired starts again.
func (c *Client) policyItems(ctx context.Context) ([]stdjson.RawMessage, error) {
	var items []stdjson.RawMessage
	way := newCourse(policyResource)
	for restarted, next := 0, ""; ; {
		var page policyList
		err := c.rawJSON(ctx, policyVersion+"/"+policyPlural, map[string]string{"limit": strconv.Itoa(policyPage), "continue": next}, &page)
		if apierrors.IsResourceExpired(err) && next != "" && restarted < restarts {
			items, next, way = nil, "", newCourse(policyResource)
			restarted++
			continue
		}
		if err != nil {
			return items, err
		}
		items = append(items, page.Items...)
		first := ""
		if len(page.Items) > 0 {
			first = string(page.Items[0])
		}
		if err := way.follow(page.Continue, first, len(page.Items)); err != nil {
			return items, err
		}
		if next = page.Continue; next == "" {
			return items, nil
		}
	}
}

// servesPolicies asks the server's own list of what it serves, which everybody may read by default. In doubt it does.
func (c *Client) servesPolicies(ctx context.Context) bool {
	var served metav1.APIResourceList
	if err := c.rawJSON(ctx, policyVersion, nil, &served); err != nil {
		return !apierrors.IsNotFound(err)
	}
	return slices.ContainsFunc(served.APIResources, func(r metav1.APIResource) bool { return r.Name == policyPlural })
}

// rawJSON reads a path into a value. Warnings are dropped: that PodSecurityPolicy is deprecated is what this program is for.
func (c *Client) rawJSON(ctx context.Context, path string, query map[string]string, into any) error {
	var body []byte
	err := c.ride(ctx, func(ctx context.Context) error {
		request := c.groups[corev1.SchemeGroupVersion].Get().AbsPath(path).SetHeader("Accept", json).WarningHandlerWithContext(rest.NoWarnings{})
		for key, value := range query {
			if value != "" {
				request = request.Param(key, value)
			}
		}
		result := request.Do(ctx)
		body, _ = result.Raw() // its error lacks the server's own words
		return result.Error()
	})
	if err != nil {
		return err
	}
	if err := stdjson.Unmarshal(body, into); err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	return nil
}

func policyGap(err error) *workload.Gap {
	return &workload.Gap{Resource: policyResource, Reason: reasonOf(err), Message: messageOf(err)}
}

// decodePolicy reads an item of a list, which does not say what it is.
func decodePolicy(item stdjson.RawMessage) (*psp.Policy, error) {
	var obj map[string]any
	if err := utiljson.Unmarshal(item, &obj); err != nil {
		return nil, err
	}
	if obj == nil {
		return nil, errors.New("a policy is null")
	}
	obj["apiVersion"], obj["kind"] = psp.APIVersion, psp.Kind
	p, err := psp.Decode(obj)
	if err != nil {
		name, _, _ := unstructured.NestedString(obj, "metadata", "name")
		return nil, fmt.Errorf("policy %q: %w", name, err)
	}
	p.ManagedFields = nil
	return p, nil
}
