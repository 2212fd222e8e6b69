//go:build e2e

package e2e

import (
	"fmt"
	"sync"
	"sync/atomic"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// object is anything that an API server stores.
type object interface {
	metav1.Object
	runtime.Object
}

// server is a real API server and what is needed to ask it.
type server struct {
	status

	// flags are what the plugin has to be told about this server.
	flags []string

	client kubernetes.Interface
	meta   metadata.Interface
	log    *auditLog
	asked  atomic.Int64

	// policyTurn is held by who stores many PodSecurityPolicies: the more there are, the more each pod costs the server.
	policyTurn sync.Mutex

	mu        sync.Mutex
	scratches map[string]func() (string, error)
}

// newServer connects as the cluster's admin.
func newServer(s status) (*server, error) {
	if s.AuditLog == "" {
		return nil, fmt.Errorf("cluster %q has no audit log: start it with --audit-log", s.Name)
	}
	config, err := clientcmd.BuildConfigFromFlags("", s.Kubeconfig)
	if err != nil {
		return nil, err
	}
	config.QPS = -1 // the server is our own
	config.ContentType, config.AcceptContentTypes = runtime.ContentTypeProtobuf, runtime.ContentTypeProtobuf+","+runtime.ContentTypeJSON
	config.WarningHandler = rest.NoWarnings{}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	meta, err := metadata.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return &server{
		status: s, client: client, meta: meta, log: newAuditLog(s.AuditLog), scratches: map[string]func() (string, error){},
	}, nil
}

// resource is where objects of a kind are created.
func (s *server) resource(o object) (client rest.Interface, plural string) {
	core, apps, batch := s.client.CoreV1().RESTClient(), s.client.AppsV1().RESTClient(), s.client.BatchV1().RESTClient()
	switch o.(type) {
	case *corev1.Pod:
		return core, "pods"
	case *corev1.PodTemplate:
		return core, "podtemplates"
	case *corev1.ReplicationController:
		return core, "replicationcontrollers"
	case *appsv1.Deployment:
		return apps, "deployments"
	case *appsv1.ReplicaSet:
		return apps, "replicasets"
	case *appsv1.StatefulSet:
		return apps, "statefulsets"
	case *appsv1.DaemonSet:
		return apps, "daemonsets"
	case *batchv1.Job:
		return batch, "jobs"
	case *batchv1.CronJob:
		return batch, "cronjobs"
	default:
		panic(fmt.Sprintf("no pods come from a %T", o))
	}
}
