package cli

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/spf13/cobra"

	"github.com/godescent/descent/curvature"
	"github.com/godescent/descent/optim"
)

// curvatureFlags are the flags of curvature beside those of every probe.
type curvatureFlags struct {
	probeFlags
	matrix   string
	full     int
	products int
	vectors  int
	shown    int
	rho      float64
}

func (a *app) curvatureCommand() *cobra.Command {
	var f curvatureFlags
	c := &cobra.Command{
		Use:   "curvature RUN|SPEC|FUNCTION",
		Short: "Measure the second derivatives of E at a point: eigenvalues, trace, noise, sharpness",
		Long: `Measure the Hessian H of the error function E(w) at a point: at the weights of a trained run, at
the first weights of a specification, or at a point of a function of two variables.

Up to --full weights, H is computed whole by W products and all of its eigenvalues are found. Above,
its ends are found by Lanczos's method, and its density and trace are estimated from random
vectors, with intervals at 99%. The cost is told before it is spent. Beside each eigenvalue
stands how far it may be off from that of the examples looked at and, if these are a sample, beside E,
its gradient, both ends and the trace the interval in which those of the whole training set lie.

The largest eigenvalue λmax is held against the optimizer's learning rate η: on a quadratic,
gradient descent diverges where λmax > 2/η, heavy ball where λmax > 2(1+μ)/η.`,
		Example: `  descent curvature runs/mnist-adam
  descent curvature runs/flowers --at best --float64 --examples 0
  descent curvature mnist --matrix gauss-newton
  descent curvature ravine --at 1,1 --optimizer momentum:lr=0.1,momentum=0.9 --json`,
		Args: between(1, 1, "a run's folder, a specification or a function"),
		RunE: func(_ *cobra.Command, args []string) error { return a.curvature(args[0], &f) },
	}
	f.add(c)
	c.Flags().StringVar(&f.optimizer, "optimizer", "", "whose stability is judged, as `name:key=value,..` (default the run's own)")
	c.Flags().StringVar(&f.matrix, "matrix", "hessian", "`name` of the matrix whose spectrum is measured: hessian, gauss-newton or fisher")
	c.Flags().IntVar(&f.full, "full", 2000, "most weights for which the whole matrix is computed")
	c.Flags().IntVar(&f.products, "products", 60, "most products for the ends of the spectrum, and for the trace")
	c.Flags().IntVar(&f.vectors, "vectors", 3, "random vectors for the density; 0 estimates none")
	c.Flags().IntVar(&f.shown, "eigenvalues", 5, "how many of the largest and of the smallest eigenvalues")
	c.Flags().Float64Var(&f.rho, "rho", 0.05, "radius ρ of the sharpness that SAM measures")
	return c
}

func (f *curvatureFlags) check() error {
	switch {
	case f.matrix != "hessian" && f.matrix != "gauss-newton" && f.matrix != "fisher":
		return fmt.Errorf("--matrix: %q is none of hessian, gauss-newton and fisher", f.matrix)
	case f.full < 0 || f.full > 20000:
		return fmt.Errorf("--full: %d is not a whole number in [0,20000]", f.full)
	case f.products < 10 || f.products > 100000:
		return fmt.Errorf("--products: %d is not a whole number in [10,100000]", f.products)
	case f.vectors < 0 || f.vectors > 1000:
		return fmt.Errorf("--vectors: %d is not a whole number in [0,1000]", f.vectors)
	case f.shown < 1 || f.shown > 1000:
		return fmt.Errorf("--eigenvalues: %d is not a whole number in [1,1000]", f.shown)
	case !(f.rho > 0) || math.IsInf(f.rho, 0):
		return fmt.Errorf("--rho: %v is not a positive number", f.rho)
	}
	return nil
}

