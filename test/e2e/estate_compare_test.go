//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

// fewest is how many comparisons the estate is good for; fewer mean that something was not compared.
const fewest = 6000

// asking is how many requests are under way at once.
const asking = 8

// TestEstate holds everything in the demo's estate, under every level at the newest version and at two pins, against
// what the server does: to each live pod, to each workload object, to the pod that its controller makes of it, and to
// the change of every namespace's labels. Which version judges is one thing, whether it refuses or only tells another:
// the second is tried at the newest version and at one pin. What baseline says at a pin, restricted says there as well.
func TestEstate(t *testing.T) {
	t.Parallel()
	panel := []modes{all("privileged:latest"), told("baseline:latest"), told("restricted:v1.24")}
	for _, level := range []string{"baseline", "restricted"} {
		for _, version := range []string{"latest", "v1.24", "v1.30"} {
			if pinned := level + ":" + version; full() || pinned != "baseline:v1.30" {
				panel = append(panel, all(pinned))
			}
		}
	}
	if count := estate(t).holdEstate(t, panel); count < fewest {
		t.Errorf("only %d comparisons were made, fewer than %d", count, fewest)
	}
}

// holdEstate holds what is said of an estate under the modes against the server, and counts the comparisons.
func (s *server) holdEstate(t *testing.T, panel []modes) int {
	t.Helper()
	before := s.takeStock(t)
	seen := make([]*foresight, len(panel))
	for i, m := range panel {
		seen[i] = foresee(s.check(t, append([]string{"ns"}, m.flags()...)...))
	}
	after := s.takeStock(t)

	begin, count := time.Now(), 0
	for i, m := range panel {
		c := &comparison{
			server: s, stock: before, foresight: seen[i], modes: m,
			denied: map[string]map[ref]bool{}, told: map[string]map[ref]bool{},
		}
		c.open(t)
		c.pods(t, before.stillThere(after))
		c.workloads(t)
		c.settle(t)
		c.verdicts(t)
		c.labels(t, after)
		count += len(c.asked) + len(c.namespaces)
	}
	t.Logf("%d comparisons of %d pods and %d workload objects in %d namespaces took %s", count, len(before.pods),
		len(before.workloads), len(before.namespaces), time.Since(begin).Round(time.Second))
	return count
}

// comparison holds one report against the server.
type comparison struct {
	*server
	*stock
	*foresight

	modes   modes
	scratch string
	asked   []*ask
	// denied are the workloads of each namespace of which the server refuses a pod, told those about which it has
	// anything to say; what is over counts for neither.
	denied, told map[string]map[ref]bool
}

// ask is a request and what is predicted of it: one of several verdicts.
type ask struct {
	what      string
	about     object // the live object
	send      func(context.Context) answer
	predicted []verdict
	answer    answer
}

// open prepares the namespace in which everything is created, in vain.
func (c *comparison) open(t *testing.T) {
	t.Helper()
	var err error
	if c.scratch, err = c.server.scratch(t.Context(), c.modes); err != nil {
		t.Fatal(err)
	}
	for _, name := range c.accounts() {
		if err := c.account(t.Context(), c.scratch, name); err != nil {
			t.Fatal(err)
		}
	}
	for _, ns := range c.namespaces {
		item := c.items[ns]
		if item == nil {
			t.Fatalf("%s is not in the report", ns)
		}
		total := 0
		for i := range item.Workloads {
			for j := range item.Workloads[i].Evidence {
				total += item.Workloads[i].Evidence[j].Count
			}
		}
		if total != item.Pods.Total {
			t.Errorf("%s has %d pods, and the evidence stands for %d", ns, item.Pods.Total, total)
		}
	}
}

func (c *comparison) pods(t *testing.T, pods []*corev1.Pod) {
	t.Helper()
	for _, pod := range pods {
		predicted, err := c.ofPod(c.stock, pod)
		if err != nil {
			t.Error(err)
			continue
		}
		what := "pod " + pod.Namespace + "/" + pod.Name
		if len(pod.Spec.EphemeralContainers) > 0 {
			c.asked = append(c.asked, &ask{what: what, about: pod, send: c.debugged(t, pod), predicted: []verdict{predicted}})
			continue
		}
		c.add(what, pod, c.maker(pod), copyTo(pod, c.scratch), predicted)
	}
}

func (c *comparison) workloads(t *testing.T) {
	t.Helper()
	for _, o := range c.stock.workloads {
		evidence, err := c.declared(c.stock, o)
		if err != nil {
			t.Error(err)
		}
		if len(evidence) == 0 {
			continue
		}
		var told, made []verdict
		for _, e := range evidence {
			told, made = append(told, ofWorkload(e.Outcome.Workload)), append(made, ofPod(e.Outcome.Pod))
		}
		what := fmt.Sprintf("%s %s/%s", kindOf(o), o.GetNamespace(), o.GetName())
		c.add(what, o, "", copyTo(o, c.scratch), told...)
		c.add("the pod of "+what, o, c.maker(o), podFrom(copyTo(o, c.scratch), c.scratch), made...)
	}
}

// add asks about a live object by the creation of another one.
func (c *comparison) add(what string, about object, user string, o object, predicted ...verdict) {
	send := func(ctx context.Context) answer { return c.dryCreate(ctx, user, o) }
	c.asked = append(c.asked, &ask{what: what, about: about, send: send, predicted: predicted})
}

// settle asks everything, and then compares.
func (c *comparison) settle(t *testing.T) {
	t.Helper()
	c.askAll(t.Context(), c.asked)
	for _, a := range c.asked {
		real := c.verdict(t, a.answer)
		closest := a.predicted[0]
		for _, predicted := range a.predicted {
			if cmp.Equal(predicted, real) {
				closest = predicted
			}
		}
		same(t, fmt.Sprintf("%s under %+v", a.what, c.modes), closest, real)
		c.tally(a.about, real)
	}
}

// askAll sends requests, several at once. An ask that sends nothing of its own is about an object that is to be created.
func (s *server) askAll(ctx context.Context, asked []*ask) {
	todo := make(chan *ask)
	var group sync.WaitGroup
	for range asking {
		group.Go(func() {
			for a := range todo {
				if a.send == nil {
					a.answer = s.dryCreate(ctx, "", a.about)
				} else {
					a.answer = a.send(ctx)
				}
			}
		})
	}
	for _, a := range asked {
		todo <- a
	}
	close(todo)
	group.Wait()
}

// labels compares what is said of every namespace's labels. Where pods came or went meanwhile, it is asked again.
func (c *comparison) labels(t *testing.T, after *stock) {
	t.Helper()
	for _, ns := range c.namespaces {
		change := c.items[ns].LabelChange
		if change == nil {
			t.Errorf("nothing is said of the labels of %s", ns)
			continue
		}
		a := c.dryLabel(t.Context(), ns, c.modes.patch())
		real := verdict{Allowed: a.err == nil, Message: a.message(), Warnings: a.warnings}
		predicted := verdict{Allowed: change.Allowed, Message: change.Message, Warnings: delivered(change.Warnings)}
		if !cmp.Equal(predicted, real) && c.podsOf(ns) != after.podsOf(ns) {
			c.compareChange(t, ns, c.modes)
			continue
		}
		same(t, fmt.Sprintf("the labels of %s to %+v", ns, c.modes), predicted, real)
	}
}
