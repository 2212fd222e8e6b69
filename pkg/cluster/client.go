// Package cluster is the source that reads a live cluster: namespaces, pods, workloads and facts about the
// server. It is the first stage of the flow and the only room that reads the API; it never writes, and its
// transport refuses to. What cannot be read becomes a gap, and everything else goes on.
package cluster

import (
	"fmt"
	"sync/atomic"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/flowcontrol"

	"github.com/kubectl-pss/kubectl-pss/pkg/patience"
)

const (
	// queriesPerSecond bounds what this client sends, over all its lists together. client-go's default of 5
	// makes a whole-cluster read crawl; no limit at all would let a check of many namespaces crowd out others
	// on servers without priority and fairness. Pages of one list follow each other and at most
	// parallelLists lists run at once, so a read of big pages never comes near it.
	queriesPerSecond = 100
	// burst lets the requests of a small check leave without waiting.
	burst = 2 * queriesPerSecond
	// parallelRequests is how many requests are under way at once, whatever asks for them, the server's metrics aside:
	// the lists of a whole-cluster read and what is read beside them. A server counts requests under way, not their
	// rate, and shares some six hundred among all clients.
	parallelRequests = 16

	protobuf = "application/vnd.kubernetes.protobuf"
	json     = "application/json"
)

// ClientOptions are what NewClient cannot take from the user's kubeconfig.
type ClientOptions struct {
	// Version is this program's own, for the user agent.
	Version string
	// Context is the context that the user named by flag; empty for the kubeconfig's current one. It only
	// serves to name the context in Facts: the RESTClientGetter has applied it already.
	Context string
	// Warnings takes the server's warning headers (deprecations); nil drops them.
	Warnings rest.WarningHandlerWithContext
}

// Client reads one cluster. It is safe for concurrent use.
type Client struct {
	groups  map[schema.GroupVersion]rest.Interface
	codec   runtime.ParameterCodec
	host    string
	context string
	timeout time.Duration
	backoff wait.Backoff
	// underWay has room for parallelRequests.
	underWay chan struct{}
	// answered says that the server has been there: from then on a refused connection may pass.
	answered atomic.Bool
}

// NewClient connects to nothing yet; it returns what is wrong with the kubeconfig as client-go says it.
func NewClient(getter genericclioptions.RESTClientGetter, o ClientOptions) (*Client, error) {
	config, err := getter.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	config = readConfig(config, o)
	scheme, err := newScheme()
	if err != nil {
		return nil, err
	}
	c := &Client{
		groups:   map[schema.GroupVersion]rest.Interface{},
		codec:    runtime.NewParameterCodec(scheme),
		host:     config.Host,
		context:  contextName(getter, o.Context),
		timeout:  config.Timeout,
		backoff:  patience.Backoff(),
		underWay: make(chan struct{}, parallelRequests),
	}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	config.NegotiatedSerializer = rest.CodecFactoryForGeneratedClient(scheme, serializer.NewCodecFactory(scheme)).WithoutConversion()
	for _, gv := range groupVersions() {
		groupConfig := rest.CopyConfig(config)
		groupConfig.GroupVersion = &gv
		groupConfig.APIPath = "/apis"
		if gv.Group == "" {
			groupConfig.APIPath = "/api"
		}
		if c.groups[gv], err = rest.RESTClientForConfigAndClient(groupConfig, client); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// readConfig is the user's configuration with what reading adds to it.
func readConfig(user *rest.Config, o ClientOptions) *rest.Config {
	config := rest.CopyConfig(user)
	config.UserAgent = "kubectl-pss/" + o.Version
	config.AcceptContentTypes = protobuf + "," + json
	config.ContentType = protobuf
	config.RateLimiter = flowcontrol.NewTokenBucketRateLimiter(queriesPerSecond, burst)
	config.WarningHandler = nil
	config.WarningHandlerWithContext = rest.NoWarnings{}
	if o.Warnings != nil {
		config.WarningHandlerWithContext = o.Warnings
	}
	config.Wrap(refuseWrites)
	config.Wrap(patience.Bound(ceiling)) // below what skims, which keeps what it does not understand
	config.Wrap(skimLists)
	return config
}

func groupVersions() []schema.GroupVersion {
	return []schema.GroupVersion{
		corev1.SchemeGroupVersion, appsv1.SchemeGroupVersion, batchv1.SchemeGroupVersion, admissionv1.SchemeGroupVersion,
		rbacv1.SchemeGroupVersion, nodev1.SchemeGroupVersion,
	}
}

// newScheme knows only the groups that are read; client-go's own knows some forty.
func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	add := runtime.NewSchemeBuilder(corev1.AddToScheme, appsv1.AddToScheme, batchv1.AddToScheme, admissionv1.AddToScheme, rbacv1.AddToScheme, nodev1.AddToScheme)
	if err := add.AddToScheme(scheme); err != nil {
		return nil, fmt.Errorf("building the scheme: %w", err)
	}
	return scheme, nil
}

// contextName is the context in use, empty in a pod. RawConfig does not know of the flag.
func contextName(getter genericclioptions.RESTClientGetter, flag string) string {
	if flag != "" {
		return flag
	}
	raw, err := getter.ToRawKubeConfigLoader().RawConfig()
	if err != nil {
		return ""
	}
	return raw.CurrentContext
}
