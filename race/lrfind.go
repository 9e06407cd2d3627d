package race

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/godescent/descent/internal/stats"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/schedule"
	"github.com/godescent/descent/train"
)

// RangeTest is a learning-rate range test (Smith 2017): in one run the rate grows
// exponentially from Lo to Hi, and the loss shows which rates help and which destroy.
type RangeTest struct {
	Problem Problem
	Rule    optim.Rule
	Lo, Hi  float64
	Seeds   []int64
	Report  func(RangeRun) // if not nil, is told of every run
	// Progress, if not nil, is told of every step of a seed's run, and with step 0 that its curvature is measured next.
	Progress func(seed, step int64, rate, loss float64)
}

// Range is what a range test found. Every Estimate is over the seeds.
type Range struct {
	Runs []RangeRun
	// Rate, the answer, is where the smoothed loss has made nine tenths of its fall: a
	// larger rate gains little and is nearer to where training is lost. Bottom is where
	// the loss is smallest and End where it has lost all it had gained, or diverged.
	Rate, Bottom, End Estimate
	// Limit is where gradient descent with the rule's momentum μ becomes unstable on the
	// quadratic model at the first weights (LimitName is its formula), Quadratic the rate for which the
	// effective step η/(1−μ) goes to the bottom of the parabola along the gradient. For
	// rules that scale the gradient, Plain is false and both are those of plain gradient
	// descent, which bind the rule to nothing.
	Limit, Quadratic, Largest Estimate // Largest is λmax
	Residual                  float64  // how far λmax may be off, as a share: the worst seed's
	Examples                  int      // that the curvature is of, for each seed; 0 where E has none
	LimitName                 string
	Plain                     bool
	// NoCurvature says why there is no Limit, or is "".
	NoCurvature string
	Interrupted bool
}

// RangeRun is one seed's run: as many rates as losses.
type RangeRun struct {
	Seed              int64
	Rates, Loss       []float64 // the smoothed loss
	Rate, Bottom, End float64   // End is +Inf if the loss never came to its start again
}

// Estimate is a geometric mean with its 95% confidence interval. Seeds that gave no
// finite positive number are left out; N is 0 if all were.
type Estimate struct {
	N            int
	Mean, Lo, Hi float64
}

func estimate(xs []float64) Estimate {
	var logs []float64
	for _, x := range xs {
		if x > 0 && !math.IsInf(x, 0) {
			logs = append(logs, math.Log(x))
		}
	}
	i := stats.Confidence(logs)
	if i.N == 0 {
		return Estimate{}
	}
	if math.IsNaN(i.Half) {
		i.Half = 0
	}
	return Estimate{i.N, math.Exp(i.Mean), math.Exp(i.Mean - i.Half), math.Exp(i.Mean + i.Half)}
}

