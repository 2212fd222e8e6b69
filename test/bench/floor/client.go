package main

import (
	"bufio"
	"context"
	"io"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	protobuf = "application/vnd.kubernetes.protobuf"
	json     = "application/json"
	// pluginMetric is where pkg/cluster stops reading the server's metrics.
	pluginMetric = "apiserver_admission_controller_admission_duration_seconds"
)

// client is built as pkg/cluster builds its own: one HTTP client, protobuf, a scheme of four groups.
type client struct {
	groups map[schema.GroupVersion]rest.Interface
	codec  runtime.ParameterCodec
}

func newClient(kubeconfig string) (*client, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	config.UserAgent = "kubectl-pss-floor"
	config.AcceptContentTypes = protobuf + "," + json
	config.ContentType = protobuf
	config.QPS = -1 // a whole-cluster check never comes near the plugin's own limit
	scheme := runtime.NewScheme()
	add := runtime.NewSchemeBuilder(corev1.AddToScheme, appsv1.AddToScheme, batchv1.AddToScheme, admissionv1.AddToScheme)
	if err := add.AddToScheme(scheme); err != nil {
		return nil, err
	}
	c := &client{groups: map[schema.GroupVersion]rest.Interface{}, codec: runtime.NewParameterCodec(scheme)}
	http, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	config.NegotiatedSerializer = rest.CodecFactoryForGeneratedClient(scheme, serializer.NewCodecFactory(scheme)).WithoutConversion()
	for _, gv := range []schema.GroupVersion{
		corev1.SchemeGroupVersion, appsv1.SchemeGroupVersion, batchv1.SchemeGroupVersion, admissionv1.SchemeGroupVersion,
	} {
		group := rest.CopyConfig(config)
		group.GroupVersion, group.APIPath = &gv, "/apis"
		if gv.Group == "" {
			group.APIPath = "/api"
		}
		if c.groups[gv], err = rest.RESTClientForConfigAndClient(group, http); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *client) version(ctx context.Context) error {
	return c.groups[corev1.SchemeGroupVersion].Get().AbsPath("/version").SetHeader("Accept", json).Do(ctx).Error()
}

func (c *client) kubeSystem(ctx context.Context) error {
	return c.groups[corev1.SchemeGroupVersion].Get().Resource("namespaces").Name("kube-system").Do(ctx).Into(new(corev1.Namespace))
}

func (c *client) apiServers(ctx context.Context) error {
	o := metav1.ListOptions{LabelSelector: "component=kube-apiserver", Limit: 20}
	return c.groups[corev1.SchemeGroupVersion].Get().Namespace("kube-system").Resource("pods").
		VersionedParams(&o, c.codec).Do(ctx).Into(new(corev1.PodList))
}

// metrics reads as far as pkg/cluster does.
func (c *client) metrics(ctx context.Context) error {
	body, err := c.groups[corev1.SchemeGroupVersion].Get().AbsPath("/metrics").SetHeader("Accept", "text/plain").Stream(ctx)
	if err != nil {
		return err
	}
	defer body.Close()
	lines := bufio.NewScanner(io.LimitReader(body, 8<<20))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), pluginMetric) {
			return nil
		}
	}
	return lines.Err()
}

func (c *client) mutators(ctx context.Context) error {
	o := metav1.ListOptions{Limit: 500}
	return c.groups[admissionv1.SchemeGroupVersion].Get().Resource("mutatingwebhookconfigurations").
		VersionedParams(&o, c.codec).Do(ctx).Into(new(admissionv1.MutatingWebhookConfigurationList))
}

// policies asks in JSON, and takes it that a server of an older release does not have them.
func (c *client) policies(resource string) func(context.Context) error {
	return func(ctx context.Context) error {
		for _, version := range []string{"v1", "v1beta1"} {
			err := c.groups[corev1.SchemeGroupVersion].Get().AbsPath("/apis/"+admissionv1.GroupName+"/"+version+"/"+resource).
				SetHeader("Accept", json).Param("limit", "500").Do(ctx).Error()
			if !apierrors.IsNotFound(err) {
				return err
			}
		}
		return nil
	}
}

func (c *client) webhooks(ctx context.Context) error {
	o := metav1.ListOptions{Limit: 500}
	return c.groups[admissionv1.SchemeGroupVersion].Get().Resource("validatingwebhookconfigurations").
		VersionedParams(&o, c.codec).Do(ctx).Into(new(admissionv1.ValidatingWebhookConfigurationList))
}
