package race

import (
	"cmp"
	"math"
	"slices"

	"github.com/godescent/descent/internal/stats"
)

// Results are what a race came to.
type Results struct {
	Metric      Metric
	Seeds       []int64
	Steps       int64
	Contenders  []*Summary // the best first
	Interrupted bool
}

// Summary is a contender at its best rate.
type Summary struct {
	Name string
	Rate float64
	// Values are those chosen on the contender's axes.
	Values []Value
	// Edge is "lowest" or "highest" if the best rate is the last that was tried in
	// that direction: a better one may lie beyond.
	Edge  string
	Tried []Rate // ascending
	// Lo and Hi are the rates around the best one that were, without a gap, within the
	// metric's slack of it: how much it matters to hit the best rate.
	Lo, Hi     float64
	Runs       []*Run         // at the best rate, in the order of the seeds
	Score      stats.Interval // on Metric.Judge, of the runs that did not diverge
	Validation stats.Interval // likewise
	TrainLoss  stats.Interval
	PerSecond  float64 // steps, the median run's; 0 if no time is known
	Diverged   int     // of Runs

	// Against is the comparison with the contender before all others, nil for that
	// one: of the seeds that both finished.
	Against *Comparison
}

// Value is a number beside the rate that was searched.
type Value struct {
	Name  string
	Value float64
	Edge  string // "lowest" or "highest" if it is the end of its range, as Summary.Edge
	Tried []Rate // at the best rate and the best of the others, ascending; Rate is the value
}

// Rate is a learning rate that was tried.
type Rate struct {
	Rate     float64
	Runs     int
	Diverged int
	Score    float64 // mean validation score; NaN if none finished
	Loss     float64 // mean validation loss, or training loss without validation
}

// Comparison is of one contender with the best one.
type Comparison struct {
	Difference stats.Interval // best − this one, seed by seed
	P          float64        // of Student's paired test; NaN for fewer than two pairs
	Adjusted   float64        // after Holm, for all contenders
}

// level is the chance of a false finding that is accepted.
const level = 0.05

// Tied reports whether the contender cannot be told from the best one.
func (s *Summary) Tied() bool {
	return s.Against != nil && !(s.Against.Adjusted < level)
}

func (l *lane) summary(best spot) *Summary {
	s := &Summary{Name: l.nameAt(best), Rate: best.rate, Runs: l.runs[best], Lo: best.rate, Hi: best.rate}
	rates, all := l.tried(best, func(x spot) (float64, spot) { r := x.rate; x.rate = best.rate; return r, x })
	s.Tried, s.Edge = rates, edge(best.rate, all)
	for i, a := range l.Axes {
		values, all := l.tried(best, func(x spot) (float64, spot) { v := x.axis[i]; x.axis[i] = best.axis[i]; return v, x })
		s.Values = append(s.Values, Value{a.Name, best.axis[i], edge(best.axis[i], all), values})
	}
	at := slices.IndexFunc(s.Tried, func(r Rate) bool { return r.Rate == best.rate })
	ok := func(r Rate) bool {
		return r.Diverged == 0 && math.Abs(r.Score-s.Tried[at].Score) <= l.metric.Slack || r.Diverged == 0 && l.metric.better(r.Score, s.Tried[at].Score)
	}
	for i := at; i >= 0 && ok(s.Tried[i]); i-- {
		s.Lo = s.Tried[i].Rate
	}
	for i := at; i < len(s.Tried) && ok(s.Tried[i]); i++ {
		s.Hi = s.Tried[i].Rate
	}
	var score, validation, loss []float64
	var speeds []float64
	for _, r := range s.Runs {
		if r.Diverged != "" {
			s.Diverged++
			continue
		}
		score, loss = append(score, r.final(l.metric.Judge).Score), append(loss, r.TrainLoss())
		if r.Validation != nil {
			validation = append(validation, r.Validation.Score)
		}
		if t := r.seconds(); t > 0 {
			speeds = append(speeds, float64(r.Steps[len(r.Steps)-1])/t)
		}
	}
	s.PerSecond = median(speeds)
	s.Score, s.Validation, s.TrainLoss = stats.Confidence(score), stats.Confidence(validation), stats.Confidence(loss)
	return s
}

