package graphtest

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"pgregory.net/rapid"

	"github.com/godescent/descent/autodiff"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// setting is a trial as a graph of one float type.
type setting struct {
	t     *rapid.T
	trial Trial
	dtype tensor.DType
	g     *graph.Graph
	in    []graph.Value // all operands
	xs    []graph.Value // the varied ones
	y     graph.Value
	feeds map[graph.Value]*tensor.Array
}

func newSetting(t *rapid.T, trial Trial, d tensor.DType) (*setting, error) {
	s := &setting{t: t, trial: trial, dtype: d, g: graph.New(), feeds: map[graph.Value]*tensor.Array{}}
	s.in = trial.inputs(s.g, d)
	for i, in := range trial.In {
		s.feeds[s.in[i]] = in.array(in.dtype(d))
		if in.varied() {
			s.xs = append(s.xs, s.in[i])
		}
	}
	s.y = trial.Apply(s.g, s.in)
	return s, s.g.Err()
}

// evaluate is the reference evaluator's values.
func evaluate(values []graph.Value, feeds map[graph.Value]*tensor.Array) ([]Dense, error) {
	arrays, err := graph.Evaluate(values, feeds, nil)
	out := make([]Dense, len(arrays))
	for i, a := range arrays {
		out[i] = dense(a)
	}
	return out, err
}

// checkValue compares the value with the plain definition. The operands are
// exact in either type, so the rounding is the primitive's own.
func (s *setting) checkValue() error {
	x := make([]Dense, len(s.trial.In))
	for i, in := range s.trial.In {
		x[i] = in.Dense
	}
	want := s.trial.Value(x)
	if !s.y.Shape().Equal(want.Shape) {
		return fmt.Errorf("%v: the shape is %v, by the definition %v", s.y, s.y.Shape(), want.Shape)
	}
	got, err := evaluate([]graph.Value{s.y}, s.feeds)
	if err != nil {
		return err
	}
	tolerance := 1e-13
	if s.y.DType() == tensor.Float32 {
		tolerance = 2e-6
	}
	if err := near(got[0], want, tolerance, tolerance); err != nil {
		return fmt.Errorf("%v: %v", s.y, err)
	}
	return nil
}

// near compares elementwise: |got − want| ≤ relative·|want| + absolute·m, m being
// the largest of all |want|, or 1.
func near(got, want Dense, relative, absolute float64) error {
	m := 1.0
	for _, w := range want.V {
		if !math.IsInf(w, 0) && !math.IsNaN(w) {
			m = max(m, math.Abs(w))
		}
	}
	for i, w := range want.V {
		g := got.V[i]
		if g == w || math.IsNaN(g) && math.IsNaN(w) {
			continue
		}
		if d := math.Abs(g - w); !(d <= relative*math.Abs(w)+absolute*m) {
			return fmt.Errorf("element %d of %v is %v, want %v", i, want.Shape, g, w)
		}
	}
	return nil
}

// tolerance is what a derivative may differ from a difference by.
const tolerance = 1e-6

// step is h of the differences. At h = 2⁻¹⁰ the fourth-order formula errs by
// h⁴/30 of the fifth derivative, 3e-14, and rounding by 1e-16/h, 1e-13.
const step = grain

// formula is the fourth-order central difference f′ = Σ weight·f(x + at·h) / h
// (Fornberg, "Generation of finite difference formulas on arbitrarily spaced
// grids", 1988, table 1). It is a list, not a map: the order of the additions
// must not change from run to run.
var formula = []struct{ at, weight float64 }{{-2, 1.0 / 12}, {-1, -8.0 / 12}, {1, 8.0 / 12}, {2, -1.0 / 12}}

// derivatives are those of E = Σ p·y by the xs, where p is an input. The
// directions t are inputs too.
type derivatives struct {
	p       graph.Value
	t       []graph.Value
	e       graph.Value
	grads   []graph.Value // ∇E
	jvp     []graph.Value // of y along t
	hvp     []graph.Value // Ht, the tangent of ∇E along t
	reverse []graph.Value // Hᵀt, the gradient of ⟨∇E, t⟩
	third   []graph.Value // the tangent of Ht along t
}

func (s *setting) derive() (*derivatives, error) {
	d := &derivatives{p: s.g.Input("projection", s.dtype, s.y.Shape()...)}
	s.feeds[d.p] = Numbers(s.t, s.y.Shape(), -1, 1).array(s.dtype)
	for i, x := range s.xs {
		t := s.g.Input("direction "+operandKey(i), s.dtype, x.Shape()...)
		s.feeds[t] = Numbers(s.t, x.Shape(), -1, 1).array(s.dtype)
		d.t = append(d.t, t)
	}
	y := s.y.Cast(s.dtype)
	d.e = d.p.Mul(y).SumAll()
	var err error
	if d.grads, err = autodiff.Gradient(d.e, s.xs...); err != nil {
		return nil, err
	}
	if d.jvp, err = autodiff.JVP([]graph.Value{y}, s.xs, d.t); err != nil {
		return nil, err
	}
	if d.hvp, err = autodiff.JVP(d.grads, s.xs, d.t); err != nil {
		return nil, err
	}
	along := s.g.Full(0, s.dtype)
	for i, grad := range d.grads {
		along = along.Add(grad.Mul(d.t[i]).SumAll())
	}
	if d.reverse, err = autodiff.Gradient(along, s.xs...); err != nil {
		return nil, err
	}
	d.third, err = autodiff.JVP(d.hvp, s.xs, d.t)
	return d, err
}

