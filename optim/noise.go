package optim

import "github.com/godescent/descent/graph"

// Noise adds normal noise to every gradient, less and less of it (Neelakantan
// et al. 2015, equation 2 and section 2; their t counts from 0):
//
//	g ← g + σξ     σ² = s/tᵞ     ξ normal, of the seed, t and the weight's place
//
// It is Optax's add_noise. Drawing takes longer than the update itself. Two gradients of one update get the same noise.
type Noise struct {
	made
	Variance float64 `hyper:"noise" symbol:"s" range:"[0,inf) log" doc:"variance of the noise in the first update"`
	Decay    float64 `hyper:"noise_decay" symbol:"γ" range:"[0,inf)" doc:"how fast the variance falls"`
}

// NewNoise has the paper's γ = 0.55 and the least of its variances, 0.01.
func NewNoise() *Noise { return &Noise{made{true}, 0.01, 0.55} }

// Apply implements Transform.
func (r *Noise) Apply(s *Step, g graph.Value) graph.Value {
	σ := s.Hyper(&r.Variance).Div(s.Tau().Pow(s.Hyper(&r.Decay))).Sqrt()
	return g.Add(σ.Mul(s.Random("noise", graph.Normal)))
}

// NewNoisySGD is gradient descent with noise: Before(NewSGD(), NewNoise()).
func NewNoisySGD() Rule { return Before(NewSGD(), NewNoise()) }

func noisySGDEntry() Entry {
	return Entry{
		Name: "noisy_sgd", New: NewNoisySGD, DefaultLR: 0.1,
		Equation:  "Δw = −η(g + σξ), σ² = s/tᵞ, ξ normal",
		Latex:     `\Delta w = -\eta\,(g + \sigma\xi), \quad \sigma^2 = s/t^\gamma, \quad \xi \sim \mathcal N(0, 1)`,
		Reference: "Neelakantan et al. 2015, arXiv:1511.06807",
		Differs:   "Optax's is the same with another generator; PyTorch has none",
		AtZero:    "w moves by the noise",
	}
}
