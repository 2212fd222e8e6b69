//go:build e2e

package e2e

import (
	"maps"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// estate is the demo's estate on the plain server, loaded once.
func estate(t *testing.T) *server {
	t.Helper()
	s := plain(t)
	suite.estate.once.Do(func() {
		begin := time.Now()
		suite.estate.said, suite.estate.err = exec.Command("../../hack/demo/load.sh", s.Kubectl, s.Kubeconfig).CombinedOutput()
		t.Logf("the estate is loaded after %s", time.Since(begin).Round(time.Second))
	})
	if suite.estate.err != nil {
		t.Fatalf("hack/demo/load.sh: %v\n%s", suite.estate.err, suite.estate.said)
	}
	return s
}

// loading is how the loading of the estate went.
type loading struct {
	once sync.Once
	said []byte
	err  error
}

// stock is what there is in the estate's namespaces.
type stock struct {
	namespaces []string
	pods       []*corev1.Pod
	// workloads are the objects of the eight kinds that carry a template.
	workloads []object
	byUID     map[types.UID]object
}

// inEstate says whether a namespace is part of the estate, and not of some test: every team's namespace bears its name,
// except the one whose labels the auditors have replaced. Tests give that label to namespaces of their own.
func inEstate(ns *corev1.Namespace) bool {
	_, team := ns.Labels["team"]
	_, crowd := ns.Labels[crowdLabel]
	return team && !crowd || ns.Name == "claims" || ns.Name == "kube-system"
}

// takeStock reads the estate, independently of pkg/cluster.
func (s *server) takeStock(t *testing.T) *stock {
	t.Helper()
	k := &stock{byUID: map[types.UID]object{}}
	all := metav1.ListOptions{}
	core, apps, batch := s.client.CoreV1(), s.client.AppsV1(), s.client.BatchV1()
	for _, ns := range list(t, core.Namespaces().List, all, func(l *corev1.NamespaceList) []corev1.Namespace { return l.Items }) {
		if inEstate(&ns) {
			k.namespaces = append(k.namespaces, ns.Name)
		}
	}
	pods := list(t, core.Pods("").List, all, func(l *corev1.PodList) []corev1.Pod { return l.Items })
	for i := range pods {
		if slices.Contains(k.namespaces, pods[i].Namespace) {
			k.pods = append(k.pods, &pods[i])
		}
	}
	keep(k, list(t, core.PodTemplates("").List, all, func(l *corev1.PodTemplateList) []corev1.PodTemplate { return l.Items }))
	keep(k, list(t, core.ReplicationControllers("").List, all, func(l *corev1.ReplicationControllerList) []corev1.ReplicationController { return l.Items }))
	keep(k, list(t, apps.Deployments("").List, all, func(l *appsv1.DeploymentList) []appsv1.Deployment { return l.Items }))
	keep(k, list(t, apps.ReplicaSets("").List, all, func(l *appsv1.ReplicaSetList) []appsv1.ReplicaSet { return l.Items }))
	keep(k, list(t, apps.StatefulSets("").List, all, func(l *appsv1.StatefulSetList) []appsv1.StatefulSet { return l.Items }))
	keep(k, list(t, apps.DaemonSets("").List, all, func(l *appsv1.DaemonSetList) []appsv1.DaemonSet { return l.Items }))
	keep(k, list(t, batch.Jobs("").List, all, func(l *batchv1.JobList) []batchv1.Job { return l.Items }))
	keep(k, list(t, batch.CronJobs("").List, all, func(l *batchv1.CronJobList) []batchv1.CronJob { return l.Items }))
	return k
}

// accounts are the names of all service accounts that pods of the estate run as.
func (k *stock) accounts() []string {
	names := map[string]bool{}
	for _, pod := range k.pods {
		names[pod.Spec.ServiceAccountName] = true
	}
	for _, o := range k.workloads {
		names[templateOf(o).Spec.ServiceAccountName] = true
	}
	delete(names, "")
	return slices.Sorted(maps.Keys(names))
}

// stillThere are the pods that a later stock has too: CronJobs run whenever it is time.
func (k *stock) stillThere(later *stock) []*corev1.Pod {
	uids := map[types.UID]bool{}
	for _, pod := range later.pods {
		uids[pod.UID] = true
	}
	return slices.DeleteFunc(slices.Clone(k.pods), func(pod *corev1.Pod) bool { return !uids[pod.UID] })
}

// podsOf are the UIDs of the pods in a namespace.
func (k *stock) podsOf(namespace string) string {
	var uids []string
	for _, pod := range k.pods {
		if pod.Namespace == namespace {
			uids = append(uids, string(pod.UID))
		}
	}
	slices.Sort(uids)
	return strings.Join(uids, " ")
}