// Run tests every seed. When ctx ends it gives the seeds that are done.
func (t *RangeTest) Run(ctx context.Context) (*Range, error) {
	switch {
	case !(t.Lo > 0) || !(t.Lo < t.Hi) || math.IsInf(t.Hi, 0):
		return nil, fmt.Errorf("range test: rates from %v to %v; want 0 < from < to", t.Lo, t.Hi)
	case len(t.Seeds) == 0:
		return nil, errors.New("range test: no seeds")
	case t.Problem.Steps() < 10:
		return nil, fmt.Errorf("range test: %d steps are too few; want at least 10", t.Problem.Steps())
	}
	grow := schedule.NewExponential(int(t.Problem.Steps()))
	grow.Factor, grow.Scale = t.Hi/t.Lo, float64(t.Problem.Steps()-1)
	course, err := t.Problem.Compile(t.Rule, grow)
	if err != nil {
		return nil, err
	}
	defer course.Close()
	μ, room, formula, plain := optim.HeavyBall(t.Rule)
	out := &Range{LimitName: formula, Plain: plain}
	var limits, bottoms, largest []float64
	for _, seed := range t.Seeds {
		r, err := t.one(ctx, course, seed)
		if err != nil && ctx.Err() != nil {
			out.Interrupted = true
			break
		}
		if err != nil {
			return nil, err
		}
		if out.NoCurvature == "" {
			if t.Progress != nil {
				t.Progress(seed, 0, 0, 0)
			}
			c, err := t.Problem.Curvature(ctx, seed)
			switch {
			case err != nil && ctx.Err() != nil:
				out.Interrupted = true
			case err != nil: // such as a layer without a second derivative
				out.NoCurvature = err.Error()
			default:
				limits, bottoms, largest = append(limits, room*c.Limit()), append(bottoms, (1-μ)*c.Quadratic), append(largest, c.Largest)
				out.Residual, out.Examples = math.Max(out.Residual, c.Residual), c.Examples
			}
		}
		out.Runs = append(out.Runs, r)
		if t.Report != nil {
			t.Report(r)
		}
		if out.Interrupted {
			break
		}
	}
	pick := func(f func(RangeRun) float64) Estimate {
		var xs []float64
		for _, r := range out.Runs {
			xs = append(xs, f(r))
		}
		return estimate(xs)
	}
	out.Rate = pick(func(r RangeRun) float64 { return r.Rate })
	out.Bottom = pick(func(r RangeRun) float64 { return r.Bottom })
	out.End = pick(func(r RangeRun) float64 { return r.End })
	out.Limit, out.Quadratic, out.Largest = estimate(limits), estimate(bottoms), estimate(largest)
	return out, nil
}

// one is one seed's run. It ends early once the loss has gone far beyond its start.
func (t *RangeTest) one(ctx context.Context, c Course, seed int64) (RangeRun, error) {
	r := RangeRun{Seed: seed, End: math.Inf(1)}
	if err := c.Restart(seed, t.Lo); err != nil {
		return r, err
	}
	steps := t.Problem.Steps()
	for i := range steps {
		if ctx.Err() != nil {
			return r, ctx.Err()
		}
		rate := t.Lo * math.Pow(t.Hi/t.Lo, float64(i)/float64(steps-1))
		loss, err := c.Step()
		if d := (*train.Diverged)(nil); errors.As(err, &d) {
			r.End = rate
			break
		}
		if err != nil {
			return r, err
		}
		r.Rates, r.Loss = append(r.Rates, rate), append(r.Loss, loss)
		if t.Progress != nil {
			t.Progress(seed, i+1, rate, loss)
		}
		if start := mean(r.Loss[:max(1, len(r.Loss)/10)]); i > steps/10 && loss > start+9*math.Abs(start) {
			r.End = rate
			break
		}
	}
	if len(r.Loss) == 0 {
		r.Rate, r.Bottom = math.NaN(), math.NaN()
		return r, nil
	}
	r.Loss = smooth(r.Loss, max(1, int(steps)/20))
	r.read()
	return r, nil
}

// smooth is the mean over up to side neighbours on each side, nearer ones weighing
// more. Unlike a running average it does not lag behind, which would shift every rate.
func smooth(xs []float64, side int) []float64 {
	out := make([]float64, len(xs))
	for i := range xs {
		sum, weights := 0.0, 0.0
		reach := min(side, i, len(xs)-1-i) // as many on the left as on the right, or ends would tilt
		for d := -reach; d <= reach; d++ {
			w := float64(side + 1 - max(d, -d))
			sum += float64(w * xs[i+d])
			weights += w
		}
		out[i] = sum / weights
	}
	return out
}

func mean(xs []float64) float64 {
	sum := 0.0
	for _, x := range xs {
		sum += x
	}
	return sum / float64(len(xs))
}

// share of the loss's fall that the answer has made.
const share = 0.9

