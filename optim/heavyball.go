package optim

import "strings"

// HeavyBall is μ of a rule that does not scale the gradient, and how many times 2/λmax its rate may be
// on a quadratic whose largest curvature is λmax: its characteristic equation's larger root reaches
// −1 there. The formula names that limit. For rules that scale the gradient plain is false, and the
// rest is what holds for gradient descent. It looks through what Inner looks through.
func HeavyBall(r Rule) (μ, room float64, formula string, plain bool) {
	switch r := Inner(r).(type) {
	case *SGD:
		return 0, 1, "2/λmax", true
	case *Momentum:
		if r.Dampening == 0 {
			return r.Mu, 1 + r.Mu, "2(1+μ)/λmax", true
		}
	case *Nesterov:
		return r.Mu, (1 + r.Mu) / (1 + 2*r.Mu), "2(1+μ)/((1+2μ)λmax)", true
	}
	return 0, 1, "2/λmax", false
}

// Inner is the rule in wrappers that leave its state, its τ and its stability to it: averages of the weights, limits and
// noise on the gradient, which do not act on small steps or not on how they grow, and decay. Decay adds its λ to
// every curvature, which is not counted. What changes the steps themselves, such as SAM, Lookahead, a learnt rate or
// rates by layer, is not looked through: a rule in it is given back with it.
func Inner(r Rule) Rule {
	for {
		inside := within(r)
		if inside == nil {
			return r
		}
		r = inside
	}
}

// within is the rule one wrapper further in, or nil if r is none that Inner looks through.
func within(r Rule) Rule {
	switch r := r.(type) {
	case *before:
		if harmless(r.Transforms) {
			return r.Rule
		}
	case *after:
		if harmless(r.Transforms) {
			return r.Rule
		}
	case *Scheduled:
		for at := range r.Formulas {
			if !strings.HasPrefix(at, "before/") && !strings.HasPrefix(at, "after/") {
				return nil // the rule's own numbers move
			}
		}
		return r.Rule
	case *EMA:
		return r.Rule
	case *SWA:
		return r.Rule
	}
	return nil
}

func harmless(ts []Transform) bool {
	for _, t := range ts {
		switch t.(type) {
		case *Decay, *MatrixDecay, *CautiousDecay, *L2, *ClipNorm, *ClipValue, *Noise:
		default:
			return false
		}
	}
	return true
}
