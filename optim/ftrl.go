package optim

import "github.com/godescent/descent/graph"

// FTRL follows the regularised leader, proximally (McMahan et al. 2013,
// Algorithm 1): AdaGrad's rates, with weights that are exactly 0 where the sum of
// their gradients is small. Written with the paper's z and rate times η:
//
//	n ← n + g²     q = β + √n     H ← max(H, η)     z ← z + ηg − (q − q₋)w
//	w = −(z − Hλ1 sign z)/(q + Hλ2), 0 where |z| ≤ Hλ1
//
// q₋ is the q of the update before, H the largest η so far, so that a rate that
// falls leaves weights at 0; the paper's η is constant. The paper starts at w = 0;
// here the first weights stay, by z = −(β + Hλ2)w − Hλ1 sign w. With λ1 = λ2 = 0 it is
// Δw = −ηg/(β + √n).
//
// Form keras, Keras's, is the paper's with the η of this update in q − q₋ and 2λ2
// for λ2. It starts n at 0.1 and z at 0, which forgets the first weights:
//
//	q = (β + √n)/η     z ← z + g − (q − q₋)w     w = −(z − λ1 sign z)/(q + 2λ2)
type FTRL struct {
	made
	Beta float64 `hyper:"beta" symbol:"β" range:"[0,inf)" doc:"added to the root, as AdaGrad's ε"`
	L1   float64 `hyper:"l1" symbol:"λ1" range:"[0,inf) log" doc:"a sum of gradients up to this makes a weight 0"`
	L2   float64 `hyper:"l2" symbol:"λ2" range:"[0,inf) log" doc:"pull of every weight towards 0"`
	Form string  `hyper:"form" values:"paper,keras" doc:"whether the first weights stay, and how a moving rate enters"`
}

// NewFTRL has the paper's β = 1, and no regularisation.
func NewFTRL() *FTRL { return &FTRL{made{true}, 1, 0, 0, "paper"} }

// Update implements Rule.
func (r *FTRL) Update(s *Step) graph.Value {
	η, g, w, β := s.Rate(), s.Gradient(), s.W(), s.Hyper(&r.Beta)
	n, z, lastZ, λ1, λ2 := s.Slot("n"), s.Slot("z"), graph.Value{}, s.Hyper(&r.L1), s.Hyper(&r.L2)
	lastN, share := n.Last(), s.Graph().Const(1) // share is what 1/η is multiplied by everywhere
	if r.Form == "keras" {
		lastN, lastZ, share, λ2 = n.LastOr(s.Graph().Const(0.1)), z.Last(), s.over(share, η), λ2.Scale(2)
	} else {
		largest := s.ScalarSlot("rate")
		H := largest.Keep(largest.Last().Max(η))
		λ1, λ2, g = H.Mul(λ1), H.Mul(λ2), g.Mul(η)
		lastZ = z.LastOr(β.Add(λ2).Mul(w).Add(λ1.Mul(w.Sign())).Neg())
	}
	sum := n.Keep(lastN.Add(s.Gradient().Square()))
	q, before := β.Add(sum.Sqrt()).Mul(share), β.Add(lastN.Sqrt()).Mul(share)
	next := z.Keep(lastZ.Add(g).Sub(q.Sub(before).Mul(w)))
	far := next.Abs().Sub(λ1).Max(s.Graph().Const(0))
	return next.Sign().Mul(far).Neg().Div(q.Add(λ2).Max(s.positive(s.Graph().Const(0)))).Sub(w)
}

func ftrlEntry() Entry {
	return Entry{
		Name: "ftrl", New: func() Rule { return NewFTRL() }, DefaultLR: 0.1,
		Equation:  "n ← n + g², q = β + √n, H ← max(H, η), z ← z + ηg − (q − q₋)w, w = −(z − Hλ1 sign z)/(q + Hλ2), 0 where |z| ≤ Hλ1",
		Latex:     `n \leftarrow n + g^2, \quad q = \beta + \sqrt n, \quad H \leftarrow \max(H, \eta), \quad z \leftarrow z + \eta g - (q - q_-) w, \quad w = -\frac{z - H\lambda_1 \operatorname{sign} z}{q + H\lambda_2}, \ 0 \text{ where } |z| \le H\lambda_1`,
		Reference: "McMahan et al. 2013, Ad click prediction: a view from the trenches, Algorithm 1",
		Differs:   "Keras's is form keras; PyTorch and Optax have none",
		Forms: []Form{{
			Name: "keras", Equation: "q = (β + √n)/η, z ← z + g − (q − q₋)w, w = −(z − λ1 sign z)/(q + 2λ2); n from 0.1, z from 0",
			Latex:   `q = \frac{\beta + \sqrt n}{\eta}, \quad z \leftarrow z + g - (q - q_-) w, \quad w = -\frac{z - \lambda_1 \operatorname{sign} z}{q + 2\lambda_2}, \quad n_0 = 0.1, \quad z_0 = 0`,
			Differs: "Keras's: its first weights do not matter, so that a network's hidden units stay alike",
		}},
	}
}
