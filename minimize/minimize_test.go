package minimize_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/godescent/descent/curvature"
	"github.com/godescent/descent/minimize"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/objective/functions"
	"github.com/godescent/descent/tensor"
	"pgregory.net/rapid"
)

// quadratic is ½(w − c)ᵀA(w − c) with A = QΛQᵀ, whose Gauss-Newton matrix is A too.
type quadratic struct {
	a    [][]float64
	c, w []float64
}

func (q *quadratic) Size() int { return len(q.c) }
func (q *quadratic) Move(w []float64) error {
	q.w = slices.Clone(w)
	return nil
}
func (q *quadratic) times(out, v []float64) {
	for i, row := range q.a {
		out[i] = 0
		for j, x := range row {
			out[i] += x * v[j]
		}
	}
}
func (q *quadratic) Gradient(_ context.Context, g []float64) (float64, error) {
	d, e := make([]float64, len(q.c)), 0.0
	for i := range d {
		d[i] = q.w[i] - q.c[i]
	}
	q.times(g, d)
	for i := range d {
		e += 0.5 * g[i] * d[i]
	}
	return e, nil
}
func (q *quadratic) Loss(ctx context.Context) (float64, error) {
	return q.Gradient(ctx, make([]float64, len(q.c)))
}
func (q *quadratic) HVP(_ context.Context, out, v []float64) error { q.times(out, v); return nil }
func (q *quadratic) GaussNewton(_ context.Context, out, v []float64) error {
	q.times(out, v)
	return nil
}

// draw is a random quadratic with given eigenvalues, turned by reflections, and a start.
func draw(t *rapid.T) (q *quadratic, λ, start []float64) {
	n := rapid.IntRange(1, 7).Draw(t, "n")
	number := rapid.Float64Range(-2, 2)
	q = &quadratic{}
	for i := range n {
		λ = append(λ, math.Exp(rapid.Float64Range(-2, 3).Draw(t, "ln λ")))
		q.c = append(q.c, number.Draw(t, "c"))
		start = append(start, q.c[i]+math.Copysign(0.5+math.Abs(number.Draw(t, "start")), number.Draw(t, "sign")))
		q.a = append(q.a, make([]float64, n))
		q.a[i][i] = λ[i]
	}
	for range 3 { // A ← PAP, P = 1 − 2uuᵀ
		u, size := make([]float64, n), 0.0
		for i := range u {
			u[i] = 1.5 + number.Draw(t, "u")/2
			size += u[i] * u[i]
		}
		p := make([][]float64, n)
		for i := range p {
			p[i] = make([]float64, n)
			for j := range p[i] {
				p[i][j] = -2 * u[i] * u[j] / size
			}
			p[i][i]++
		}
		q.a = product(product(p, q.a), p)
	}
	return q, λ, start
}

func product(a, b [][]float64) [][]float64 {
	out := make([][]float64, len(a))
	for i := range a {
		out[i] = make([]float64, len(b))
		for j := range b {
			for k := range b {
				out[i][j] += a[i][k] * b[k][j]
			}
		}
	}
	return out
}

func away(w, c []float64) float64 {
	s := 0.0
	for i := range w {
		s += (w[i] - c[i]) * (w[i] - c[i])
	}
	return math.Sqrt(s)
}

func run(t interface{ Fatal(...any) }, m *minimize.Method, p minimize.Probe, w []float64, l minimize.Limits) *minimize.Result {
	r, err := m.Run(context.Background(), p, w, l, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func parse(t interface{ Fatal(...any) }, spec string) *minimize.Method {
	m, err := minimize.Parse(spec)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Newton lands on a quadratic's minimum in one step, and so does Gauss-Newton without damping: w − H⁻¹g = c.
func TestNewtonOneStep(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, _, start := draw(t)
		for _, spec := range []string{"newton", "gauss_newton:damping=0"} {
			r := run(t, parse(t, spec), q, start, minimize.Limits{Steps: 1})
			if d := away(r.W, q.c); !(d < 1e-8*(1+away(start, q.c))) {
				t.Fatalf("%s: one step ends %v from the minimum", spec, d)
			}
		}
	})
}

// exact goes to the minimum along d of a quadratic: α = −gᵀd/dᵀAd.
type exact struct{}

func (exact) Search(ctx context.Context, p minimize.Probe, s *minimize.State, d []float64) (bool, error) {
	ad, gd, dad := make([]float64, len(d)), 0.0, 0.0
	if err := p.HVP(ctx, ad, d); err != nil {
		return false, err
	}
	for i := range d {
		gd += s.G[i] * d[i]
		dad += d[i] * ad[i]
	}
	if dad == 0 {
		return false, nil
	}
	return minimize.Fixed{Rate: -gd / dad}.Search(ctx, p, s, d)
}

// With an exact search every conjugate gradient, and L-BFGS with a long memory, ends on a quadratic after n steps (Nocedal and Wright,
// theorems 5.1 and 6.4).
func TestConjugateEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, λ, start := draw(t)
		for _, spec := range []string{"cg:formula=fr", "cg:formula=pr", "cg:formula=hs", "cg:formula=dy", "lbfgs"} {
			m := parse(t, spec)
			m.Search = exact{}
			r := run(t, m, q, start, minimize.Limits{Steps: len(start)})
			κ := slices.Max(λ) / slices.Min(λ)
			if d := away(r.W, q.c); !(d < 1e-7*κ*(1+away(start, q.c))) {
				t.Fatalf("%s: %d steps end %v from the minimum (condition %v)", spec, len(start), d, κ)
			}
		}
	})
}

