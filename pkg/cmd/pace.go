package cmd

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

const (
	// heapFloor is the heap below which nothing is collected: most checks are over before it pays.
	heapFloor = 32 << 20
	// heapRoom is how much is allocated between two collections of a bigger heap. Go's default is as much as is alive, so
	// that a cluster five times as big would cost its few more megabytes twice.
	heapRoom = 14 << 20
	// liveMuch is when that much room would mean collecting all the time: from there on it grows with the heap.
	liveMuch = 2 * heapRoom
	// runtimeShare is what Go itself takes beside the heap, or a little more.
	runtimeShare = 16 << 20
	// runtimeFloor is what Go collects at by itself, at 100 %.
	runtimeFloor = 4 << 20
)

// pace has the garbage collector follow the constants above for as long as the program runs, unless the environment
// says how it is to go about it.
func pace(getenv func(string) string) {
	if getenv("GOGC") != "" || getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(percentFor(0, 0))
	debug.SetMemoryLimit(limitFor(0))
	sizes := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/globals:bytes"}, {Name: "/gc/scan/stack:bytes"}}
	var next func(struct{})
	next = func(struct{}) {
		metrics.Read(sizes)
		if sizes[0].Value.Kind() != metrics.KindUint64 {
			return // a Go that no longer tells
		}
		alive := sizes[0].Value.Uint64()
		debug.SetGCPercent(percentFor(alive, sizes[1].Value.Uint64()+sizes[2].Value.Uint64()))
		debug.SetMemoryLimit(limitFor(alive))
		// What nobody holds is cleaned up after the next collection: the only sign that there was one.
		runtime.AddCleanup(&sentinel{}, next, struct{}{})
	}
	runtime.AddCleanup(&sentinel{}, next, struct{}{})
}

// sentinel is something to be collected, of its own and not with others in one block.
type sentinel struct{ _ [64]byte }

// percentFor is the percentage by which a heap may grow of which so much is alive. Go counts what the collector starts
// from, the roots, as well.
func percentFor(live, roots uint64) int {
	if live < runtimeFloor {
		return 100 * heapFloor / runtimeFloor
	}
	room := max(heapRoom, live*heapRoom/liveMuch)
	if live+room < heapFloor {
		room = heapFloor - live
	}
	return int(100 * room / (live + roots))
}

// limitFor is how much memory Go may have before it collects all the same. The percentage of a heap that was small allows
// a lot once it has grown, until the next one is set.
func limitFor(live uint64) int64 {
	return int64(max(heapFloor, live+live*heapRoom/liveMuch+heapRoom) + runtimeShare)
}
