package cluster

import "path/filepath"

// The folders within a cluster's folder.
const (
	runFolder = "run"
	// endedFolder is what the run folder is renamed to by "down": whoever starts late finds no place to record itself.
	endedFolder = "run.ended"
	logFolder   = "log"
	etcdFolder  = "etcd"
	pkiFolder   = "pki"
)

// The components, named as their binaries.
const (
	etcd              = "etcd"
	apiserver         = "kube-apiserver"
	controllerManager = "kube-controller-manager"
	scheduler         = "kube-scheduler"
	kwok              = "kwok"
)

func logPath(dir, component string) string { return filepath.Join(dir, logFolder, component+".log") }

func recordPath(dir, component string) string {
	return filepath.Join(dir, runFolder, component+".json")
}

func kubeconfigPath(dir, user string) string {
	if user == adminUser {
		return filepath.Join(dir, "kubeconfig")
	}

	return filepath.Join(dir, pkiFolder, user+".kubeconfig")
}

func pkiPath(dir, file string) string { return filepath.Join(dir, pkiFolder, file) }