// Gradient descent converges exactly if η < 2/λmax; with η = 2/(λmax + λmin) a step brings it nearer by (κ−1)/(κ+1) at
// least, the lecture's rate.
func TestGradientDescentRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, λ, start := draw(t)
		top, low := slices.Max(λ), slices.Min(λ)
		descend := func(η float64, steps int) float64 {
			m := &minimize.Method{Name: "gd", Direction: minimize.Steepest{}, Search: minimize.Fixed{Rate: η}}
			return away(run(t, m, q, start, minimize.Limits{Steps: steps}).W, q.c)
		}
		first, rate := away(start, q.c), (top-low)/(top+low)
		for _, k := range []int{1, 10, 40} {
			if d := descend(2/(top+low), k); !(d <= first*math.Pow(rate, float64(k))*(1+1e-9)+1e-12) {
				t.Fatalf("%d steps leave %v of %v, the rate is %v", k, d, first, rate)
			}
		}
		if slow := 1 - 1.98*low/top; !(descend(1.98/top, 2000) <= first*math.Pow(max(math.Abs(slow), 0.98), 2000)*(1+1e-9)+1e-12) {
			t.Fatal("η below 2/λmax does not converge as fast as it should")
		}
		// Above 2/λmax the component along the steepest direction grows, unless the start has none of it.
		if d := descend(2.1/top, 4000); d < first && !math.IsNaN(d) {
			g := make([]float64, len(start))
			q.Move(start)
			q.Gradient(context.Background(), g)
			if component := q.component(start, top); component > 1e-3*first {
				t.Fatalf("η above 2/λmax ends %v from the minimum, from %v", d, first)
			}
		}
	})
}

// component is the length of w − c along A's steepest direction, by power iteration.
func (q *quadratic) component(w []float64, _ float64) float64 {
	v := make([]float64, len(w))
	out := make([]float64, len(w))
	for i := range v {
		v[i] = w[i] - q.c[i]
	}
	first := slices.Clone(v)
	for range 2000 {
		q.times(out, v)
		size := away(out, make([]float64, len(out)))
		for i := range out {
			v[i] = out[i] / size
		}
	}
	s := 0.0
	for i := range v {
		s += v[i] * first[i]
	}
	return math.Abs(s)
}

