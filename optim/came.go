package optim

import "github.com/godescent/descent/graph"

// CAME (Luo et al. 2023, Algorithm 2) is Adafactor with momentum, which trusts
// less what differs from that momentum:
//
//	R, C ← means with β2 of g² + ε1 over columns, rows     U = g/√(RC/mean R)
//	U ← U/max(1, RMS(U)/d)     m ← β1·m + (1−β1)U
//	R', C' ← means with β3 of (U − m)² + ε2     Δw = −η m/√(R'C'/mean R')
//
// per layer. A layer that is no matrix has the whole of the first square, and Δw = −ηm.
type CAME struct {
	made
	Beta1 float64 `hyper:"beta1" symbol:"β1" range:"[0,1) log1m" doc:"memory of the mean step"`
	Beta2 float64 `hyper:"beta2" symbol:"β2" range:"[0,1) log1m" doc:"memory of the squared gradient"`
	Beta3 float64 `hyper:"beta3" symbol:"β3" range:"[0,1) log1m" doc:"memory of the squared difference; of matrices alone"`
	Eps1  float64 `hyper:"eps1" symbol:"ε1" range:"(0,inf) log" doc:"added to the squared gradient"`
	Eps2  float64 `hyper:"eps2" symbol:"ε2" range:"(0,inf) log" doc:"added to the squared difference; of matrices alone"`
	Clip  float64 `hyper:"clip" symbol:"d" range:"(0,inf) log" doc:"largest root mean square of a layer's U"`
}

// NewCAME has the paper's β = 0.9, 0.999, 0.9999, ε = 1e-30, 1e-16, d = 1.
func NewCAME() *CAME { return &CAME{made{true}, 0.9, 0.999, 0.9999, 1e-30, 1e-16, 1} }

// Update implements Rule.
func (r *CAME) Update(s *Step) graph.Value {
	g := s.Gradient()
	v := s.factored("v", s.Hyper(&r.Beta2), g.Square().Add(s.positive(s.Hyper(&r.Eps1))))
	root := s.perBlock(func(i int, _ block) graph.Value { return v[i].rsqrt() })
	u := s.clipRMS(g.Mul(root), s.Hyper(&r.Clip))
	m := s.Slot("m").Average(s.Hyper(&r.Beta1), u)
	β3, ε2 := s.Hyper(&r.Beta3), s.Hyper(&r.Eps2)
	if !m.Valid() || !ε2.Valid() {
		return graph.Value{}
	}
	x := u.Sub(m).Square().Add(s.positive(ε2))
	doubt := s.factoredMatrices("doubt", β3, x)
	return s.Rate().Neg().Mul(s.perBlock(func(i int, b block) graph.Value {
		if b.rows == 0 {
			return b.of(m)
		}
		return b.of(m).Mul(doubt[i].rsqrt())
	}))
}

func cameEntry() Entry {
	return Entry{
		Name: "came", New: func() Rule { return NewCAME() }, DefaultLR: 0.0005,
		Equation:  "R, C ← means of g² + ε1 over columns, rows, U = g/√(RC/mean R), U ← U/max(1, RMS(U)/d), m ← β1·m + (1−β1)U, R', C' ← means of (U − m)² + ε2, Δw = −η m/√(R'C'/mean R') per matrix, −ηm elsewhere",
		Latex:     `U = \frac{g}{\sqrt{RC/\operatorname{mean} R}}, \quad U \leftarrow \frac{U}{\max(1, \operatorname{RMS}(U)/d)}, \quad m \leftarrow \beta_1 m + (1-\beta_1) U, \quad \Delta w = -\eta \frac{m}{\sqrt{R'C'/\operatorname{mean} R'}}, \quad R', C' \text{ of } (U - m)^2 + \varepsilon_2`,
		Reference: "Luo et al. 2023, arXiv:2307.02047, Algorithm 2",
		Differs:   "neither has it",
	}
}
