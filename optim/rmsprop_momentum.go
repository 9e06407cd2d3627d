package optim

import "github.com/godescent/descent/graph"

// RMSPropMomentum is RMSProp with a velocity behind the division (Graves 2013
// for the centered one):
//
//	v ← βv + (1−β)g²     m ← βm + (1−β)g if centered, else m = 0
//	d = g/(√max(v − m², 0) + ε)
//	Δw ← μΔw − ηd
//
// With form torch η is outside the velocity, b ← μb + d and Δw = −ηb: the same
// while η is constant. With form optax, which is Optax's and Keras's, ε is
// inside the root. Where the gradient hardly changes, v − m² tends to 0 and
// below by rounding: PyTorch takes the root of the negative number or divides
// by ε alone, and its weights are known to run away; here the difference is
// never below 0, and a larger ε bounds the step.
type RMSPropMomentum struct {
	made
	Beta     float64 `hyper:"beta" alias:"alpha,rho" symbol:"β" range:"[0,1) log1m" doc:"memory of the mean squared gradient (PyTorch's alpha, Keras's rho)"`
	Mu       float64 `hyper:"momentum" alias:"mu" symbol:"μ" range:"[0,1) log1m" doc:"share of the last step that is kept"`
	Eps      float64 `hyper:"eps" alias:"delta" symbol:"ε" range:"[0,inf) log" doc:"added to the root: gradients far below it move little"`
	Centered bool    `hyper:"centered" doc:"divide by the gradient's standard deviation instead of its root mean square"`
	Form     string  `hyper:"form" values:"lecture,torch,optax" doc:"η inside the velocity (lecture), outside (torch), or inside with ε inside the root (optax)"`
}

// NewRMSPropMomentum has β = 0.9, μ = 0.9 and ε = 1e-8.
func NewRMSPropMomentum() *RMSPropMomentum {
	return &RMSPropMomentum{made{true}, 0.9, 0.9, 1e-8, false, "lecture"}
}

// Update implements Rule.
func (r *RMSPropMomentum) Update(s *Step) graph.Value {
	η, β, μ, ε, g := s.Rate(), s.Hyper(&r.Beta), s.Hyper(&r.Mu), s.Hyper(&r.Eps), s.Gradient()
	v := s.Slot("v").Average(β, g.Square())
	if r.Centered {
		m := s.Slot("m").Average(β, g)
		v = v.Sub(m.Square()).Max(s.Graph().Const(0))
	}
	d := g.Div(s.rootOf(v, ε, r.Form == "optax"))
	if r.Form == "torch" {
		b := s.Slot("buffer")
		return η.Neg().Mul(b.Keep(μ.Mul(b.Last()).Add(d)))
	}
	Δw := s.Slot("velocity")
	return Δw.Keep(μ.Mul(Δw.Last()).Sub(η.Mul(d)))
}

func rmsPropMomentumEntry() Entry {
	return Entry{
		Name: "rmsprop_momentum", New: func() Rule { return NewRMSPropMomentum() }, DefaultLR: 0.0003,
		Equation:  "v ← βv + (1−β)g², Δw ← μΔw − η g/(√v + ε); centered: m ← βm + (1−β)g, √max(v − m², 0)",
		Latex:     `v \leftarrow \beta v + (1-\beta) g^2, \quad \Delta w \leftarrow \mu \Delta w - \eta \frac{g}{\sqrt{v} + \varepsilon}`,
		Reference: "Hinton 2012, lecture 6e; centered: Graves 2013, arXiv:1308.0850",
		Differs:   "form torch is PyTorch's RMSprop(momentum), form optax is Optax's and Keras's; only here v − m² is kept from falling below 0",
		Forms: []Form{{
			Name: "torch", Equation: "b ← μb + g/(√v + ε), Δw = −ηb",
			Latex:   `b \leftarrow \mu b + \frac{g}{\sqrt{v} + \varepsilon}, \quad \Delta w = -\eta b`,
			Differs: "PyTorch's; the same while η is constant",
		}, {
			Name: "optax", Equation: "Δw ← μΔw − η g/√(v + ε)",
			Latex:   `\Delta w \leftarrow \mu \Delta w - \eta \frac{g}{\sqrt{v + \varepsilon}}`,
			Differs: "Optax's and Keras's; another method for gradients below √ε", With: "eps=0.01",
		}},
	}
}
