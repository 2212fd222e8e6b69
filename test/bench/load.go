//go:build unix

package main

import (
	"context"
	"fmt"
	"maps"

	"golang.org/x/sync/errgroup"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubectl-pss/kubectl-pss/test/bench/estate"
)

// writers is how many workloads are written at once.
const writers = 24

// loader writes an estate through the API. It plays the controllers' part (the cluster's own are off, so that
// nothing moves while it is measured): owner references, revisions, generated names and statuses.
type loader struct {
	client kubernetes.Interface
	// statuses says whether all pods get what the kubelet would write, which doubles the writes. Those of Jobs
	// always do: that they have finished matters.
	statuses bool
	loaded   int // workloads so far
}

func newLoader(kubeconfig string, statuses bool) (*loader, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	config.QPS = -1 // nobody to be polite to
	config.ContentType, config.AcceptContentTypes = "application/vnd.kubernetes.protobuf", "application/vnd.kubernetes.protobuf"
	config.WarningHandler = rest.NoWarnings{}
	config.UserAgent = "kube-controller-manager"
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return &loader{client: client, statuses: statuses}, nil
}

// grow brings the estate to a number of pods.
func (l *loader) grow(ctx context.Context, pods int) error {
	from, to := l.loaded, pods/estate.PodsPerWorkload
	err := each(ctx, from/estate.WorkloadsPerNamespace, to/estate.WorkloadsPerNamespace, l.namespace)
	if err != nil {
		return err
	}
	if err := each(ctx, from, to, l.workload); err != nil {
		return err
	}
	l.loaded = to
	return nil
}

// each calls f for every index from..to-1, some at once, until one fails.
func each(ctx context.Context, from, to int, f func(context.Context, int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	for i := from; i < to && ctx.Err() == nil; i++ {
		group.Go(func() error { return f(ctx, i) })
	}
	return group.Wait()
}

func (l *loader) namespace(ctx context.Context, i int) error {
	ns, err := create(ctx, l.client.CoreV1().Namespaces(), estate.Namespace(i))
	if err != nil {
		return fmt.Errorf("namespace %d: %w", i, err)
	}
	// Pods are refused until their service account is there; waiting for the controller would take longer.
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default"}}
	_, err = create(ctx, l.client.CoreV1().ServiceAccounts(ns.Name), account)
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("service account of %s: %w", ns.Name, err)
	}
	return nil
}

func (l *loader) workload(ctx context.Context, i int) error {
	w := estate.At(i)
	write := map[estate.Kind]func(context.Context, estate.Workload) error{
		estate.Deployment: l.deployment, estate.StatefulSet: l.statefulSet, estate.DaemonSet: l.daemonSet,
		estate.Job: l.job, estate.CronJob: l.cronJob,
	}[w.Kind]
	if err := write(ctx, w); err != nil {
		return fmt.Errorf("%s %s/%s: %w", w.Kind, w.Namespace, w.Name, err)
	}
	return nil
}