// tried are the spots that differ from the best one by one number alone, which of takes out of a spot, and all values
// that this number had anywhere.
func (l *lane) tried(best spot, of func(spot) (x float64, rest spot)) (alone []Rate, all []float64) {
	for at := range l.runs {
		x, rest := of(at)
		all = append(all, x)
		if rest == best {
			st := l.standing(at, len(l.runs[at]))
			alone = append(alone, Rate{x, st.n, int(math.Round(st.lost * float64(st.n))), st.score, st.loss})
		}
	}
	slices.SortFunc(alone, func(a, b Rate) int { return cmp.Compare(a.Rate, b.Rate) })
	slices.Sort(all)
	return alone, slices.Compact(all)
}

// edge is which end of ascending values the best one is, if any.
func edge(best float64, all []float64) string {
	switch {
	case len(all) == 1:
	case best == all[0]:
		return "lowest"
	case best == all[len(all)-1]:
		return "highest"
	}
	return ""
}

// rank orders the contenders and compares each with the best one. A run that
// diverged is worse than any that did not.
func (r *Results) rank() {
	if len(r.Contenders) == 0 {
		return
	}
	slices.SortStableFunc(r.Contenders, func(a, b *Summary) int {
		x, y := a.lost(), b.lost()
		switch {
		case x < y, x == y && r.Metric.better(a.Score.Mean, b.Score.Mean):
			return -1
		case x > y, r.Metric.better(b.Score.Mean, a.Score.Mean):
			return 1
		}
		return 0
	})
	best := r.Contenders[0]
	p := make([]float64, len(r.Contenders))
	p[0] = math.NaN() // no test
	for i, c := range r.Contenders[1:] {
		c.Against = &Comparison{}
		a, b := pairs(best, c, r.Metric.Judge)
		c.Against.Difference, c.Against.P = stats.Paired(a, b)
		p[i+1] = c.Against.P
	}
	for i, x := range stats.Holm(p) {
		if i > 0 {
			r.Contenders[i].Against.Adjusted = x
		}
	}
}

func (s *Summary) lost() float64 {
	if len(s.Runs) == 0 {
		return 1
	}
	return float64(s.Diverged) / float64(len(s.Runs))
}

// pairs are the scores of the seeds that both finished.
func pairs(a, b *Summary, on Part) (x, y []float64) {
	for _, r := range a.Runs {
		for _, q := range b.Runs {
			if q.Seed == r.Seed && q.Diverged == "" && r.Diverged == "" {
				x, y = append(x, r.final(on).Score), append(y, q.final(on).Score)
			}
		}
	}
	return x, y
}

// Point is a curve at one place.
type Point struct {
	Step, Seconds float64 // the time is the median of the runs: one that had to wait says nothing
	Mean          float64 // of the logarithm, back again: the geometric mean
	Lo, Hi        float64 // its 95% confidence interval; Mean itself for one run
}

// Curve is the training loss of the runs that did not diverge. Where all losses are
// positive the mean is geometric, as its axis is; else it is the arithmetic one and
// positive is false.
func (s *Summary) Curve() (points []Point, positive bool) {
	var runs []*Run
	positive = true
	for _, r := range s.Runs {
		if r.Diverged != "" {
			continue
		}
		runs = append(runs, r)
		for _, x := range r.Loss {
			positive = positive && x > 0
		}
	}
	if len(runs) == 0 {
		return nil, false
	}
	for i, step := range runs[0].Steps {
		values, seconds := make([]float64, len(runs)), []float64{}
		for j, r := range runs {
			values[j] = r.Loss[i]
			if positive {
				values[j] = math.Log(values[j])
			}
			if len(r.Seconds) > i {
				seconds = append(seconds, r.Seconds[i])
			}
		}
		c := stats.Confidence(values)
		if math.IsNaN(c.Half) {
			c.Half = 0
		}
		p := Point{float64(step), median(seconds), c.Mean, c.Mean - c.Half, c.Mean + c.Half}
		if positive {
			p.Mean, p.Lo, p.Hi = math.Exp(p.Mean), math.Exp(p.Lo), math.Exp(p.Hi)
		}
		points = append(points, p)
	}
	return points, positive
}

// Reach is the step after which the mean training loss stays at or below a value, and
// the time that takes; ok is false if it never does.
func (s *Summary) Reach(loss float64) (step, seconds float64, ok bool) {
	points, _ := s.Curve()
	for i := len(points) - 1; i >= 0 && points[i].Mean <= loss; i-- {
		step, seconds, ok = points[i].Step, points[i].Seconds, true
	}
	return step, seconds, ok
}

// median is the middle one, 0 of none.
func median(xs []float64) float64 {
	n := len(xs)
	if n == 0 {
		return 0
	}
	slices.Sort(xs)
	return (xs[(n-1)/2] + xs[n/2]) / 2
}
