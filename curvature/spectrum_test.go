package curvature_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/godescent/descent/curvature"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/tensor"
)

// matrix is an operator of a known matrix.
func matrix(a [][]float64) curvature.Operator {
	return func(_ context.Context, out, v []float64) error {
		for i, row := range a {
			s := 0.0
			for j, x := range row {
				s += x * v[j]
			}
			out[i] = s
		}
		return nil
	}
}

// All eigenvalues of a network's Hessian, by W products, are those that gonum's eigensolver finds in a
// matrix of central differences of gradients (to their accuracy) and in the products themselves (to 1e-8).
func TestSpectrumOfNetworks(t *testing.T) {
	shapes := map[string][]nn.Layer{
		"tanh": tanhNet(),
		"wide": {nn.NewLinear(12), nn.GELU{}, nn.NewLinear(9), nn.Tanh{}, nn.NewLinear(3)},
	}
	if *long {
		shapes["1,964 weights"] = []nn.Layer{nn.NewLinear(40), nn.Tanh{}, nn.NewLinear(37), nn.Tanh{}, nn.NewLinear(4), nn.NewLinear(3)}
	}
	for name, layers := range shapes {
		s, w := network(t, tensor.Float64, 40, true, layers...)
		p := probe(t, s, curvature.Machine{Batch: 16})
		n := len(w)
		if err := p.Move(w); err != nil {
			t.Fatal(err)
		}
		h, asymmetry, err := p.Hessian(background, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := gonum(t, h)
		got, err := p.Spectrum(background, false, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if math.Abs(got.Values[i]-want[i]) > 1e-8*math.Max(1, math.Abs(want[i])) || math.Abs(got.Values[i]-want[i]) > got.Error {
				t.Errorf("%s: eigenvalue %d of %d is %v, gonum finds %v; the error is said to be %v", name, i, n, got.Values[i], want[i], got.Error)
			}
		}
		if asymmetry > 1e-12 {
			t.Errorf("%s: the Hessian is asymmetric by %v", name, asymmetry)
		}
		if n > 1000 {
			continue
		}
		const step = 1e-5
		up, down := make([]float64, n), make([]float64, n)
		diff := make([][]float64, n)
		for i := range diff {
			x := append([]float64(nil), w...)
			x[i] += step
			_ = p.Move(x)
			_, _ = p.Gradient(background, up)
			x[i] -= 2 * step
			_ = p.Move(x)
			_, _ = p.Gradient(background, down)
			diff[i] = make([]float64, n)
			for j := range up {
				diff[i][j] = (up[j] - down[j]) / (2 * step)
			}
		}
		for i, λ := range gonum(t, diff) {
			if math.Abs(got.Values[i]-λ) > 1e-7 {
				t.Errorf("%s: eigenvalue %d is %v, that of differences %v", name, i, got.Values[i], λ)
			}
		}
	}
}

// Lanczos's method finds the ends of known spectra, its residuals bound the error, and what it says of it holds.
func TestExtremes(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 20 {
		n := 5 + rng.IntN(120)
		a := symmetric(rng, n, 3)
		want := gonum(t, a)
		o := curvature.NewLanczos()
		o.Largest, o.Smallest, o.Products, o.Tolerance, o.Vectors = min(2, n), 1, n, 1e-9, true
		o.Seed = int64(n)
		e, err := curvature.Extremes(background, matrix(a), n, o)
		if err != nil {
			t.Fatal(err)
		}
		if !e.Done {
			t.Errorf("not found in %d products", e.Products)
		}
		// Equal eigenvalues show once: look for the nearest.
		for i, r := range append(e.Largest[:1:1], e.Smallest...) {
			target := want[map[int]int{0: n - 1, 1: 0}[i]]
			off := math.Abs(r.Value - target)
			if off > 1e-8 || off > r.Residual+1e-14 {
				t.Errorf("n = %d: %v, want %v; residual %v", n, r.Value, target, r.Residual)
			}
			av := make([]float64, n)
			_ = matrix(a)(background, av, r.Vector)
			res := 0.0
			for i := range av {
				d := av[i] - r.Value*r.Vector[i]
				res += d * d
			}
			if res = math.Sqrt(res); math.Abs(res-r.Residual) > 1e-12 {
				t.Errorf("the residual is %v and is said to be %v", res, r.Residual)
			}
		}
	}
}

// Both estimates hold the true trace in at least 95 of 100 seeded trials, of matrices with slow and
// fast decaying eigenvalues and of a network's Hessian.
func TestTraceCovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	s, w := network(t, tensor.Float64, 30, true, tanhNet()...)
	p := probe(t, s, curvature.Machine{Threads: 1})
	if err := p.Move(w); err != nil {
		t.Fatal(err)
	}
	h, _, err := p.Hessian(background, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, a := range map[string][][]float64{"slow": symmetric(rng, 60, 1), "fast": symmetric(rng, 60, 8), "network": h} {
		trace := 0.0
		for i := range a {
			trace += a[i][i]
		}
		for method, f := range map[string]func(seed int64) (curvature.Trace, error){
			"Hutchinson": func(seed int64) (curvature.Trace, error) {
				return curvature.Hutchinson(background, matrix(a), len(a), 12, seed, nil)
			},
			"Hutch++": func(seed int64) (curvature.Trace, error) {
				return curvature.HutchPlusPlus(background, matrix(a), len(a), 24, seed, nil)
			},
		} {
			held := 0
			for seed := range 100 {
				e, err := f(int64(seed))
				if err != nil {
					t.Fatal(err)
				}
				if math.Abs(e.Estimate-trace) <= e.Half {
					held++
				}
			}
			if held < 95 {
				t.Errorf("%s, %s: the interval holds the trace in %d of 100 trials", name, method, held)
			}
			t.Logf("%s, %s: %d of 100", name, method, held)
		}
	}
}

// The density's first moments are the traces of powers, and its shares those of the dense spectrum, within their intervals.
func TestDensityAgainstDense(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	const n = 150
	a := symmetric(rng, n, 2)
	values := gonum(t, a)
	d, err := curvature.EstimateDensity(background, matrix(a), n, 12, 40, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	for k := 1; k <= 6; k++ {
		want := 0.0
		for _, λ := range values {
			want += math.Pow(λ, float64(k)) / n
		}
		if m := d.Moment(k); math.Abs(m.Mean-want) > m.Half {
			t.Errorf("moment %d: %v ± %v, want %v", k, m.Mean, m.Half, want)
		}
	}
	for _, x := range []float64{-0.7, -0.3, -0.05, 0.05, 0.3, 0.7} {
		want := 0.0
		for _, λ := range values {
			if λ < x {
				want += 1.0 / n
			}
		}
		if s := d.Below(x); math.Abs(s.Mean-want) > s.Half+0.01 {
			t.Errorf("below %v: %v ± %v, want %v", x, s.Mean, s.Half, want)
		}
	}
	sum := 0.0
	for _, b := range d.Histogram(20) {
		sum += b.Share
	}
	if math.Abs(sum-1) > 1e-12 {
		t.Errorf("the histogram adds up to %v", sum)
	}
}

// The diagonal is exact where there is nothing beside it, and elsewhere within five standard errors.
func TestDiagonal(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	a := symmetric(rng, 50, 2)
	d, se, err := curvature.Diagonal(background, matrix(a), 50, 200, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range d {
		if math.Abs(d[i]-a[i][i]) > 5*se[i] {
			t.Errorf("element %d: %v ± %v, want %v", i, d[i], se[i], a[i][i])
		}
	}
	for i := range a {
		for j := range a {
			if i != j {
				a[i][j] = 0
			}
		}
	}
	if d, se, err = curvature.Diagonal(background, matrix(a), 50, 3, 1, nil); err != nil || d[7] != a[7][7] || se[7] != 0 {
		t.Errorf("of a diagonal matrix: %v ± %v, %v; want %v", d[7], se[7], err, a[7][7])
	}
}

// A function without second derivatives somewhere is said.
func TestNotFinite(t *testing.T) {
	p := probe(t, curvature.Of(objective.Func{W: 2, Type: tensor.Float64, E: func(w graph.Value) graph.Value { return w.Sqrt().SumAll() }}), curvature.Machine{Threads: 1})
	_ = p.Move([]float64{1, -1})
	var nan *curvature.NotFinite
	if _, err := curvature.Extremes(background, p.HVP, 2, curvature.NewLanczos()); !errors.As(err, &nan) {
		t.Errorf("extremes: %v", err)
	}
	_ = p.Move([]float64{0, 1})
	if _, _, err := p.Hessian(background, nil); !errors.As(err, &nan) {
		t.Errorf("Hessian: %v", err)
	}
}

// Of gradients that are known, the scatter is what their definitions give.
func TestScatter(t *testing.T) {
	g := [][]float64{{1, 2}, {3, 2}, {2, 5}}
	n := curvature.Scatter(g, 4)
	// ḡ = (2, 3), ‖ḡ‖² = 13; ‖gᵢ − ḡ‖² = 2, 2, 4; variance of a part 8/2 = 4
	near := func(what string, got, want float64) {
		if math.Abs(got-want) > 1e-12*math.Abs(want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	near("norm", n.Norm, math.Sqrt(13))
	near("variance", n.Variance, 16)
	near("squared", n.Squared, 13-4.0/3)
	near("scale", n.Scale, 16/(13-4.0/3))
	near("norm test", n.NormTest, 4.0/3/13)
	// gᵢᵀḡ = 8, 12, 19
	near("inner test", n.InnerTest, (25+1+36)/6.0/169)
	near("orthogonal test", n.OrthogonalTest, (5-64.0/13+13-144.0/13+29-361.0/13)/6/13)
	near("snr", n.SNR, (4/(4*1.0)+9/(4*3.0))/2)
}

// The noise scale of a network is within its interval of the one by gradients of single examples.
func TestNoiseScale(t *testing.T) {
	s, w := network(t, tensor.Float64, 400, true, tanhNet()...)
	p := probe(t, s, curvature.Machine{Threads: 1})
	_ = p.Move(w)
	single, err := p.Noise(background, 400)
	if err != nil {
		t.Fatal(err)
	}
	parts, err := p.Noise(background, 20)
	if err != nil {
		t.Fatal(err)
	}
	if !(parts.Lo < single.Scale && single.Scale < parts.Hi) {
		t.Errorf("by parts %v in %v to %v, by examples %v", parts.Scale, parts.Lo, parts.Hi, single.Scale)
	}
}

// Gradient descent on the ravine falls with a rate just below 2/λmax and grows just above it.
func TestEdgeOfStability(t *testing.T) {
	p := fn(t, "ravine")
	if err := p.Move([]float64{1, 1}); err != nil {
		t.Fatal(err)
	}
	e, err := curvature.Extremes(background, p.HVP, 2, curvature.NewLanczos())
	if err != nil {
		t.Fatal(err)
	}
	edge := 2 / e.Largest[0].Value
	for _, c := range []struct {
		rate  float64
		grows bool
	}{{0.999 * edge, false}, {1.001 * edge, true}} {
		w, g := []float64{1, 1}, make([]float64, 2)
		var size [2]float64
		for step := range 6000 {
			if err := p.Move(w); err != nil {
				t.Fatal(err)
			}
			if _, err := p.Gradient(background, g); err != nil {
				t.Fatal(err)
			}
			for i := range w {
				w[i] -= c.rate * g[i]
			}
			size[min(1, step/3000)] = math.Hypot(w[0], w[1])
		}
		if size[1] > size[0] != c.grows || (size[1] > 1) != c.grows {
			t.Errorf("rate %v of the edge: |w| %v, then %v", c.rate/edge, size[0], size[1])
		}
	}
}
