package survey

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/beyond"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

func runsAs(spec corev1.PodSpec, account string) corev1.PodSpec {
	spec.ServiceAccountName = account
	return spec
}

// agents is a namespace of four good services, and one that is not.
func agents(name string, labels ...string) *fakeSource {
	f := &fakeSource{namespaces: []corev1.Namespace{namespace(name, labels...)}}
	for i := range 4 {
		f.deployment(name, fmt.Sprintf("api-%d", i), hardened(), "1")
	}
	f.deployment(name, "agent", hostPath(), "1")
	return f
}

func TestSplit(t *testing.T) {
	agent := report.SplitWorkload{Group: "apps", Kind: "Deployment", Name: "agent", Strictest: "privileged", ServiceAccounts: []string{"default"}}
	shared := []report.Owner{}
	for i := range 4 {
		shared = append(shared, report.Owner{Group: "apps", Kind: "Deployment", Name: fmt.Sprintf("api-%d", i)})
	}
	both := &report.Split{
		Level: "restricted", Workloads: []report.SplitWorkload{agent}, Others: 4, SharedWith: shared,
		Exception: "kubectl pss export a --except deployment/agent --level restricted",
		Label:     "kubectl pss label ns a --enforce restricted",
	}
	for _, c := range []struct {
		name   string
		source *fakeSource
		change func(*fakeSource)
		o      Options
		want   *report.Split
	}{
		{name: "two levels at once", source: agents("a"), want: both},
		{name: "the next level alone, told apart by service account", source: agents("a"), change: func(f *fakeSource) {
			f.deployments("agent", func(s *corev1.PodSpec) { s.ServiceAccountName = "agent" })
			f.deployment("a", "legacy", plain(), "1")
		}, want: &report.Split{
			Level: "baseline", Others: 5,
			Workloads: []report.SplitWorkload{{Group: "apps", Kind: "Deployment", Name: "agent", Strictest: "privileged", ServiceAccounts: []string{"agent"}}},
			Exception: "kubectl pss export a --except deployment/agent --level baseline",
			Label:     "kubectl pss label ns a --enforce baseline",
		}},
		{name: "a bare pod and its owner's", source: agents("a"), change: func(f *fakeSource) {
			f.deploys = f.deploys[:4]
			f.pod("a", "tool", nil, runsAs(hostPath(), "tool"))
		}, want: &report.Split{
			Level: "restricted", Others: 4,
			Workloads: []report.SplitWorkload{{Kind: "Pod", Name: "tool", Strictest: "privileged", ServiceAccounts: []string{"tool"}, Bare: true}},
			Exception: "kubectl pss export a --except pod/tool --level restricted",
			Label:     "kubectl pss label ns a --enforce restricted",
		}},
		{name: "what no exception can name", source: agents("a"), change: func(f *fakeSource) {
			f.deploys = f.deploys[:4]
			f.pod("a", "tool", &workload.Object{Ref: workload.Ref{Group: "example.com", Kind: "Tool", Name: "x"}, UID: "u"}, runsAs(hostPath(), "tool"))
		}, want: &report.Split{
			Level: "restricted", Others: 4,
			Workloads: []report.SplitWorkload{{Group: "example.com", Kind: "Tool", Name: "x", Strictest: "privileged", ServiceAccounts: []string{"tool"}}},
			Label:     "kubectl pss label ns a --enforce restricted",
		}},
		{name: "nothing in the way", source: agents("a"), change: func(f *fakeSource) { f.deploys = f.deploys[:4] }},
		{name: "half of them in the way", source: agents("a"), change: func(f *fakeSource) { f.deploys = f.deploys[3:] }},
		{name: "held to it already", source: agents("a", "enforce", "restricted")},
		{name: "held to one of two", source: agents("a", "enforce", "baseline"), want: both},
		{name: "a system namespace", source: agents("kube-a")},
		{name: "a gap", source: agents("a"), change: func(f *fakeSource) { f.gaps = []workload.Gap{{Resource: "cronjobs.batch", Namespace: "a"}} }},
		{name: "a gap of the cluster", source: agents("a"), change: func(f *fakeSource) { f.gaps = []workload.Gap{{Resource: "cronjobs.batch"}} }},
		{name: "one object", source: agents("a"), o: Options{Only: &workload.Ref{Group: "apps", Kind: "Deployment", Name: "agent"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.change != nil {
				c.change(c.source)
			}
			r := run(t, c.source, c.o)
			if diff := cmp.Diff(c.want, r.Items[0].Split); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if (c.want != nil) != (len(r.Summary.Splits) == 1) {
				t.Errorf("summary: %+v", r.Summary.Splits)
			}
		})
	}
}

// Files may be a part of a namespace: nothing is promised of what is in no file. Their pods have yet to be given a token.
func TestSplitAndBeyondOfFiles(t *testing.T) {
	f := &fakeFiles{*agents("a")}
	f.pod("a", "tool", nil, plain())
	r := run(t, f, Options{Beyond: &beyond.Options{}})
	if r.Items[0].Split != nil || len(r.Summary.Splits) > 0 {
		t.Errorf("advice %+v", r.Items[0].Split)
	}
	if n := r.Items[0].Beyond[beyond.ServiceAccountToken]; n != 6 {
		t.Errorf("%d of 6 workloads are going to have a token", n)
	}
	if export := r.Beyond.Controls[0].Export; export != "kubectl pss export a --control read-only-root-filesystem" {
		t.Errorf("export: %s", export)
	}
}

// deployments changes those of a name.
func (f *fakeSource) deployments(name string, change func(*corev1.PodSpec)) {
	for i := range f.deploys {
		if f.deploys[i].Name == name {
			change(&f.deploys[i].Spec.Template.Spec)
		}
	}
}

// The biggest win comes first.
func TestSplitOrder(t *testing.T) {
	split := func(moved, others int) *report.Split {
		return &report.Split{Workloads: make([]report.SplitWorkload, moved), Others: others}
	}
	items := []report.Namespace{
		{Namespace: "a"},
		{Namespace: "b", Split: split(2, 20)},
		{Namespace: "c", Split: split(1, 9)},
		{Namespace: "d", Split: split(1, 10)},
		{Namespace: "e", Split: split(1, 30)},
		{Namespace: "f", Split: split(2, 20)},
	}
	var got []string
	for _, g := range splits(items) {
		got = append(got, fmt.Sprintf("%s %d %d", g.Namespace, g.Moved, g.Others))
	}
	if diff := cmp.Diff([]string{"e 1 30", "b 2 20", "f 2 20", "d 1 10", "c 1 9"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What is advised is, of all sets of workloads, the smallest without which the rest is at a higher level than all of them
// are; the only one of its size; and as high as that set can get them.
func TestSplitIsMinimal(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 2))
	levels := []api.Level{api.LevelPrivileged, api.LevelBaseline, api.LevelRestricted, api.LevelRestricted, api.LevelRestricted}
	states := []report.State{report.StateActive, report.StateActive, report.StateIdle, report.StateFinished, report.StateTerminating}
	advised, kept := map[string]int{}, 0
	for range 1500 {
		var workloads []report.Workload
		for i := range r.IntN(9) {
			workloads = append(workloads, report.Workload{
				Kind: "Deployment", Group: "apps", Name: strconv.Itoa(i), Strictest: string(levels[r.IntN(len(levels))]), State: states[r.IntN(len(states))],
			})
		}
		item := report.Namespace{Namespace: "a", Counted: true, Exempt: report.Exempt{By: report.ExemptNone}, Workloads: workloads}
		item.Strictest = strictestOf(workloads)
		item.Strictest.Complete = true
		item.Current.Enforce.Level = string(api.LevelPrivileged)
		got := split(&item, nil)
		smallest, sets, level, rest := searched(workloads)
		if smallest < 0 || smallest >= rest || item.Strictest.Level == string(api.LevelRestricted) {
			if kept++; got != nil {
				t.Fatalf("advice %+v where none is worth it: %+v", got, workloads)
			}
			continue
		}
		if got == nil || len(sets) != 1 || len(got.Workloads) != smallest || got.Others != rest || got.Level != level {
			t.Fatalf("advice %+v, want %d of %b to %s with %d others: %+v", got, smallest, sets, level, rest, workloads)
		}
		for _, w := range got.Workloads {
			var at int
			if _, err := fmt.Sscan(w.Name, &at); err != nil || sets[0]&(1<<at) == 0 {
				t.Fatalf("%s is not in %b: %+v", w.Name, sets, workloads)
			}
		}
		advised[got.Level]++
	}
	if advised["baseline"] == 0 || advised["restricted"] == 0 || kept == 0 {
		t.Errorf("%v advised, %d times nothing: nothing was put to the test", advised, kept)
	}
}

// searched tries every set of the workloads that stay: the size of the smallest that lifts the rest, all sets of that size,
// the level that the rest reaches, and how many they are. Without a set the size is -1.
func searched(workloads []report.Workload) (smallest int, sets []int, level string, rest int) {
	all, staying := api.Level(strictestOf(workloads).Level), 0
	for i := range workloads {
		if inTheWay(&workloads[i]) {
			staying |= 1 << i
		}
	}
	smallest = -1
	for set := range 1 << len(workloads) {
		if set&staying != set {
			continue
		}
		var others []report.Workload
		for i := range workloads {
			if set&(1<<i) == 0 {
				others = append(others, workloads[i])
			}
		}
		reached := strictestOf(others).Level
		size := bits.OnesCount(uint(set))
		if api.CompareLevels(api.Level(reached), all) <= 0 || smallest >= 0 && size > smallest {
			continue
		}
		if size != smallest {
			smallest, sets = size, nil
		}
		sets = append(sets, set)
		level, rest = reached, bits.OnesCount(uint(staying))-size
	}
	return smallest, sets, level, rest
}
