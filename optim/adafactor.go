package optim

import "github.com/godescent/descent/graph"

// Adafactor (Shazeer and Stern 2018, Algorithm 4) divides by a root of squares
// like Adam, but keeps only the means of a matrix's rows and columns, and steps in
// proportion to the weights:
//
//	β = 1 − t^−c     R ← βR + (1−β)(mean over columns of g² + ε1)     C likewise over rows
//	U = g/√(RC/mean R)     U ← U/max(1, RMS(U)/d)     Δw = −η max(ε2, RMS(w)) U
//
// per layer. A layer that is no matrix has V ← βV + (1−β)(g² + ε1) for RC/mean R,
// and a kernel's last axis is the columns. It is Optax's adafactor with
// min_dim_size_to_factor=1. Keras's is it too while η ≤ 1/√t, but that Keras 3.15 on JAX takes every mean of float64
// numbers in float32: its points are 8e-8 away, and 2e-15 with means of their own type. Form torch, PyTorch's, has no ε1 in the squares, but
// raises mean R to ε1 and RC/mean R to ε1², and its rate is min(η, 1/√t).
type Adafactor struct {
	made
	Decay float64 `hyper:"beta2_decay" symbol:"c" range:"(0,inf)" doc:"how fast the memory of squares grows"`
	Eps1  float64 `hyper:"eps1" symbol:"ε1" range:"(0,inf) log" doc:"added to the squares"`
	Eps2  float64 `hyper:"eps2" symbol:"ε2" range:"(0,inf) log" doc:"least size of a layer's weights that is reckoned with"`
	Clip  float64 `hyper:"clip" symbol:"d" range:"(0,inf) log" doc:"largest root mean square of a layer's U"`
	Form  string  `hyper:"form" values:"paper,torch" doc:"where ε1 acts, and whether the rate is bounded by 1/√t"`
}

// NewAdafactor has the paper's c = 0.8, ε1 = 1e-30, ε2 = 1e-3, d = 1.
func NewAdafactor() *Adafactor { return &Adafactor{made{true}, 0.8, 1e-30, 1e-3, 1, "paper"} }

// Update implements Rule.
func (r *Adafactor) Update(s *Step) graph.Value {
	η, t, g, one := s.Rate(), s.Tau(), s.Gradient(), s.Graph().Const(1)
	β, ε1 := t.Pow(s.Hyper(&r.Decay).Neg()).OneMinus(), s.positive(s.Hyper(&r.Eps1))
	x := g.Square()
	if r.Form == "paper" {
		x = x.Add(ε1)
	} else {
		η = η.Min(one.Div(t.Sqrt()))
	}
	v := s.factored("v", β, x)
	root := s.perBlock(func(i int, _ block) graph.Value {
		if r.Form == "paper" {
			return v[i].rsqrt()
		}
		V := v[i].each
		if !V.Valid() {
			V = v[i].rows.Mul(v[i].cols).Div(v[i].rows.MeanAll().Max(ε1))
		}
		return V.Max(ε1.Square()).Rsqrt()
	})
	u := s.clipRMS(g.Mul(root), s.Hyper(&r.Clip))
	size := s.layerMean(s.W().Square()).Sqrt().Max(s.Hyper(&r.Eps2))
	return s.perLayer(u, η.Neg().Mul(size))
}

func adafactorEntry() Entry {
	return Entry{
		Name: "adafactor", New: func() Rule { return NewAdafactor() }, DefaultLR: 0.01,
		Equation:  "β = 1 − t^−c, R, C ← means of g² + ε1 over columns, rows, U = g/√(RC/mean R), U ← U/max(1, RMS(U)/d), Δw = −η max(ε2, RMS(w)) U per layer",
		Latex:     `\beta = 1 - t^{-c}, \quad R \leftarrow \beta R + (1-\beta)\operatorname{mean}_j(g_{ij}^2 + \varepsilon_1), \quad C \leftarrow \beta C + (1-\beta)\operatorname{mean}_i(g_{ij}^2 + \varepsilon_1), \quad U = \frac{g}{\sqrt{RC/\operatorname{mean} R}}, \quad \Delta w = -\eta \max(\varepsilon_2, \operatorname{RMS}(w)) \frac{U}{\max(1, \operatorname{RMS}(U)/d)}`,
		Reference: "Shazeer and Stern 2018, arXiv:1804.04235, Algorithms 4 and 5",
		Differs:   "Optax's with min_dim_size_to_factor=1, but for β in float32; Keras's where η ≤ 1/√t, which bounds it, but for means of squares in float32 also of float64, which alone moves its points by 8e-8; PyTorch's is form torch",
		Forms: []Form{{
			Name: "torch", Equation: "R, C of g² alone, U = g/√max(RC/max(mean R, ε1), ε1²), min(η, 1/√t) for η",
			Latex:   `U = \frac{g}{\sqrt{\max\left(RC/\max(\operatorname{mean} R, \varepsilon_1), \varepsilon_1^2\right)}}, \quad \min(\eta, 1/\sqrt t) \text{ for } \eta`,
			Differs: "PyTorch's, whose ε1 is 1.2e-7 in float32",
			With:    "eps1=0.1",
		}},
	}
}
