package optim

import "github.com/godescent/descent/graph"

// SignSGD (Bernstein et al. 2018; Riedmiller and Braun 1993 as Manhattan
// learning) moves every weight by η against its gradient's sign:
//
//	Δw = −η sign g     sign 0 = 0
type SignSGD struct{ made }

// NewSignSGD has no hyper-parameters.
func NewSignSGD() *SignSGD { return &SignSGD{made{true}} }

// Update implements Rule.
func (r *SignSGD) Update(s *Step) graph.Value { return s.Rate().Neg().Mul(s.Gradient().Sign()) }

func signSGDEntry() Entry {
	return Entry{
		Name: "signsgd", New: func() Rule { return NewSignSGD() }, DefaultLR: 0.0003,
		Equation:  "Δw = −η sign g",
		Latex:     `\Delta w = -\eta \operatorname{sign}(g)`,
		Reference: "Bernstein, Wang, Azizzadenesheli and Anandkumar 2018, arXiv:1802.04434",
		Differs:   "Optax's sign_sgd is the same; PyTorch has none",
	}
}
