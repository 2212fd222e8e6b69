package standard

import (
	"cmp"
	"slices"
	"strings"

	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// maxNear is how many names are offered for one that is none.
const maxNear = 3

// Find picks what a text means: a check by its ID, checks by the reason that servers give, or the checks that run under
// a level at the newest version. An ID comes first, so that "privileged" is the check. Where nothing is meant, near are
// the names that come closest.
func Find(all []Explanation, text string) (found []Explanation, near []string) {
	text = plain(text)
	by := func(match func(e *Explanation) bool) []Explanation {
		var list []Explanation
		for i := range all {
			if match(&all[i]) {
				list = append(list, all[i])
			}
		}
		return list
	}
	for _, match := range []func(e *Explanation) bool{
		func(e *Explanation) bool { return plain(string(e.Check)) == text },
		func(e *Explanation) bool { return singular(plain(e.Reason)) == singular(text) },
		func(e *Explanation) bool { return runsUnder(e, api.Level(text)) },
	} {
		if found = by(match); len(found) > 0 {
			return found, nil
		}
	}
	return nil, nearest(all, text)
}

// runsUnder says whether a check runs for a level at the newest version.
func runsUnder(e *Explanation, level api.Level) bool {
	switch level {
	case api.LevelBaseline:
		return e.Level == api.LevelBaseline
	case api.LevelRestricted:
		return len(e.ReplacedBy) == 0
	default:
		return false
	}
}

// plain is a text as it is compared: what people copy from messages has blanks and capitals.
func plain(text string) string { return strings.ToLower(strings.Join(strings.Fields(text), " ")) }

// singular lets "forbidden AppArmor profile" be found by its plural, which servers use too.
func singular(text string) string { return strings.TrimSuffix(text, "s") }

// nearest are the checks that share the text with their ID or a field, else those that it takes the fewest edits to
// come to.
func nearest(all []Explanation, text string) []string {
	type candidate struct {
		id    policy.CheckID
		edits int
	}
	var list []candidate
	for i := range all {
		e := &all[i]
		id := plain(string(e.Check))
		edits := distance(id, text)
		named := func(path string) bool {
			return slices.Contains(strings.FieldsFunc(plain(path), func(r rune) bool { return strings.ContainsRune(".[*]", r) }), text)
		}
		if text != "" && (strings.Contains(id, text) || slices.ContainsFunc(e.Fields, named)) {
			edits = 0
		}
		if edits <= max(2, len(id)/3) {
			list = append(list, candidate{e.Check, edits})
		}
	}
	slices.SortStableFunc(list, func(a, b candidate) int { return cmp.Compare(a.edits, b.edits) })
	var names []string
	for _, c := range list[:min(len(list), maxNear)] {
		if c.edits == 0 || list[0].edits > 0 {
			names = append(names, string(c.id))
		}
	}
	return names
}

// Nearest is the name that comes closest to a text; empty where none is near.
func Nearest(text string, names []string) string {
	text = plain(text)
	best, fewest := "", 0
	for _, name := range names {
		edits := distance(plain(name), text)
		if len(text) > 1 && strings.Contains(plain(name), text) {
			edits = 0
		}
		if edits <= max(1, len(name)/3) && (best == "" || edits < fewest) {
			best, fewest = name, edits
		}
	}
	return best
}

// distance is how many letters have to be put in, taken out or changed to make one text of the other.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		left := i
		row[0] = i + 1
		for j := range len(b) {
			change := left
			if a[i] != b[j] {
				change++
			}
			left = row[j+1]
			row[j+1] = min(change, left+1, row[j]+1)
		}
	}
	return row[len(b)]
}
