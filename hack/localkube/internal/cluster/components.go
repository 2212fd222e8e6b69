package cluster

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/process"
)

const (
	serviceRange   = "10.96.0.0/16"
	firstServiceIP = "10.96.0.1"
	podRange       = "10.128.0.0/9"
	issuer         = "https://kubernetes.default.svc.cluster.local"

	// auditFile grows until the cluster goes down; a rotated one would lose what a test is about to look for.
	auditFile       = "audit.log"
	auditMegabytes  = "100000"
	auditPolicyFile = "audit-policy.yaml"
	auditPolicy     = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
`
)

// plan is everything that the arguments of the components follow from.
type plan struct {
	Options

	dir                             string
	port, etcdPort, peerPort, extra int
}

func newPlan(opts Options, dir string) (plan, error) {
	ports, err := pickPorts(4)
	if err != nil {
		return plan{}, err
	}
	p := plan{Options: opts, dir: dir, port: ports[0], etcdPort: ports[1], peerPort: ports[2], extra: ports[3]}
	if opts.Port != 0 {
		p.port = opts.Port
	}

	return p, nil
}

func (p plan) server() string { return local("https", p.port) }

func (p plan) auditLog() string { return filepath.Join(p.dir, auditFile) }

func local(scheme string, port int) string { return scheme + "://127.0.0.1:" + strconv.Itoa(port) }

func (p plan) spec(component string, args []string) process.Spec {
	return process.Spec{
		Name: component, Path: filepath.Join(p.BinDir, component), Args: args,
		Log: logPath(p.dir, component), Record: recordPath(p.dir, component),
	}
}

func (p plan) etcd() process.Spec {
	client, peer := local("http", p.etcdPort), local("http", p.peerPort)

	return p.spec(etcd, []string{
		"--name=localkube",
		"--data-dir=" + filepath.Join(p.dir, etcdFolder),
		"--listen-client-urls=" + client, "--advertise-client-urls=" + client,
		"--listen-peer-urls=" + peer, "--initial-advertise-peer-urls=" + peer,
		"--initial-cluster=localkube=" + peer,
		// Nothing here outlives the machine, and writing through to disk is most of what a start would wait for.
		"--unsafe-no-fsync",
		"--logger=zap", "--log-level=warn",
	})
}

func (p plan) apiserver() process.Spec {
	return p.spec(apiserver, append(p.apiserverBase(), asked(p.AdmissionConfig, p.APIServerArgs)...))
}

// asked are the arguments of the API server that a user may choose, and choose anew at a restart.
func asked(admissionConfig string, args []string) []string {
	if admissionConfig == "" {
		return args
	}

	return append([]string{"--admission-control-config-file=" + admissionConfig}, args...)
}

// apiserverBase are the arguments that stay the same for as long as the cluster is there.
func (p plan) apiserverBase() []string {
	args := []string{
		"--etcd-servers=" + local("http", p.etcdPort),
		"--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--secure-port=" + strconv.Itoa(p.port),
		// A loopback address may not be an endpoint of the kubernetes service, and nothing here would use it.
		"--endpoint-reconciler-type=none",
		"--cert-dir=" + filepath.Join(p.dir, pkiFolder),
		"--tls-cert-file=" + pkiPath(p.dir, servingCert),
		"--tls-private-key-file=" + pkiPath(p.dir, servingKey),
		"--client-ca-file=" + pkiPath(p.dir, caCert),
		"--token-auth-file=" + pkiPath(p.dir, tokensFile),
		"--authorization-mode=RBAC",
		"--allow-privileged=true",
		"--service-cluster-ip-range=" + serviceRange,
		"--service-account-issuer=" + issuer,
		"--service-account-key-file=" + pkiPath(p.dir, accountsKey),
		"--service-account-signing-key-file=" + pkiPath(p.dir, accountsKey),
	}
	if p.Audit {
		args = append(args, "--audit-policy-file="+filepath.Join(p.dir, auditPolicyFile),
			"--audit-log-path="+p.auditLog(), "--audit-log-maxsize="+auditMegabytes)
	}

	return args
}

func (p plan) controllerManager() process.Spec {
	return p.spec(controllerManager, append([]string{
		"--kubeconfig=" + kubeconfigPath(p.dir, controllerManager),
		"--secure-port=0",
		"--leader-elect=false",
		"--use-service-account-credentials=true",
		"--service-account-private-key-file=" + pkiPath(p.dir, accountsKey),
		"--root-ca-file=" + pkiPath(p.dir, caCert),
		"--cluster-signing-cert-file=" + pkiPath(p.dir, caCert),
		"--cluster-signing-key-file=" + pkiPath(p.dir, caKey),
		"--cert-dir=" + filepath.Join(p.dir, pkiFolder),
		// Estates of thousands of pods are to appear in seconds, and a busy machine is no reason to evict them.
		"--kube-api-qps=500", "--kube-api-burst=1000",
		"--node-monitor-grace-period=30m",
	}, p.ControllerArgs...))
}

func (p plan) scheduler() process.Spec {
	return p.spec(scheduler, []string{
		"--kubeconfig=" + kubeconfigPath(p.dir, scheduler),
		"--secure-port=0",
		"--leader-elect=false",
		"--kube-api-qps=500", "--kube-api-burst=1000",
	})
}

func (p plan) kwok() (process.Spec, error) {
	stages, err := filepath.Glob(filepath.Join(p.StageDir, "*.yaml"))
	if err != nil {
		return process.Spec{}, err
	}
	if len(stages) == 0 {
		return process.Spec{}, fmt.Errorf("found no stages in %s: remove the folder to have it built again", p.StageDir)
	}
	args := []string{
		"--kubeconfig=" + kubeconfigPath(p.dir, kwok),
		"--manage-all-nodes=true",
		"--cidr=" + podRange, "--node-ip=127.0.0.1", "--node-port=" + strconv.Itoa(p.extra),
		"--server-address=127.0.0.1:" + strconv.Itoa(p.extra),
	}
	for _, stage := range stages {
		args = append(args, "--config="+stage)
	}

	return p.spec(kwok, args), nil
}

// writeFiles lays out the cluster's folder, up to what the components themselves write.
func (p plan) writeFiles() (access, error) {
	for _, folder := range []string{runFolder, logFolder, etcdFolder, pkiFolder} {
		if err := os.Mkdir(filepath.Join(p.dir, folder), 0o700); err != nil {
			return access{}, err
		}
	}
	if err := os.WriteFile(filepath.Join(p.dir, auditPolicyFile), []byte(auditPolicy), 0o600); err != nil {
		return access{}, err
	}
	if err := writeCertificates(p.dir); err != nil {
		return access{}, err
	}

	return writeAccess(p.Options, p.dir, p.server())
}
