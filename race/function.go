package race

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/godescent/descent/curvature"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/internal/kernel/dispatch"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/objective/functions"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/program"
	"github.com/godescent/descent/schedule"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/train"
)

// Function is a function of two variables as a Problem: a seed is a start point,
// uniform in the function's domain. Arithmetic is float64, on one thread.
type Function struct {
	f        *functions.Function
	schedule schedule.Schedule
	steps    int64
	kernel   string
	least    float64 // E at the minimum; NaN if there is none
}

// NewFunction races over a function in so many steps; a nil schedule is constant.
func NewFunction(f *functions.Function, s schedule.Schedule, steps int64, kernel string) (*Function, error) {
	if steps < 2 {
		return nil, fmt.Errorf("race: runs of %d steps; want at least 2", steps)
	}
	if s == nil {
		s = schedule.NewConstant()
	}
	p := &Function{f: f, schedule: s, steps: steps, kernel: kernel, least: math.NaN()}
	for _, at := range f.Stationary {
		if at.Kind == functions.Minimum && at.Global {
			p.least = at.E
		}
	}
	return p, nil
}

// Name implements Problem.
func (p *Function) Name() string { return fmt.Sprintf("%s in %d steps", p.f.Name, p.steps) }

// Steps implements Problem.
func (p *Function) Steps() int64 { return p.steps }

// Metric implements Problem: the decades to the least E, or E if it has no least.
func (p *Function) Metric() Metric {
	if math.IsNaN(p.least) {
		return Metric{Name: "E", Slack: 0, Judge: Test}
	}
	return Metric{Name: "log10(E − min E)", Slack: 0.5, Judge: Test}
}

// nearest is the least E − min E that is told apart from 0.
const nearest = 1e-16

func (p *Function) mark(e float64) Mark {
	if math.IsNaN(p.least) {
		return Mark{e, e}
	}
	return Mark{math.Log10(math.Max(e-p.least, nearest)), e}
}

// start is the point of a seed.
func (p *Function) start(seed int64) []float64 {
	at := make([]float64, p.f.Dim())
	kernel.Portable().F64.Uniform(at, uint64(seed), drawStart, 0)
	for i, d := range p.f.Domain {
		at[i] = d[0] + float64((d[1]-d[0])*at[i])
	}
	return at
}

// Compile implements Problem.
func (p *Function) Compile(rule optim.Rule, s schedule.Schedule) (Course, error) {
	table, err := dispatch.Pick(p.kernel)
	if err != nil {
		return nil, err
	}
	if s == nil {
		s = p.schedule
	}
	g := graph.New()
	c := &functionCourse{problem: p, w: g.Input("w", tensor.Float64, p.f.Dim()), rate: g.Input("lr", tensor.Float64), τ: g.Input("step", tensor.Float64), seed: g.Input("seed", tensor.Int64)}
	st := optim.NewStep(optim.Config{Graph: g, W: c.w, Loss: p.f.E, Rate: s.Rate(g, c.rate, c.τ), Tau: c.τ.Plus(1), Steps: int(p.steps), Seed: c.seed})
	next := c.w.Add(st.Update(rule))
	c.loss = st.Loss()
	if err := st.Err(); err != nil {
		return nil, err
	}
	c.slots, c.hypers = st.Slots(), st.Hypers()
	updates := []program.Update{{Slot: c.w, Next: next}, {Slot: c.τ, Next: c.τ.Plus(1)}}
	for _, slot := range c.slots {
		updates = append(updates, program.Update{Slot: slot.Last, Next: slot.Next})
	}
	step, err := program.Compile(g, program.Spec{Outputs: []graph.Value{c.loss}, Updates: updates, Guard: []graph.Value{c.loss, next.Square().SumAll()}})
	if err != nil {
		return nil, err
	}
	e := graph.New()
	c.at = e.Input("w", tensor.Float64, p.f.Dim())
	c.e = p.f.E(c.at)
	score, err := program.Compile(e, program.Spec{Outputs: []graph.Value{c.e}})
	if err != nil {
		return nil, err
	}
	c.pool = program.NewPool(1)
	c.step, c.score = step.NewInstance(c.pool, table), score.NewInstance(c.pool, table)
	for _, h := range c.hypers {
		c.step.Input(h.Value).SetAt(0, h.Default)
	}
	return c, nil
}

type functionCourse struct {
	problem          *Function
	pool             *program.Pool
	step, score      *program.Instance
	w, rate, τ, loss graph.Value // of the step
	seed             graph.Value
	at, e            graph.Value // of the score
	slots            []optim.SlotInfo
	hypers           []optim.HyperInput
	done             int64
	bound            float64
}

// Restart implements Course.
func (c *functionCourse) Restart(seed int64, rate float64) error {
	if err := optim.CheckRate(rate); err != nil {
		return err
	}
	for i, x := range c.problem.start(seed) {
		c.step.Input(c.w).SetAt(i, x)
	}
	c.step.Input(c.rate).SetAt(0, rate)
	tensor.Slice[int64](c.step.Input(c.seed))[0] = seed
	c.step.Input(c.τ).SetAt(0, 0)
	for _, s := range c.slots {
		clear(c.step.Input(s.Last).Raw())
	}
	c.done, c.bound = 0, 0
	return nil
}

// SetHyper implements Course.
func (c *functionCourse) SetHyper(key string, value float64) error {
	for _, h := range c.hypers {
		if h.Key == key {
			c.step.Input(h.Value).SetAt(0, value)
			return nil
		}
	}
	return fmt.Errorf("%s shapes the step and is no input of it; let its values take part one by one", key)
}

// Step implements Course. The bound of the loss is that of package train.
func (c *functionCourse) Step() (float64, error) {
	lost := func(what string) error {
		return &train.Diverged{Step: c.done + 1, What: what, Try: "try a smaller learning rate"}
	}
	if err := c.step.Step(); err != nil {
		if n := (*program.NonFinite)(nil); errors.As(err, &n) {
			return math.NaN(), lost(fmt.Sprintf("%s is %v", []string{"E", "the next point's square"}[n.Guard], n.Value))
		}
		return math.NaN(), err
	}
	loss := c.step.Scalar(c.loss)
	c.done++
	if c.bound == 0 {
		c.bound = 1e6 + 1000*math.Abs(loss)
	}
	if loss > c.bound {
		return loss, lost(fmt.Sprintf("E is %.4g, over the bound of %.4g", loss, c.bound))
	}
	return loss, nil
}

// Score implements Course.
func (c *functionCourse) Score(context.Context, Part) (*Mark, error) {
	copy(c.score.Input(c.at).Raw(), c.step.Input(c.w).Raw())
	if err := c.score.Step(); err != nil {
		return nil, err
	}
	m := c.problem.mark(c.score.Scalar(c.e))
	return &m, nil
}

// Close implements Course.
func (c *functionCourse) Close() { c.pool.Close() }

// Curvature implements Problem.
func (p *Function) Curvature(ctx context.Context, seed int64) (Curvature, error) {
	e := objective.Func{W: p.f.Dim(), Type: tensor.Float64, E: p.f.E}
	return measureCurvature(ctx, curvature.Of(e), p.start(seed), seed, p.kernel, 1)
}
