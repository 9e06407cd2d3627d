package functions_test

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/godescent/descent/autodiff"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/objective/functions"
	"github.com/godescent/descent/tensor"
	"pgregory.net/rapid"
)

// probe computes E, ∇E and the Hessian.
type probe struct {
	w   graph.Value
	out []graph.Value
}

func newProbe(t *testing.T, f *functions.Function, d tensor.DType) probe {
	t.Helper()
	g := graph.New()
	w := g.Input("w", d, f.Dim())
	e := f.E(w)
	if e.Rank() != 0 || e.DType() != d {
		t.Fatalf("E is %v for %v weights, want rank 0 of their type", e.Type(), d)
	}
	grad, err := autodiff.Gradient(e, w)
	if err != nil {
		t.Fatal(err)
	}
	h, err := autodiff.Hessian(e, w)
	if err != nil {
		t.Fatal(err)
	}
	return probe{w, []graph.Value{e, grad[0], h}}
}

func (p probe) at(t testing.TB, x ...float64) (e float64, grad, hessian []float64) {
	t.Helper()
	a := tensor.New(p.w.DType(), len(x))
	for i, v := range x {
		a.SetAt(i, v)
	}
	out, err := graph.Evaluate(p.out, map[graph.Value]*tensor.Array{p.w: a}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out[0].At(0), out[1].Float64s(), out[2].Float64s()
}

func each(t *testing.T, test func(t *testing.T, f *functions.Function)) {
	for _, f := range functions.All() {
		t.Run(f.Name, func(t *testing.T) { test(t, f) })
	}
}

// E and ∇E at points where testdata has them from 50-digit arithmetic and
// gradients made by hand.
func TestProbes(t *testing.T) {
	text, err := os.ReadFile("../../optim/testdata/functions.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded []struct {
		Function string
		Probes   []struct {
			Point, Gradient []float64
			Value           float64
		}
	}
	if err := json.Unmarshal(text, &recorded); err != nil {
		t.Fatal(err)
	}
	if len(recorded) != len(functions.All()) {
		t.Errorf("%d functions are recorded, want %d", len(recorded), len(functions.All()))
	}
	for _, r := range recorded {
		t.Run(r.Function, func(t *testing.T) {
			f, err := functions.Lookup(r.Function)
			if err != nil {
				t.Fatal(err)
			}
			p := newProbe(t, f, tensor.Float64)
			for _, c := range r.Probes {
				e, grad, _ := p.at(t, c.Point...)
				near(t, "E", c.Point, e, c.Value, 1e-13)
				for i := range grad {
					near(t, "gradient", c.Point, grad[i], c.Gradient[i], 1e-12)
				}
			}
		})
	}
}

func near(t *testing.T, what string, at []float64, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*max(1, math.Abs(want))) {
		t.Errorf("%s at %v is %v, want %v", what, at, got, want)
	}
}

// The known stationary points have the value and the kind that the table
// claims, by their gradient and the signs of the Hessian's eigenvalues.
func TestStationary(t *testing.T) {
	each(t, func(t *testing.T, f *functions.Function) {
		p := newProbe(t, f, tensor.Float64)
		for _, s := range f.Stationary {
			e, grad, h := p.at(t, s.At...)
			near(t, "E", s.At, e, s.E, 1e-12)
			if n := math.Hypot(grad[0], grad[1]); !(n < 1e-11) {
				t.Errorf("∇E at %v is %v, want 0", s.At, grad)
			}
			if s.Kink {
				continue
			}
			mean, det := (h[0]+h[3])/2, h[0]*h[3]-h[1]*h[2]
			r := math.Sqrt(max(0, mean*mean-det))
			lo, hi := mean-r, mean+r
			kind := functions.Saddle
			switch {
			case math.Abs(lo) < 1e-9 && math.Abs(hi) < 1e-9:
				if !s.Degenerate {
					t.Errorf("the Hessian at %v is %v, which tells no kind", s.At, h)
				}
				continue
			case lo > 0:
				kind = functions.Minimum
			case hi < 0:
				kind = functions.Maximum
			}
			if kind != s.Kind || s.Degenerate {
				t.Errorf("%v has Hessian %v, a %s; the table says %s", s.At, h, kind, s.Kind)
			}
			if s.Source == "" {
				t.Errorf("%v has no source", s.At)
			}
		}
	})
}

