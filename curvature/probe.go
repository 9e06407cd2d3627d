package curvature

import (
	"context"
	"fmt"
	"time"

	"github.com/godescent/descent/autodiff"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/internal/kernel/dispatch"
	"github.com/godescent/descent/program"
	"github.com/godescent/descent/tensor"
)

// Machine is what a Probe runs on; its zero value is all CPUs and the fastest kernel set.
type Machine struct {
	Threads int           // 0 is one for each CPU
	Pool    *program.Pool // if not nil, threads to share instead; it stays open
	Kernel  string        // an instruction set by name; "" is the fastest
	// Batch is the most examples of one pass; 0 is 512. E is added up over passes, so
	// it bounds memory and changes nothing but rounding, and batch statistics, which are
	// each pass's own.
	Batch int
}

// usualBatch is the most examples of one pass.
const usualBatch = 512

// together is the number of vectors that one pass multiplies the Hessian with. The
// gradient's own work is then done once for all of them.
const together = 8

// Probe is an error function at a point: its value, gradient and products with its second
// derivatives, as float64. It is not safe for concurrent use.
type Probe struct {
	src    Source
	pool   *program.Pool
	own    bool // the pool is the probe's
	table  *kernel.Table
	chunks [][]int32 // examples of each pass; one empty chunk without any
	w      *tensor.Array
	v      *tensor.Array // the vector of a product
	many   *tensor.Array // [together, W], once needed
	built  map[passKey]*pass
	counts Counts
	batch  int // the most examples of one pass
}

// Counts is the work a probe has done, and the seconds it took.
type Counts struct {
	Losses, Gradients, Products                  int // a product is one with one vector
	LossSeconds, GradientSeconds, ProductSeconds float64
	CompileSeconds                               float64
}

// kind is what a pass computes.
type kind uint8

const (
	value kind = iota
	gradient
	hessian  // one product
	hessians // several
	gaussNewton
	fisher
)

type passKey struct {
	kind kind
	n    int
}

// pass is a compiled program for so many examples.
type pass struct {
	in    *program.Instance
	index graph.Value
	e     graph.Value
	out   graph.Value
}

// New makes a probe at w = 0. What it computes is compiled when it is first asked for.
func New(s Source, m Machine) (*Probe, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	table, err := dispatch.Pick(m.Kernel)
	if err != nil {
		return nil, err
	}
	switch {
	case m.Batch < 0:
		return nil, fmt.Errorf("curvature: passes of %d examples; want at least 1, or 0 for %d", m.Batch, usualBatch)
	case m.Batch == 0:
		m.Batch = usualBatch
	}
	p := &Probe{src: s, pool: m.Pool, table: table, built: map[passKey]*pass{}}
	p.w, p.v = tensor.New(s.DType, s.Size), tensor.New(s.DType, s.Size)
	p.batch = m.Batch
	p.Look(s.Examples)
	if p.pool == nil {
		p.pool, p.own = program.NewPool(m.Threads), true
	}
	return p, nil
}

// Look makes E that of other examples, in the source's numbering.
func (p *Probe) Look(examples []int32) {
	p.src.Examples, p.chunks = examples, nil
	if len(examples) == 0 {
		p.chunks = [][]int32{nil}
	}
	// Passes differ by one example at most: two programs, and no batch of one or two
	// whose statistics would mean nothing.
	n := (len(examples) + p.batch - 1) / p.batch
	for i := range n {
		p.chunks = append(p.chunks, examples[i*len(examples)/n:(i+1)*len(examples)/n])
	}
}

// Close ends the probe's threads.
func (p *Probe) Close() {
	if p.own {
		p.pool.Close()
	}
}

// Size is W.
func (p *Probe) Size() int { return p.src.Size }

// Source is what is probed.
func (p *Probe) Source() Source { return p.src }

// Rounding is the relative error to be expected of a product: in float32 that of sums of many terms.
func (p *Probe) Rounding() float64 {
	if p.src.DType == tensor.Float32 {
		return 0x1p-20
	}
	return 0x1p-49
}

// Counts is the work done so far.
func (p *Probe) Counts() Counts { return p.counts }

