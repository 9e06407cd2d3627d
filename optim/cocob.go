package optim

import "github.com/godescent/descent/graph"

// COCOB (Orabona and Tommasi 2017, Algorithm 2) has no rate: each weight bets on
// the sign of its next gradient, a share of what its bets have won.
//
//	L ← max(L, |g|)     G ← G + |g|     R ← max(R − g(w − w0), 0)     C ← C − g
//	w = w0 + C/(L·max(G + L, αL))·(L + R)
//
// L starts at ε. η multiplies the gradient, as in Optax, and so has no effect
// while it is constant.
type COCOB struct {
	made
	Alpha float64 `hyper:"alpha" symbol:"α" range:"(0,inf) log" doc:"how small the first bets are"`
	Eps   float64 `hyper:"eps" symbol:"ε" range:"[0,inf) log" doc:"least size of a gradient"`
}

// NewCOCOB has the paper's α = 100 and ε = 1e-8.
func NewCOCOB() *COCOB { return &COCOB{made{true}, 100, 1e-8} }

// Update implements Rule.
func (r *COCOB) Update(s *Step) graph.Value {
	g, w, α, zero := s.Rate().Mul(s.Gradient()), s.W(), s.Hyper(&r.Alpha), s.Graph().Const(0)
	scale, sizes, reward, sum := s.Slot("scale"), s.Slot("sizes"), s.Slot("reward"), s.Slot("sum")
	w0 := s.origin()
	L := scale.Keep(scale.Last().Max(g.Abs()).Max(s.positive(s.Hyper(&r.Eps))))
	G := sizes.Keep(sizes.Last().Add(g.Abs()))
	R := reward.Keep(reward.Last().Sub(g.Mul(w.Sub(w0))).Max(zero))
	C := sum.Keep(sum.Last().Sub(g))
	bet := C.Div(L).Div(G.Add(L).Max(α.Mul(L)))
	return w0.Add(bet.Mul(L.Add(R))).Sub(w)
}

func cocobEntry() Entry {
	return Entry{
		Name: "cocob", New: func() Rule { return NewCOCOB() }, DefaultLR: 1,
		Equation:  "L ← max(L, |g|), G ← G + |g|, R ← max(R − g(w − w0), 0), C ← C − g, w = w0 + C(L + R)/(L·max(G + L, αL))",
		Latex:     `L \leftarrow \max(L, |g|), \quad G \leftarrow G + |g|, \quad R \leftarrow \max(R - g(w - w_0), 0), \quad C \leftarrow C - g, \quad w = w_0 + \frac{C\,(L + R)}{L \max(G + L, \alpha L)}`,
		Reference: "Orabona and Tommasi 2017, arXiv:1705.07795",
		Differs:   "Optax's contrib.cocob is the same; PyTorch has none",
	}
}
