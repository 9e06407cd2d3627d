package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"

	"github.com/spf13/cobra"

	"github.com/godescent/descent/curvature"
	"github.com/godescent/descent/optim"
)

func bigFloat(x *big.Int) float64 {
	f, _ := new(big.Float).SetInt(x).Float64()
	return f
}

type quadraticFlags struct {
	probeFlags
	full     int
	products int
}

func (a *app) quadraticCommand() *cobra.Command {
	var f quadraticFlags
	c := &cobra.Command{
		Use:   "quadratic RUN|SPEC|FUNCTION",
		Short: "Hold the quadratic model of E against E, along the steps of optimizers",
		Long: `Compare E around a point with its quadratic model, E + δwᵀ∇E + ½δwᵀHδw, along the gradient, the
Newton step, Adam's step and the eigenvectors of the largest and the smallest eigenvalue: the
predicted and the true δE of each step, and the radius within which they agree to a tenth.

Also how well Adam's √v follows the Hessian's diagonal, weight by weight: Adam is often
explained as a cheap second-order method, and this measures it. v is the run's own, or
the mean square of gradients of parts of the examples where the run has none.`,
		Example: `  descent quadratic rosenbrock --at -1,1
  descent quadratic runs/flowers --float64
  descent quadratic mnist --examples 512 --json`,
		Args: between(1, 1, "a run's folder, a specification or a function"),
		RunE: func(_ *cobra.Command, args []string) error { return a.quadratic(args[0], &f) },
	}
	f.add(c)
	c.Flags().StringVar(&f.optimizer, "optimizer", "", "whose steps are held against the model, as `name:key=value,..` (default the run's own)")
	c.Flags().IntVar(&f.full, "full", 2000, "most weights for which the whole Hessian is computed")
	c.Flags().IntVar(&f.products, "products", 60, "most products for each of the Newton step, the eigenvectors and the diagonal")
	return c
}

// quadraticDoc is the object that quadratic --json prints.
type quadraticDoc struct {
	Of       string     `json:"of"`
	Title    string     `json:"title"`
	About    string     `json:"about"`
	Weights  int        `json:"weights"`
	Batch    int        `json:"batch"`
	E        float64    `json:"e"`
	Gradient float64    `json:"gradient_norm"`
	Steps    []stepsDoc `json:"steps"`
	Adam     *matchDoc  `json:"adam_v,omitempty"`
	Notes    []string   `json:"notes,omitempty"`
}

type stepsDoc struct {
	Direction string   `json:"direction"`
	Slope     float64  `json:"slope"`
	Curvature float64  `json:"curvature"`
	Bottom    *float64 `json:"parabola_bottom"`
	Length    float64  `json:"length"`
	Predicted *float64 `json:"predicted"`
	Actual    *float64 `json:"actual"`
	Radius    float64  `json:"radius"`
	Beyond    bool     `json:"radius_is_at_least"`
}

type matchDoc struct {
	V        string   `json:"v"` // where it is from
	Diagonal string   `json:"diagonal"`
	N        int      `json:"weights_compared"`
	Positive int      `json:"diagonal_positive"`
	Pearson  *float64 `json:"log_correlation"`
	Spearman *float64 `json:"rank_correlation"`
}

func (a *app) quadratic(name string, f *quadraticFlags) error {
	switch {
	case f.full < 0 || f.full > 20000:
		return fmt.Errorf("--full: %d is not a whole number in [0,20000]", f.full)
	case f.products < 10 || f.products > 100000:
		return fmt.Errorf("--products: %d is not a whole number in [10,100000]", f.products)
	}
	p, err := a.probe("quadratic", name, &f.probeFlags)
	if err != nil {
		return err
	}
	defer p.Close()
	ctx, stop := a.untilSignal()
	defer stop()
	d, err := a.measureQuadratic(ctx, p, f)
	if err != nil {
		return a.unfinished(ctx, err)
	}
	if f.json {
		return failed(a.printJSON(d))
	}
	return failed(a.printQuadratic(d))
}

// direction is a step that a model is held against.
type direction struct {
	name string
	step []float64
}

