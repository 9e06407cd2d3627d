package autodiff_test

import (
	"math"
	"testing"

	"github.com/godescent/descent/autodiff"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// feed is the numbers of float64 inputs.
type feed map[graph.Value][]float64

// numbers is a value, evaluated.
func numbers(t testing.TB, v graph.Value, in feed) []float64 {
	t.Helper()
	feeds := map[graph.Value]*tensor.Array{}
	for x, n := range in {
		feeds[x] = tensor.From(n, x.Shape()...)
	}
	out, err := graph.Evaluate([]graph.Value{v}, feeds, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out[0].Float64s()
}

// isClose compares with a closed form, the largest error relative to the largest number.
func isClose(t *testing.T, what string, got, want []float64) {
	t.Helper()
	size := 1e-300
	for _, w := range want {
		size = max(size, math.Abs(w))
	}
	for i, w := range want {
		if math.IsNaN(got[i]) || math.Abs(got[i]-w) > 1e-13*size {
			t.Errorf("%s: element %d is %v, want %v", what, i, got[i], w)
		}
	}
}

// hessian is the Hessian of a scalar function of a vector, with an HVP along the
// vector (1, 2, ...) that must agree with it.
func hessian(t *testing.T, f func(w graph.Value) graph.Value, at []float64) []float64 {
	t.Helper()
	g := graph.New()
	n := len(at)
	w, v := g.Input("w", tensor.Float64, n), g.Input("v", tensor.Float64, n)
	e := f(w)
	h, err := autodiff.Hessian(e, w)
	if err != nil {
		t.Fatal(err)
	}
	hv, err := autodiff.HVP(e, w, v)
	if err != nil {
		t.Fatal(err)
	}
	along := make([]float64, n)
	for i := range along {
		along[i] = float64(i + 1)
	}
	full := numbers(t, h, feed{w: at})
	product := make([]float64, n)
	for i := range product {
		for j := range along {
			product[i] += full[i*n+j] * along[j]
		}
	}
	isClose(t, "Hessian-vector product", numbers(t, hv, feed{w: at, v: along}), product)
	return full
}

// TestCubes: the second derivative of Σw³ is 6w. (Gorgonia, whose second
// derivatives hold the powers' slopes constant, says 2w.)
func TestCubes(t *testing.T) {
	at := []float64{0.5, -2, 3, 0}
	for name, f := range map[string]func(w graph.Value) graph.Value{
		"by a number":            func(w graph.Value) graph.Value { return w.Pow(w.Graph().Const(3)) },
		"by a computed exponent": func(w graph.Value) graph.Value { return w.Pow(w.StopGradient().Scale(0).Plus(3)) },
		"as a product":           func(w graph.Value) graph.Value { return w.Mul(w).Mul(w) },
		"of a square":            func(w graph.Value) graph.Value { return w.Mul(w.Square()) },
	} {
		want := make([]float64, 16)
		for i, x := range at {
			want[i*4+i] = 6 * x
		}
		isClose(t, name, hessian(t, func(w graph.Value) graph.Value { return f(w).SumAll() }, at), want)
	}
}

// TestRosenbrock: E = (1−x)² + 100(y−x²)² has the Hessian
// [1200x²−400y+2, −400x; −400x, 200].
func TestRosenbrock(t *testing.T) {
	for _, at := range [][]float64{{1, 1}, {-1.2, 1}, {0, 0}, {3, -2}} {
		x, y := at[0], at[1]
		got := hessian(t, func(w graph.Value) graph.Value {
			x, y := w.Slice(0, 0, 1), w.Slice(0, 1, 2)
			return x.OneMinus().Square().Add(y.Sub(x.Square()).Square().Scale(100)).SumAll()
		}, at)
		isClose(t, "Rosenbrock", got, []float64{1200*x*x - 400*y + 2, -400 * x, -400 * x, 200})
	}
}

// TestQuadratic: E = ½ wᵀAw − bᵀw has the gradient ½(A+Aᵀ)w − b and the Hessian
// ½(A+Aᵀ), whatever w.
func TestQuadratic(t *testing.T) {
	a := []float64{2, 1, -1, 0, 3, 5, 4, -2, 7}
	b := []float64{1, 2, 3}
	at := []float64{0.3, -0.7, 2}
	f := func(w graph.Value) graph.Value {
		g := w.Graph()
		column := w.Reshape(3, 1)
		A, B := vector(g, a).Reshape(3, 3), vector(g, b)
		return column.Transpose().MatMul(A).MatMul(column).SumAll().Scale(0.5).Sub(B.Mul(w).SumAll())
	}
	want, grad := make([]float64, 9), make([]float64, 3)
	for i := range 3 {
		for j := range 3 {
			want[i*3+j] = (a[i*3+j] + a[j*3+i]) / 2
			grad[i] += want[i*3+j] * at[j]
		}
		grad[i] -= b[i]
	}
	isClose(t, "quadratic form", hessian(t, f, at), want)
	g := graph.New()
	w := g.Input("w", tensor.Float64, 3)
	got, err := autodiff.Gradient(f(w), w)
	if err != nil {
		t.Fatal(err)
	}
	isClose(t, "its gradient", numbers(t, got[0], feed{w: at}), grad)
}

// vector is numbers as a value.
func vector(g *graph.Graph, v []float64) graph.Value {
	parts := make([]graph.Value, len(v))
	for i, x := range v {
		parts[i] = g.Full(x, tensor.Float64, 1)
	}
	return graph.Concat(0, parts...)
}

// data of a logistic regression: rows and labels.
var (
	rows   = []float64{1, 0.5, -2, 1, 1.5, 0.3, 1, -0.7, 0.8, 1, 0.1, -0.4}
	labels = []float64{1, 0, 0, 1}
)

// TestLogisticRegression: E = Σ ln(1+e^z) − yz with z = Xw has the Hessian
// Xᵀ diag(s(1−s)) X, s = 1/(1+e^−z).
func TestLogisticRegression(t *testing.T) {
	at := []float64{0.2, -1, 0.6}
	got := hessian(t, func(w graph.Value) graph.Value {
		g := w.Graph()
		X, y := vector(g, rows).Reshape(4, 3), vector(g, labels)
		z := X.MatMul(w.Reshape(3, 1)).Reshape(4)
		// ln(1+e^z) = max(z, 0) + ln(1+e^−|z|)
		return z.Relu().Add(z.Abs().Neg().Exp().Log1p()).Sub(y.Mul(z)).SumAll()
	}, at)
	want := make([]float64, 9)
	for r := range 4 {
		z := 0.0
		for i := range 3 {
			z += rows[r*3+i] * at[i]
		}
		s := 1 / (1 + math.Exp(-z))
		for i := range 3 {
			for j := range 3 {
				want[i*3+j] += s * (1 - s) * rows[r*3+i] * rows[r*3+j]
			}
		}
	}
	isClose(t, "logistic regression", got, want)
}

// TestLogSumExp: E = ln Σe^w, shifted by its maximum as networks do, has the
// gradient p = softmax(w) and the Hessian diag(p) − ppᵀ.
func TestLogSumExp(t *testing.T) {
	at := []float64{1, -0.5, 3, 0.25}
	got := hessian(t, func(w graph.Value) graph.Value {
		m := w.MaxOver(0)
		return w.Sub(m).Exp().SumAll().Log().Add(m)
	}, at)
	sum := 0.0
	for _, x := range at {
		sum += math.Exp(x)
	}
	want := make([]float64, 16)
	for i := range at {
		for j := range at {
			pi, pj := math.Exp(at[i])/sum, math.Exp(at[j])/sum
			want[i*4+j] = -pi * pj
			if i == j {
				want[i*4+j] += pi
			}
		}
	}
	isClose(t, "log-sum-exp", got, want)
}

// TestAnyOrder: derivatives of derivatives, by both modes in turn, against the
// closed forms of x⁶, e^2x, sin x and 1/x up to the seventh order.
func TestAnyOrder(t *testing.T) {
	const x0 = 0.7
	powers := func(n int) float64 { // the n-th derivative of x⁶
		c := 1.0
		for k := range n {
			c *= float64(6 - k)
		}
		if c == 0 {
			return 0
		}
		return c * math.Pow(x0, float64(6-n))
	}
	factorial := func(n int) float64 { return math.Gamma(float64(n) + 1) }
	for _, c := range []struct {
		name string
		f    func(x graph.Value) graph.Value
		want func(n int) float64
	}{
		{"x⁶", func(x graph.Value) graph.Value { return x.Pow(x.Graph().Const(6)) }, powers},
		{"e^2x", func(x graph.Value) graph.Value { return x.Scale(2).Exp() }, func(n int) float64 { return math.Pow(2, float64(n)) * math.Exp(2*x0) }},
		{"sin x", graph.Value.Sin, func(n int) float64 { return math.Sin(x0 + float64(n)*math.Pi/2) }},
		{"1/x", func(x graph.Value) graph.Value { return x.Graph().Const(1).Div(x) }, func(n int) float64 {
			return math.Pow(-1, float64(n)) * factorial(n) / math.Pow(x0, float64(n+1))
		}},
	} {
		g := graph.New()
		x := g.Input("x", tensor.Float64)
		y := c.f(x)
		for n := 1; n <= 7; n++ {
			if n%2 == 1 {
				d, err := autodiff.Gradient(y, x)
				if err != nil {
					t.Fatal(err)
				}
				y = d[0]
			} else {
				d, err := autodiff.JVP([]graph.Value{y}, []graph.Value{x}, []graph.Value{g.Const(1)})
				if err != nil {
					t.Fatal(err)
				}
				y = d[0]
			}
			got, want := numbers(t, y, feed{x: {x0}})[0], c.want(n)
			if math.Abs(got-want) > 1e-11*math.Max(1, math.Abs(want)) {
				t.Errorf("derivative %d of %s is %v, want %v", n, c.name, got, want)
			}
		}
	}
}

// TestTies: where a maximum is attained twice, the derivative is the mean of the
// branches', so that max(x, x) has that of x.
func TestTies(t *testing.T) {
	g := graph.New()
	x, y := g.Input("x", tensor.Float64, 3), g.Input("y", tensor.Float64, 3)
	at := feed{x: {1, 2, 3}, y: {3, 2, 1}}
	for name, c := range map[string]struct {
		e    graph.Value
		want []float64
	}{
		"max":      {x.Max(y).SumAll(), []float64{0, 0.5, 1, 1, 0.5, 0}},
		"min":      {x.Min(y).SumAll(), []float64{1, 0.5, 0, 0, 0.5, 1}},
		"itself":   {x.Max(x).SumAll(), []float64{1, 1, 1, 0, 0, 0}},
		"max over": {x.Add(y).Mul(x.Sub(x).Plus(2)).MaxOver(0), []float64{2.0 / 3, 2.0 / 3, 2.0 / 3, 2.0 / 3, 2.0 / 3, 2.0 / 3}},
		"relu":     {x.Sub(y).Relu().SumAll(), []float64{0, 0, 1, 0, 0, -1}},
		"abs":      {x.Sub(y).Abs().SumAll(), []float64{-1, 0, 1, 1, 0, -1}},
	} {
		grads, err := autodiff.Gradient(c.e, x, y)
		if err != nil {
			t.Fatal(err)
		}
		isClose(t, name, append(numbers(t, grads[0], at), numbers(t, grads[1], at)...), c.want)
	}
}

// TestPowerAtZero: where the formulas of a power's derivatives have 0·∞, that
// product is 0. For x = 0 < y this is the first derivatives' limit; for x = y = 0,
// where there is none, and for the mixed one it is a convention that stays finite.
func TestPowerAtZero(t *testing.T) {
	g := graph.New()
	x, y := g.Input("x", tensor.Float64), g.Input("y", tensor.Float64)
	v := x.Pow(y)
	grads, err := autodiff.Gradient(v, x, y)
	if err != nil {
		t.Fatal(err)
	}
	second, err := autodiff.Gradient(grads[0], x, y)
	if err != nil {
		t.Fatal(err)
	}
	nan := math.NaN()
	for _, c := range []struct{ x, y, dx, dy, dxx, dxy float64 }{
		{0, 0, 0, 0, 0, 1}, {0, 1, 1, 0, 0, 1}, {0, 2, 0, 0, 2, 0}, {0, 3, 0, 0, 0, 0},
		{2, 0, 0, math.Ln2, 0, 0.5}, {-2, 0, 0, nan, 0, nan}, {-2, 3, 12, nan, -12, nan},
	} {
		at := feed{x: {c.x}, y: {c.y}}
		for name, d := range map[string]struct {
			v    graph.Value
			want float64
		}{"by x": {grads[0], c.dx}, "by y": {grads[1], c.dy}, "by x twice": {second[0], c.dxx}, "by x and y": {second[1], c.dxy}} {
			got := numbers(t, d.v, at)[0]
			if got != d.want && !(math.IsNaN(got) && math.IsNaN(d.want)) {
				t.Errorf("the derivative of %v^%v %s is %v, want %v", c.x, c.y, name, got, d.want)
			}
		}
	}
}
