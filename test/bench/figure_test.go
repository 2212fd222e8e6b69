//go:build unix

package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func took(seconds ...time.Duration) []sample {
	var list []sample
	for _, s := range seconds {
		list = append(list, sample{Wall: s * time.Second, User: s * time.Second, Memory: int64(s) << 20})
	}
	return list
}

func TestFigures(t *testing.T) {
	r := &result{
		Startup: []*measurement{{Name: importsName, Samples: took(2)}, {Name: "version", Samples: took(3)}},
		Sizes: []*sizeResult{
			{Scenarios: []*measurement{
				{Name: floorName, Samples: took(1, 3, 2)},
				{Name: checkName, Samples: took(2, 3, 3)},
				{Name: loopName, Samples: took(10, 20, 30), Sampled: 20, Of: 60},
			}},
			{Scenarios: []*measurement{
				{Name: floorName, Samples: took(4)},
				{Name: checkName, Samples: took(9)},
				{Name: loopName, Samples: took(80)},
			}},
		},
	}
	r.evaluate()
	for _, tc := range []struct {
		name      string
		got, want figure
	}{
		{
			"floor", r.Sizes[0].Scenarios[0].Wall,
			figure{Median: 2, Lower: 1.5, Upper: 2.5, Min: 1, Max: 3, Ratio: 1, RatioMin: 1, RatioMax: 1},
		},
		{
			"check", r.Sizes[0].Scenarios[1].Wall,
			figure{Median: 3, Lower: 2.5, Upper: 3, Min: 2, Max: 3, Ratio: 1.5, RatioMin: 1, RatioMax: 2},
		},
		{
			"time of a sample is scaled", r.Sizes[0].Scenarios[2].Wall,
			figure{Median: 60, Lower: 45, Upper: 75, Min: 30, Max: 90, Ratio: 30, RatioMin: 20, RatioMax: 45},
		},
		{
			"memory of a sample is not", r.Sizes[0].Scenarios[2].Memory,
			figure{Median: 20 << 20, Lower: 15 << 20, Upper: 25 << 20, Min: 10 << 20, Max: 30 << 20, Ratio: 10, RatioMin: 20.0 / 3, RatioMax: 15},
		},
		{
			"growth", r.Sizes[1].Scenarios[1].Wall,
			figure{Median: 9, Lower: 9, Upper: 9, Min: 9, Max: 9, Ratio: 2.25, RatioMin: 2.25, RatioMax: 2.25, Growth: 3},
		},
		{
			"growth from what was scaled", r.Sizes[1].Scenarios[2].Wall,
			figure{Median: 80, Lower: 80, Upper: 80, Min: 80, Max: 80, Ratio: 20, RatioMin: 20, RatioMax: 20, Growth: 80.0 / 60},
		},
		{
			"start-up has a base of its own", r.Startup[1].User,
			figure{Median: 3, Lower: 3, Upper: 3, Min: 3, Max: 3, Ratio: 1.5, RatioMin: 1.5, RatioMax: 1.5},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A short scenario runs more often than what it is compared with, and a long one no more often than is asked for.
func TestRounds(t *testing.T) {
	for _, test := range []struct {
		first time.Duration
		want  int
	}{
		{0, 5}, {time.Minute, 5}, {20 * time.Second, 5}, {10 * time.Second, 10}, {4 * time.Second, 25}, {2 * time.Second, 35}, {time.Millisecond, 35},
	} {
		if got := (&measurement{first: test.first}).roundsOf(5); got != test.want {
			t.Errorf("a run of %s: %d rounds, want %d", test.first, got, test.want)
		}
	}
	if got := (&measurement{first: time.Minute, Sampled: 20, Of: 120}).roundsOf(5); got != 10 {
		t.Errorf("a sixth of a minute: %d rounds, want 10", got)
	}
	got := figureOf([]float64{2, 4, 6, 8}, []float64{1, 1})
	want := figure{Median: 5, Lower: 3.5, Upper: 6.5, Min: 2, Max: 8, Ratio: 3, RatioMin: 2, RatioMax: 4}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("more samples than the base has (-want +got):\n%s", diff)
	}
}

func TestQuantile(t *testing.T) {
	for _, tc := range []struct {
		list  []float64
		share float64
		want  float64
	}{
		{[]float64{7}, 0.25, 7},
		{[]float64{4, 2}, 0.5, 3},
		{[]float64{5, 1, 3}, 0.5, 3},
		{[]float64{5, 1, 3}, 0.75, 4},
		{[]float64{1, 2, 3, 4, 5}, 0.25, 2},
		{[]float64{1, 2, 3, 4, 5}, 1, 5},
	} {
		if got := quantile(tc.list, tc.share); got != tc.want {
			t.Errorf("quantile(%v, %v) = %v, want %v", tc.list, tc.share, got, tc.want)
		}
	}
}

func TestStride(t *testing.T) {
	for _, tc := range []struct{ all, most, stride, sampled int }{
		{24, 100, 1, 0},
		{100, 100, 1, 0},
		{101, 100, 7, 15},
		{204, 100, 7, 30},
		{1004, 100, 11, 92},
		{1004, 1, 1007, 1},
	} {
		m := &measurement{}
		m.sampleOf(tc.all, tc.most)
		if m.stride != tc.stride || m.Sampled != tc.sampled {
			t.Errorf("of %d at most %d: stride %d, sampled %d, want %d and %d", tc.all, tc.most, m.stride, m.Sampled, tc.stride, tc.sampled)
		}
	}
}
