package optim

// HeavyBall is μ of a rule that does not scale the gradient, and how many times 2/λmax its rate may be
// on a quadratic whose largest curvature is λmax: its characteristic equation's larger root reaches
// −1 there. The formula names that limit. For rules that scale the gradient plain is false, and the
// rest is what holds for gradient descent.
func HeavyBall(r Rule) (μ, room float64, formula string, plain bool) {
	switch r := r.(type) {
	case *SGD:
		return 0, 1, "2/λmax", true
	case *Momentum:
		return r.Mu, 1 + r.Mu, "2(1+μ)/λmax", true
	case *Nesterov:
		return r.Mu, (1 + r.Mu) / (1 + 2*r.Mu), "2(1+μ)/((1+2μ)λmax)", true
	}
	return 0, 1, "2/λmax", false
}
