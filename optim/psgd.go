package optim

import (
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/weights"
)

// PSGD multiplies the mean gradient of a matrix from both sides by factors that are fitted, by steps in the group of
// triangular matrices, to make it white (Li 2015; Li 2018 for Kronecker products of them): P = QᵀQ with
// Q = Ql ⊗ Qr, both upper triangular and 1 at first, makes least of E[m̂ᵀPm̂ + vᵀP⁻¹v], v normal.
//
//	M ← βM + (1−β)G     M̂ = M/(1−βᵗ)
//	X = Ql M̂ Qrᵀ     Y = Ql^(−ᵀ)V Qr^(−1), V normal, at t = 1 and every k updates after:
//	Ql ← Ql − ρ triu(XXᵀ − YYᵀ)Ql/‖XXᵀ + YYᵀ‖     Qr ← Qr − ρ triu(XᵀX − YᵀY)Qr/‖XᵀX + YᵀY‖
//	U = QlᵀQl M̂ QrᵀQr     Δw = −ηU·min(1, c/(rms(U) + 1e-6))
//
// ‖·‖ is a lower bound of the largest eigenvalue, ‖zS‖ of the row x of S that is the longest and z = xS/‖xS‖. A side of
// more than max_side has a diagonal Q, for which ‖·‖ is the largest element. With each fit the largest elements of Ql and
// Qr are made equal, which leaves P as it is. It acts on matrices: see NewPSGDAdam.
type PSGD struct {
	made
	Beta    float64 `hyper:"psgd_beta" symbol:"β" range:"[0,1) log1m" doc:"memory of the mean gradient"`
	Fit     float64 `hyper:"fit_rate" symbol:"ρ" range:"(0,1] log" doc:"step of the factors"`
	Limit   float64 `hyper:"limit_rms" symbol:"c" range:"(0,inf) log" doc:"largest root mean square of a matrix's step over η"`
	Every   int     `hyper:"every" symbol:"k" range:"[1,inf)" doc:"number of updates between two steps of the factors"`
	MaxSide int     `hyper:"max_side" range:"[1,inf)" doc:"longest side of a matrix with a triangular factor"`
}

// NewPSGD has β = 0.9, ρ = 0.1, c = 1.1 and k = 1, as the author's and the usual implementations, and triangles of up to 512.
func NewPSGD() *PSGD { return &PSGD{made{true}, 0.9, 0.1, 1.1, 1, 512} }

// Update implements Rule.
func (r *PSGD) Update(s *Step) graph.Value {
	η, β := s.Rate(), s.Hyper(&r.Beta)
	ρ, c := s.Hyper(&r.Fit), s.Hyper(&r.Limit)
	mean := unbias(s.Slot("m").Average(β, s.Gradient()), β, s.Tau())
	noise := s.Random("probe", graph.Normal)
	due, one := s.every(r.Every), s.Graph().Const(1)
	return s.eachMatrix(func(v weights.View, m, n int, at func(graph.Value) graph.Value) graph.Value {
		M, V := at(mean), at(noise)
		if !M.Valid() || !V.Valid() {
			return graph.Value{}
		}
		l, right := s.whitener("l", v, m, m <= r.MaxSide), s.whitener("r", v, n, n <= r.MaxSide)
		X := l.times(right.times(M.Transpose(1, 0)).Transpose(1, 0))
		Y := right.over(l.over(V.Transpose(1, 0)).Transpose(1, 0))
		Ql, Qr := l.fitted(X, Y, ρ), right.fitted(X.Transpose(1, 0), Y.Transpose(1, 0), ρ)
		sl, sr := largest(Ql), largest(Qr)
		l.keep(Ql.Mul(sr.Div(sl).Sqrt()), due)
		right.keep(Qr.Mul(sl.Div(sr).Sqrt()), due)
		U := right.both(l.both(M).Transpose(1, 0)).Transpose(1, 0)
		rms := U.Square().MeanAll().Cast(tensor.Float64).Sqrt().Plus(1e-6)
		return η.Neg().Mul(c.Div(rms).Min(one)).Mul(U)
	})
}

// whitener is one side's Q: a triangle, or a diagonal.
type whitener struct {
	slot *Slot
	q    graph.Value // before the update
	next graph.Value
}

func (s *Step) whitener(name string, v weights.View, n int, triangle bool) *whitener {
	if !triangle {
		slot := s.SlotOf(slotName(name, v), s.W().DType(), n)
		return &whitener{slot: slot, q: slot.LastOr(s.Graph().Full(1, s.W().DType(), n))}
	}
	slot := s.SlotOf(slotName(name, v), s.W().DType(), n, n)
	return &whitener{slot: slot, q: slot.LastOr(s.unit(n))}
}

