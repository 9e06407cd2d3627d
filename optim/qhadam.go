package optim

import "github.com/godescent/descent/graph"

// QHAdam (Ma and Yarats 2019) mixes the gradient with its mean, and its square
// with the mean square:
//
//	m̂, v̂ as in Adam
//	Δw = −η ((1−ν1)g + ν1·m̂)/(√((1−ν2)g² + ν2·v̂) + ε)
//
// ν1 = ν2 = 1 is Adam.
type QHAdam struct {
	made
	Beta1 float64 `hyper:"beta1" symbol:"β1" range:"[0,1) log1m" doc:"memory of the mean gradient"`
	Beta2 float64 `hyper:"beta2" symbol:"β2" range:"[0,1) log1m" doc:"memory of the mean squared gradient"`
	Nu1   float64 `hyper:"nu1" symbol:"ν1" range:"[0,1]" doc:"share of the mean gradient in the step"`
	Nu2   float64 `hyper:"nu2" symbol:"ν2" range:"[0,1]" doc:"share of the mean square in the denominator"`
	Eps   float64 `hyper:"eps" symbol:"ε" range:"[0,inf) log" doc:"added to the root: gradients far below it move little"`
}

// NewQHAdam has the paper's β1 = 0.995, β2 = 0.999, ν1 = 0.7, ν2 = 1, ε = 1e-8.
func NewQHAdam() *QHAdam { return &QHAdam{made{true}, 0.995, 0.999, 0.7, 1, 1e-8} }

// Update implements Rule.
func (r *QHAdam) Update(s *Step) graph.Value {
	η, t, g, ε := s.Rate(), s.Tau(), s.Gradient(), s.Hyper(&r.Eps)
	β1, β2, ν1, ν2 := s.Hyper(&r.Beta1), s.Hyper(&r.Beta2), s.Hyper(&r.Nu1), s.Hyper(&r.Nu2)
	m := unbias(s.Slot("m").Average(β1, g), β1, t)
	v := unbias(s.Slot("v").Average(β2, g.Square()), β2, t)
	up := ν1.OneMinus().Mul(g).Add(ν1.Mul(m))
	return η.Neg().Mul(up).Div(s.rootPlus(ν2.OneMinus().Mul(g.Square()).Add(ν2.Mul(v)), ε))
}

func qhAdamEntry() Entry {
	return Entry{
		Name: "qhadam", New: func() Rule { return NewQHAdam() }, DefaultLR: 0.001,
		Equation:  "m̂, v̂ as in adam, Δw = −η ((1−ν1)g + ν1·m̂)/(√((1−ν2)g² + ν2·v̂) + ε)",
		Latex:     `\Delta w = -\eta \frac{(1-\nu_1) g + \nu_1 \hat m}{\sqrt{(1-\nu_2) g^2 + \nu_2 \hat v} + \varepsilon}`,
		Reference: "Ma and Yarats 2019, arXiv:1810.06801",
		Differs:   "neither PyTorch nor Optax has it",
	}
}
