package printer

import (
	"fmt"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// updates says which changes pods that run do not take any more.
func (p *page) updates(u *report.Updates) {
	if u == nil {
		return
	}
	p.line(4, p.Faint("what runs goes on running, but takes "+refusedUpdates(u)+": that judges the whole pod again"))
	if len(u.Possible) > 0 {
		p.line(6, "still possible: "+strings.Join(u.Possible, ", "))
	}
}

// refusedUpdates is "no other image and no debug container".
func refusedUpdates(u *report.Updates) string {
	words := map[string]string{"image": "no other image", "ephemeralContainers": "no debug container"}
	var parts []string
	for _, name := range u.Refused {
		text, known := words[name]
		if !known {
			text = "no change of " + name
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " and ")
}

// frozen says how many pods that run do not take changes any more.
func (p *page) frozen(r *report.CheckReport) {
	pods, namespaces := 0, 0
	var some *report.Updates
	for i := range r.Items {
		item := &r.Items[i]
		before := pods
		for k := range item.Workloads {
			for _, e := range item.Workloads[k].Evidence {
				if item.Counted && e.Updates != nil {
					pods, some = pods+e.Count, e.Updates
				}
			}
		}
		if pods > before {
			namespaces++
		}
	}
	if pods == 0 {
		return
	}
	where := ""
	if len(r.Items) > 1 {
		where = " in " + count(namespaces, "namespace")
	}
	policy, does := "what is enforced now", "do not pass %s go on running, but take %s."
	if proposed(r) {
		policy = "the proposed policy"
	}
	if pods == 1 {
		does = "does not pass %s goes on running, but takes %s."
	}
	p.section()
	p.line(0, count(pods, "running pod")+where+" that "+fmt.Sprintf(does, policy, refusedUpdates(some)))
}
