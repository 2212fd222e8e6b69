package manifest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

// held says what a set holds: pods and workloads with where they stand.
func held(s *Source, got *sink) []string {
	var list []string
	for i := range s.set.pods {
		p := &s.set.pods[i]
		l := s.Locate(p.UID)
		list = append(list, fmt.Sprintf("Pod %s/%s in document %d", p.Namespace, p.Name, l.Document))
	}
	for _, o := range s.set.objects {
		list = append(list, fmt.Sprintf("%s.%s %s/%s in document %d, %s, %s", o.Kind, o.Group, o.Namespace, o.Name, o.Location.Document, o.State, o.Next.Event))
	}
	if len(got.pods)+len(got.objects) != len(list) {
		list = append(list, fmt.Sprintf("but %d pods and %d workloads were sent", len(got.pods), len(got.objects)))
	}
	return list
}

func TestObjects(t *testing.T) {
	const spec = "{containers: [{name: c, image: i}]}"
	const template = "{template: {spec: " + spec + "}}"
	tests := []struct {
		name, text string
		want       []string
		warnings   []string
	}{
		{name: "pod and workload", text: podYAML + "---\n" + deploymentYAML, want: []string{
			"Pod default/p in document 1", "Deployment.apps default/web in document 2, active, reschedule",
		}},
		{name: "every kind", text: strings.Join([]string{
			"{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: a, namespace: n1}, spec: " + template + "}",
			"{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: b, namespace: n1}, spec: " + template + "}",
			"{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: c, namespace: n1}, spec: " + template + "}",
			"{apiVersion: v1, kind: ReplicationController, metadata: {name: d, namespace: n1}, spec: " + template + "}",
			"{apiVersion: batch/v1, kind: Job, metadata: {name: e, namespace: n1}, spec: " + template + "}",
			"{apiVersion: batch/v1, kind: CronJob, metadata: {name: f, namespace: n1}, spec: {schedule: '@daily', jobTemplate: {spec: " + template + "}}}",
			"{apiVersion: v1, kind: PodTemplate, metadata: {name: g, namespace: n1}, template: {spec: " + spec + "}}",
		}, "\n---\n"), want: []string{
			"StatefulSet.apps n1/a in document 1, active, reschedule",
			"DaemonSet.apps n1/b in document 2, active, newNode",
			"ReplicaSet.apps n1/c in document 3, active, reschedule",
			"ReplicationController. n1/d in document 4, active, reschedule",
			"Job.batch n1/e in document 5, active, retry",
			"CronJob.batch n1/f in document 6, active, schedule",
			"PodTemplate. n1/g in document 7, idle, never",
		}},
		{name: "KYAML", text: "---\n{\n  # KYAML\n  apiVersion: \"v1\",\n  kind: \"Pod\",\n  metadata: {\n    name: \"p\",\n  },\n  spec: " + spec + ",\n}\n", want: []string{"Pod default/p in document 1"}},
		{name: "lists", text: "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}, spec: " + spec + "}\n" +
			"- {apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Pod, metadata: {name: b}, spec: " + spec + "}]}\n" +
			"---\n{\"apiVersion\": \"apps/v1\", \"kind\": \"DeploymentList\", \"items\": [{\"metadata\": {\"name\": \"c\"}, \"spec\": {\"template\": {\"spec\": {\"containers\": [{\"name\": \"c\"}]}}}}]}\n" +
			"---\n{apiVersion: v1, kind: PodList, items: [{metadata: {name: d}, spec: " + spec + "}]}\n" +
			"---\n{apiVersion: example.org/v1, kind: AllowList, metadata: {name: e}}\n", want: []string{
			"Pod default/a in document 1", "Pod default/b in document 1", "Pod default/d in document 3",
			"Deployment.apps default/c in document 2, active, reschedule",
		}},
		{
			name: "merge keys", text: "x: &x {image: i, name: c}\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{<<: *x, name: d}]}\n",
			want: []string{"Pod default/p in document 1"}, warnings: []string{`-: document 1, line 1: unknown field "x": the API server drops it, or refuses the object`},
		},
		{
			name: "names that the server makes", text: "{apiVersion: v1, kind: Pod, metadata: {generateName: run-}, spec: " + spec + "}\n---\n{apiVersion: v1, kind: Pod, spec: " + spec + "}\n",
			want: []string{"Pod default/run-* in document 1", "Pod default/* in document 2"}, warnings: []string{"-: document 2, line 3: has neither name nor generateName: the API server refuses it"},
		},
		{
			name: "unknown fields", text: deploymentYAML + "        volumemounts: []\n", want: []string{"Deployment.apps default/web in document 1, active, reschedule"},
			warnings: []string{`-: document 1, line 15: unknown field "spec.template.spec.containers[0].volumemounts": the API server drops it, or refuses the object`},
		},
		{
			name: "no containers", text: "{apiVersion: v1, kind: Pod, metadata: {name: p}}\n---\n{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}}\n---\n{apiVersion: v1, kind: ReplicationController, metadata: {name: r}}\n",
			want: []string{"Pod default/p in document 1", "Deployment.apps default/d in document 2, active, reschedule", "ReplicationController. default/r in document 3, active, reschedule"},
			warnings: []string{
				"-: document 1, line 1: has no containers: the API server refuses it",
				"-: document 2, line 3: its pod template has no containers: the API server refuses it",
				"-: document 3, line 5: has no pod template: the API server refuses it",
			},
		},
		{
			name: "old versions", text: "{apiVersion: extensions/v1beta1, kind: Deployment, metadata: {name: a}, spec: " + template + "}\n---\n{apiVersion: batch/v1beta1, kind: CronJob, metadata: {name: b}, spec: {jobTemplate: {spec: " + template + "}}}\n",
			want: []string{"Deployment.apps default/a in document 1, active, reschedule", "CronJob.batch default/b in document 2, active, schedule"},
			warnings: []string{
				"-: document 1, line 1: no server since v1.16 takes Deployment in extensions/v1beta1: judged as apps/v1",
				"-: document 2, line 3: no server since v1.25 takes CronJob in batch/v1beta1: judged as batch/v1",
			},
		},
		{
			name: "what a server wrote into it", text: "{apiVersion: batch/v1, kind: Job, metadata: {name: a, uid: u, deletionTimestamp: '2026-01-01T00:00:00Z'}, spec: " + template + ", status: {conditions: [{type: Complete, status: 'True'}]}}\n" +
				"---\n{apiVersion: apps/v1, kind: Deployment, metadata: {name: b}, spec: {replicas: 0, template: {spec: " + spec + "}}}\n",
			want: []string{"Job.batch default/a in document 1, active, retry", "Deployment.apps default/b in document 2, idle, rollout"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, got, _, _ := readText(t, tt.text)
			if diff := cmp.Diff([]string(nil), lines(s.Errors())); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.want, held(s, got)); diff != "" {
				t.Errorf("objects (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.warnings, lines(s.Warnings())); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}

// What an old server still takes needs no warning.
func TestOldVersionsOnOldServers(t *testing.T) {
	s, _, _, _ := read(t, Options{Minor: 24, Filenames: []string{"-"}, Stdin: strings.NewReader(
		"{apiVersion: batch/v1beta1, kind: CronJob, metadata: {name: b}, spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: c}]}}}}}}")})
	if got := lines(s.Warnings()); got != nil {
		t.Errorf("warnings %q", got)
	}
}

func TestUnknownKinds(t *testing.T) {
	const podSpec = "{containers: [{name: c, image: i}]}"
	tests := []struct {
		name, text string
		want       string // the gap
		passed     string
	}{
		{
			name: "template of a custom kind", text: "{apiVersion: argoproj.io/v1alpha1, kind: Rollout, metadata: {name: web, namespace: shop}, spec: {template: {spec: " + podSpec + "}}}",
			want: "Rollout.argoproj.io shop unknownKind -: document 1: Rollout web holds containers at spec.template.spec.containers, and what pods become of them cannot be told",
		},
		{
			name: "in a list of sets", text: "{apiVersion: x.org/v1, kind: Cluster, metadata: {name: c}, spec: {sets: [{podTemplate: {spec: {initContainers: [{name: i}]}}}]}}",
			want: "Cluster.x.org default unknownKind -: document 1: Cluster c holds containers at spec.sets[0].podTemplate.spec.initContainers, and what pods become of them cannot be told",
		},
		{
			name: "steps of a workflow", text: "{apiVersion: argoproj.io/v1alpha1, kind: Workflow, metadata: {generateName: run-}, spec: {templates: [{container: {image: i}}]}}",
			want: "Workflow.argoproj.io default unknownKind -: document 1: Workflow run-* holds containers at spec.templates[0].container, and what pods become of them cannot be told",
		},
		{
			name: "wrong version", text: "{apiVersion: v1, kind: Deployment, metadata: {name: web}, spec: {}}",
			want: "Deployment default unknownKind -: document 1: no server has the kind Deployment in v1: is it Deployment in apps/v1?",
		},
		{
			name: "wrong case", text: "{apiVersion: v1, kind: pod, metadata: {name: web}, spec: " + podSpec + "}",
			want: "pod default unknownKind -: document 1: no server has the kind pod in v1: is it Pod in v1?",
		},
		{name: "the definition of a kind", text: "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: c}, spec: {default: {spec: " + podSpec + "}}}", passed: "1 CustomResourceDefinition.apiextensions.k8s.io"},
		{name: "use of pods", text: "{apiVersion: metrics.k8s.io/v1beta1, kind: PodMetrics, metadata: {name: p}, containers: [{name: c, usage: {}}]}", passed: "1 PodMetrics.metrics.k8s.io"},
		{name: "names only", text: "{apiVersion: x.org/v1, kind: Scan, metadata: {name: s}, spec: {containers: [web, db], container: web}}", passed: "1 Scan.x.org"},
		{name: "others", text: "{apiVersion: v1, kind: Service}\n---\n{apiVersion: v1, kind: ConfigMap}\n---\n{apiVersion: v1, kind: Service}\n", passed: "2 Service, 1 ConfigMap"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, _, namespaces, gaps := readText(t, tt.text)
			var got, passed []string
			for _, g := range gaps {
				got = append(got, strings.Join([]string{g.Resource, g.Namespace, g.Reason, g.Message}, " "))
				if len(namespaces) != 1 || namespaces[0].Name != g.Namespace {
					t.Errorf("namespaces %v do not show the gap's", namespaces)
				}
			}
			for _, c := range s.PassedOver() {
				passed = append(passed, fmt.Sprintf("%d %s", c.Objects, c.GroupKind))
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, "\n")); diff != "" {
				t.Errorf("gaps (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.passed, strings.Join(passed, ", ")); diff != "" {
				t.Errorf("passed over (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNamespaces(t *testing.T) {
	s, _, namespaces, _ := read(t, Options{Namespace: "mine", Filenames: []string{"-"}, Stdin: strings.NewReader(strings.Join([]string{
		"{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: baseline}}}",
		podYAML,
		strings.Replace(podYAML, "name: p", "name: p\n  namespace: other", 1),
		"{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: restricted}}}",
		"{apiVersion: v1, kind: Namespace, metadata: {name: empty}}",
		"{apiVersion: v1, kind: Namespace, metadata: {generateName: test-}}",
		"{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: of-no-interest}}",
	}, "\n---\n"))})
	got := map[string]map[string]string{}
	for i := range namespaces {
		got[namespaces[i].Name] = namespaces[i].Labels
	}
	want := map[string]map[string]string{
		"shop": {"pod-security.kubernetes.io/enforce": "restricted"}, "mine": nil, "other": nil, "empty": nil,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("namespaces (-want +got):\n%s", diff)
	}
	warnings := []string{`-: document 4, line 24: declares namespace "shop" again, after document 1 of -: these labels are taken`}
	if diff := cmp.Diff(warnings, lines(s.Warnings())); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

// The same object twice is two objects; a UID that a server gave is kept, since owners are found by it.
func TestIdentities(t *testing.T) {
	dumped := strings.Replace(podYAML, "name: p", "name: p\n  uid: from-a-server", 1)
	s, _, _, _ := readText(t, strings.Join([]string{podYAML, podYAML, dumped, dumped}, "---\n"))
	uids := map[string]bool{}
	for i := range s.set.pods {
		uids[string(s.set.pods[i].UID)] = true
	}
	if len(uids) != 4 || !uids["from-a-server"] {
		t.Errorf("UIDs %v, want four, one of them from the server", uids)
	}
	if s.Locate("no-such-pod") != nil {
		t.Error("found a pod that is not there")
	}
}

// Reading twice gives the same: the sink may do with it what it likes.
func TestReadAgain(t *testing.T) {
	s, first, namespaces, _ := readText(t, podYAML+"---\n"+deploymentYAML)
	first.objects[0].Template = nil
	first.pods[0].Name = "changed"
	var second sink
	if _, err := s.Read(t.Context(), namespaces, &second); err != nil {
		t.Fatal(err)
	}
	if second.objects[0].Template == nil || second.pods[0].Name != "p" {
		t.Error("the second reading shows what the first sink did")
	}
	var none sink
	if _, err := s.Read(t.Context(), []corev1.Namespace{}, &none); err != nil || len(none.pods)+len(none.objects) > 0 {
		t.Errorf("%d pods and %d workloads of namespaces that were not asked for (%v)", len(none.pods), len(none.objects), err)
	}
}

// What a server would make of a manifest, for every case of semantics 7.4 (the rules themselves are pkg/workload's).
func TestNormalised(t *testing.T) {
	const text = `apiVersion: v1
kind: Pod
metadata:
  name: p
  annotations:
    container.apparmor.security.beta.kubernetes.io/c: unconfined
    seccomp.security.alpha.kubernetes.io/pod: unconfined
spec:
  hostNetwork: true
  containers:
  - {name: c, ports: [{containerPort: 80}]}
  volumes: [{name: v}]
`
	spec := strings.ReplaceAll(strings.TrimPrefix(text, "apiVersion: v1\nkind: Pod\n"), "\n", "\n    ")
	deployment := "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  template:\n    " + spec
	for minor, want := range map[int][2]string{
		24: {"port 80, emptyDir true, seccomp true, AppArmor false", "port 80, emptyDir true, seccomp false, AppArmor false"},
		27: {"port 80, emptyDir true, seccomp false, AppArmor false", "port 80, emptyDir true, seccomp false, AppArmor false"},
		37: {"port 80, emptyDir true, seccomp false, AppArmor true", "port 0, emptyDir true, seccomp false, AppArmor false"},
	} {
		_, got, _, _ := read(t, Options{Minor: minor, Filenames: []string{"-"}, Stdin: strings.NewReader(text + "---\n" + deployment)})
		describe := func(s *corev1.PodSpec) string {
			c := &s.Containers[0]
			return fmt.Sprintf("port %d, emptyDir %t, seccomp %t, AppArmor %t", c.Ports[0].HostPort, s.Volumes[0].EmptyDir != nil,
				s.SecurityContext != nil && s.SecurityContext.SeccompProfile != nil, c.SecurityContext != nil && c.SecurityContext.AppArmorProfile != nil)
		}
		if diff := cmp.Diff(want, [2]string{describe(&got.pods[0].Spec), describe(&got.objects[0].Template.Spec)}); diff != "" {
			t.Errorf("v1.%d, pod and template (-want +got):\n%s", minor, diff)
		}
	}
}