// checkDerivatives compares the derivatives with differences and with each
// other, in float64, and all of it with the further ways of computing.
func (s *setting) checkDerivatives(compute []Compute) error {
	if len(s.xs) == 0 || !s.y.DType().IsFloat() {
		return s.agree(compute, []graph.Value{s.y})
	}
	d, err := s.derive()
	if err != nil {
		return err
	}
	if s.dtype == tensor.Float64 {
		if err := s.checkGradient(d); err != nil {
			return err
		}
		if err := s.checkProducts(d); err != nil {
			return err
		}
		if err := s.checkHigher(d.grads, d.hvp, d.t, "the Hessian-vector product"); err != nil {
			return err
		}
		if err := s.checkHigher(d.hvp, d.third, d.t, "the third derivative"); err != nil {
			return err
		}
	}
	return s.agree(compute, slices.Concat([]graph.Value{s.y}, d.jvp, d.grads, d.hvp, d.reverse))
}

// checkGradient compares ∇E with differences of the plain definition.
func (s *setting) checkGradient(d *derivatives) error {
	p := s.feeds[d.p].Float64s()
	x := make([]Dense, len(s.trial.In))
	for i, in := range s.trial.In {
		x[i] = in.Dense
	}
	got, err := evaluate(d.grads, s.feeds)
	if err != nil {
		return err
	}
	k := 0
	for i, in := range s.trial.In {
		if !in.varied() {
			continue
		}
		want := zeros(in.Shape)
		unit := zeros(in.Shape)
		for j := range in.V {
			if s.trial.Flat {
				break
			}
			unit.V[j] = 1
			for _, f := range formula {
				x[i] = in.moved(f.at*step, unit)
				want.V[j] += f.weight * dot(p, s.trial.Value(x).V) / step
			}
			unit.V[j] = 0
		}
		x[i] = in.Dense
		if err := near(got[k], want, tolerance, tolerance*1e-3); err != nil {
			return fmt.Errorf("the gradient of %v by operand %d: %v", s.y, i, err)
		}
		k++
	}
	return nil
}

func zeros(s tensor.Shape) Dense { return Dense{s, make([]float64, s.Size())} }

func dot(x, y []float64) float64 {
	sum := 0.0
	for i := range x {
		sum += x[i] * y[i]
	}
	return sum
}

// checkProducts: ⟨p, Jt⟩ = ⟨Jᵀp, t⟩ and Ht = Hᵀt.
func (s *setting) checkProducts(d *derivatives) error {
	v, err := evaluate(slices.Concat(d.jvp, []graph.Value{d.p}, d.grads, d.t, d.hvp, d.reverse), s.feeds)
	if err != nil {
		return err
	}
	n := len(s.xs)
	var forward, back, size float64
	add := func(sum *float64, x, y Dense) {
		for i := range x.V {
			*sum += x.V[i] * y.V[i]
			size += math.Abs(x.V[i] * y.V[i])
		}
	}
	add(&forward, v[0], v[1])
	grads, ts, hvp, reverse := v[2:2+n], v[2+n:2+2*n], v[2+2*n:2+3*n], v[2+3*n:]
	for i := range n {
		add(&back, grads[i], ts[i])
	}
	if !(math.Abs(forward-back) <= 1e-12*size) {
		return fmt.Errorf("%v: ⟨p, Jt⟩ = %v and ⟨Jᵀp, t⟩ = %v", s.y, forward, back)
	}
	for i := range n {
		if err := near(reverse[i], hvp[i], 1e-11, 1e-11); err != nil {
			return fmt.Errorf("the Hessian of %v is not symmetric: Hᵀt against Ht by operand %d: %v", s.y, i, err)
		}
	}
	return nil
}

// checkHigher compares the tangents of fs along the directions with differences
// of fs.
func (s *setting) checkHigher(fs, tangents, directions []graph.Value, what string) error {
	want := make([]Dense, len(fs))
	for i, f := range fs {
		want[i] = zeros(f.Shape())
	}
	for _, f := range formula {
		feeds := maps.Clone(s.feeds)
		for i, x := range s.xs {
			feeds[x] = dense(s.feeds[x]).moved(f.at*step, dense(s.feeds[directions[i]])).array(s.dtype)
		}
		values, err := evaluate(fs, feeds)
		if err != nil {
			return err
		}
		for i, v := range values {
			want[i] = want[i].moved(f.weight/step, v)
		}
	}
	got, err := evaluate(tangents, s.feeds)
	if err != nil {
		return err
	}
	for i := range got {
		if err := near(got[i], want[i], tolerance, tolerance*1e-2); err != nil {
			return fmt.Errorf("%s of %v by operand %d: %v", what, s.y, i, err)
		}
	}
	return nil
}

// agree compares the evaluator's bits with those of other ways of computing.
func (s *setting) agree(compute []Compute, values []graph.Value) error {
	if len(compute) == 0 {
		return nil
	}
	want, err := graph.Evaluate(values, s.feeds, nil)
	if err != nil {
		return err
	}
	for n, f := range compute {
		got, err := f(s.g, values, s.feeds)
		if err != nil {
			return err
		}
		for i, v := range values {
			for j := range v.Size() {
				a, b := got[i].At(j), want[i].At(j)
				if math.Float64bits(a) != math.Float64bits(b) && !(math.IsNaN(a) && math.IsNaN(b)) {
					return fmt.Errorf("way %d of computing: element %d of %v is %v, by the definitions %v", n, j, v, a, b)
				}
			}
		}
	}
	return nil
}
