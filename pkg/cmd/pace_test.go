package cmd

import "testing"

// How big the heap gets before it is collected, and where the limit stands until Go knows.
func TestPace(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	for _, test := range []struct{ live, roots, heap, limit uint64 }{
		{live: 0, heap: 32, limit: 48},
		{live: 3, heap: 3 * 9, limit: 48}, // Go begins at 32 MiB all the same
		{live: 8, heap: 32, limit: 48},
		{live: 8, roots: 2, heap: 32, limit: 48},
		{live: 18, heap: 32, limit: 57},
		{live: 20, roots: 4, heap: 34, limit: 60},
		{live: 28, heap: 42, limit: 72},
		{live: 100, roots: 4, heap: 150, limit: 180}, // half as much again, however big
		{live: 1000, heap: 1500, limit: 1530},
	} {
		percent := percentFor(test.live*mib, test.roots*mib)
		heap := test.live*mib + (test.live+test.roots)*mib*uint64(percent)/100
		if test.live == 0 {
			heap = runtimeFloor * uint64(percent) / 100
		}
		if want := test.heap * mib; heap > want || heap < want-mib {
			t.Errorf("%d MiB alive: collected at %.1f MiB, want %d", test.live, float64(heap)/mib, test.heap)
		}
		if got := limitFor(test.live * mib); got != int64(test.limit)*mib {
			t.Errorf("%d MiB alive: limit %.1f MiB, want %d", test.live, float64(got)/mib, test.limit)
		}
	}
}