// Move goes to the point w, rounded to the source's type.
func (p *Probe) Move(w []float64) error {
	if len(w) != p.src.Size {
		return fmt.Errorf("curvature: a point of %d numbers, and E has %d weights", len(w), p.src.Size)
	}
	store(p.w, w)
	return nil
}

// Point is w as it was rounded.
func (p *Probe) Point() []float64 { return p.w.Float64s() }

// Loss is E(w). It may be NaN or infinite.
func (p *Probe) Loss(ctx context.Context) (float64, error) {
	defer p.time(&p.counts.LossSeconds)()
	p.counts.Losses++
	sum := 0.0
	err := p.each(ctx, value, func(s *pass, share float64) { sum += float64(share * s.in.Scalar(s.e)) })
	return sum, err
}

// Gradient gives E(w) and stores ∇E(w) in grad [W].
func (p *Probe) Gradient(ctx context.Context, grad []float64) (float64, error) {
	defer p.time(&p.counts.GradientSeconds)()
	p.counts.Gradients++
	sum := 0.0
	err := p.total(ctx, gradient, grad, func(s *pass, share float64) { sum += float64(share * s.in.Scalar(s.e)) })
	return sum, err
}

// HVP stores Hv in out, both [W], which may be one: H is the Hessian ∇∇E(w).
func (p *Probe) HVP(ctx context.Context, out, v []float64) error {
	return p.product(ctx, hessian, out, v)
}

// GaussNewton stores Gv in out: G = Jᵀ(∇∇L)J, with J the Jacobian of the network's output and
// L the loss as a function of it, is the part of H that is positive semi-definite for
// convex L. For cross-entropy and squared error it is the Fisher matrix of the model's own
// distribution (Martens 2014, §9).
func (p *Probe) GaussNewton(ctx context.Context, out, v []float64) error {
	return p.product(ctx, gaussNewton, out, v)
}

// Fisher stores Fv in out: F = mean of gᵢgᵢᵀ, with gᵢ the gradient of example i's own loss
// on the target that it has, is what is called the empirical Fisher matrix. It
// wants a loss that is a mean over examples, none of which acts on another's output; batch
// statistics break that.
func (p *Probe) Fisher(ctx context.Context, out, v []float64) error {
	return p.product(ctx, fisher, out, v)
}

// Operator is a symmetric matrix, known by its products: it stores Av in out, which may be v.
type Operator func(ctx context.Context, out, v []float64) error

func (p *Probe) product(ctx context.Context, k kind, out, v []float64) error {
	if len(v) != p.src.Size {
		return fmt.Errorf("curvature: a vector of %d numbers, and E has %d weights", len(v), p.src.Size)
	}
	defer p.time(&p.counts.ProductSeconds)()
	p.counts.Products++
	store(p.v, v)
	return p.total(ctx, k, out, nil)
}

// HVPs stores Hv for each v of vs in the same place of out, several to a pass.
func (p *Probe) HVPs(ctx context.Context, out, vs [][]float64) error {
	if len(out) != len(vs) {
		return fmt.Errorf("curvature: room for %d products and %d vectors", len(out), len(vs))
	}
	for len(vs) > together/2 && p.src.Size <= 1<<24/together {
		n := min(together, len(vs))
		if err := p.some(ctx, out[:n], vs[:n]); err != nil {
			return err
		}
		out, vs = out[n:], vs[n:]
	}
	for i, v := range vs {
		if err := p.HVP(ctx, out[i], v); err != nil {
			return err
		}
	}
	return nil
}

// some multiplies with at most together vectors in one pass.
func (p *Probe) some(ctx context.Context, out, vs [][]float64) error {
	defer p.time(&p.counts.ProductSeconds)()
	p.counts.Products += len(vs)
	if p.many == nil {
		p.many = tensor.New(p.src.DType, together, p.src.Size)
	}
	clear(p.many.Raw())
	row := len(p.many.Raw()) / together
	for i, v := range vs {
		if len(v) != p.src.Size || len(out[i]) != p.src.Size {
			return fmt.Errorf("curvature: vector %d has %d numbers and room for %d, and E has %d weights", i, len(v), len(out[i]), p.src.Size)
		}
		store(tensor.Wrap(p.src.DType, tensor.Of(p.src.Size), p.many.Raw()[i*row:(i+1)*row]), v)
	}
	for _, o := range out {
		clear(o)
	}
	return p.each(ctx, hessians, func(s *pass, share float64) {
		all := s.in.Output(s.out).Raw()
		for i, o := range out {
			gather(o, tensor.Wrap(p.src.DType, tensor.Of(p.src.Size), all[i*row:(i+1)*row]), share)
		}
	})
}

