//go:build unix

package main

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// twoResults are of invocations that did not run quite the same.
func twoResults() (a, b *result) {
	a = &result{Sizes: []*sizeResult{
		{Pods: 1000, Scenarios: []*measurement{
			{Name: floorName, Samples: took(100)}, {Name: checkName, Samples: took(120)}, {Name: "json", Samples: took(130)},
		}},
		{Pods: 10000, Scenarios: []*measurement{{Name: floorName, Samples: took(100)}}},
	}}
	b = &result{Sizes: []*sizeResult{{Pods: 1000, Scenarios: []*measurement{
		{Name: floorName, Samples: took(110)}, {Name: checkName, Samples: took(150)},
	}}}}
	a.evaluate()
	b.evaluate()
	return a, b
}

func TestCompare(t *testing.T) {
	var out bytes.Buffer
	printComparison(&out, compare(twoResults()))
	want := `            SCENARIO  MEDIAN OF          FIRST      SECOND     APART
1,000 pods  floor     wall               100.000s   110.000s   10.0 %
1,000 pods  floor     user CPU           100.000s   110.000s   10.0 %
1,000 pods  floor     peak memory        100.0 MiB  110.0 MiB  10.0 %
1,000 pods  check     wall               120.000s   150.000s   25.0 %  <
1,000 pods  check     wall ratio         1.20       1.36       13.6 %  <
1,000 pods  check     user CPU           120.000s   150.000s   25.0 %  <
1,000 pods  check     user CPU ratio     1.20       1.36       13.6 %  <
1,000 pods  check     peak memory        120.0 MiB  150.0 MiB  25.0 %  <
1,000 pods  check     peak memory ratio  1.20       1.36       13.6 %  <

wall: 1 of 2 medians agree within 10 %, the worst is 25.0 % apart
user CPU: 1 of 2 medians agree within 10 %, the worst is 25.0 % apart
peak memory: 1 of 2 medians agree within 10 %, the worst is 25.0 % apart
wall ratio: 0 of 1 medians agree within 10 %, the worst is 13.6 % apart
user CPU ratio: 0 of 1 medians agree within 10 %, the worst is 13.6 % apart
peak memory ratio: 0 of 1 medians agree within 10 %, the worst is 13.6 % apart
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}