// times is Qx.
func (w *whitener) times(x graph.Value) graph.Value { return multiply(w.q, x, false) }

// multiply is qx, or qᵀx; a vector q is a diagonal.
func multiply(q, x graph.Value, transposed bool) graph.Value {
	switch {
	case q.Rank() == 1:
		return q.Reshape(-1, 1).Mul(x)
	case transposed:
		return q.Transpose(1, 0).MatMul(x)
	}
	return q.MatMul(x)
}

// over is xQ⁻¹.
func (w *whitener) over(x graph.Value) graph.Value {
	if w.q.Rank() == 1 {
		return x.Div(w.q)
	}
	return x.SolveUpper(w.q)
}

// fitted is Q after a step towards whiteness of what X, [n, ...], is.
func (w *whitener) fitted(X, Y, ρ graph.Value) graph.Value {
	q := w.q
	if !q.Valid() || !X.Valid() || !Y.Valid() {
		return graph.Value{}
	}
	if q.Rank() == 1 {
		x, y := X.Square().Sum(1), Y.Square().Sum(1)
		return q.Sub(ρ.Div(x.Add(y).MaxOver(0).Cast(ρ.DType())).Mul(x.Sub(y).Mul(q)))
	}
	x, y := X.MatMul(X.Transpose(1, 0)), Y.MatMul(Y.Transpose(1, 0))
	n := q.Dim(0)
	rows, columns := q.Graph().Iota(q.DType(), 0, n, n), q.Graph().Iota(q.DType(), 1, n, n)
	step := x.Sub(y).Mul(rows.LessEqual(columns)).MatMul(q)
	return q.Sub(ρ.Div(leastNorm(x.Add(y)).Cast(ρ.DType())).Mul(step))
}

// leastNorm is a lower bound of the largest eigenvalue of a symmetric positive matrix.
func leastNorm(s graph.Value) graph.Value {
	top := largest(s)
	a := s.Div(top)
	x := a.Square().Sum(1).ArgMax().OneHot(s.Dim(0), s.DType()).Reshape(1, -1).MatMul(a).MatMul(a) // [1, n]
	norm := func(v graph.Value) graph.Value { return v.Square().SumAll().Sqrt() }
	return top.Mul(norm(x.Div(norm(x)).MatMul(a)))
}

// largest is the largest size of an element.
func largest(v graph.Value) graph.Value {
	if !v.Valid() {
		return v
	}
	return v.Reshape(-1).Abs().MaxOver(0)
}

func (w *whitener) keep(q, due graph.Value) {
	w.next = w.slot.Keep(graph.Where(due, q, w.q))
}

// both is QᵀQx of the Q after the update.
func (w *whitener) both(x graph.Value) graph.Value {
	return multiply(w.next, multiply(w.next, x, false), true)
}

// NewPSGDAdam is PSGD for the matrices and Adam for the rest.
func NewPSGDAdam() Rule { return NewByRole(NewPSGD(), NewAdam()) }

func psgdEntry() Entry {
	return Entry{
		Name: "psgd", New: NewPSGDAdam, DefaultLR: 0.0005, Matrix: true,
		Equation:  "M ← βM + (1−β)G, X = Ql M̂ Qrᵀ, Y = Ql⁻ᵀV Qr⁻¹, Ql ← Ql − ρ triu(XXᵀ − YYᵀ)Ql/‖XXᵀ + YYᵀ‖, Qr likewise, U = QlᵀQl M̂ QrᵀQr, Δw = −ηU·min(1, c/rms(U)) for matrices; adam for the rest",
		Latex:     `X = Q_L \hat M Q_R^\top, \quad Y = Q_L^{-\top} V Q_R^{-1}, \quad Q_L \leftarrow Q_L - \rho \frac{\operatorname{triu}(XX^\top - YY^\top)}{\lVert XX^\top + YY^\top \rVert} Q_L, \quad \Delta w = -\eta\, Q_L^\top Q_L \hat M Q_R^\top Q_R \text{ for matrices; adam for the rest}`,
		Reference: "Li 2015, arXiv:1512.04202; Li 2018, arXiv:1809.10232 (triangular factors)",
		Differs:   "pytorch_optimizer's Kron is the same where its updates are due in the same steps, as it draws others; it takes vectors by a diagonal and kernels by a factor for each axis",
	}
}