// Nowhere in the domain is E below a global minimum.
func TestGlobalMinima(t *testing.T) {
	each(t, func(t *testing.T, f *functions.Function) {
		p := newProbe(t, f, tensor.Float64)
		for _, s := range f.Stationary {
			if !s.Global {
				continue
			}
			const n = 25
			for i := range n {
				for j := range n {
					x := f.Domain[0][0] + (f.Domain[0][1]-f.Domain[0][0])*float64(i)/(n-1)
					y := f.Domain[1][0] + (f.Domain[1][1]-f.Domain[1][0])*float64(j)/(n-1)
					if e, _, _ := p.at(t, x, y); e < s.E-1e-12 {
						t.Fatalf("E(%v, %v) = %v is below the minimum %v", x, y, e, s.E)
					}
				}
			}
			return
		}
	})
}

// The gradient is the central difference of E, anywhere in the domain, to 1e-6.
func TestGradientIsDifference(t *testing.T) {
	each(t, func(t *testing.T, f *functions.Function) {
		p := newProbe(t, f, tensor.Float64)
		rapid.Check(t, func(rt *rapid.T) {
			x := []float64{
				rapid.Float64Range(f.Domain[0][0], f.Domain[0][1]).Draw(rt, "x"),
				rapid.Float64Range(f.Domain[1][0], f.Domain[1][1]).Draw(rt, "y"),
			}
			if f.Name == "ackley" && math.Hypot(x[0], x[1]) < 1e-3 {
				return // the tip of the cone, see TestAckleyTip
			}
			_, grad, _ := p.at(t, x...)
			const h = 1e-5
			for i := range x {
				up, down := append([]float64(nil), x...), append([]float64(nil), x...)
				up[i] += h
				down[i] -= h
				e1, _, _ := p.at(t, up...)
				e0, _, _ := p.at(t, down...)
				want := (e1 - e0) / (up[i] - down[i])
				// The difference itself is good to h² times E''' and to E's rounding over h.
				if !(math.Abs(grad[i]-want) <= 1e-6*max(1, math.Abs(want), math.Abs(e1))) {
					rt.Fatalf("∂E/∂w%d at %v is %v, the difference %v", i, x, grad[i], want)
				}
			}
		})
	})
}

// Ackley's tip: the gradient at the origin is 0, a decision, and beside it the
// cone's slope, 20·0.2/√2 along an axis (by hand).
func TestAckleyTip(t *testing.T) {
	f, err := functions.Lookup("ackley")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []tensor.DType{tensor.Float32, tensor.Float64} {
		p := newProbe(t, f, d)
		if e, grad, _ := p.at(t, 0, 0); !(math.Abs(e) < 1e-5) || grad[0] != 0 || grad[1] != 0 {
			t.Errorf("%v: E and ∇E at the tip are %v and %v, want 0 and [0 0]", d, e, grad)
		}
		slope := 20 * 0.2 / math.Sqrt2
		for _, x := range []float64{1e-9, -1e-9} {
			_, grad, _ := p.at(t, x, 0)
			near(t, "slope", []float64{x, 0}, grad[0], math.Copysign(slope, x), 1e-5)
			near(t, "slope", []float64{x, 0}, grad[1], 0, 1e-12)
		}
	}
}

// In float32 each function is itself to rounding.
func TestFloat32(t *testing.T) {
	each(t, func(t *testing.T, f *functions.Function) {
		p32, p64 := newProbe(t, f, tensor.Float32), newProbe(t, f, tensor.Float64)
		x := []float64{0.75, -0.5} // exact in float32
		e, grad, _ := p32.at(t, x...)
		e64, grad64, _ := p64.at(t, x...)
		near(t, "E", x, e, e64, 1e-5)
		for i := range grad {
			near(t, "gradient", x, grad[i], grad64[i], 1e-5)
		}
	})
}

func TestTable(t *testing.T) {
	each(t, func(t *testing.T, f *functions.Function) {
		if f.Equation == "" || f.About == "" || f.Source == "" || f.Dim() != 2 || len(f.Stationary) == 0 {
			t.Errorf("%+v is incomplete", f)
		}
		for i, x := range f.Start {
			if x < f.Domain[i][0] || x > f.Domain[i][1] {
				t.Errorf("start %v lies outside the domain %v", f.Start, f.Domain)
			}
		}
	})
	for _, c := range []struct{ name, want string }{
		{"rosenbroc", `function "rosenbroc" is unknown; did you mean "rosenbrock"?`},
		{"himelblau", `did you mean "himmelblau"?`},
		{"sphere", "known: rosenbrock, beale,"},
	} {
		if _, err := functions.Lookup(c.name); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Lookup(%q): %v, want %q in it", c.name, err, c.want)
		}
	}
}