// total adds a pass's vector up over all examples.
func (p *Probe) total(ctx context.Context, k kind, out []float64, also func(*pass, float64)) error {
	if len(out) != p.src.Size {
		return fmt.Errorf("curvature: room for %d numbers, and E has %d weights", len(out), p.src.Size)
	}
	first := true
	return p.each(ctx, k, func(s *pass, share float64) {
		if first {
			clear(out)
			first = false
		}
		gather(out, s.in.Output(s.out), share)
		if also != nil {
			also(s, share)
		}
	})
}

// each runs a pass over all examples; share is a pass's weight in the sum.
func (p *Probe) each(ctx context.Context, k kind, f func(s *pass, share float64)) error {
	for _, c := range p.chunks {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := p.once(k, c, f); err != nil {
			return err
		}
	}
	return nil
}

// once runs a pass over some examples.
func (p *Probe) once(k kind, rows []int32, f func(s *pass, share float64)) error {
	s, err := p.pass(k, len(rows))
	if err != nil {
		return err
	}
	share := 1.0
	if len(rows) > 0 {
		copy(tensor.Slice[int32](s.in.Input(s.index)), rows)
		if !p.src.Sum {
			share = float64(len(rows)) / float64(len(p.src.Examples))
		}
	}
	if err := s.in.Step(); err != nil {
		return err
	}
	f(s, share)
	return nil
}

// time adds the time until the call of what it returns, without that of compiling.
func (p *Probe) time(to *float64) func() {
	start, compiling := time.Now(), p.counts.CompileSeconds
	return func() { *to += time.Since(start).Seconds() - (p.counts.CompileSeconds - compiling) }
}

// pass is the program of a kind for n examples.
func (p *Probe) pass(k kind, n int) (*pass, error) {
	if s := p.built[passKey{k, n}]; s != nil {
		return s, nil
	}
	start := time.Now()
	defer func() { p.counts.CompileSeconds += time.Since(start).Seconds() }()
	g := graph.New()
	w := g.Input("w", p.src.DType, p.src.Size)
	b, err := p.src.Build(g, n)
	if err != nil {
		return nil, err
	}
	s := &pass{index: b.Index, e: b.E(w)}
	if err := g.Err(); err != nil {
		return nil, err
	}
	inputs := map[graph.Value]*tensor.Array{w: p.w}
	if s.out, err = p.derivative(k, b, s.e, w, n, inputs); err != nil {
		return nil, fmt.Errorf("curvature: %w", err)
	}
	outputs := []graph.Value{s.e}
	switch k {
	case gradient:
		outputs = append(outputs, s.out)
	case hessian, hessians, gaussNewton, fisher:
		outputs = []graph.Value{s.out}
	}
	compiled, err := program.Compile(g, program.Spec{Outputs: outputs})
	if err != nil {
		return nil, err
	}
	s.in = compiled.NewInstance(p.pool, p.table)
	used := graph.Ancestors(outputs...)
	for _, all := range []map[graph.Value]*tensor.Array{b.Feeds, inputs} {
		for v, a := range all {
			if !used[v.ID()] {
				continue
			}
			if err := s.in.Bind(v, a); err != nil {
				return nil, err
			}
		}
	}
	p.built[passKey{k, n}] = s
	return s, nil
}

