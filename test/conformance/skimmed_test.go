package conformance

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/beyond"
	"github.com/kubectl-pss/kubectl-pss/pkg/cluster"
	"github.com/kubectl-pss/kubectl-pss/pkg/manifest"
	"github.com/kubectl-pss/kubectl-pss/pkg/migration"
	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

// clients are one that reads protobuf, and skims it, and one that is given JSON, which nobody skims.
func clients(t *testing.T, objects []runtime.Object) (skims, reads *cluster.Client) {
	t.Helper()
	var made []*cluster.Client
	server := fakeapi.New(objects...)
	t.Cleanup(server.Close)
	json := fakeapi.New(objects...)
	t.Cleanup(json.Close)
	json.Inject(fakeapi.Fault{Path: "/api*", Do: func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		r.Header.Set("Accept", runtime.ContentTypeJSON)
		next.ServeHTTP(w, r)
	}})
	for _, s := range []*fakeapi.Server{server, json} {
		path := filepath.Join(t.TempDir(), "kubeconfig")
		if err := os.WriteFile(path, s.Kubeconfig(), 0o600); err != nil {
			t.Fatal(err)
		}
		flags := genericclioptions.NewConfigFlags(false)
		flags.KubeConfig = &path
		c, err := cluster.NewClient(flags, cluster.ClientOptions{})
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, c)
	}
	return made[0], made[1]
}

func from(t *testing.T, c *cluster.Client) workload.Source { return reading(t, c, false) }

// reading is a source that keeps what controls beyond the Standards look at, if it is told to.
func reading(t *testing.T, c *cluster.Client, beyond bool) workload.Source {
	t.Helper()
	source, err := cluster.NewSource(c, cluster.Options{ChunkSize: 500, Beyond: beyond, Convert: func(obj runtime.Object) *workload.Object {
		return workload.From(obj, time.Unix(0, 0)) // both at once
	}})
	if err != nil {
		t.Fatal(err)
	}
	return source
}

// hoard is a sink that keeps everything.
type hoard struct {
	mu      sync.Mutex
	pods    map[types.UID]*corev1.Pod
	objects map[types.UID]*workload.Object
}

func (h *hoard) Pods(_ context.Context, page []corev1.Pod) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range page {
		h.pods[page[i].UID] = &page[i]
	}
	return nil
}

func (h *hoard) Objects(_ context.Context, page []*workload.Object) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, o := range page {
		h.objects[o.UID] = o
	}
	return nil
}