// curvatureDoc is the object that curvature --json prints.
type curvatureDoc struct {
	Of        string     `json:"of"`
	Title     string     `json:"title"`
	About     string     `json:"about"`
	Matrix    string     `json:"matrix"`
	Weights   int        `json:"weights"`
	Batch     int        `json:"batch"` // examples; 0 of a function
	DType     string     `json:"dtype"`
	E         float64    `json:"e"`
	Gradient  float64    `json:"gradient_norm"`
	Quadratic *float64   `json:"parabola_rate"` // gᵀg/gᵀHg
	Method    string     `json:"method"`        // "full" or "lanczos"
	Largest   []valueDoc `json:"largest"`
	Smallest  []valueDoc `json:"smallest"`
	Inertia   *inertia   `json:"inertia,omitempty"`
	Condition *float64   `json:"condition,omitempty"`
	Trace     valueDoc   `json:"trace"`
	Density   []bandDoc  `json:"density,omitempty"`

	Stability *stabilityDoc `json:"stability,omitempty"`
	Noise     *noiseDoc     `json:"noise,omitempty"`
	Sampling  *samplingDoc  `json:"sampling,omitempty"`
	Sharpness *sharpnessDoc `json:"sharpness,omitempty"`
	Cost      costDoc       `json:"cost"`
	top       []float64     // the first eigenvector
	ends      *curvature.Ends
	trace     curvature.Trace
}

// samplingDoc is where the numbers lie over the whole training set, if E is over a sample of it.
type samplingDoc struct {
	Of       int        `json:"of"` // examples of the training set
	Level    float64    `json:"level"`
	Parts    int        `json:"parts"`
	Size     int        `json:"part_examples"`
	E        [2]float64 `json:"e"`
	Gradient [2]float64 `json:"gradient_norm"`
	Largest  [2]float64 `json:"lambda_max"`
	Smallest [2]float64 `json:"lambda_min"`
	Trace    [2]float64 `json:"trace"`
}

type valueDoc struct {
	Value float64  `json:"value"`
	Error *float64 `json:"error"` // how far it may be off
	Batch int      `json:"batch"`
}

type inertia struct {
	Negative int     `json:"negative"`
	Zero     int     `json:"zero"`
	Positive int     `json:"positive"`
	Floor    float64 `json:"zero_below"`
}

type bandDoc struct {
	From  float64  `json:"from"`
	To    float64  `json:"to"`
	Share float64  `json:"share"`
	Error *float64 `json:"error"`
}

type stabilityDoc struct {
	Optimizer string   `json:"optimizer"`
	Rate      float64  `json:"lr"`
	Formula   string   `json:"formula"`
	Plain     bool     `json:"binds"` // the rule does not scale the gradient
	Limit     *float64 `json:"limit"` // of the rate
	Share     *float64 `json:"share"` // lr / limit; above 1 is unstable on the quadratic
	// Scaled is the largest eigenvalue of P⁻¹H with Adam's P = diag(√v̂ + ε), and Edge the one from
	// which on its steps grow on the quadratic.
	Scaled  *float64 `json:"scaled_lambda_max,omitempty"`
	Edge    *float64 `json:"scaled_edge,omitempty"`
	Verdict string   `json:"verdict"`
}

type noiseDoc struct {
	Parts int      `json:"parts"`
	Size  int      `json:"part_examples"`
	Scale *float64 `json:"noise_scale"` // examples
	Lo    *float64 `json:"low"`
	Hi    *float64 `json:"high"`
	SNR   *float64 `json:"gradient_snr"`
}

type sharpnessDoc struct {
	Rho   float64  `json:"rho"`
	SAM   *float64 `json:"sam"`
	Worst *float64 `json:"worst"`
}

type costDoc struct {
	Gradients       int     `json:"gradients"`
	Products        int     `json:"products"`
	GradientSeconds float64 `json:"gradient_seconds"` // of one
	ProductSeconds  float64 `json:"product_seconds"`  // of one
	Seconds         float64 `json:"seconds"`
}

// noiseParts is the number of parts that the examples are cut into to see gradients scatter.
const noiseParts = 16

func (a *app) curvature(name string, f *curvatureFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	p, err := a.probe("curvature", name, &f.probeFlags)
	if err != nil {
		return err
	}
	defer p.Close()
	if f.matrix != "hessian" && p.fn != nil {
		return fmt.Errorf("--matrix: %s is not the loss of a network's output, so it has no %s matrix", name, f.matrix)
	}
	ctx, stop := a.untilSignal()
	defer stop()
	d, err := a.measureCurvature(ctx, p, f)
	if err != nil {
		return a.unfinished(ctx, err)
	}
	if f.json {
		return failed(a.printJSON(d))
	}
	return failed(a.printCurvature(p, d))
}

