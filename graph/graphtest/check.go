package graphtest

import (
	"fmt"
	"math"

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

func newSetting(t *rapid.T, trial Trial, d tensor.DType) *setting {
	s := &setting{t: t, trial: trial, dtype: d, g: graph.New(), feeds: map[graph.Value]*tensor.Array{}}
	s.in = trial.inputs(s.g, d)
	for i, in := range trial.In {
		s.feeds[s.in[i]] = in.array(in.dtype(d))
		if in.varied() {
			s.xs = append(s.xs, s.in[i])
		}
	}
	s.y = trial.Apply(s.g, s.in)
	if err := s.g.Err(); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *setting) subjects(name string) []graph.Primitive { return subjects(s.g, name) }

// evaluate is the reference evaluator's values.
func (s *setting) evaluate(values []graph.Value, feeds map[graph.Value]*tensor.Array) []Dense {
	arrays, err := graph.Evaluate(values, feeds, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	out := make([]Dense, len(arrays))
	for i, a := range arrays {
		out[i] = dense(a)
	}
	return out
}

// checkValue compares the value with the plain definition. The operands are
// exact in either type, so the rounding is the primitive's own.
func (s *setting) checkValue() {
	x := make([]Dense, len(s.trial.In))
	for i, in := range s.trial.In {
		x[i] = in.Dense
	}
	want := s.trial.Value(x)
	if !s.y.Shape().Equal(want.Shape) {
		s.t.Fatalf("%v: the shape is %v, by the definition %v", s.y, s.y.Shape(), want.Shape)
	}
	tolerance := 1e-13
	if s.y.DType() == tensor.Float32 {
		tolerance = 2e-6
	}
	got := s.evaluate([]graph.Value{s.y}, s.feeds)[0]
	if err := near(got, want, tolerance, tolerance); err != nil {
		s.t.Fatalf("%v: %v", s.y, err)
	}
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

// weights are those of f(x + kh), k = −2, −1, 1, 2, in the fourth-order central
// difference f′ = Σ wₖ f(x + kh) / h (Fornberg 1988, table 1).
var weights = map[float64]float64{-2: 1.0 / 12, -1: -8.0 / 12, 1: 8.0 / 12, 2: -1.0 / 12}

// derivatives are those of E = Σ p·y by the xs, where p is an input. The
// directions t are inputs too.
type derivatives struct {
	p       graph.Value
	t       []graph.Value
	e       graph.Value
	grads   []graph.Value // ∇E
	jvp     graph.Value   // of y along t
	hvp     []graph.Value // Ht, the tangent of ∇E along t
	reverse []graph.Value // Hᵀt, the gradient of ⟨∇E, t⟩
	third   []graph.Value // the tangent of Ht along t
}

func (s *setting) derive() *derivatives {
	d := &derivatives{p: s.g.Input("projection", s.dtype, s.y.Shape()...)}
	s.feeds[d.p] = Numbers(s.t, s.y.Shape(), -1, 1).array(s.dtype)
	for i, x := range s.xs {
		t := s.g.Input("direction "+operandKey(i), s.dtype, x.Shape()...)
		s.feeds[t] = Numbers(s.t, x.Shape(), -1, 1).array(s.dtype)
		d.t = append(d.t, t)
	}
	y := s.y.Cast(s.dtype)
	d.e = d.p.Mul(y).SumAll()
	d.grads = s.must(autodiff.Gradient(d.e, s.xs...))
	d.jvp = s.must(autodiff.JVP([]graph.Value{y}, s.xs, d.t))[0]
	d.hvp = s.must(autodiff.JVP(d.grads, s.xs, d.t))
	along := s.g.Full(0, s.dtype)
	for i, grad := range d.grads {
		along = along.Add(grad.Mul(d.t[i]).SumAll())
	}
	d.reverse = s.must(autodiff.Gradient(along, s.xs...))
	d.third = s.must(autodiff.JVP(d.hvp, s.xs, d.t))
	return d
}

func (s *setting) must(v []graph.Value, err error) []graph.Value {
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

// checkDerivatives compares the derivatives with differences and with each
// other, in float64, and all of it with the further ways of computing.
func (s *setting) checkDerivatives(compute []Compute) {
	if len(s.xs) == 0 || !s.y.DType().IsFloat() {
		s.agree(compute, []graph.Value{s.y})
		return
	}
	d := s.derive()
	if s.dtype == tensor.Float64 {
		s.checkGradient(d)
		s.checkProducts(d)
		s.checkHigher(d.grads, d.hvp, d.t, "the Hessian-vector product")
		s.checkHigher(d.hvp, d.third, d.t, "the third derivative")
	}
	all := append([]graph.Value{s.y, d.jvp}, d.grads...)
	s.agree(compute, append(append(all, d.hvp...), d.reverse...))
}

// checkGradient compares ∇E with differences of the plain definition.
func (s *setting) checkGradient(d *derivatives) {
	p := s.feeds[d.p].Float64s()
	x := make([]Dense, len(s.trial.In))
	for i, in := range s.trial.In {
		x[i] = in.Dense
	}
	got := s.evaluate(d.grads, s.feeds)
	k := 0
	for i, in := range s.trial.In {
		if !in.varied() {
			continue
		}
		unit := Dense{in.Shape, make([]float64, len(in.V))}
		want := Make(in.Shape, func([]int) float64 { return 0 })
		for j := range in.V {
			if s.trial.Flat {
				break
			}
			unit.V[j] = 1
			for by, w := range weights {
				x[i] = in.moved(by*step, unit)
				want.V[j] += w * dot(p, s.trial.Value(x).V) / step
			}
			unit.V[j] = 0
		}
		x[i] = in.Dense
		if err := near(got[k], want, tolerance, tolerance*1e-3); err != nil {
			s.t.Fatalf("the gradient of %v by operand %d: %v", s.y, i, err)
		}
		k++
	}
}

func dot(x, y []float64) float64 {
	sum := 0.0
	for i := range x {
		sum += x[i] * y[i]
	}
	return sum
}

// checkProducts: ⟨p, Jt⟩ = ⟨Jᵀp, t⟩ and Ht = Hᵀt.
func (s *setting) checkProducts(d *derivatives) {
	values := s.evaluate(append([]graph.Value{d.jvp, d.p}, append(d.grads, d.t...)...), s.feeds)
	jvp, p := values[0].V, values[1].V
	grads, ts := values[2:2+len(s.xs)], values[2+len(s.xs):]
	forward, size := dot(p, jvp), 0.0
	for i := range p {
		size += math.Abs(p[i] * jvp[i])
	}
	back := 0.0
	for i := range grads {
		back += dot(grads[i].V, ts[i].V)
		for j := range grads[i].V {
			size += math.Abs(grads[i].V[j] * ts[i].V[j])
		}
	}
	if math.Abs(forward-back) > 1e-12*size {
		s.t.Fatalf("%v: ⟨p, Jt⟩ = %v and ⟨Jᵀp, t⟩ = %v", s.y, forward, back)
	}
	values = s.evaluate(append(append([]graph.Value(nil), d.hvp...), d.reverse...), s.feeds)
	for i := range d.hvp {
		if err := near(values[len(d.hvp)+i], values[i], 1e-11, 1e-11); err != nil {
			s.t.Fatalf("the Hessian of %v is not symmetric: Hᵀt against Ht by operand %d: %v", s.y, i, err)
		}
	}
}

// checkHigher compares the tangents of fs along the directions with differences
// of fs.
func (s *setting) checkHigher(fs, tangents, directions []graph.Value, what string) {
	want := make([]Dense, len(fs))
	for i, f := range fs {
		want[i] = Make(f.Shape(), func([]int) float64 { return 0 })
	}
	for by, w := range weights {
		feeds := map[graph.Value]*tensor.Array{}
		for v, a := range s.feeds {
			feeds[v] = a
		}
		for i, x := range s.xs {
			feeds[x] = dense(s.feeds[x]).moved(by*step, dense(s.feeds[directions[i]])).array(s.dtype)
		}
		for i, f := range s.evaluate(fs, feeds) {
			want[i] = want[i].moved(w/step, f)
		}
	}
	for i, got := range s.evaluate(tangents, s.feeds) {
		if err := near(got, want[i], tolerance, tolerance*1e-2); err != nil {
			s.t.Fatalf("%s of %v by operand %d: %v", what, s.y, i, err)
		}
	}
}

// agree compares the evaluator's bits with those of other ways of computing.
func (s *setting) agree(compute []Compute, values []graph.Value) {
	if len(compute) == 0 {
		return
	}
	want, err := graph.Evaluate(values, s.feeds, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for n, f := range compute {
		got, err := f(s.g, values, s.feeds)
		if err != nil {
			s.t.Fatal(err)
		}
		for i, v := range values {
			for j := range v.Size() {
				a, b := got[i].At(j), want[i].At(j)
				if math.Float64bits(a) != math.Float64bits(b) && !(math.IsNaN(a) && math.IsNaN(b)) {
					s.t.Fatalf("way %d of computing: element %d of %v is %v, by the definitions %v", n, j, v, a, b)
				}
			}
		}
	}
}

// checkHessian compares the whole Hessian by one vector w, of which the operands
// are views, with Hessian-vector products along the axes' sum, and with its transpose.
func checkHessian(t *rapid.T, trial Trial) {
	var w Dense
	for _, in := range trial.In {
		if in.varied() {
			w.V = append(w.V, in.V...)
		}
	}
	if len(w.V) == 0 || len(w.V) > 8 {
		return
	}
	w.Shape = tensor.Of(len(w.V))
	g := graph.New()
	v := g.Input("w", tensor.Float64, len(w.V))
	feeds := map[graph.Value]*tensor.Array{v: w.array(tensor.Float64)}
	operands, at := make([]graph.Value, len(trial.In)), 0
	for i, in := range trial.In {
		if !in.varied() {
			operands[i] = g.Input(operandKey(i), in.DType, in.Shape...)
			feeds[operands[i]] = in.array(in.DType)
			continue
		}
		operands[i] = v.Slice(0, at, at+len(in.V)).Reshape(in.Shape...)
		at += len(in.V)
	}
	y := trial.Apply(g, operands)
	if !y.DType().IsFloat() {
		return
	}
	p := Numbers(t, y.Shape(), -1, 1)
	projection := g.Input("projection", tensor.Float64, y.Shape()...)
	feeds[projection] = p.array(tensor.Float64)
	e := projection.Mul(y.Cast(tensor.Float64)).SumAll()
	h, err := autodiff.Hessian(e, v)
	if err != nil {
		t.Fatal(err)
	}
	direction := g.Input("direction", tensor.Float64, len(w.V))
	feeds[direction] = Numbers(t, w.Shape, -1, 1).array(tensor.Float64)
	hv, err := autodiff.HVP(e, v, direction)
	if err != nil {
		t.Fatal(err)
	}
	arrays, err := graph.Evaluate([]graph.Value{h, h.Transpose(), hv, h.MatMul(direction.Reshape(-1, 1)).Reshape(-1)}, feeds, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := near(dense(arrays[1]), dense(arrays[0]), 1e-11, 1e-11); err != nil {
		t.Fatalf("the Hessian of %v is not symmetric: %v", y, err)
	}
	if err := near(dense(arrays[3]), dense(arrays[2]), 1e-11, 1e-11); err != nil {
		t.Fatalf("the Hessian of %v times a vector is not the product's graph: %v", y, err)
	}
}
