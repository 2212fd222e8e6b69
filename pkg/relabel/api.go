package relabel

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/flowcontrol"

	"github.com/kubectl-pss/kubectl-pss/pkg/patience"
)

const (
	// queriesPerSecond bounds what a run sends: two requests a namespace, so that five hundred take some ten
	// seconds. client-go's default of 5 would make that minutes, in which others change labels; and every
	// change of a namespace wakes all who watch namespaces, so that no limit at all would be felt by others.
	queriesPerSecond = 100
	// burst lets a run over some dozen namespaces go at once.
	burst = queriesPerSecond

	acceptedTypes = runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON
)

// APIOptions are what NewAPI cannot take from the user's kubeconfig.
type APIOptions struct {
	// Version is this program's own, for the user agent.
	Version string
	// FieldManager is who the labels are written as; the constant of that name where it is empty.
	FieldManager string
	// DryRun has the server answer every patch and store none.
	DryRun bool
}

// API writes Pod Security labels, and can do nothing else: its transport lets no other request leave. It is safe
// for concurrent use.
type API struct {
	client  rest.Interface
	manager string
	dryRun  bool
	// timeout is the user's --request-timeout, for all attempts at one namespace together.
	timeout time.Duration
	// grace is answerGrace but in tests.
	grace               time.Duration
	transient, conflict wait.Backoff
}

// NewAPI connects to nothing yet; it returns what is wrong with the kubeconfig as client-go says it.
func NewAPI(getter genericclioptions.RESTClientGetter, o APIOptions) (*API, error) {
	config, err := getter.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	scheme := runtime.NewScheme()
	if err := corev1.AddToScheme(scheme); err != nil {
		return nil, fmt.Errorf("building the scheme: %w", err)
	}
	base, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, err
	}
	config = rest.CopyConfig(config)
	config.UserAgent = "kubectl-pss/" + o.Version
	config.AcceptContentTypes = acceptedTypes
	config.ContentType = runtime.ContentTypeProtobuf
	if config.RateLimiter == nil {
		config.RateLimiter = flowcontrol.NewTokenBucketRateLimiter(queriesPerSecond, burst)
	}
	config.WarningHandler = nil
	config.WarningHandlerWithContext = rest.NoWarnings{} // a patch brings its own
	config.APIPath = "/api"
	config.GroupVersion = &corev1.SchemeGroupVersion
	config.NegotiatedSerializer = rest.CodecFactoryForGeneratedClient(scheme, serializer.NewCodecFactory(scheme)).WithoutConversion()
	config.Wrap(gateTo(base, o.DryRun))
	config.Wrap(patience.Bound(patience.OneObject))
	client, err := rest.RESTClientFor(config)
	if err != nil {
		return nil, err
	}
	manager := o.FieldManager
	if manager == "" {
		manager = FieldManager
	}
	return &API{
		client: client, manager: manager, dryRun: o.DryRun, timeout: config.Timeout, grace: answerGrace,
		transient: patience.Backoff(), conflict: conflictBackoff(),
	}, nil
}

// Get reads one namespace, in no older state than that of a resourceVersion that is known of it; empty for any. Failures
// that usually pass are ridden out.
func (a *API) Get(ctx context.Context, name, known string) (*corev1.Namespace, error) {
	ctx = patience.Quiet(ctx)
	if a.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, a.timeout) // spans client-go's retries and ours
		defer cancel()
	}
	backoff := a.transient
	for {
		namespace := &corev1.Namespace{}
		err := a.client.Get().Resource("namespaces").Name(name).Do(ctx).Into(namespace)
		if err == nil && namespace.Name != name { // an answer that was cut off is an object without content
			err = fmt.Errorf("the answer is another namespace: %q instead of %q", namespace.Name, name)
		}
		if err == nil && older(namespace, known) {
			err = &outdatedError{namespace.ResourceVersion, known}
		}
		if err == nil {
			return namespace, nil
		}
		if ctx.Err() != nil || !passesForGet(err) || backoff.Steps == 0 || !patience.Sleep(ctx, backoff.Step()) {
			return nil, err
		}
	}
}

// Cluster is what tells this cluster from all others: the UID of its namespace kube-system. It is empty, without
// an error, where the user may not read that.
func (a *API) Cluster(ctx context.Context) (types.UID, error) {
	namespace, err := a.Get(ctx, metav1.NamespaceSystem, "")
	switch {
	case apierrors.IsForbidden(err), apierrors.IsNotFound(err):
		return "", nil
	case err != nil:
		return "", err
	}
	return namespace.UID, nil
}

// patch sends a merge patch, and returns the namespace as the server has it then, and what the server warned of.
func (a *API) patch(ctx context.Context, name string, body []byte) (*corev1.Namespace, []string, error) {
	heard := &warnings{}
	request := a.client.Patch(types.MergePatchType).Resource("namespaces").Name(name).
		Param("fieldManager", a.manager).
		WarningHandlerWithContext(heard).
		Body(body)
	if a.dryRun {
		request.Param("dryRun", metav1.DryRunAll)
	}
	answer := &corev1.Namespace{}
	err := request.Do(patience.Quiet(ctx)).Into(answer)
	return answer, heard.texts, err
}

// warnings keeps the warning headers of one answer, in their order.
type warnings struct{ texts []string }

// HandleWarningHeaderWithContext implements rest.WarningHandlerWithContext.
func (w *warnings) HandleWarningHeaderWithContext(_ context.Context, code int, _, text string) {
	if code == warningCode && text != "" {
		w.texts = append(w.texts, text)
	}
}

// warningCode is that of all warnings of an API server; proxies on the way have others.
const warningCode = 299
