package cluster

import (
	"bufio"
	"context"
	"io"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/patience"
)

const (
	// pluginMetric counts the calls of each admission plug-in. The server sorts its metrics by name, so that it
	// comes early in what may be tens of megabytes.
	pluginMetric = "apiserver_admission_controller_admission_duration_seconds"
	// metricsLimit bounds what is read of a server's metrics, in bytes.
	metricsLimit = 8 << 20
	// serversLimit bounds how many kube-apiserver pods are looked at.
	serversLimit = 20
	// webhookLimit bounds how many webhook configurations are looked at.
	webhookLimit = 500
)

// findPlugins looks for the admission plug-in in the server's metrics, and stops reading as soon as it knows.
func (c *Client) findPlugins(ctx context.Context) func(*Inquiry) {
	found := c.plugin(ctx, "PodSecurity")
	return func(i *Inquiry) { i.evidence.plugin = found }
}

// plugin looks for an admission plug-in that takes part in every create and update.
func (c *Client) plugin(ctx context.Context, name string) presence {
	body, err := c.metrics(ctx, pluginMetric)
	if err != nil {
		return presenceUnknown
	}
	defer func() { _ = body.Close() }()
	return pluginIn(body, name)
}

// metrics asks for one of the metrics of a server. 1.37 answers with that alone, which costs it half as much; 1.30 does not
// know the parameter, and answers with all.
func (c *Client) metrics(ctx context.Context, name string) (io.ReadCloser, error) {
	return c.groups[corev1.SchemeGroupVersion].Get().AbsPath("/metrics").Param("name[]", name).
		SetHeader("Accept", "text/plain").Stream(patience.Quiet(ctx))
}

// pluginIn reads metrics in text form. A plug-in that takes part in every create and update is absent when such a
// request has passed another validating plug-in and not this one.
func pluginIn(metrics io.Reader, name string) presence {
	lines := bufio.NewScanner(io.LimitReader(metrics, metricsLimit))
	lines.Buffer(nil, 1<<20)
	found := presenceUnknown
	for lines.Scan() {
		line := lines.Text()
		series, ok := strings.CutPrefix(line, pluginMetric+"_count{")
		switch {
		case ok && strings.Contains(series, `name="`+name+`"`):
			return present
		case ok && passedValidation(series):
			found = absent
		case !strings.HasPrefix(line, "#") && line > pluginMetric+"~":
			return found
		}
	}
	if lines.Err() != nil {
		return presenceUnknown
	}
	return found
}

func passedValidation(series string) bool {
	return strings.Contains(series, `type="validate"`) && strings.Contains(series, `rejected="false"`) &&
		(strings.Contains(series, `operation="CREATE"`) || strings.Contains(series, `operation="UPDATE"`))
}

// findFlags reads the command lines of API servers that run as pods, as kubeadm's do.
func (c *Client) findFlags(ctx context.Context) func(*Inquiry) {
	servers := c.apiServers(ctx)
	return func(i *Inquiry) { i.evidence.servers = servers }
}

func (c *Client) apiServers(ctx context.Context) []serverFlags {
	var pods corev1.PodList
	o := metav1.ListOptions{LabelSelector: "component=kube-apiserver", Limit: serversLimit}
	if err := c.list(ctx, podKind(), "kube-system", o, &pods); err != nil {
		return nil
	}
	var servers []serverFlags
	for i := range pods.Items {
		for _, container := range pods.Items[i].Spec.Containers {
			words := slices.Concat(container.Command, container.Args)
			if container.Name == "kube-apiserver" && len(words) > 1 {
				servers = append(servers, parseFlags(words))
			}
		}
	}
	return servers
}

// findWebhook looks for the pod-security-webhook, by the names that its manifests give it.
func (c *Client) findWebhook(ctx context.Context) func(*Inquiry) {
	var configurations admissionv1.ValidatingWebhookConfigurationList
	if err := c.list(ctx, webhookKind(), "", metav1.ListOptions{Limit: webhookLimit}, &configurations); err != nil {
		return func(*Inquiry) {}
	}
	for _, configuration := range configurations.Items {
		if slices.ContainsFunc(configuration.Webhooks, isPodSecurityWebhook) {
			return func(i *Inquiry) { i.evidence.webhook = configuration.Name }
		}
	}
	return func(*Inquiry) {}
}

func isPodSecurityWebhook(w admissionv1.ValidatingWebhook) bool {
	service := w.ClientConfig.Service
	return strings.HasSuffix(w.Name, "pod-security-webhook.kubernetes.io") ||
		service != nil && service.Namespace == "pod-security-webhook"
}
