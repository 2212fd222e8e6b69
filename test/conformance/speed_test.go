package conformance

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sync/errgroup"
	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-pss/kubectl-pss/pkg/manifest"
	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
)

// manifests is how many the speed is measured with.
const manifests = 2000

// decodeAll does the least that a check of files has to: read and decode them, on every core.
func decodeAll(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		return err
	}
	var group errgroup.Group
	group.SetLimit(2)
	for _, file := range files {
		group.Go(func() error {
			data, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			return yaml.Unmarshal(data, &appsv1.Deployment{})
		})
	}
	return group.Wait()
}

// check is what `kubectl pss check -f DIR --enforce restricted` does, up to printing.
func check(b *testing.B, dir string) {
	b.Helper()
	source, err := manifest.NewSource(manifest.Options{Filenames: []string{dir}, Minor: standard.NewestMinor})
	if err != nil {
		b.Fatal(err)
	}
	r := class{level: "restricted"}.survey(b, source, standard.NewestMinor, "latest")
	if r.Summary.Workloads != manifests || r.Summary.Blocking != manifests/2 {
		b.Fatalf("%d of %d workloads block, want half of %d", r.Summary.Blocking, r.Summary.Workloads, manifests)
	}
}

// A check of 2,000 files is to take at most twice as long as decoding them.
func BenchmarkFiles(b *testing.B) {
	dir := b.TempDir()
	for i := range manifests {
		text := fmt.Sprintf(deployment, i, i%20, i%2 == 0)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("web-%04d.yaml", i)), []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("decode", func(b *testing.B) {
		for b.Loop() {
			if err := decodeAll(dir); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("check", func(b *testing.B) {
		for b.Loop() {
			check(b, dir)
		}
	})
}

const deployment = `# Source: shop/templates/deployment.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-%04d
  namespace: shop-%d
  labels:
    app.kubernetes.io/name: web
    app.kubernetes.io/instance: shop
spec:
  replicas: 3
  selector:
    matchLabels:
      app.kubernetes.io/name: web
  template:
    metadata:
      labels:
        app.kubernetes.io/name: web
    spec:
      serviceAccountName: web
      securityContext:
        runAsNonRoot: %t
        seccompProfile:
          type: RuntimeDefault
      containers:
      - name: web
        image: registry.example/shop/web:1.2.3
        args: ["--listen=:8080", "--verbose"]
        ports:
        - name: http
          containerPort: 8080
        env:
        - name: LOG_LEVEL
          value: info
        livenessProbe:
          httpGet: {path: /healthz, port: http}
        resources:
          limits: {cpu: 100m, memory: 128Mi}
          requests: {cpu: 50m, memory: 64Mi}
        securityContext:
          allowPrivilegeEscalation: false
          capabilities:
            drop: [ALL]
        volumeMounts:
        - name: data
          mountPath: /data
      volumes:
      - name: data
        emptyDir: {}
`