// read finds the rates that the curve shows.
func (r *RangeRun) read() {
	n := len(r.Loss)
	start, bottom := mean(r.Loss[:max(1, n/10)]), 0
	for i, x := range r.Loss {
		if x < r.Loss[bottom] {
			bottom = i
		}
	}
	r.Rate, r.Bottom = math.NaN(), math.NaN()
	if fall := start - r.Loss[bottom]; bottom > 0 && fall > 0.05*math.Abs(start) { // else no rate helped
		r.Bottom = r.Rates[bottom]
		at := bottom
		for at > 0 && r.Loss[at-1] <= start-share*fall {
			at--
		}
		r.Rate = r.Rates[at]
	}
	for i := n - 1; i >= bottom && r.Loss[i] >= start; i-- {
		r.End = math.Min(r.End, r.Rates[i])
	}
}

// Answer is the rate in two digits.
func (r *Range) Answer() float64 { return short(r.Rate.Mean) }

// farApart is the factor between two witnesses that is called a disagreement.
const farApart = 5

// Verdict says what rate to begin with, and whether the witnesses agree.
func (r *Range) Verdict(name string) string {
	if len(r.Runs) == 0 {
		return "no seed's run was finished: there is nothing to say"
	}
	if r.Rate.N == 0 {
		return "the loss never fell: there is no good rate in this range; try another range or optimizer"
	}
	over := seeds(r.Rate.N)
	if r.Rate.N > 1 {
		over = fmt.Sprintf("%.2g to %.2g over %s", r.Rate.Lo, r.Rate.Hi, over)
	}
	text := fmt.Sprintf("begin with %s lr %.2g (%s), where the loss has made nine tenths of its fall", name, r.Rate.Mean, over)
	if r.End.N > 0 {
		text += fmt.Sprintf("; training is lost at %.2g", r.End.Mean)
	}
	text += "."
	if n := len(r.Runs) - r.Rate.N; n > 0 {
		text += fmt.Sprintf(" The loss never fell for %s, left out here.", seeds(n))
	}
	if w := r.Rate.Hi / r.Rate.Lo; w > farApart {
		text += fmt.Sprintf(" The seeds disagree by a factor of %.2g: take more of them, or more steps.", w)
	}
	switch {
	case r.NoCurvature != "":
		return text + " There is no second witness: " + r.NoCurvature + "."
	case r.Limit.N == 0 && r.Interrupted:
		return text + " The curvature was not measured: the test was interrupted."
	case !r.Plain && r.Limit.N > 0:
		return text + fmt.Sprintf(" The curvature at the first weights bounds plain gradient descent (lr below %.2g) and says nothing about %s, which scales the gradient; descent compare finds the best rate of whole runs.", r.Limit.Mean, name)
	case r.Limit.N == 0:
		return text + " E curves upwards in no direction at the first weights, so its curvature bounds no rate."
	}
	limit := fmt.Sprintf("the curvature at the first weights allows rates below %.2g", r.Limit.Mean)
	quadratic := ""
	if r.Quadratic.N > 0 {
		quadratic = fmt.Sprintf(" and the parabola along the gradient has its bottom at %.2g", r.Quadratic.Mean)
	}
	var against []string
	if r.Rate.Mean > r.Limit.Mean {
		against = append(against, "the rate is above what the curvature allows: it is safe only after the first steps, so warm up")
	}
	if r.End.N > 0 && (r.End.Mean > farApart*r.Limit.Mean || r.Limit.Mean > farApart*r.End.Mean) {
		against = append(against, fmt.Sprintf("training is lost %.2g times as far as the curvature says", r.End.Mean/r.Limit.Mean))
	}
	if r.Quadratic.N > 0 && (r.Quadratic.Mean > farApart*r.Rate.Mean || r.Rate.Mean > farApart*r.Quadratic.Mean) {
		against = append(against, fmt.Sprintf("the parabola's rate is %.2g times this one", r.Quadratic.Mean/r.Rate.Mean))
	}
	if len(against) == 0 {
		return text + " The witnesses agree: " + limit + quadratic + "."
	}
	text += " The witnesses disagree: " + limit + quadratic + "; "
	for i, a := range against {
		if i > 0 {
			text += ", and "
		}
		text += a
	}
	return text + ". E's curvature changes on the way; descent compare settles it."
}