func (a *app) measureCurvature(ctx context.Context, p *probed, f *curvatureFlags) (*curvatureDoc, error) {
	start := time.Now()
	t := a.newTeller(f.quiet)
	d := &curvatureDoc{Of: p.name, Title: p.title, About: p.about, Matrix: f.matrix, Weights: p.Size(), Batch: p.examples, DType: p.Source().DType.String()}
	t.say("%s, %s weights; %s", p.title, grouped(int64(p.Size())), p.about)
	along, _, err := p.gradientAt(ctx)
	if err != nil {
		return nil, err
	}
	d.E, d.Gradient, d.Quadratic = along.E, along.Norm, finite(along.Quadratic)
	op := map[string]curvature.Operator{"hessian": p.HVP, "gauss-newton": p.GaussNewton, "fisher": p.Fisher}[f.matrix]
	if p.Size() <= f.full && f.matrix == "hessian" {
		err = fullSpectrum(ctx, p, f, d, t)
	} else {
		err = endsOfSpectrum(ctx, p, f, op, d, t)
	}
	if err != nil {
		return nil, err
	}
	if f.matrix == "hessian" {
		stability(p, d)
		if err := adamEdge(ctx, p, f, d, t); err != nil {
			return nil, err
		}
	}
	if p.examples >= 4 {
		n, err := p.Noise(ctx, min(noiseParts, p.examples))
		if err != nil {
			return nil, err
		}
		d.Noise = &noiseDoc{n.Parts, n.Size, finite(n.Scale), finite(n.Lo), finite(n.Hi), finite(n.SNR)}
	}
	if err := sampling(ctx, p, f, op, d, t); err != nil {
		return nil, err
	}
	s, err := p.Sharpness(ctx, f.rho, d.top)
	if err != nil {
		return nil, err
	}
	d.Sharpness = &sharpnessDoc{s.Rho, finite(s.Gradient), finite(s.Worst)}
	c := p.Counts()
	d.Cost = costDoc{Gradients: c.Gradients, Products: c.Products, Seconds: time.Since(start).Seconds()}
	d.Cost.GradientSeconds = c.GradientSeconds / float64(max(1, c.Gradients))
	d.Cost.ProductSeconds = c.ProductSeconds / float64(max(1, c.Products))
	return d, nil
}

// samplingVectors are the random vectors of the trace's sampling interval.
const samplingVectors = 8

// sampling measures how far the numbers are from those of the whole training set.
func sampling(ctx context.Context, p *probed, f *curvatureFlags, op curvature.Operator, d *curvatureDoc, t *teller) error {
	if !p.sampled() {
		return nil
	}
	x, err := p.Sampling(ctx, op, curvature.Sampled{
		Of: p.training, Parts: samplingParts(p.examples), Largest: d.ends.Largest[0], Smallest: d.ends.Smallest[0],
		Trace: d.trace, Products: f.products, Vectors: samplingVectors, Seed: f.seed, Progress: t.of("ends of half of the sample"),
	})
	if err != nil {
		return err
	}
	pair := func(r curvature.Range) [2]float64 { return [2]float64{r.Lo, r.Hi} }
	d.Sampling = &samplingDoc{p.training, curvature.Level, x.Parts, x.Size, pair(x.E), pair(x.Gradient), pair(x.Largest), pair(x.Smallest), pair(x.Trace)}
	return nil
}

// samplingParts is about noiseParts, as many as leave out the fewest of n examples.
func samplingParts(n int) int {
	best := min(noiseParts, n)
	for k := best; k >= 3*noiseParts/4; k-- {
		if n%k < n%best {
			best = k
		}
	}
	return best
}

// sampled says that E is the mean over a part of the training set from which the rest can be judged.
func (p *probed) sampled() bool {
	return p.examples >= 8 && p.examples < p.training && !p.mixed && !p.Source().Sum
}

// perProduct is the time of a product, measured by one more.
func perProduct(ctx context.Context, op curvature.Operator, n int) (time.Duration, error) {
	v := make([]float64, n)
	v[0] = 1
	start := time.Now()
	err := op(ctx, v, v)
	return time.Since(start), err
}

