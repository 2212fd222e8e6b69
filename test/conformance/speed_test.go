//go:build unix && !race

package conformance

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-pss/kubectl-pss/pkg/cmd"
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
	group.SetLimit(runtime.GOMAXPROCS(0))
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
func check(tb testing.TB, dir string) {
	tb.Helper()
	source, err := manifest.NewSource(manifest.Options{Filenames: []string{dir}, Minor: standard.NewestMinor})
	if err != nil {
		tb.Fatal(err)
	}
	r := class{level: "restricted"}.survey(tb, source, standard.NewestMinor, "latest")
	if r.Summary.Workloads != manifests || r.Summary.Blocking != manifests/2 {
		tb.Fatalf("%d of %d workloads block, want half of %d", r.Summary.Blocking, r.Summary.Workloads, manifests)
	}
}

// command is `kubectl pss check -f DIR --enforce restricted` to its end, every workload's details printed.
func command(tb testing.TB, dir string) {
	tb.Helper()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = null.Close() }() // nothing is in it
	args := []string{"check", "-f", dir, "--enforce", "restricted"}
	if code := cmd.Main(null, null, null, args, own); code != 1 {
		tb.Fatalf("exit code %d, want 1", code)
	}
}

// estate is a folder of manifests.
func estate(tb testing.TB) string {
	tb.Helper()
	dir := tb.TempDir()
	for i := range manifests {
		text := fmt.Sprintf(deployment, i, i%20, i%2 == 0)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("web-%04d.yaml", i)), []byte(text), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	return dir
}

// used is the processor time that this process has taken so far.
func used(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// work is the processor time that a function takes, at best: what else the machine does counts less than in seconds.
func work(tb testing.TB, f func()) time.Duration {
	tb.Helper()
	best := time.Hour
	for range 5 {
		runtime.GC()
		before := used(tb)
		f()
		best = min(best, used(tb)-before)
	}
	return best
}

// A check of 2,000 files, details printed, takes at most twice the work of decoding them.
func TestFilesTakeTwiceTheDecoding(t *testing.T) {
	dir := estate(t)
	floor := work(t, func() {
		if err := decodeAll(dir); err != nil {
			t.Fatal(err)
		}
	})
	got := work(t, func() { command(t, dir) })
	if t.Logf("decoding %v, check %v", floor, got); got > 2*floor {
		t.Errorf("a check of %d files takes %v, more than twice the %v of decoding them", manifests, got, floor)
	}
}

// BenchmarkFiles takes turns at decoding, at a check up to printing and at the whole command, so that what else the
// machine does meets all of them, and tells medians and how many times the decoding they are:
//
//	go test -run '^$' -bench Files -benchtime 15x ./test/conformance
func BenchmarkFiles(b *testing.B) {
	dir := estate(b)
	turns := []struct {
		name      string
		do        func()
		wall, cpu []float64
	}{
		{name: "decode", do: func() {
			if err := decodeAll(dir); err != nil {
				b.Fatal(err)
			}
		}},
		{name: "check", do: func() { check(b, dir) }},
		{name: "command", do: func() { command(b, dir) }},
	}
	for b.Loop() {
		for i := range turns {
			runtime.GC()
			before, begin := used(b), time.Now()
			turns[i].do()
			turns[i].wall = append(turns[i].wall, time.Since(begin).Seconds()*1000)
			turns[i].cpu = append(turns[i].cpu, (used(b)-before).Seconds()*1000)
		}
	}
	b.ReportMetric(0, "ns/op") // of all three together, which says nothing
	floor := turns[0]
	for _, t := range turns {
		b.ReportMetric(median(t.wall), t.name+"-ms")
		b.ReportMetric(median(t.cpu), t.name+"-cpu-ms")
		b.ReportMetric(median(t.wall)/median(floor.wall), t.name+"-ratio")
		b.ReportMetric(median(t.cpu)/median(floor.cpu), t.name+"-cpu-ratio")
	}
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
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

// own is an environment in which the collector of this process, which is not the command's, is left as it is.
func own(name string) string {
	return map[string]string{"GOGC": "100"}[name]
}