func (l *loader) deployment(ctx context.Context, w estate.Workload) error {
	const revision = "deployment.kubernetes.io/revision"
	api := l.client.AppsV1().Deployments(w.Namespace)
	d := &appsv1.Deployment{ObjectMeta: w.Meta(), Spec: appsv1.DeploymentSpec{
		Replicas: int32s(estate.PodsPerWorkload), Selector: w.Selector(), Template: w.Template(),
	}}
	d.Annotations[revision] = "2"
	d, err := create(ctx, api, d)
	if err != nil {
		return err
	}
	d.Status = appsv1.DeploymentStatus{ObservedGeneration: d.Generation, Replicas: estate.PodsPerWorkload, UpdatedReplicas: estate.PodsPerWorkload}
	if err := update(ctx, d, api.UpdateStatus); err != nil {
		return err
	}
	owner := estate.ControllerRef("apps/v1", "Deployment", &d.ObjectMeta)
	for number, replicas := range map[string]int32{"1": 0, "2": estate.PodsPerWorkload} {
		hash := map[string]string{"pod-template-hash": fmt.Sprintf("%s%05d", number, w.Index)}
		set := &appsv1.ReplicaSet{
			ObjectMeta: w.Owned(owner, w.Name+"-"+hash["pod-template-hash"], hash, map[string]string{revision: number}),
			Spec:       appsv1.ReplicaSetSpec{Replicas: &replicas, Selector: w.Selector(), Template: w.Template()},
		}
		maps.Copy(set.Spec.Template.Labels, hash)
		if set, err = create(ctx, l.client.AppsV1().ReplicaSets(w.Namespace), set); err != nil {
			return err
		}
		made := estate.ControllerRef("apps/v1", "ReplicaSet", &set.ObjectMeta)
		for n := range int(replicas) {
			if err := l.pod(ctx, w.Pod(made, set.Name+"-"+estate.Suffix(w.Index*100+n), hash)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *loader) statefulSet(ctx context.Context, w estate.Workload) error {
	api := l.client.AppsV1().StatefulSets(w.Namespace)
	s, err := create(ctx, api, &appsv1.StatefulSet{ObjectMeta: w.Meta(), Spec: appsv1.StatefulSetSpec{
		Replicas: int32s(estate.PodsPerWorkload), Selector: w.Selector(), Template: w.Template(), ServiceName: w.Name,
	}})
	if err != nil {
		return err
	}
	hash := fmt.Sprintf("%s-%08x", w.Name, w.Index)
	s.Status = appsv1.StatefulSetStatus{ObservedGeneration: s.Generation, Replicas: estate.PodsPerWorkload, CurrentRevision: hash, UpdateRevision: hash}
	if err := update(ctx, s, api.UpdateStatus); err != nil {
		return err
	}
	owner := estate.ControllerRef("apps/v1", "StatefulSet", &s.ObjectMeta)
	for n := range estate.PodsPerWorkload {
		name := fmt.Sprintf("%s-%d", w.Name, n)
		labels := map[string]string{appsv1.ControllerRevisionHashLabelKey: hash, appsv1.StatefulSetPodNameLabel: name}
		if err := l.pod(ctx, w.Pod(owner, name, labels)); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) daemonSet(ctx context.Context, w estate.Workload) error {
	d, err := create(ctx, l.client.AppsV1().DaemonSets(w.Namespace), &appsv1.DaemonSet{
		ObjectMeta: w.Meta(), Spec: appsv1.DaemonSetSpec{Selector: w.Selector(), Template: w.Template()},
	})
	if err != nil {
		return err
	}
	owner := estate.ControllerRef("apps/v1", "DaemonSet", &d.ObjectMeta)
	labels := map[string]string{"pod-template-generation": "1", appsv1.ControllerRevisionHashLabelKey: fmt.Sprintf("%08x", w.Index)}
	for n := range estate.PodsPerWorkload {
		if err := l.pod(ctx, w.Pod(owner, w.Name+"-"+estate.Suffix(w.Index*100+n), labels)); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) cronJob(ctx context.Context, w estate.Workload) error {
	const runs = 5
	c, err := create(ctx, l.client.BatchV1().CronJobs(w.Namespace), &batchv1.CronJob{ObjectMeta: w.Meta(), Spec: batchv1.CronJobSpec{
		Schedule: "30 3 * * *", JobTemplate: batchv1.JobTemplateSpec{Spec: batchv1.JobSpec{Template: w.Template()}},
	}})
	if err != nil {
		return err
	}
	owner := estate.ControllerRef("batch/v1", "CronJob", &c.ObjectMeta)
	for run := range runs {
		meta := w.Owned(owner, fmt.Sprintf("%s-%d", w.Name, 29_000_000+run), nil, nil)
		if err := l.run(ctx, w, meta, estate.PodsPerWorkload/runs); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) job(ctx context.Context, w estate.Workload) error {
	return l.run(ctx, w, w.Meta(), estate.PodsPerWorkload)
}

// run writes a Job that has completed, with its pods.
func (l *loader) run(ctx context.Context, w estate.Workload, meta metav1.ObjectMeta, pods int) error {
	api := l.client.BatchV1().Jobs(w.Namespace)
	j, err := create(ctx, api, &batchv1.Job{ObjectMeta: meta, Spec: batchv1.JobSpec{
		Completions: int32s(pods), Parallelism: int32s(pods), Template: w.Template(),
	}})
	if err != nil {
		return err
	}
	owner := estate.ControllerRef("batch/v1", "Job", &j.ObjectMeta)
	for n := range pods {
		if err := l.pod(ctx, w.Pod(owner, j.Name+"-"+estate.Suffix(w.Index*100+n), j.Spec.Template.Labels)); err != nil {
			return err
		}
	}
	now := metav1.Now()
	j.Status = batchv1.JobStatus{StartTime: &now, CompletionTime: &now, Succeeded: int32(pods)}
	for _, c := range []batchv1.JobConditionType{batchv1.JobSuccessCriteriaMet, batchv1.JobComplete} {
		j.Status.Conditions = append(j.Status.Conditions, batchv1.JobCondition{Type: c, Status: corev1.ConditionTrue, LastTransitionTime: now})
	}
	return update(ctx, j, api.UpdateStatus)
}

// pod writes a pod, and its status after it as the kubelet does: a status at creation is dropped by the server. What
// the server makes of the pod is not decoded: nobody needs it.
func (l *loader) pod(ctx context.Context, pod *corev1.Pod) error {
	api := l.client.CoreV1().RESTClient()
	err := persist(ctx, tries(), func(ctx context.Context) error {
		return api.Post().Namespace(pod.Namespace).Resource("pods").Body(pod).Do(ctx).Error()
	}, apierrors.IsAlreadyExists)
	if err != nil || !l.statuses && pod.Status.Phase != corev1.PodSucceeded {
		return err
	}
	return persist(ctx, tries(), func(ctx context.Context) error {
		return api.Put().Namespace(pod.Namespace).Resource("pods").Name(pod.Name).SubResource("status").Body(pod).Do(ctx).Error()
	}, apierrors.IsConflict)
}

// podBytes is the mean size of some pods, encoded as they travel.
func (l *loader) podBytes(ctx context.Context) (int, error) {
	pods, err := l.client.CoreV1().Pods("").List(ctx, metav1.ListOptions{Limit: 500})
	if err != nil {
		return 0, err
	}
	return pods.Size() / max(1, len(pods.Items)), nil
}

func int32s(n int) *int32 {
	v := int32(n)
	return &v
}
