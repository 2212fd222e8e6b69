//go:build unix

package main

import "slices"

// figure sums up the samples of one quantity: seconds or bytes.
type figure struct {
	Median float64 `json:"median"`
	// Lower and Upper are the quartiles.
	Lower float64 `json:"lowerQuartile"`
	Upper float64 `json:"upperQuartile"`
	Min   float64 `json:"min"`
	Max   float64 `json:"max"`
	// Ratio is the median of what single rounds took of the base in the same round: minutes in which a shared machine
	// is slow change both. Its bounds are those of single rounds too.
	Ratio    float64 `json:"ratio"`
	RatioMin float64 `json:"ratioMin"`
	RatioMax float64 `json:"ratioMax"`
	// Growth is the median over the one at the size before, 0 at the first.
	Growth float64 `json:"growth,omitempty"`
}

// quantity is one of what a sample consists of.
type quantity struct {
	name string
	of   func(sample) float64
	into func(*measurement) *figure
	// adds says that a part of the work takes a part of it.
	adds bool
}

func quantities() []quantity {
	return []quantity{
		{"wall", func(s sample) float64 { return s.Wall.Seconds() }, func(m *measurement) *figure { return &m.Wall }, true},
		{"user CPU", func(s sample) float64 { return s.User.Seconds() }, func(m *measurement) *figure { return &m.User }, true},
		{"system CPU", func(s sample) float64 { return s.System.Seconds() }, func(m *measurement) *figure { return &m.System }, true},
		{"peak memory", func(s sample) float64 { return float64(s.Memory) }, func(m *measurement) *figure { return &m.Memory }, false},
	}
}

// evaluate turns samples into figures.
func (r *result) evaluate() {
	for _, q := range quantities() {
		for k, size := range r.Sizes {
			q.sumUp(size.Scenarios)
			for _, m := range size.Scenarios {
				if k == 0 {
					continue
				}
				if smaller := r.Sizes[k-1].named(m.Name); smaller != nil {
					q.into(m).Growth = over(q.into(m).Median, q.into(smaller).Median)
				}
			}
		}
		q.sumUp(r.Startup)
	}
}

// sumUp compares measurements with the first of them.
func (q quantity) sumUp(list []*measurement) {
	for _, m := range list {
		*q.into(m) = figureOf(q.values(m), q.values(list[0]))
	}
}

// values are the samples of a quantity, those of a part of the work scaled to the whole.
func (q quantity) values(m *measurement) []float64 {
	scale := 1.0
	if q.adds && m.Sampled > 0 {
		scale = float64(m.Of) / float64(m.Sampled)
	}
	list := make([]float64, 0, len(m.Samples))
	for _, s := range m.Samples {
		list = append(list, q.of(s)*scale)
	}
	return list
}

func figureOf(own, base []float64) figure {
	rounds := make([]float64, min(len(own), len(base))) // a short scenario has more
	for i := range rounds {
		rounds[i] = over(own[i], base[i])
	}
	return figure{
		Median: quantile(own, 0.5), Lower: quantile(own, 0.25), Upper: quantile(own, 0.75),
		Min: slices.Min(own), Max: slices.Max(own),
		Ratio: quantile(rounds, 0.5), RatioMin: slices.Min(rounds), RatioMax: slices.Max(rounds),
	}
}

func over(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// quantile lies between the two samples next to it.
func quantile(list []float64, share float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	place := share * float64(len(sorted)-1)
	low := int(place)
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (sorted[high]-sorted[low])*(place-float64(low))
}