// SciPy's methods, recorded by testdata/record_scipy.py, end at the same minima, and ours take no more than twice the
// values and gradients, and ten.
func TestAgainstSciPy(t *testing.T) {
	text, err := os.ReadFile("testdata/scipy.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct {
		Function, Method, SciPy string
		Start, End              []float64
		E                       float64
		Evaluations             int
	}
	if err := json.Unmarshal(text, &rows); err != nil {
		t.Fatal(err)
	}
	for _, c := range rows {
		f, err := functions.Lookup(c.Function)
		if err != nil {
			t.Fatal(err)
		}
		p, err := curvature.New(curvature.Of(objective.Func{W: f.Dim(), Type: tensor.Float64, E: f.E}), curvature.Machine{Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		r := run(t, parse(t, c.Method), p, c.Start, minimize.Limits{Steps: 500, Gradient: 1e-9})
		p.Close()
		if r.E > c.E+1e-10 {
			t.Errorf("%s on %s from %v: E is %v after %d steps, SciPy's %v", c.Method, c.Function, c.Start, r.E, r.Step, c.E)
		}
		if c.Function != "himmelblau" && away(r.W, c.End) > 1e-5 { // himmelblau has four minima
			t.Errorf("%s on %s from %v: ends at %v, SciPy's %s at %v", c.Method, c.Function, c.Start, r.W, c.SciPy, c.End)
		}
		if n := r.Counts.Loss + r.Counts.Gradient; n > 2*c.Evaluations+10 {
			t.Errorf("%s on %s from %v: %d values and gradients, SciPy's %s took %d", c.Method, c.Function, c.Start, n, c.SciPy, c.Evaluations)
		}
	}
}

// No step of a searching method raises E, on functions with saddles and many minima too.
func TestNeverRises(t *testing.T) {
	for _, f := range functions.All() {
		p, err := curvature.New(curvature.Of(objective.Func{W: f.Dim(), Type: tensor.Float64, E: f.E}), curvature.Machine{Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"gd_armijo", "gd_wolfe", "cg", "cg:formula=dy", "lbfgs", "newton", "newton_cg"} {
			last, steps := math.Inf(1), 0
			_, err := parse(t, name).Run(context.Background(), p, f.Start, minimize.Limits{Steps: 60}, func(s *minimize.State) {
				if steps++; s.E > last {
					t.Errorf("%s on %s: step %d takes E from %v to %v", name, f.Name, s.Step, last, s.E)
				}
				last = s.E
			})
			if err != nil || steps < 2 && f.Name != "ackley" {
				t.Errorf("%s on %s: %d steps, %v", name, f.Name, steps-1, err)
			}
		}
		p.Close()
	}
}

// Levenberg and Marquardt's damping falls where steps are taken, and the minimum is found.
func TestMarquardt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, _, start := draw(t)
		m := parse(t, "levenberg_marquardt")
		r := run(t, m, q, start, minimize.Limits{Steps: 60, Gradient: 1e-10})
		if d := away(r.W, q.c); !(d < 1e-6) || m.Direction.(*minimize.Marquardt).Now >= 1 {
			t.Fatalf("%v from the minimum after %d steps, λ %v", d, r.Step, m.Direction.(*minimize.Marquardt).Now)
		}
	})
}

// Mistakes are one line with the cure.
func TestMistakes(t *testing.T) {
	for spec, want := range map[string]string{
		"lbgfs":             `method "lbgfs" is unknown; did you mean "lbfgs"?`,
		"lbfgs:memry=3":     `optimizer lbfgs: "memry" is not one of its hyper-parameters; did you mean "memory"?`,
		"lbfgs:memory=0":    `optimizer lbfgs: memory=0 is not a whole number in [1,1000]`,
		"newton:lr=0.1":     "optimizer newton: it finds the length of its steps and takes no lr; first is the first length that is tried",
		"cg:c1=0.2,c2=0.15": "optimizer cg: c1=0.2 is not below c2=0.15; such a step need not exist",
	} {
		if _, err := minimize.Parse(spec); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", spec, err, want)
		}
	}
	n := minimize.MaxDense + 1
	big := &quadratic{c: make([]float64, n), a: make([][]float64, n)}
	for i := range big.a {
		big.a[i] = make([]float64, n)
	}
	w := make([]float64, n)
	w[0], big.a[0][0] = 1, 1
	want := "newton: 2001 weights have a Hessian of 4e+06 numbers, solved by 2.67e+09 operations a step; it takes up to 2000, newton_cg and lbfgs any number"
	if _, err := parse(t, "newton").Run(context.Background(), big, w, minimize.Limits{Steps: 1}, nil); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// A method that is stopped after any step, and made anew from its memory, goes on with the same bits.
func TestMemory(t *testing.T) {
	ctx := context.Background()
	f, err := functions.Lookup("rosenbrock")
	if err != nil {
		t.Fatal(err)
	}
	p, err := curvature.New(curvature.Of(objective.Func{W: 2, Type: tensor.Float64, E: f.E}), curvature.Machine{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, e := range minimize.All() {
		if e.Name == "gauss_newton" || e.Name == "levenberg_marquardt" {
			continue // no network; they remember nothing but λ, see TestMarquardt
		}
		want := run(t, e.New(), p, f.Start, minimize.Limits{Steps: 9})
		m := e.New()
		s, err := minimize.Begin(ctx, p, f.Start)
		for range 9 {
			if err != nil {
				t.Fatal(err)
			}
			if _, err := m.Next(ctx, p, s); err != nil {
				t.Fatal(err)
			}
			pieces := m.Memory(s)
			if s, err = minimize.Begin(ctx, p, s.W); err == nil {
				m = e.New()
				m.Remember(s, pieces)
			}
		}
		if !slices.Equal(s.W, want.W) || s.Step != want.Step {
			t.Errorf("%s: %v after %d steps, want %v after %d", e.Name, s.W, s.Step, want.W, want.Step)
		}
	}
}
