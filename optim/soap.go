package optim

import (
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/weights"
)

// SOAP is Adam in the eigenvectors of Shampoo's matrices (Vyas et al. 2024, Algorithm 3):
//
//	L ← β2·L + (1−β2)GGᵀ     R ← β2·R + (1−β2)GᵀG
//	G′ = QlᵀGQr     M ← β1·M + (1−β1)G     V ← β2·V + (1−β2)G′²
//	Δw = −η Ql (M′/(1−β1ᵗ))/(√(V/(1−β2ᵗ)) + ε) Qrᵀ     M′ = QlᵀMQr
//
// Q is that of the update before: the gradient is diagonal in its own eigenvectors, and what is beside would be rounding
// that the root blows up to full steps. So the first update makes none, its L's and R's eigenvectors are the first Q, and t in
// the bias correction counts from the second. Every k updates Q becomes the
// orthonormal basis of LQ, a step of the power iteration. A side of more than max_side is left as it is. The bias
// correction and ε outside the root are as in the authors' code. It acts on matrices: see NewSOAPAdam.
type SOAP struct {
	made
	Beta1   float64 `hyper:"soap_beta1" symbol:"β1" range:"[0,1) log1m" doc:"memory of the mean gradient"`
	Beta2   float64 `hyper:"soap_beta2" symbol:"β2" range:"[0,1) log1m" doc:"memory of V, L and R"`
	Eps     float64 `hyper:"soap_eps" symbol:"ε" range:"[0,inf) log" doc:"added to the root"`
	Every   int     `hyper:"every" symbol:"k" range:"[1,inf)" doc:"number of updates between two bases"`
	MaxSide int     `hyper:"max_side" range:"[1,inf)" doc:"longest side of a matrix that is turned"`
}

// NewSOAP has the paper's β1 = β2 = 0.95, ε = 1e-8, k = 10, and turns sides of up to 512.
func NewSOAP() *SOAP { return &SOAP{made{true}, 0.95, 0.95, 1e-8, 10, 512} }

// Update implements Rule.
func (r *SOAP) Update(s *Step) graph.Value {
	η, t, g := s.Rate(), s.Tau(), s.Gradient()
	β1, β2, ε := s.Hyper(&r.Beta1), s.Hyper(&r.Beta2), s.Hyper(&r.Eps)
	first := t.Equal(s.Graph().Const(1))
	due, later := s.every(r.Every), first.OneMinus()
	t = t.Plus(-1).Max(s.Graph().Const(1))
	M, V := s.Slot("m"), s.Slot("v")
	M.Keep(later.Mul(β1.Mul(M.Last()).Add(β1.OneMinus().Mul(g))))
	v := map[string]graph.Value{} // V's next value by view
	Δw := s.eachMatrix(func(view weights.View, m, n int, at func(graph.Value) graph.Value) graph.Value {
		x := at(g)
		if !x.Valid() {
			return x
		}
		basis := func(name string, gram graph.Value) graph.Value {
			k := gram.Dim(0)
			a := s.SlotOf(slotName(name, view), x.DType(), k, k).Average(β2, gram)
			q := s.SlotOf(slotName(name+"_basis", view), x.DType(), k, k)
			next := graph.Where(due, a.MatMul(q.Last()).Orthonormal(), q.Last())
			q.Keep(graph.Where(first, a.Eigenvectors(k), next))
			return q.Last()
		}
		turn := func(x graph.Value) graph.Value { return x } // into the bases
		back := turn
		if m <= r.MaxSide {
			q := basis("l", x.MatMul(x.Transpose(1, 0)))
			turn = func(x graph.Value) graph.Value { return q.Transpose(1, 0).MatMul(x) }
			back = func(x graph.Value) graph.Value { return q.MatMul(x) }
		}
		if n <= r.MaxSide {
			q := basis("r", x.Transpose(1, 0).MatMul(x))
			left, leftBack := turn, back
			turn = func(x graph.Value) graph.Value { return left(x).MatMul(q) }
			back = func(x graph.Value) graph.Value { return leftBack(x.MatMul(q.Transpose(1, 0))) }
		}
		next := β2.Mul(at(V.Last())).Add(β2.OneMinus().Mul(turn(x).Square())).Mul(later)
		v[view.Name] = next.Reshape(m * n)
		d := back(unbias(turn(at(M.next)), β1, t).Div(s.rootPlus(unbias(next, β2, t), ε)))
		return η.Mul(later).Neg().Mul(d)
	})
	if !Δw.Valid() {
		return Δw
	}
	var all []graph.Value
	for _, view := range s.Layout().Views() {
		all = append(all, v[view.Name])
	}
	V.Keep(graph.Concat(0, all...))
	return Δw
}

// NewSOAPAdam is SOAP for the matrices and Adam for the rest.
func NewSOAPAdam() Rule { return NewByRole(NewSOAP(), NewAdam()) }

func soapEntry() Entry {
	return Entry{
		Name: "soap", New: NewSOAPAdam, DefaultLR: 0.003, Matrix: true,
		Equation:  "L ← β2·L + (1−β2)GGᵀ, R likewise of GᵀG, adam's step in their eigenvectors: G′ = QlᵀGQr, Δw = −η Ql m̂′/(√v̂ + ε) Qrᵀ; adam for what is no matrix",
		Latex:     `G' = Q_L^\top G Q_R, \quad V \leftarrow \beta_2 V + (1-\beta_2) G'^2, \quad \Delta w = -\eta\, Q_L \frac{\hat M'}{\sqrt{\hat V} + \varepsilon} Q_R^\top \text{ for matrices; adam for the rest}`,
		Reference: "Vyas et al. 2024, arXiv:2409.11321",
		Differs:   "the authors' code and pytorch_optimizer's SOAP also sort the bases by their eigenvalues at each renewal and have ε beside the root before its bias correction; else the same",
	}
}