func (a *app) measureQuadratic(ctx context.Context, p *probed, f *quadraticFlags) (*quadraticDoc, error) {
	t := a.newTeller(f.quiet)
	t.say("%s, %s weights; %s", p.title, grouped(int64(p.Size())), p.about)
	d := &quadraticDoc{Of: p.name, Title: p.title, About: p.about, Weights: p.Size(), Batch: p.examples}
	along, g, err := p.gradientAt(ctx)
	if err != nil {
		return nil, err
	}
	d.E, d.Gradient = along.E, along.Norm
	var all []direction
	add := func(name string, step []float64, by float64) {
		s := make([]float64, len(step))
		size := 0.0
		for i, x := range step {
			s[i] = by * x
			size += s[i] * s[i]
		}
		if size > 0 && !math.IsInf(size, 0) && !math.IsNaN(size) {
			all = append(all, direction{name, s})
		}
	}
	rate := along.Quadratic
	if math.IsInf(rate, 1) {
		rate = 1 / math.Max(along.Norm, 1e-300) // a step of length 1
	}
	name := fmt.Sprintf("gradient, lr %.3g", rate)
	add(name, g, -rate)
	if p.rule != nil {
		add(fmt.Sprintf("gradient, lr %.3g", p.rate), g, -p.rate)
	}
	diagonal, from, err := p.second(ctx, f, g, d, add, t)
	if err != nil {
		return nil, err
	}
	v, origin, err := p.squares(ctx, g)
	if err != nil {
		return nil, err
	}
	step, lr := p.adamStep(g, v)
	add(fmt.Sprintf("Adam, lr %.3g", lr), step, lr)
	for _, x := range all {
		m, err := p.Along(ctx, g, x.step)
		if err != nil {
			return nil, err
		}
		d.Steps = append(d.Steps, stepsDoc{x.name, m.Slope, m.Curvature, finite(m.Bottom), m.Step, finite(m.Predicted), finite(m.Actual), m.Radius, m.Beyond})
	}
	positive := 0
	root, size := make([]float64, len(v)), make([]float64, len(v))
	for i := range v {
		root[i], size[i] = math.Sqrt(v[i]), math.Abs(diagonal[i])
		if diagonal[i] > 0 {
			positive++
		}
	}
	m := curvature.Compare(root, size)
	d.Adam = &matchDoc{origin, from, m.N, positive, finite(m.Pearson), finite(m.Spearman)}
	return d, nil
}

// second adds the Newton step and the eigenvectors, and gives the Hessian's diagonal.
func (p *probed) second(ctx context.Context, f *quadraticFlags, g []float64, d *quadraticDoc, add func(string, []float64, float64), t *teller) (diagonal []float64, from string, err error) {
	n := p.Size()
	length := 0.01 * (1 + norm2(p.Point()))
	if n <= f.full {
		t.say("cost: %s products for the whole Hessian, O(W³) for its eigenvectors", grouped(int64(n)))
		s, err := p.Spectrum(ctx, true, t.of("Hessian"))
		if err != nil {
			return nil, "", err
		}
		add("Newton", s.NewtonStep(g), 1)
		add(fmt.Sprintf("eigenvector of λ1 = %.4g", s.Values[n-1]), s.Vectors[n-1], length)
		add(fmt.Sprintf("eigenvector of λ%d = %.4g", n, s.Values[0]), s.Vectors[0], length)
		return s.Diagonal, "exact", nil
	}
	t.say("cost: at most %d products", 3*f.products)
	step, complete, err := curvature.NewtonStep(ctx, p.HVP, g, f.products, t.of("Newton step"))
	if err != nil {
		return nil, "", err
	}
	newton := "Newton"
	if !complete {
		newton = "Newton (truncated)"
		d.Notes = append(d.Notes, fmt.Sprintf("the Newton step is what conjugate gradients reach in %d products, or before H curves downwards along one", f.products))
	}
	add(newton, step, 1)
	o := curvature.NewLanczos()
	o.Products, o.Seed, o.Vectors, o.Rounding, o.Progress = f.products, f.seed, true, p.Rounding(), t.of("eigenvectors")
	e, err := curvature.Extremes(ctx, p.HVP, n, o)
	if err != nil {
		return nil, "", err
	}
	add(fmt.Sprintf("eigenvector of λ1 = %.4g", e.Largest[0].Value), e.Largest[0].Vector, length)
	add(fmt.Sprintf("eigenvector of λ%d = %.4g", n, e.Smallest[0].Value), e.Smallest[0].Vector, length)
	diagonal, _, err = curvature.Diagonal(ctx, p.HVP, n, f.products, f.seed, t.of("diagonal"))
	return diagonal, fmt.Sprintf("estimated by %d random vectors", f.products), err
}