func fullSpectrum(ctx context.Context, p *probed, f *curvatureFlags, d *curvatureDoc, t *teller) error {
	n := p.Size()
	one, err := perProduct(ctx, p.HVP, n)
	if err != nil {
		return err
	}
	t.say("cost: the whole Hessian by %s products of at most %v each, O(W²) = %s numbers, and O(W³) for its eigenvalues",
		grouped(int64(n)), one.Round(time.Microsecond), grouped(int64(n)*int64(n)))
	s, err := p.Spectrum(ctx, false, t.of("Hessian"))
	if err != nil {
		return err
	}
	// All vectors would take several times as long as all values, and one is wanted.
	o := curvature.NewLanczos()
	o.Seed, o.Vectors = f.seed, true
	if !p.sampled() {
		o.Smallest = 0
	}
	e, err := curvature.Extremes(ctx, p.HVP, n, o)
	if err != nil {
		return err
	}
	d.Method, d.top, d.ends = "full", e.Largest[0].Vector, e
	for i := range min(f.shown, n) {
		d.Largest = append(d.Largest, valueDoc{s.Values[n-1-i], &s.Error, p.examples})
		d.Smallest = append(d.Smallest, valueDoc{s.Values[i], &s.Error, p.examples})
	}
	floor := max(s.Error, zeroShare*math.Max(math.Abs(s.Values[0]), math.Abs(s.Values[n-1])))
	i := s.Inertia(floor)
	d.Inertia = &inertia{i.Negative, i.Zero, i.Positive, floor}
	d.Condition = finite(s.Condition())
	sum, off := 0.0, float64(n)*s.Error
	for _, x := range s.Diagonal {
		sum += x
	}
	d.trace = curvature.Trace{Estimate: sum, Half: off}
	d.Trace = valueDoc{sum, &off, p.examples}
	return nil
}

// zeroShare is the share of the largest eigenvalue below which one counts as zero.
const zeroShare = 1e-10

func endsOfSpectrum(ctx context.Context, p *probed, f *curvatureFlags, op curvature.Operator, d *curvatureDoc, t *teller) error {
	n := p.Size()
	if _, err := perProduct(ctx, op, n); err != nil { // it is compiled
		return err
	}
	one, err := perProduct(ctx, op, n)
	if err != nil {
		return err
	}
	steps := min(n, 40)
	total := min(n, f.products) + f.vectors*steps + f.products
	last := ""
	if p.sampled() {
		more := min(n, f.products)/2 + 2 + samplingVectors
		total += more
		last = fmt.Sprintf(", %d for what the sample leaves open", more)
	}
	t.say("cost: at most %d products of %v each with the %s matrix, about %s: %d for its ends, %d for its density, %d for its trace%s",
		total, one.Round(10*time.Microsecond), f.matrix, clock(time.Duration(total)*one), min(n, f.products), f.vectors*steps, f.products, last)
	o := curvature.NewLanczos()
	o.Largest, o.Smallest, o.Products, o.Seed, o.Vectors = f.shown, f.shown, f.products, f.seed, true
	o.Rounding, o.Progress = p.Rounding(), t.of("ends")
	e, err := curvature.Extremes(ctx, op, n, o)
	if err != nil {
		return err
	}
	d.Method, d.top, d.ends = "lanczos", e.Largest[0].Vector, e
	for _, r := range e.Largest {
		d.Largest = append(d.Largest, valueDoc{r.Value, finite(r.Error), p.examples})
	}
	for _, r := range e.Smallest {
		d.Smallest = append(d.Smallest, valueDoc{r.Value, finite(r.Error), p.examples})
	}
	if f.vectors > 0 {
		density, err := curvature.EstimateDensity(ctx, op, n, f.vectors, steps, f.seed, t.of("density"))
		if err != nil {
			return err
		}
		for _, b := range density.Histogram(12) {
			d.Density = append(d.Density, bandDoc{b.From, b.To, b.Share, finite(b.Half)})
		}
	}
	tr, err := curvature.HutchPlusPlus(ctx, op, n, f.products, f.seed, t.of("trace"))
	if err != nil {
		return err
	}
	d.trace = tr
	d.Trace = valueDoc{tr.Estimate, finite(tr.Half), p.examples}
	return nil
}