func everything(t *testing.T, source workload.Source) *hoard {
	t.Helper()
	h := &hoard{pods: map[types.UID]*corev1.Pod{}, objects: map[types.UID]*workload.Object{}}
	namespaces, err := source.Namespaces(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if gaps, err := source.Read(t.Context(), namespaces, h); err != nil || len(gaps) > 0 {
		t.Fatalf("gaps %v, error %v", gaps, err)
	}
	return h
}

// Whatever is left out of a list on its way makes no difference to any check, nor to where it finds what it denies; and
// of what has a template everything is there that digests and dry runs are made of.
func TestSkimmedPodsAreJudgedAlike(t *testing.T) {
	skims, reads := clients(t, crowd(t, 1))
	skimmed, whole := everything(t, from(t, skims)), everything(t, from(t, reads))
	if len(skimmed.pods) != len(whole.pods) || len(whole.pods) < wantPass+wantFail+drawn {
		t.Fatalf("%d pods skimmed, %d whole", len(skimmed.pods), len(whole.pods))
	}
	before, after, denied := 0, 0, 0
	for _, minor := range []int{24, 30, 34, standard.NewestMinor} {
		evaluator, err := standard.NewEvaluator(minor)
		if err != nil {
			t.Fatal(err)
		}
		lv := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
		for uid, pod := range whole.pods {
			less := skimmed.pods[uid]
			before, after = before+pod.Size(), after+less.Size()
			want := evaluator.Denials(lv, &pod.ObjectMeta, &pod.Spec)
			if diff := cmp.Diff(want, evaluator.Denials(lv, &less.ObjectMeta, &less.Spec)); diff != "" {
				t.Fatalf("v1.%d, pod %s (-whole +skimmed):\n%s", minor, pod.Name, diff)
			}
			for _, d := range want {
				denied++
				here := evaluator.Locate(d.Check, lv.Version, &pod.ObjectMeta, &pod.Spec)
				if diff := cmp.Diff(here, evaluator.Locate(d.Check, lv.Version, &less.ObjectMeta, &less.Spec)); diff != "" {
					t.Fatalf("v1.%d, pod %s, %s (-whole +skimmed):\n%s", minor, pod.Name, d.Check, diff)
				}
			}
		}
	}
	if denied == 0 || after >= before*9/10 {
		t.Errorf("%d denials in %d bytes, of %d: nothing was put to the test", denied, after, before)
	}
	for uid, o := range whole.objects {
		if diff := cmp.Diff(o, skimmed.objects[uid]); diff != "" {
			t.Errorf("%s (-whole +skimmed):\n%s", o.Name, diff)
		}
	}
}

// No report tells the difference: that of a check, of a proposal, of an upgrade, and that on PodSecurityPolicies.
func TestSkimmedReports(t *testing.T) {
	skims, reads := clients(t, crowd(t, 20)) // the judgements are compared above
	config, err := simulate.DefaultConfig()
	if err != nil {
		t.Fatal(err)
	}
	admission, err := simulate.New(config)
	if err != nil {
		t.Fatal(err)
	}
	next, old := standard.NewestMinor, standard.NewestMinor-3
	for name, o := range map[string]survey.Options{
		"check":     {Minor: next},
		"candidate": {Minor: next, Candidate: survey.Candidate{survey.Enforce: {Level: api.LevelRestricted}, survey.Warn: {Level: api.LevelBaseline}}},
		"recommend": {Minor: next, Recommend: &survey.Recommend{}},
		"upgrade":   {Minor: old, UpgradeTo: &next},
		"beyond":    {Minor: next, Beyond: &beyond.Options{Registries: []string{"registry.k8s.io", "docker.io/library"}}},
	} {
		o.Admission = admission
		var reports []*report.CheckReport
		for _, c := range []*cluster.Client{reads, skims} {
			r, err := survey.Run(t.Context(), reading(t, c, o.Beyond != nil), o)
			if err != nil {
				t.Fatal(err)
			}
			reports = append(reports, r)
		}
		if reports[0].Summary.Workloads == 0 || len(reports[0].Gaps) > 0 {
			t.Errorf("%s: %d workloads, gaps %v", name, reports[0].Summary.Workloads, reports[0].Gaps)
		}
		if b := reports[0].Beyond; b != nil {
			for _, control := range b.Controls {
				if control.Workloads == 0 || control.Workloads == reports[0].Summary.Workloads {
					t.Errorf("%s: %d workloads break %s: nothing was put to the test", name, control.Workloads, control.Control)
				}
			}
		}
		for i := range reports[0].Items { // the first difference is enough, and all of them take minutes to find
			if !reflect.DeepEqual(reports[0].Items[i], reports[1].Items[i]) {
				t.Fatalf("%s (-whole +skimmed):\n%s", name, cmp.Diff(reports[0].Items[i], reports[1].Items[i]))
			}
		}
		if !reflect.DeepEqual(reports[0], reports[1]) {
			t.Errorf("%s (-whole +skimmed):\n%s", name, cmp.Diff(reports[0].Summary, reports[1].Summary))
		}
	}
	files, err := manifest.ReadPolicies(t.Context(), manifest.Options{Filenames: []string{filepath.Join("..", "..", "hack", "demo", "psp", "01-policies.yaml")}})
	if err != nil {
		t.Fatal(err)
	}
	var checks []*report.PSPCheck
	var noted []migration.PlanFacts
	for _, c := range []*cluster.Client{reads, skims} {
		ledger := migration.NewLedger(from(t, c), func() int { return 24 })
		r, err := migration.Check(t.Context(), ledger, migration.CheckOptions{Minor: 24, Admission: admission, Served: true, Policies: files.Valid()})
		if err != nil {
			t.Fatal(err)
		}
		var facts migration.PlanFacts
		ledger.Note(&facts)
		slices.SortFunc(facts.Leftovers, func(a, b psp.Leftover) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		checks, noted = append(checks, r), append(noted, facts)
	}
	if diff := cmp.Diff(checks[0], checks[1]); diff != "" || len(checks[0].Items) == 0 {
		t.Errorf("policies (-whole +skimmed):\n%s", diff)
	}
	if diff := cmp.Diff(noted[0].Oldest, noted[1].Oldest); diff != "" || len(noted[0].Oldest) == 0 || !reflect.DeepEqual(noted[0].Leftovers, noted[1].Leftovers) {
		t.Errorf("oldest pods (-whole +skimmed):\n%s", diff)
	}
}
