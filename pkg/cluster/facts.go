package cluster

import (
	"context"
	stdjson "encoding/json"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/version"
)

// factsPatience is how long Facts waits for evidence that is still on its way. By the time a survey asks, it has
// usually arrived; a result must not wait for a server that is slow to render its metrics.
const factsPatience = 3 * time.Second

// Facts are what a server says of itself.
type Facts struct {
	Version version.Info
	// ClusterUID is the UID of the namespace kube-system, empty where it may not be read.
	ClusterUID types.UID
	// Context and Host are the kubeconfig's names for the cluster.
	Context, Host string
	// PodSecurity says whether the server judges pods at all.
	PodSecurity Fact
	// AdmissionConfig is the file on the server that configures its admission, where its flags can be read and
	// name one. No API shows what is in it: the user has to pass it.
	AdmissionConfig string
}

// Fact is something about the server, and how it was learned: the words are those of the report.
type Fact struct {
	// Value is active, inactive or unknown.
	Value string
	// Source is probed or assumed.
	Source string
	// Reason says what the value rests on, in one clause.
	Reason string
}

// The values and sources of a Fact.
const (
	Active   = "active"
	Inactive = "inactive"
	Unknown  = "unknown"
	Probed   = "probed"
	Assumed  = "assumed"
)

// Inquiry is a running search for facts.
type Inquiry struct {
	client   *Client
	patience time.Duration
	cancel   context.CancelFunc
	version  chan struct{} // closed once info and err are set
	all      chan struct{} // closed once the evidence is complete

	info version.Info
	err  error

	mu       sync.Mutex
	uid      types.UID
	evidence evidence
}

// Facts asks and waits. It fails only where the server's version cannot be read.
func (c *Client) Facts(ctx context.Context) (Facts, error) {
	i := c.Ask(ctx)
	defer i.Stop()
	return i.Facts()
}

// Ask starts to find out about the server and returns at once. Everything is found by reading; what may not be
// read is left open and is no gap.
func (c *Client) Ask(ctx context.Context) *Inquiry {
	ctx, cancel := context.WithCancel(ctx)
	i := &Inquiry{client: c, patience: factsPatience, cancel: cancel, version: make(chan struct{}), all: make(chan struct{})}
	go func() {
		defer close(i.version)
		i.info, i.err = c.serverVersion(ctx)
	}()
	var searches sync.WaitGroup
	for _, search := range []func(context.Context) func(*Inquiry){c.findUID, c.findPlugins, c.findFlags, c.findWebhook} {
		searches.Go(func() {
			found := search(ctx)
			i.mu.Lock()
			defer i.mu.Unlock()
			found(i)
		})
	}
	go func() {
		searches.Wait()
		close(i.all)
		<-i.version
		cancel()
	}()
	return i
}

// Version waits for the server's version only.
func (i *Inquiry) Version() (version.Info, error) {
	<-i.version
	return i.info, i.err
}

// Stop ends the search and waits until nothing of it runs any more. It may be called at any time, and again.
func (i *Inquiry) Stop() {
	i.cancel()
	<-i.version
	<-i.all
}

// Facts waits for the version, and for the rest a moment at most.
func (i *Inquiry) Facts() (Facts, error) {
	info, err := i.Version()
	if err != nil {
		return Facts{}, err
	}
	timer := time.NewTimer(i.patience)
	defer timer.Stop()
	select {
	case <-i.all:
	case <-timer.C:
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	return Facts{
		Version:         info,
		ClusterUID:      i.uid,
		Context:         i.client.context,
		Host:            i.client.host,
		PodSecurity:     podSecurity(info, i.evidence),
		AdmissionConfig: i.evidence.configFile(),
	}, nil
}

func (c *Client) serverVersion(ctx context.Context) (version.Info, error) {
	var info version.Info
	var body []byte
	err := c.ride(ctx, func(ctx context.Context) error {
		result := c.groups[corev1.SchemeGroupVersion].Get().AbsPath("/version").SetHeader("Accept", json).Do(ctx)
		body, _ = result.Raw() // its error lacks the server's own words
		return result.Error()
	})
	if err != nil {
		return info, err
	}
	if err := stdjson.Unmarshal(body, &info); err != nil {
		return info, fmt.Errorf("reading the server's version: %w", err)
	}
	return info, nil
}

func (c *Client) findUID(ctx context.Context) func(*Inquiry) {
	var ns corev1.Namespace
	if err := c.get(ctx, namespaceKind(), "", "kube-system", &ns); err != nil {
		return func(*Inquiry) {}
	}
	return func(i *Inquiry) { i.uid = ns.UID }
}
