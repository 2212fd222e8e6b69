package compare

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-pss/kubectl-pss/test/fidelity/random"
)

// Options say how much is asked.
type Options struct {
	// Seed makes the same questions again.
	Seed uint64
	// Requests is how many questions are asked at least.
	Requests int
	// Parallel is how many requests are under way at once.
	Parallel int
	// Tries bounds how often a request is made smaller of which the answer was not foreseen.
	Tries int
	// Say takes what there is to say meanwhile.
	Say func(format string, args ...any)
}

// Tally is how a contest ended.
type Tally struct {
	Requests int
	// Invalid counts the requests that the server refused for reasons that are not Pod Security's; nothing is compared
	// about them. Reasons counts these by what was wrong.
	Invalid int
	Reasons map[string]int
	// Compared counts the others, Predictions what was held against their answers: an object as it is written and as
	// it is stored makes two.
	Compared, Predictions int
	// Refused and Warned count the answers in which Pod Security refused something, or warned of it.
	Refused, Warned int
	Differences     []Difference
	Elapsed         time.Duration
}

// Add adds another contest's.
func (t *Tally) Add(o *Tally) {
	t.Requests, t.Invalid, t.Compared = t.Requests+o.Requests, t.Invalid+o.Invalid, t.Compared+o.Compared
	t.Predictions, t.Refused, t.Warned = t.Predictions+o.Predictions, t.Refused+o.Refused, t.Warned+o.Warned
	t.Differences = append(t.Differences, o.Differences...)
	t.Elapsed += o.Elapsed
	for reason, n := range o.Reasons {
		t.reason(reason, n)
	}
}

func (t *Tally) reason(reason string, n int) {
	if t.Reasons == nil {
		t.Reasons = map[string]int{}
	}
	t.Reasons[reason] += n
}

// Difference is an answer that was not foreseen.
type Difference struct {
	What   string
	Number uint64
	Ground string
	// Text is how prediction (-) and answer (+) differ.
	Text string
	// Smallest is the least of the request, and of what it met, with which it is still so, as YAML. It is looked for
	// only a few times, and else empty.
	Smallest string
}

// The share of everything that is asked in one round.
const (
	roundSize   = 2000
	smallest    = 100 // a round, which takes longer to prepare than to ask
	targets     = 24  // namespaces into which objects go
	newOnes     = 100 // namespaces that are asked for
	crowded     = 6   // namespaces in which pods run
	crowd       = 10  // pods in each of them but the first
	bigCrowd    = 60  // pods in the first, of which the server tells more than fits
	crowdWorks  = 3   // workloads in each of them
	changesEach = 25  // changes of their labels
)

// step is how far the numbers of one round are from those of the next.
const step = 1_000_000

// enough is after how many differences a contest ends.
const enough = 20

// Hold asks until everything is asked, and compares.
func (s *Server) Hold(ctx context.Context, o Options) (*Tally, error) {
	tally, began := &Tally{}, time.Now()
	for n := 1; tally.Requests < o.Requests && len(tally.Differences) < enough; n++ {
		r := &round{Server: s, Options: o, first: uint64(n) * step, n: n, tally: tally}
		if err := r.run(ctx, max(smallest, min(roundSize, o.Requests-tally.Requests))); err != nil {
			return nil, fmt.Errorf("seed %d, round %d: %w", o.Seed, n, err)
		}
		tally.Elapsed = time.Since(began)
		if o.Say != nil {
			o.Say("%s: %d of %d requests, %.0f a second, %d refused as invalid, %d differences", s.Release, tally.Requests, o.Requests,
				float64(tally.Requests)/tally.Elapsed.Seconds(), tally.Invalid, len(tally.Differences))
		}
	}
	return tally, nil
}

// dice are those of the question with that number.
func (r *round) dice(number uint64) *random.Dice { return random.NewDice(r.Seed, number, r.Minor) }

// compare counts answers and returns the questions that were answered otherwise than foreseen.
func (t *Tally) compare(questions []*question) []*question {
	var differing []*question
	for _, q := range questions {
		t.Requests++
		if q.invalid {
			t.Invalid++
			t.reason(reasonOf(q.answer), 1)
			continue
		}
		t.Compared++
		t.Predictions += len(q.predicted)
		if !q.real.Allowed {
			t.Refused++
		}
		if len(q.real.Warnings) > 0 {
			t.Warned++
		}
		if q.differs() != nil {
			differing = append(differing, q)
		}
	}
	return differing
}

// differs is the first prediction that did not come true, nil for none.
func (q *question) differs() *prediction {
	for i := range q.predicted {
		if !q.invalid && !cmp.Equal(q.predicted[i].Verdict, q.real) {
			return &q.predicted[i]
		}
	}
	return nil
}

// reasonOf is what was wrong with an object, without the names and values that are its own.
func reasonOf(a *Answer) string {
	if a.status == nil || a.status.Details == nil || len(a.status.Details.Causes) == 0 {
		return a.message()
	}
	c := a.status.Details.Causes[0]
	field := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, c.Field)
	parts := strings.SplitN(c.Message, ": ", 3)
	return field + ": " + parts[0] + ": " + parts[len(parts)-1]
}

// Worst are the reasons for which most objects were invalid, the most frequent first.
func (t *Tally) Worst(n int) []string {
	var list []string
	for reason := range t.Reasons {
		list = append(list, reason)
	}
	slices.SortFunc(list, func(a, b string) int { return t.Reasons[b] - t.Reasons[a] })
	for i := range list {
		list[i] = fmt.Sprintf("%d times %s", t.Reasons[list[i]], list[i])
	}
	return list[:min(n, len(list))]
}
