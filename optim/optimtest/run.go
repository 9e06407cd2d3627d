package optimtest

import (
	"fmt"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/weights"
)

// Runner makes a rule's updates one at a time by the reference evaluator: slow,
// and the judge of every compiled step.
type Runner struct {
	step   *optim.Step
	w      graph.Value
	rate   graph.Value
	tau    graph.Value
	out    []graph.Value // w(τ), then the next value of every slot
	loss   graph.Value
	shown  graph.Value // what is presented in place of w(τ), invalid if nothing is
	shows  []float64
	feeds  map[graph.Value]*tensor.Array
	update int
}

// Seed is what a Runner's random numbers are made of.
const Seed = 7

// Problem is what a Runner updates weights on.
type Problem struct {
	E      func(w graph.Value) graph.Value
	DType  tensor.DType
	Start  []float64
	Layout *weights.Layout // nil if w has no parts
	// Likelihood is what E is as one, for rules that ask.
	Likelihood optim.Likelihood
}

// NewRunner builds the update of a rule on E, starting at w.
func NewRunner(rule optim.Rule, e func(graph.Value) graph.Value, d tensor.DType, w ...float64) (*Runner, error) {
	return Problem{E: e, DType: d, Start: w}.Runner(rule)
}

// Runner builds the update of a rule on the problem.
func (p Problem) Runner(rule optim.Rule) (*Runner, error) {
	g, d, w := graph.New(), p.DType, p.Start
	r := &Runner{
		w:    g.Input("w", d, len(w)),
		rate: g.Input("rate", tensor.Float64),
		tau:  g.Input("tau", tensor.Float64),
	}
	seed := g.Input("seed", tensor.Int64)
	r.step = optim.NewStep(optim.Config{Graph: g, W: r.w, Loss: p.E, Layout: p.Layout, Likelihood: p.Likelihood, Rate: r.rate, Tau: r.tau, Seed: seed})
	next := r.w.Add(r.step.Update(rule))
	if err := r.step.Err(); err != nil {
		return nil, err
	}
	r.loss = r.step.Loss()
	r.out = []graph.Value{next}
	r.shown = r.step.Presented()
	r.feeds = map[graph.Value]*tensor.Array{r.w: array(d, w), seed: tensor.From([]int64{Seed})}
	for _, s := range r.step.Slots() {
		r.out = append(r.out, s.Next)
		r.feeds[s.Last] = tensor.New(s.Last.DType(), s.Last.Shape()...)
	}
	if r.shown.Valid() {
		r.out = append(r.out, r.shown)
	}
	for _, h := range r.step.Hypers() {
		r.feeds[h.Value] = tensor.From([]float64{h.Default})
	}
	return r, r.step.Err()
}

func array(d tensor.DType, v []float64) *tensor.Array {
	a := tensor.New(d, len(v))
	for i, x := range v {
		a.SetAt(i, x)
	}
	return a
}

// Give sets an input that E declares in its graph, such as a batch.
func (r *Runner) Give(key string, a *tensor.Array) {
	r.feeds[r.w.Graph().Input(key, a.DType(), a.Shape()...)] = a
}

// Draws reports whether the rule draws random numbers.
func (r *Runner) Draws() bool {
	g := r.w.Graph()
	for i := range g.Len() {
		if _, ok := g.At(i).Op().(graph.Random); ok {
			return true
		}
	}
	return false
}

// SetHyper gives a run-time hyper-parameter, by its key, another value.
func (r *Runner) SetHyper(key string, x float64) error {
	for _, h := range r.step.Hypers() {
		if h.Key == key {
			r.feeds[h.Value] = tensor.From([]float64{x})
			return nil
		}
	}
	return fmt.Errorf("optimtest: the rule takes no %q", key)
}

// W is the weights now.
func (r *Runner) W() []float64 { return r.feeds[r.w].Float64s() }

// Presented is what the rule presents in place of the weights now: nil if
// nothing, or before the first update.
func (r *Runner) Presented() []float64 { return r.shows }

// State is the value of a slot now, by its key; nil if there is none.
func (r *Runner) State(key string) []float64 {
	for _, s := range r.step.Slots() {
		if s.Key == key {
			return r.feeds[s.Last].Float64s()
		}
	}
	return nil
}

// Loss is E at the weights now.
func (r *Runner) Loss() (float64, error) {
	out, err := graph.Evaluate([]graph.Value{r.loss}, r.feeds, nil)
	if err != nil {
		return 0, err
	}
	return out[0].At(0), nil
}

// Update makes one update with the given rate.
func (r *Runner) Update(rate float64) error {
	r.update++
	r.feeds[r.rate] = tensor.From([]float64{rate})
	r.feeds[r.tau] = tensor.From([]float64{float64(r.update)})
	out, err := graph.Evaluate(r.out, r.feeds, nil)
	if err != nil {
		return err
	}
	r.feeds[r.w] = out[0]
	for i, s := range r.step.Slots() {
		r.feeds[s.Last] = out[i+1]
	}
	if r.shown.Valid() {
		r.shows = out[len(out)-1].Float64s()
	}
	return nil
}

// Run makes one update for every rate and returns the points: the start first.
func (r *Runner) Run(rates ...float64) ([][]float64, error) {
	points := [][]float64{r.W()}
	for _, η := range rates {
		if err := r.Update(η); err != nil {
			return nil, err
		}
		points = append(points, r.W())
	}
	return points, nil
}
