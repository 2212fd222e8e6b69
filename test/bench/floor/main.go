// Command floor is the least that a whole check could cost: it sends the requests that `kubectl pss check ns`
// sends, with the same client, page size and parallelism, and drops what it decodes.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"golang.org/x/sync/errgroup"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "floor:", err)
		os.Exit(1)
	}
}

func run() error {
	kubeconfig := flag.String("kubeconfig", os.Getenv("KUBECONFIG"), "the cluster to read")
	chunk := flag.Int64("chunk-size", 500, "how many objects to ask for at a time")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	counts, err := read(ctx, *kubeconfig, *chunk)
	if err != nil {
		return err
	}
	fmt.Println(counts)
	return nil
}

// counts is what was read.
type counts struct{ namespaces, pods, others int }

// String says it for people.
func (c counts) String() string {
	return fmt.Sprintf("namespaces %d, pods %d, others %d", c.namespaces, c.pods, c.others)
}

// listing is one list of the whole cluster.
type listing struct {
	gv       schema.GroupVersion
	resource string
	page     func() runtime.Object
}

func namespaces() listing {
	return listing{corev1.SchemeGroupVersion, "namespaces", func() runtime.Object { return new(corev1.NamespaceList) }}
}

// listings are those of pkg/cluster, in its order.
func listings() []listing {
	core, apps, batch := corev1.SchemeGroupVersion, appsv1.SchemeGroupVersion, batchv1.SchemeGroupVersion
	return []listing{
		{core, "pods", func() runtime.Object { return new(corev1.PodList) }},
		{apps, "replicasets", func() runtime.Object { return new(appsv1.ReplicaSetList) }},
		{batch, "jobs", func() runtime.Object { return new(batchv1.JobList) }},
		{apps, "deployments", func() runtime.Object { return new(appsv1.DeploymentList) }},
		{apps, "statefulsets", func() runtime.Object { return new(appsv1.StatefulSetList) }},
		{apps, "daemonsets", func() runtime.Object { return new(appsv1.DaemonSetList) }},
		{core, "replicationcontrollers", func() runtime.Object { return new(corev1.ReplicationControllerList) }},
		{batch, "cronjobs", func() runtime.Object { return new(batchv1.CronJobList) }},
		{core, "podtemplates", func() runtime.Object { return new(corev1.PodTemplateList) }},
	}
}

// read asks what a check asks, in its order: facts about the server beside everything else, the version first, what may
// change pods beside the rest, namespaces next, and then every list at once.
func read(ctx context.Context, kubeconfig string, chunk int64) (counts, error) {
	var c counts
	client, err := newClient(kubeconfig)
	if err != nil {
		return c, err
	}
	facts, factsCtx := errgroup.WithContext(ctx)
	for _, ask := range []func(context.Context) error{client.kubeSystem, client.metrics, client.apiServers, client.webhooks} {
		facts.Go(func() error { return ask(factsCtx) })
	}
	if err := client.version(ctx); err != nil {
		return c, err
	}
	for _, ask := range []func(context.Context) error{
		client.mutators, client.policies("mutatingadmissionpolicies"), client.policies("mutatingadmissionpolicybindings"),
	} {
		facts.Go(func() error { return ask(factsCtx) })
	}
	if c.namespaces, err = client.list(ctx, namespaces(), chunk); err != nil {
		return c, err
	}
	lists, listsCtx := errgroup.WithContext(ctx)
	found := make([]int, len(listings()))
	for i, l := range listings() {
		lists.Go(func() (err error) {
			found[i], err = client.list(listsCtx, l, chunk)
			return err
		})
	}
	if err := lists.Wait(); err != nil {
		return c, err
	}
	c.pods = found[0]
	for _, n := range found[1:] {
		c.others += n
	}
	return c, facts.Wait()
}

// list reads a list page by page and drops each page once it is decoded.
func (c *client) list(ctx context.Context, l listing, chunk int64) (int, error) {
	o := metav1.ListOptions{Limit: chunk}
	for n := 0; ; {
		page := l.page()
		err := c.groups[l.gv].Get().Resource(l.resource).VersionedParams(&o, c.codec).Do(ctx).Into(page)
		if err != nil {
			return n, err
		}
		n += meta.LenList(page)
		m, err := meta.ListAccessor(page)
		if err != nil {
			return n, err
		}
		if o.Continue = m.GetContinue(); o.Continue == "" {
			return n, nil
		}
	}
}
