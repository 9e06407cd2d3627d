package optim

import "github.com/godescent/descent/graph"

// AdamMini (Zhang et al. 2024, Algorithm 1) is Adam with one v for all weights of
// an output of a layer, and one for a layer that is no matrix:
//
//	m ← β1·m + (1−β1)g     v ← β2·v + (1−β2) mean(g²)
//	Δw = −η (m/(1−β1ᵗ))/(√(v/(1−β2ᵗ)) + ε)
//
// The last axis counts the outputs. The paper has one v for each head of an attention's queries
// and keys, and for each row of an embedding; here they are matrices like others.
type AdamMini struct {
	made
	Beta1 float64 `hyper:"beta1" symbol:"β1" range:"[0,1) log1m" doc:"memory of the mean gradient"`
	Beta2 float64 `hyper:"beta2" symbol:"β2" range:"[0,1) log1m" doc:"memory of the mean squared gradient"`
	Eps   float64 `hyper:"eps" symbol:"ε" range:"[0,inf) log" doc:"added to the root"`
}

// NewAdamMini has the paper's β1 = 0.9, β2 = 0.999, ε = 1e-8.
func NewAdamMini() *AdamMini { return &AdamMini{made{true}, 0.9, 0.999, 1e-8} }

// Update implements Rule.
func (r *AdamMini) Update(s *Step) graph.Value {
	η, t, g := s.Rate(), s.Tau(), s.Gradient()
	β1, β2, ε := s.Hyper(&r.Beta1), s.Hyper(&r.Beta2), s.Hyper(&r.Eps)
	m := unbias(s.Slot("m").Average(β1, g), β1, t)
	if !m.Valid() || !ε.Valid() {
		return graph.Value{}
	}
	blocks, square := s.blocks(), g.Square()
	v := make([]graph.Value, len(blocks))
	s.concatenated("v", β2, blocks, func(b block) (graph.Value, int) {
		if b.rows == 0 {
			return b.of(square).MeanAll(), 1
		}
		return b.of(square).Mean(0), b.cols
	}, func(i int, x graph.Value) { v[i] = s.rootPlus(unbias(x, β2, t), ε) })
	return η.Neg().Mul(s.perBlock(func(i int, b block) graph.Value { return b.of(m).Div(v[i]) }))
}

func adamMiniEntry() Entry {
	return Entry{
		Name: "adam_mini", New: func() Rule { return NewAdamMini() }, DefaultLR: 0.001,
		Equation:  "m as in adam, v ← β2·v + (1−β2) mean(g²) per output, Δw = −η (m/(1−β1ᵗ))/(√(v/(1−β2ᵗ)) + ε)",
		Latex:     `v \leftarrow \beta_2 v + (1-\beta_2)\operatorname{mean}(g^2) \text{ per output}, \quad \Delta w = -\eta \frac{m/(1-\beta_1^t)}{\sqrt{v/(1-\beta_2^t)} + \varepsilon}`,
		Reference: "Zhang et al. 2024, arXiv:2406.16793, Algorithm 1",
		Differs:   "neither has it; the authors' package is the same for matrices that it knows as of an MLP, and has Adam for what is called bias",
	}
}
