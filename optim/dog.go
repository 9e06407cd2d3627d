package optim

import "github.com/godescent/descent/graph"

// DoG is distance over gradients (Ivgi, Hinder and Carmon 2023). It has no rate to
// choose: the step is the farthest distance so far over the size of all gradients.
//
//	r ← max(r, ‖w − w0‖)     G ← G + ‖g‖²
//	Δw = −η r/√(G + ε) g
//
// r starts at a(1 + ‖w0‖), and η is 1, or a schedule that starts there. The
// authors evaluate an average of the weights: add ema or swa.
type DoG struct {
	made
	Initial float64 `hyper:"initial" symbol:"a" range:"(0,inf) log" doc:"first distance, as a share of 1 + ‖w0‖"`
	Eps     float64 `hyper:"eps" symbol:"ε" range:"[0,inf) log" doc:"added to the sum of squares"`
}

// NewDoG has the paper's a = 1e-6, and ε = 1e-8; with batch normalisation a = 1e-4.
func NewDoG() *DoG { return &DoG{made{true}, 1e-6, 1e-8} }

// Update implements Rule.
func (r *DoG) Update(s *Step) graph.Value {
	g, w := s.Gradient(), s.W()
	first := s.Hyper(&r.Initial).Mul(s.square(w).Sqrt().Plus(1))
	distance, squares := s.ScalarSlot("distance"), s.ScalarSlot("squares")
	far := distance.Keep(distance.LastOr(first).Max(s.square(w.Sub(s.origin())).Sqrt()))
	G := squares.Keep(squares.Last().Add(s.square(g)))
	return s.over(s.Rate().Mul(far), G.Add(s.Hyper(&r.Eps)).Sqrt()).Neg().Mul(g)
}

func dogEntry() Entry {
	return Entry{
		Name: "dog", New: func() Rule { return NewDoG() }, DefaultLR: 1,
		Equation:  "r ← max(r, ‖w − w0‖), G ← G + ‖g‖², Δw = −η r/√(G + ε) g; first r = a(1 + ‖w0‖)",
		Latex:     `r \leftarrow \max(r, \|w - w_0\|), \quad G \leftarrow G + \|g\|^2, \quad \Delta w = -\eta \frac{r}{\sqrt{G + \varepsilon}} g, \quad r_0 = a\,(1 + \|w_0\|)`,
		Reference: "Ivgi, Hinder and Carmon 2023, arXiv:2302.12022",
		Differs:   "Optax's contrib.dog is the same; PyTorch has none",
	}
}

// DoWG is distance over weighted gradients (Khaled, Mishchenko and Jin 2023,
// Algorithm 1): DoG whose sum weighs a gradient by the distance at which it was:
//
//	r ← max(r, ‖w − w0‖)     v ← v + r²‖g‖²
//	Δw = −η r²/(√v + ε) g
//
// The paper's η is 1; on batches half of it is steadier.
type DoWG struct {
	made
	Initial float64 `hyper:"initial" symbol:"r0" range:"(0,inf) log" doc:"first distance"`
	Eps     float64 `hyper:"eps" symbol:"ε" range:"[0,inf) log" doc:"added to the root"`
}

// NewDoWG has Optax's r0² = ε = 1e-4.
func NewDoWG() *DoWG { return &DoWG{made{true}, 0.01, 1e-4} }

// Update implements Rule.
func (r *DoWG) Update(s *Step) graph.Value {
	g, first := s.Gradient(), s.Hyper(&r.Initial)
	distance, squares := s.ScalarSlot("distance"), s.ScalarSlot("squares")
	r2 := distance.Keep(distance.LastOr(first.Square()).Max(s.square(s.W().Sub(s.origin()))))
	v := squares.Keep(squares.Last().Add(r2.Mul(s.square(g))))
	return s.over(s.Rate().Mul(r2), v.Sqrt().Add(s.Hyper(&r.Eps))).Neg().Mul(g)
}

func dowgEntry() Entry {
	return Entry{
		Name: "dowg", New: func() Rule { return NewDoWG() }, DefaultLR: 0.5,
		Equation:  "r ← max(r, ‖w − w0‖), v ← v + r²‖g‖², Δw = −η r²/(√v + ε) g",
		Latex:     `r \leftarrow \max(r, \|w - w_0\|), \quad v \leftarrow v + r^2\|g\|^2, \quad \Delta w = -\eta \frac{r^2}{\sqrt{v} + \varepsilon} g`,
		Reference: "Khaled, Mishchenko and Jin 2023, arXiv:2305.16284",
		Differs:   "Optax's contrib.dowg is the same, its init_estim_sq_dist r0²; PyTorch has none",
	}
}
