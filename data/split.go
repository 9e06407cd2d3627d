package data

import (
	"fmt"
	"maps"
	"math"
	"slices"
)

// Fractions says how a set is split; the three add up to 1.
type Fractions struct {
	Train, Validation, Test float64
}

// Parts are the indices of each part of a set, ascending: a split keeps the
// order of the examples, mixing them is a sampler's job.
type Parts struct {
	Train, Validation, Test []int32
}

// Split divides n examples by chance: the same seed gives the same parts on
// every platform. The sizes are the exact shares rounded by largest remainder
// (ties to train, then validation). A part with a fraction above 0 that would
// get no example is an error.
func Split(n int, seed uint64, f Fractions) (Parts, error) {
	if n < 1 || n > math.MaxInt32 {
		return Parts{}, fmt.Errorf("cannot split %d examples; 1 to %d are possible", n, math.MaxInt32)
	}
	order := make([]int32, n)
	identity(order)
	permute(order, seed, drawSplit, 0)
	return deal([][]int32{order}, n, f)
}

// SplitStratified divides the examples like Split, class by class: a class's
// count in each part is its exact share rounded down or up, and where that
// leaves a choice the parts' total sizes are kept as exact as possible.
func SplitStratified(labels []int32, seed uint64, f Fractions) (Parts, error) {
	n := len(labels)
	if n < 1 || n > math.MaxInt32 {
		return Parts{}, fmt.Errorf("cannot split %d examples; 1 to %d are possible", n, math.MaxInt32)
	}
	if low := slices.Min(labels); low < 0 {
		return Parts{}, fmt.Errorf("cannot split by class: a label is %d, classes count from 0", low)
	}
	order := make([]int32, n)
	identity(order)
	permute(order, seed, drawSplit, 0)
	count := make(map[int32]int)
	for _, c := range labels {
		count[c]++
	}
	names := slices.Sorted(maps.Keys(count))
	all, classes := make([]int32, n), make(map[int32][]int32, len(names)) // one array: there may be many examples
	for _, c := range names {
		classes[c], all = all[:0:count[c]], all[count[c]:]
	}
	for _, i := range order {
		classes[labels[i]] = append(classes[labels[i]], i)
	}
	strata := make([][]int32, len(names))
	for k, c := range names {
		strata[k] = classes[c]
	}
	return deal(strata, n, f)
}

// deal hands each stratum's examples, shuffled before, to the three parts.
func deal(strata [][]int32, n int, f Fractions) (Parts, error) {
	share := [3]float64{f.Train, f.Validation, f.Test}
	names := [3]string{"train", "validation", "test"}
	sum := 0.0
	for p, s := range share {
		if !(s >= 0 && s <= 1) {
			return Parts{}, fmt.Errorf("the %s fraction is %v; it must be within 0 and 1", names[p], s)
		}
		sum += s
	}
	if math.Abs(sum-1) > 1e-9 {
		return Parts{}, fmt.Errorf("the fractions %v, %v and %v add up to %v instead of 1",
			f.Train, f.Validation, f.Test, sum)
	}
	if f.Train == 0 {
		return Parts{}, fmt.Errorf("the train fraction is 0; nothing could be learned")
	}
	for p := range share {
		share[p] /= sum // what the sum is off by would add up over many examples
	}
	var parts [3][]int32
	for p, s := range share {
		if s > 0 {
			parts[p] = make([]int32, 0, int(s*float64(n))+len(strata)+1)
		}
	}
	var owed [3]float64 // the exact share so far, less what the part got
	for _, stratum := range strata {
		counts := dealCounts(len(stratum), share, &owed)
		for p, c := range counts {
			parts[p] = append(parts[p], stratum[:c]...)
			stratum = stratum[c:]
		}
	}
	for p := range parts {
		if share[p] > 0 && len(parts[p]) == 0 {
			return Parts{}, fmt.Errorf("%d examples leave none for the %s part of %v; raise its fraction or set it to 0",
				n, names[p], share[p])
		}
		slices.Sort(parts[p])
	}
	return Parts{Train: parts[0], Validation: parts[1], Test: parts[2]}, nil
}

// dealCounts rounds the shares of n to whole numbers that add up to n, each
// rounded down or up; who is rounded up is who is owed most.
func dealCounts(n int, share [3]float64, owed *[3]float64) [3]int {
	var counts [3]int
	left := n
	for p, s := range share {
		exact := float64(s * float64(n))       // no fused multiply-add: the same parts on every platform
		counts[p] = min(int(exact+1e-6), left) // a product just below a whole number is that number
		left -= counts[p]
		owed[p] += exact - float64(counts[p])
	}
	var up [3]bool
	for ; left > 0; left-- {
		most := -1
		for p, s := range share {
			if s > 0 && !up[p] && (most < 0 || owed[p] > owed[most]+1e-9) {
				most = p
			}
		}
		up[most] = true
		counts[most]++
		owed[most]--
	}
	return counts
}