// derivative is the vector that a pass of a kind is for; what it reads besides w is added
// to inputs.
func (p *Probe) derivative(k kind, b *Pass, e, w graph.Value, n int, inputs map[graph.Value]*tensor.Array) (graph.Value, error) {
	g := w.Graph()
	if k == value {
		return graph.Value{}, nil
	}
	if k == hessians {
		p.manyOnce()
		vs := g.Input("vs", p.src.DType, together, p.src.Size)
		inputs[vs] = p.many
		return severalHVPs(e, w, vs)
	}
	if k == gradient {
		grad, err := autodiff.Gradient(e, w)
		if err != nil {
			return graph.Value{}, err
		}
		return grad[0], nil
	}
	v := g.Input("v", p.src.DType, p.src.Size)
	inputs[v] = p.v
	if k == hessian {
		return autodiff.HVP(e, w, v)
	}
	if b.Output == nil {
		return graph.Value{}, fmt.Errorf("E is not the loss of a network's output, so it has no Gauss-Newton or Fisher matrix")
	}
	z := b.Output(w)
	if k == gaussNewton {
		return gaussNewtonProduct(e, z, w, v)
	}
	if n == 0 {
		return graph.Value{}, fmt.Errorf("E has no examples, so it has no Fisher matrix")
	}
	return fisherProduct(e, z, w, v, n, p.src.Sum)
}

func (p *Probe) manyOnce() {
	if p.many == nil {
		p.many = tensor.New(p.src.DType, together, p.src.Size)
	}
}

// severalHVPs is Hv for each row of vs [n, W]; the gradient is there once.
func severalHVPs(e, w, vs graph.Value) (graph.Value, error) {
	grad, err := autodiff.Gradient(e, w)
	if err != nil {
		return graph.Value{}, err
	}
	rows := make([]graph.Value, vs.Dim(0))
	for i := range rows {
		v := vs.Slice(0, i, i+1).Reshape(w.Size())
		h, err := autodiff.JVP(grad, []graph.Value{w}, []graph.Value{v})
		if err != nil {
			return graph.Value{}, err
		}
		rows[i] = h[0].Reshape(1, w.Size())
	}
	return graph.Concat(0, rows...), w.Graph().Err()
}

// gaussNewtonProduct is Jᵀ(∇∇L)Jv, with E = L(z) and J = ∂z/∂w.
func gaussNewtonProduct(e, z, w, v graph.Value) (graph.Value, error) {
	u, err := autodiff.JVP([]graph.Value{z}, []graph.Value{w}, []graph.Value{v})
	if err != nil {
		return graph.Value{}, err
	}
	lu, err := autodiff.HVP(e, z, u[0])
	if err != nil {
		return graph.Value{}, err
	}
	out, err := autodiff.VJP([]graph.Value{z}, []graph.Value{lu}, []graph.Value{w})
	if err != nil {
		return graph.Value{}, err
	}
	return out[0], nil
}

// fisherProduct is the mean of gᵢ(gᵢᵀv) over n examples. An example's share of ∂E/∂z is its
// rows; with E a mean, gᵢ is n times their pull-back.
func fisherProduct(e, z, w, v graph.Value, n int, sum bool) (graph.Value, error) {
	u, err := autodiff.JVP([]graph.Value{z}, []graph.Value{w}, []graph.Value{v})
	if err != nil {
		return graph.Value{}, err
	}
	d, err := autodiff.Gradient(e, z)
	if err != nil {
		return graph.Value{}, err
	}
	if z.Rank() < 1 || z.Dim(0)%n != 0 {
		return graph.Value{}, fmt.Errorf("the output %v has no rows for each of %d examples", z.Shape(), n)
	}
	rows := z.Size() / n
	ct := d[0].Reshape(n, rows)
	along := ct.Mul(u[0].Reshape(n, rows)).Sum(1).Reshape(n, 1) // gᵢᵀv/n
	ct = ct.Mul(along)
	if !sum {
		ct = ct.Scale(float64(n))
	}
	out, err := autodiff.VJP([]graph.Value{z}, []graph.Value{ct.Reshape(z.Shape()...)}, []graph.Value{w})
	if err != nil {
		return graph.Value{}, err
	}
	return out[0], nil
}

// store rounds numbers to an array's type.
func store(a *tensor.Array, x []float64) {
	if a.DType() == tensor.Float64 {
		copy(tensor.Slice[float64](a), x)
		return
	}
	to := tensor.Slice[float32](a)
	for i, x := range x {
		to[i] = float32(x)
	}
}

// gather is: for i := range x { out[i] += share*x[i] }.
func gather(out []float64, x *tensor.Array, share float64) {
	if x.DType() == tensor.Float64 {
		for i, x := range tensor.Slice[float64](x) {
			out[i] += float64(share * x)
		}
		return
	}
	for i, x := range tensor.Slice[float32](x) {
		out[i] += float64(share * float64(x))
	}
}
