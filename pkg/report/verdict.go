package report

// Verdict is what a namespace, or the whole report, adds up to.
type Verdict string

// The verdicts, worst first.
const (
	// Violates: a counted workload blocks under the modes judged.
	Violates Verdict = "violates"
	// Incomplete: nothing seen blocks, but something could not be read.
	Incomplete Verdict = "incomplete"
	// Complies: everything was read and nothing blocks.
	Complies Verdict = "complies"
)

// Of is the verdict on something with that many blocking workloads and gaps.
func Of(blocking, gaps int) Verdict {
	switch {
	case blocking > 0:
		return Violates
	case gaps > 0:
		return Incomplete
	default:
		return Complies
	}
}
