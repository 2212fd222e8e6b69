package cluster

import (
	"context"
	"strconv"
	"sync"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// changersLimit bounds how many configurations of each kind are looked at.
const changersLimit = 500

// admissionPath is where servers serve admission policies; behind it comes the version.
const admissionPath = "/apis/" + admissionv1.GroupName + "/"

// Changers reads what may change pods on their way into the cluster. What may not be read, and what a release does not
// have, is left out: it is only named beside what is known of pods.
func (c *Client) Changers(ctx context.Context) []workload.Changer {
	var webhooks admissionv1.MutatingWebhookConfigurationList
	var policies admissionv1.MutatingAdmissionPolicyList
	var bindings admissionv1.MutatingAdmissionPolicyBindingList
	var unread error
	var searches sync.WaitGroup
	searches.Go(func() {
		unread = c.list(ctx, changerKind(), "", metav1.ListOptions{Limit: changersLimit}, &webhooks)
	})
	searches.Go(func() { c.admissionPolicies(ctx, "mutatingadmissionpolicies", &policies) })
	searches.Go(func() { c.admissionPolicies(ctx, "mutatingadmissionpolicybindings", &bindings) })
	searches.Wait()
	list := workload.PolicyChangers(policies.Items, bindings.Items)
	if unread != nil {
		return list
	}
	for i := range webhooks.Items {
		list = append(list, workload.WebhookChanger(&webhooks.Items[i]))
	}
	return list
}

// admissionPolicies reads a list in the newest version that the server has: the fields that matter are alike in all.
func (c *Client) admissionPolicies(ctx context.Context, resource string, into any) {
	for _, version := range []string{"v1", "v1beta1"} {
		err := c.rawJSON(ctx, admissionPath+version+"/"+resource, map[string]string{"limit": strconv.Itoa(changersLimit)}, into)
		if !apierrors.IsNotFound(err) {
			return
		}
	}
}

func changerKind() kind {
	return newKind[admissionv1.MutatingWebhookConfiguration, admissionv1.MutatingWebhookConfigurationList](
		admissionv1.SchemeGroupVersion, "MutatingWebhookConfiguration", "mutatingwebhookconfigurations")
}
