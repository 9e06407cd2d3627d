package graphtest_test

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/graph/graphtest"
	"github.com/godescent/descent/tensor"
)

// faulty is the square of its operand, with one mistake.
type faulty struct{ mistake string }

func (faulty) Name() string { return "faulty" }

func (faulty) Infer(in []graph.Type) (graph.Type, error) { return in[0], nil }

func (p faulty) Eval(in []*tensor.Array, out *tensor.Array) {
	for i := range out.Size() {
		x := in[0].At(i)
		if p.mistake == "cube" {
			x *= math.Sqrt(math.Abs(x)) // so that the square is a cube
		}
		y := x * x
		if p.mistake == "value" {
			y += 1e-11
		}
		out.SetAt(i, y)
	}
}

func (p faulty) JVP(v graph.Value, t []graph.Value) graph.Value {
	x := v.Arg(0)
	two := t[0].Scale(2)
	switch p.mistake {
	case "slope":
		return two.Mul(x).Scale(1 + 1e-5)
	case "silent zero":
		return v.Zeros()
	case "lost second derivative": // Gorgonia's, of a sum of powers
		return two.Mul(x.StopGradient())
	case "cube": // x³ for x > 0, of which the second derivative's square has lost its own
		return t[0].Scale(3).Mul(v.Graph().Apply(faulty{"lost second derivative"}, x))
	case "not linear":
		return t[0].Mul(t[0])
	case "not a tangent":
		return x.Scale(2)
	case "type":
		return two.Mul(x).Reshape(1, -1)
	}
	return two.Mul(x)
}

// doubled is 2x, with a transpose of its own.
type doubled struct{ by float64 }

func (doubled) Name() string                               { return "faulty" }
func (doubled) Infer(in []graph.Type) (graph.Type, error)  { return in[0], nil }
func (doubled) Eval(in []*tensor.Array, out *tensor.Array) { mapped(in, out, 2) }
func (p doubled) JVP(v graph.Value, t []graph.Value) graph.Value {
	return v.Graph().Apply(p, t[0])
}
func (p doubled) Transpose(_, ct graph.Value, _ int) graph.Value { return ct.Scale(p.by) }

func mapped(in []*tensor.Array, out *tensor.Array, by float64) {
	for i := range out.Size() {
		out.SetAt(i, by*in[0].At(i))
	}
}

// TestSuiteFindsMistakes: each kind of mistake is found, and none where there is none.
func TestSuiteFindsMistakes(t *testing.T) {
	square := func(x float64) float64 { return x * x }
	for _, c := range []struct {
		op   graph.Primitive
		f    func(float64) float64
		want string // in the error; "" for none
	}{
		{faulty{}, square, ""},
		{faulty{"value"}, square, "element"},
		{faulty{"slope"}, square, "gradient"},
		{faulty{"silent zero"}, square, "gradient"},
		{faulty{"lost second derivative"}, square, "Hessian-vector product"},
		{faulty{"cube"}, func(x float64) float64 { return x * x * x }, "third derivative"},
		{faulty{"not linear"}, square, "not linear"},
		{faulty{"not a tangent"}, square, "not linear"},
		{faulty{"type"}, square, "it must be"},
		{doubled{2}, func(x float64) float64 { return 2 * x }, ""},
		{doubled{3}, func(x float64) float64 { return 2 * x }, "gradient"},
	} {
		err := try(t, graphtest.Case{Name: "faulty", Draw: func(t *rapid.T) graphtest.Trial {
			return graphtest.Trial{
				In:    []graphtest.Operand{graphtest.Varied(graphtest.Numbers(t, tensor.Of(2), 0.5, 2))},
				Apply: func(g *graph.Graph, x []graph.Value) graph.Value { return g.Apply(c.op, x[0]) },
				Value: func(x []graphtest.Dense) graphtest.Dense {
					return graphtest.Make(x[0].Shape, func(i []int) float64 { return c.f(x[0].At(i...)) })
				},
			}
		}})
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%#v is right, and the suite says: %v", c.op, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%#v: the suite says %v, want an error about %q", c.op, err, c.want)
		}
	}
}

// TestSuiteFindsOtherBits: a way of computing that differs in the last bit is found.
func TestSuiteFindsOtherBits(t *testing.T) {
	off := func(_ *graph.Graph, values []graph.Value, feeds map[graph.Value]*tensor.Array) ([]*tensor.Array, error) {
		out, err := graph.Evaluate(values, feeds, nil)
		if err == nil && out[0].Size() > 0 {
			out[0] = out[0].Clone()
			last := out[0].Raw()
			last[len(last)-out[0].DType().Size()] ^= 1
		}
		return out, err
	}
	for _, c := range graphtest.Primitives() {
		if c.Name != "tanh" {
			continue
		}
		if err := try(t, c, off); err == nil || !strings.Contains(err.Error(), "way 0 of computing") {
			t.Errorf("the suite says %v", err)
		}
	}
}

// try is what the suite says of some trials of a case.
func try(t *testing.T, c graphtest.Case, compute ...graphtest.Compute) error {
	var found error
	rapid.Check(t, func(t *rapid.T) {
		if _, err := c.Try(t, compute...); found == nil {
			found = err
		}
	})
	return found
}
