package race

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
)

// standing is how good a spot is, by the seeds that it was run on.
type standing struct {
	at          spot
	n           int
	lost        float64 // share of diverged runs
	score, loss float64 // means of the finished ones
}

// standing of a spot on its first n seeds. Without validation examples the score is
// the loss that it trained to.
func (l *lane) standing(at spot, n int) standing {
	s := standing{at: at, n: min(n, len(l.runs[at]))}
	finished := 0.0
	for _, r := range l.runs[at][:s.n] {
		if r.Diverged != "" {
			s.lost += 1 / float64(s.n)
			continue
		}
		finished++
		if m := r.Validation; m != nil {
			s.score += m.Score
			s.loss += m.Loss
		} else {
			s.loss += r.TrainLoss()
		}
	}
	s.score, s.loss = s.score/finished, s.loss/finished
	return s
}

// better orders spots, the better one first; equal ones stay.
func (l *lane) better(a, b standing) int {
	switch {
	case a.lost != b.lost:
		return cmp.Compare(a.lost, b.lost)
	case a.lost == 1:
		return cmp.Compare(a.at.rate, b.at.rate)
	case l.metric.better(a.score, b.score):
		return -1
	case l.metric.better(b.score, a.score):
		return 1
	}
	return cmp.Compare(a.loss, b.loss)
}

// Rate grids: neighbours of the first grid are a factor of √10 apart, those of the
// refined one its root.
var (
	coarse = math.Sqrt(10)
	fine   = math.Sqrt(coarse)
)

const (
	gridSide   = 3 // coarse rates on each side of the default
	extensions = 3 // times that a grid may grow beyond its edge
)

// Grid is the rates around an optimizer's default that a search begins with.
func Grid(lr float64) []float64 {
	var out []float64
	for i := -gridSide; i <= gridSide; i++ {
		out = append(out, short(lr*math.Pow(coarse, float64(i))))
	}
	return out
}

// Between is the rates of a range, evenly on a logarithmic scale, both ends among them, neighbours about as far apart as
// those of Grid.
func Between(lo, hi float64) ([]float64, error) {
	if !(0 < lo && lo < hi) {
		return nil, errors.New("that is no range of rates; write the smaller one first")
	}
	n := max(2, int(math.Round(math.Log(hi/lo)/math.Log(coarse)))+1)
	out := make([]float64, n)
	for i := range out {
		out[i] = min(max(short(lo*math.Pow(hi/lo, float64(i)/float64(n-1))), lo), hi)
	}
	out[0], out[n-1] = lo, hi
	return slices.Compact(out), nil
}

// short is a rate in two digits, so that what is reported is what was run.
func short(x float64) float64 {
	y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'e', 1, 64), 64)
	if err != nil {
		return x
	}
	return y
}

// search finds the best rate, and with it the best value on every axis. Every rate with every value runs on the first
// seed, and rates that were not given grow while the best is at their edge; the better half runs on a second seed and the
// better quarter on a third; then the best one's neighbours, half as far on its scale, are tried on as many: axis by axis,
// and the rate last. Runs are whole: a rate that wins a short run need not win a long one.
func (l *lane) search(ctx context.Context) (spot, error) {
	rates, values := slices.Clone(l.Rates), l.combinations()
	if len(rates) == 1 && len(values) == 1 {
		return spot{rates[0], values[0]}, nil
	}
	var all []spot
	for grown := 0; ; grown++ {
		all = all[:0]
		for _, x := range rates {
			for _, v := range values {
				all = append(all, spot{x, v})
				if err := l.upTo(ctx, spot{x, v}, 1); err != nil {
					return spot{}, err
				}
			}
		}
		at := slices.Index(rates, l.order(all, 1)[0].rate)
		switch {
		case l.Given || l.Bounded || grown == extensions:
		case at == 0:
			rates = slices.Insert(rates, 0, short(rates[0]/coarse))
			continue
		case at == len(rates)-1:
			rates = append(rates, short(rates[at]*coarse))
			continue
		}
		break
	}
	seeds := 1
	left := l.order(all, 1)
	for range 2 {
		left = left[:max(2, (len(left)+1)/2)]
		seeds++
		for _, x := range left {
			if err := l.upTo(ctx, x, seeds); err != nil {
				return spot{}, err
			}
		}
		left = l.order(left, seeds)
	}
	return l.refine(ctx, left[0], seeds)
}

// refine goes to the best of a spot and its neighbours, on one axis after another.
func (l *lane) refine(ctx context.Context, best spot, seeds int) (spot, error) {
	try := func(around ...spot) error {
		for _, x := range around {
			if err := l.upTo(ctx, x, seeds); err != nil {
				return err
			}
		}
		best = l.order(around, seeds)[0]
		return nil
	}
	for i, a := range l.Axes {
		around := []spot{best}
		for _, x := range a.between(best.axis[i]) {
			other := best
			other.axis[i] = x
			around = append(around, other)
		}
		if err := try(around...); err != nil {
			return spot{}, err
		}
	}
	if l.Given {
		return best, nil
	}
	lo, hi := best, best
	lo.rate, hi.rate = short(best.rate/fine), short(best.rate*fine)
	around := []spot{best, lo, hi}
	if l.Bounded {
		around = slices.DeleteFunc(around, func(s spot) bool { return s.rate < l.Rates[0] || s.rate > l.Rates[len(l.Rates)-1] })
	}
	slices.SortFunc(around, func(a, b spot) int { return cmp.Compare(a.rate, b.rate) })
	return best, try(around...)
}

// order is the spots, the best on the first n seeds first.
func (l *lane) order(spots []spot, n int) []spot {
	all := make([]standing, len(spots))
	for i, x := range spots {
		all[i] = l.standing(x, n)
	}
	slices.SortStableFunc(all, l.better)
	out := make([]spot, len(all))
	for i, s := range all {
		out[i] = s.at
	}
	return out
}
