// Package probe asks the API server by dry run what no object tells: how Pod Security is configured, whether
// PodSecurityPolicy still judges pods, and which pods it would make of templates. It is the only room that does. Nothing is
// stored, and its transport lets nothing else leave; what the server writes down about requests (audit events, metrics) it
// writes down about these too.
package probe

import (
	"context"
	"fmt"
	"sync"

	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/rest"

	"github.com/kubectl-pss/kubectl-pss/pkg/patience"
)

// queriesPerSecond bounds what is asked: client-go's default of 5 would make a whole cluster's templates crawl, and every
// question runs through the webhooks that serve the cluster's own pods.
const queriesPerSecond = 20

// reviewsPerSecond bounds the questions after one's own rights, which reach no webhook of admission.
const reviewsPerSecond = 100

// Client asks one cluster. It is safe for concurrent use.
type Client struct {
	core, apps, reviews rest.Interface
	// assumed says that the kubeconfig or --as names a user to impersonate. One cannot go on from there to another.
	assumed bool
}

// NewClient connects to nothing yet; it returns what is wrong with the kubeconfig as client-go says it. version is this
// program's own, for the user agent.
func NewClient(getter genericclioptions.RESTClientGetter, version string) (*Client, error) {
	config, err := getter.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	return newClient(config, version, queriesPerSecond, reviewsPerSecond)
}

func newClient(config *rest.Config, version string, queries, reviews float32) (*Client, error) {
	scheme := runtime.NewScheme()
	builder := runtime.NewSchemeBuilder(corev1.AddToScheme, appsv1.AddToScheme, authorizationv1.AddToScheme)
	if err := builder.AddToScheme(scheme); err != nil {
		return nil, fmt.Errorf("building the scheme: %w", err)
	}
	base, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, err
	}
	config = rest.CopyConfig(config)
	config.UserAgent = "kubectl-pss/" + version
	config.AcceptContentTypes = runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON
	config.ContentType = runtime.ContentTypeProtobuf
	config.WarningHandler = nil
	config.WarningHandlerWithContext = rest.NoWarnings{} // each question listens for its own
	config.NegotiatedSerializer = rest.CodecFactoryForGeneratedClient(scheme, serializer.NewCodecFactory(scheme)).WithoutConversion()
	config.Wrap(gateTo(base))
	config.Wrap(patience.Bound(patience.OneObject))
	config.QPS, config.Burst = queries, int(2*queries)
	c := &Client{assumed: config.Impersonate.UserName != ""}
	if c.core, err = clientFor(config, "/api", corev1.SchemeGroupVersion); err != nil {
		return nil, err
	}
	if c.apps, err = clientFor(config, "/apis", appsv1.SchemeGroupVersion); err != nil {
		return nil, err
	}
	config.QPS, config.Burst = reviews, int(2*reviews)
	if c.reviews, err = clientFor(config, "/apis", authorizationv1.SchemeGroupVersion); err != nil {
		return nil, err
	}
	return c, nil
}

func clientFor(config *rest.Config, path string, gv schema.GroupVersion) (rest.Interface, error) {
	config = rest.CopyConfig(config)
	config.APIPath, config.GroupVersion = path, &gv
	return rest.RESTClientFor(config)
}

// answer is what the server says to a creation that it does not keep.
type answer struct {
	err      error
	warnings []string
}

// create asks for the creation of an object, and puts what the server would store into another: what JSON leaves out would
// else seem to be there.
func create(ctx context.Context, client rest.Interface, resource, namespace string, object, into runtime.Object) answer {
	return send(ctx, client.Post().NamespaceIfScoped(namespace, namespace != "").Resource(resource).Body(object), into)
}

// send asks by dry run, and puts what the server would store into a new object.
func send(ctx context.Context, request *rest.Request, into runtime.Object) answer {
	var heard warnings
	err := request.Param("dryRun", metav1.DryRunAll).WarningHandlerWithContext(&heard).Do(ctx).Into(into)
	return answer{err, heard.all()}
}

// warnings collects what a server warns of.
type warnings struct {
	mu   sync.Mutex
	list []string
}

// HandleWarningHeaderWithContext implements rest.WarningHandlerWithContext.
func (w *warnings) HandleWarningHeaderWithContext(_ context.Context, _ int, _, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.list = append(w.list, text)
}

func (w *warnings) all() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.list
}
