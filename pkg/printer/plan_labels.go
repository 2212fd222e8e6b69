package printer

import (
	"cmp"
	"slices"

	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

const none = "<none>"

// levelKey and versionKey are the labels of a mode.
func levelKey(m mode) string {
	return map[string]string{"enforce": api.EnforceLevelLabel, "audit": api.AuditLevelLabel, "warn": api.WarnLevelLabel}[m.name]
}

func versionKey(m mode) string {
	return map[string]string{"enforce": api.EnforceVersionLabel, "audit": api.AuditVersionLabel, "warn": api.WarnVersionLabel}[m.name]
}

// byMode sorts label keys as they are read: enforce before audit before warn, each level before its version.
func byMode(keys []string) []string {
	var known []string
	for _, m := range modes() {
		known = append(known, levelKey(m), versionKey(m))
	}
	rank := func(key string) int {
		if i := slices.Index(known, key); i >= 0 {
			return i
		}
		return len(known)
	}
	slices.SortStableFunc(keys, func(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b)) })
	return keys
}

// carried is what the labels of a mode say, as level:version; the version only where it has a label.
func carried(labels map[string]string, m mode) string {
	level, leveled := labels[levelKey(m)]
	version, versioned := labels[versionKey(m)]
	if !leveled {
		level = none
	}
	if versioned {
		return level + ":" + version
	}
	return level
}

// relabels says whether a plan changes the labels of a mode.
func relabels(item *report.Planned, m mode) bool {
	return carried(item.Before, m) != carried(item.After, m)
}

// diff writes the labels that change, with their whole keys: these are the lines to copy and to search for.
func (p *page) diff(n *report.Planned) {
	for _, key := range byMode(n.ChangedKeys()) {
		if before, ok := n.Before[key]; ok {
			p.line(2, p.Bad("- "+key+": "+before))
		}
		if after, ok := n.After[key]; ok {
			p.line(2, p.Good("+ "+key+": "+after))
		}
	}
}

// course says which modes a change tightens and loosens, and of which that cannot be told.
type course struct{ tightens, loosens, unclear []mode }

// named joins the names of modes.
func named(modes []mode) string {
	var words []string
	for _, m := range modes {
		words = append(words, m.name)
	}
	return list(words, len(words))
}

// courseOf compares effective levels or, where nothing was foreseen, those of the labels.
func courseOf(n *report.Planned) course {
	var c course
	for _, m := range modes() {
		if !relabels(n, m) && (n.Current == nil || n.Candidate == nil) {
			continue
		}
		from, to := report.Mode{Level: n.Before[levelKey(m)]}, report.Mode{Level: n.After[levelKey(m)]}
		if n.Current != nil && n.Candidate != nil {
			from, to = *m.of(n.Current), *m.of(n.Candidate)
		}
		before, after := strictness(from.Level), strictness(to.Level)
		switch {
		case before < 0 || after < 0:
			c.unclear = append(c.unclear, m)
		case before < after:
			c.tightens = append(c.tightens, m)
		case before > after:
			c.loosens = append(c.loosens, m)
		case from.EvaluatedAs != to.EvaluatedAs && to.Level != levelPrivileged:
			c.unclear = append(c.unclear, m)
		}
	}
	return c
}
