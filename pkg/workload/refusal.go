package workload

import (
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/resourceversion"
)

// Sources of words. The values are those of the report.
const (
	FromEvent     = "event"
	FromCondition = "condition"
)

// Word is what an event or a condition says of an attempt to make pods.
type Word struct {
	// First and Last are when it was said first and last; a condition is said once.
	First, Last time.Time
	// Order is an event's resource version, which tells apart what happened within the seconds that events count in.
	Order string
	// Source is FromEvent or FromCondition.
	Source string
	// Message is what follows `pods "NAME" is forbidden: ` where Pod Security refused a pod. It is empty for every
	// other word: a pod was made, or something else stood in its way.
	Message string
}

// forbidden stands between a pod's name and the reason for which it was refused; denied begins Pod Security's.
const (
	forbidden = " is forbidden: "
	denied    = `violates PodSecurity "`
)

// RefusalIn returns what follows `pods "NAME" is forbidden: ` in the message of an event or condition; empty where
// that is not Pod Security's. What controllers and the recorder of events put in front differs from kind to kind.
func RefusalIn(message string) string {
	at := strings.Index(message, forbidden+denied)
	if at < 0 {
		return ""
	}
	return message[at+len(forbidden):]
}

// PolicyOf is level:version in a message of RefusalIn.
func PolicyOf(message string) string {
	policy, _, _ := strings.Cut(strings.TrimPrefix(message, denied), `"`)
	return policy
}

// After says whether w was said after o; false where that cannot be told.
func (w *Word) After(o *Word) bool {
	if !w.Last.Equal(o.Last) {
		return w.Last.After(o.Last)
	}
	order, err := resourceversion.CompareResourceVersion(w.Order, o.Order)
	return err == nil && order > 0
}

// Refusal is an object that Pod Security refused pods, with everything that is remembered of its attempts.
type Refusal struct {
	// Object has a template only where pods are missing.
	*Object
	// Wanted is how many pods there should be, Missing how many of them there are not.
	Wanted, Missing int
	Words           []Word
}

// Spell is an unbroken row of refusals that goes on.
type Spell struct {
	// Since is when it began, as far as is known; Exact says that it did begin then.
	Since time.Time
	Exact bool
	// Last is when Pod Security refused last, as far as is known, and Message what it said.
	Last    time.Time
	Message string
	Sources []string
}

// Current returns what Pod Security refuses this object right now: pods are missing, and the newest word is its
// refusal. Once it lets a pod pass, the next word is another one: the pod was made, or something that asks later
// refused it. Quota is asked after Pod Security.
func (r *Refusal) Current() (Spell, bool) {
	if r.Missing <= 0 {
		return Spell{}, false
	}
	var other *Word
	for i := range r.Words {
		if w := &r.Words[i]; w.Message == "" && (other == nil || w.After(other)) {
			other = w
		}
	}
	var row []*Word
	for i := range r.Words {
		if w := &r.Words[i]; w.Message != "" && w.outlasts(other) {
			row = append(row, w)
		}
	}
	if len(row) == 0 {
		return Spell{}, false
	}
	return spell(row, other), true
}

// outlasts says whether a refusal is newer than another word. A condition that is still there counts as newer than
// what was said in the second in which it began.
func (w *Word) outlasts(other *Word) bool {
	return other == nil || w.After(other) || w.Source == FromCondition && w.Last.Equal(other.Last)
}

// spell adds up a row of refusals, all after the other word.
func spell(row []*Word, other *Word) Spell {
	var s Spell
	newest := row[0]
	for _, w := range row {
		first := w.First
		if other != nil && !first.After(other.Last) {
			first = w.Last // the same text was heard before and after: only its last time is known
		}
		if s.Since.IsZero() || first.Before(s.Since) {
			s.Since = first
		}
		if w.After(newest) || w.Source == FromEvent && w.Last.Equal(newest.Last) && newest.Source == FromCondition {
			newest = w
		}
		if !slices.Contains(s.Sources, w.Source) {
			s.Sources = append(s.Sources, w.Source)
		}
	}
	for _, w := range row {
		if w.Source == FromCondition {
			s.Since, s.Exact = w.First, true
		}
	}
	s.Last, s.Message = newest.Last, newest.Message
	slices.Sort(s.Sources)
	return s
}
