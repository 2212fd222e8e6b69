//go:build e2e

package e2e

import (
	"strings"
	"testing"
)

// TestCases are the differential cases of the Pod Security semantics (section 9 of the reference that this project
// was planned with) which concern live pods, templates, namespaces and labels on the newest server, by their number.
//
// Left out: 26, 38's first and last parts and 56 happen on older servers only, and so does the older half of 13, 15,
// 18, 21, 24 and 27: TestOldCases; 41 to 45 are updates of stored objects, which check does not simulate.
func TestCases(t *testing.T) {
	t.Parallel()
	for _, group := range [][]numbered{labelCases(), podCases(), templateCases(), configuredCases(), brokenLabelCases()} {
		for _, c := range group {
			t.Run("Case"+c.number, func(t *testing.T) {
				t.Parallel()
				c.run(t, "case-"+strings.ToLower(c.number))
			})
		}
	}
}

// numbered is a case; run gets a name for what it creates.
type numbered struct {
	number string
	run    func(t *testing.T, name string)
}