// stability holds λmax against the optimizer's rate.
func stability(p *probed, d *curvatureDoc) {
	if p.rule == nil {
		return
	}
	λ := d.Largest[0].Value
	μ, room, formula, plain := optim.HeavyBall(p.rule)
	s := &stabilityDoc{Optimizer: p.ruleName, Rate: p.rate, Formula: formula, Plain: plain}
	d.Stability = s
	if λ <= 0 {
		s.Verdict = "E curves upwards in no direction here, so its curvature bounds no learning rate"
		return
	}
	limit := room * 2 / λ
	share := p.rate / limit
	s.Limit, s.Share = &limit, &share
	edge := fmt.Sprintf("λmax %.4g is %.3g times %s = %.4g", λ, share, edgeName(formula), room*2/p.rate)
	switch {
	case !plain:
		s.Verdict = fmt.Sprintf("%s scales the gradient, so 2/η binds it to nothing; plain gradient descent would want lr below %.3g here", p.ruleName, limit)
	case share > 1:
		s.Verdict = fmt.Sprintf("unstable: %s; on this quadratic steps with lr %.3g grow, take lr below %.3g", edge, p.rate, limit)
	case share > 0.9:
		s.Verdict = fmt.Sprintf("at the edge of stability: %s", edge)
	default:
		s.Verdict = fmt.Sprintf("stable: %s", edge)
		if μ == 0 && share < 0.1 {
			s.Verdict += "; the rate is far below what the curvature allows"
		}
	}
}

// adamEdge holds λmax of P⁻¹H, P being what Adam divides its mean gradient by, against the
// (2 + 2β1)/((1 − β1)η) above which steps with P held fixed grow (Cohen et al. 2022, "Adaptive gradient
// methods at the edge of stability").
func adamEdge(ctx context.Context, p *probed, f *curvatureFlags, d *curvatureDoc, t *teller) error {
	rule, ok := optim.Inner(p.rule).(*optim.Adam)
	v := p.adamSquares()
	if !ok || v == nil {
		return nil
	}
	root := make([]float64, len(v)) // P^−½
	for i, x := range v {
		if root[i] = math.Sqrt(x) + rule.Eps; root[i] > 0 {
			root[i] = 1 / math.Sqrt(root[i])
		}
	}
	scaled := func(ctx context.Context, out, x []float64) error {
		for i, r := range root {
			out[i] = r * x[i]
		}
		err := p.HVP(ctx, out, out)
		for i, r := range root {
			out[i] *= r
		}
		return err
	}
	o := curvature.NewLanczos()
	o.Smallest, o.Products, o.Tolerance, o.Seed, o.Rounding, o.Progress = 0, f.products, 1e-3, f.seed, p.Rounding(), t.of("Adam's edge")
	e, err := curvature.Extremes(ctx, scaled, p.Size(), o)
	if err != nil {
		return err
	}
	λ, edge := e.Largest[0].Value, 2*(1+rule.Beta1)/((1-rule.Beta1)*p.rate)
	s := d.Stability
	s.Scaled, s.Edge = &λ, &edge
	where := "stable"
	switch {
	case λ > 1.1*edge:
		where = "unstable: take a smaller lr, or expect λmax to be driven down"
	case λ > 0.9*edge:
		where = "at the edge of stability"
	}
	s.Verdict = fmt.Sprintf("with H scaled by its √v, λmax is %.4g, which is %.3g times its edge (2+2β1)/((1−β1)η) = %.4g: %s; unscaled, plain gradient descent would want lr below %.3g",
		λ, λ/edge, edge, where, 2/d.Largest[0].Value)
	return nil
}

// edgeName is the largest stable curvature, of the formula for the largest stable rate.
func edgeName(formula string) string {
	switch formula {
	case "2(1+μ)/λmax":
		return "2(1+μ)/η"
	case "2(1+μ)/((1+2μ)λmax)":
		return "2(1+μ)/((1+2μ)η)"
	}
	return "2/η"
}