func norm2(x []float64) float64 {
	s := 0.0
	for _, x := range x {
		s += x * x
	}
	return math.Sqrt(s)
}

// squares is v: Adam's own of the run, else the mean square of gradients, else that of this one.
func (p *probed) squares(ctx context.Context, g []float64) (v []float64, from string, err error) {
	if v = p.adamSquares(); v != nil {
		return v, "the run's own", nil
	}
	v = make([]float64, len(g))
	if p.examples < 4 {
		for i, x := range g {
			v[i] = x * x
		}
		return v, "the square of this gradient", nil
	}
	parts, size, err := p.Parts(ctx, min(noiseParts, p.examples))
	if err != nil {
		return nil, "", err
	}
	for _, g := range parts {
		for i, x := range g {
			v[i] += x * x / float64(len(parts))
		}
	}
	return v, fmt.Sprintf("the mean square of gradients of %d parts of %d examples", len(parts), size), nil
}

// adamSquares is v̂ of a run that Adam trained, or nil.
func (p *probed) adamSquares() []float64 {
	rule, ok := optim.Inner(p.rule).(*optim.Adam)
	if !ok || p.saved == nil || p.saved.Step == 0 {
		return nil
	}
	a, err := p.saved.State("v", p.run.Config.Network)
	if err != nil { // another rule's run, held against Adam
		return nil
	}
	v := a.Float64s()
	by := 1 / (1 - math.Pow(rule.Beta2, float64(p.saved.Step)))
	for i := range v {
		v[i] *= by
	}
	return v
}

// adamStep is −g/(√v + ε), and the rate that it is taken with.
func (p *probed) adamStep(g, v []float64) (step []float64, lr float64) {
	ε := 1e-8
	lr = 1e-3
	if rule, ok := optim.Inner(p.rule).(*optim.Adam); ok {
		ε, lr = rule.Eps, p.rate
	}
	step = make([]float64, len(g))
	for i := range g {
		if root := math.Sqrt(v[i]) + ε; root > 0 {
			step[i] = -g[i] / root
		}
	}
	return step, lr
}

func (a *app) printQuadratic(d *quadraticDoc) error {
	batch := ""
	if d.Batch > 0 {
		batch = fmt.Sprintf(" over %s examples", grouped(int64(d.Batch)))
	}
	if _, err := fmt.Fprintf(a.out, "E = %.7g, |∇E| = %.4g%s\n\n", d.E, d.Gradient, batch); err != nil {
		return err
	}
	rows := [][]string{{"step", "length", "slope", "curvature", "δE predicted", "δE true", "agree within"}}
	show := func(x *float64) string {
		if x == nil {
			return "not finite"
		}
		return fmt.Sprintf("%.4g", *x)
	}
	for _, s := range d.Steps {
		radius := fmt.Sprintf("%.3g", s.Radius)
		if s.Beyond {
			radius = "all of " + radius
		}
		rows = append(rows, []string{s.Direction, fmt.Sprintf("%.4g", s.Length), fmt.Sprintf("%.4g", s.Slope), fmt.Sprintf("%.4g", s.Curvature), show(s.Predicted), show(s.Actual), radius})
	}
	if err := a.out.table(rows); err != nil {
		return err
	}
	var b bytes.Buffer
	if m := d.Adam; m != nil {
		fmt.Fprintf(&b, "\n%s\n", a.out.wrap(adamVerdict(m, d.Weights)))
	}
	for _, n := range d.Notes {
		fmt.Fprintf(&b, "%s\n", a.out.wrap("note: "+n))
	}
	_, err := a.out.Write(b.Bytes())
	return errors.Join(err)
}

// adamVerdict says what the match means.
func adamVerdict(m *matchDoc, weights int) string {
	text := fmt.Sprintf("Adam's √v (%s) against |diagonal of H| (%s), over %s of %s weights: ", m.V, m.Diagonal, grouped(int64(m.N)), grouped(int64(weights)))
	if m.Spearman == nil || m.N < 10 {
		return text + "too few to tell."
	}
	how := "hardly follows"
	switch r := *m.Spearman; {
	case r > 0.9:
		how = "follows closely"
	case r > 0.6:
		how = "roughly follows"
	case r > 0.3:
		how = "weakly follows"
	}
	return text + fmt.Sprintf("rank correlation %.2f, correlation of logarithms %.2f: it %s the curvature of single weights. %s of the diagonal's elements are positive.",
		*m.Spearman, *m.Pearson, how, percent(float64(m.Positive)/float64(weights)))
}
