package nn

import (
	"strconv"

	"github.com/godescent/descent/weights"
)

// Hidden is a layer of units between two Linear layers of a Sequential model. Their
// order, and for an odd activation their signs, change nothing that the model gives.
type Hidden struct {
	Units int
	In    weights.View  // [..., Units]
	Bias  *weights.View // [Units], or nil
	Out   weights.View  // [Units, ...]
	Odd   bool          // the activation is odd: tanh, or none
}

// Hidden lists the layers of units that stand between two Linear layers of the planned model with nothing
// between but an activation and dropout. Of a model that is no Sequential it lists none.
func (p *Plan) Hidden() []Hidden {
	s, ok := p.Model.(*Sequential)
	if !ok {
		return nil
	}
	var out []Hidden
	open := false // after a Linear, and what followed acts unit by unit
	var h Hidden
	for i, l := range s.Layers {
		name := strconv.Itoa(i) + "." + kind(l)
		if n, ok := l.(*Named); ok {
			name, l = n.Name, n.Layer
		}
		switch l := l.(type) {
		case *Linear:
			weight, ok := p.Weights.Lookup(join(name, "weight"))
			if !ok {
				return nil
			}
			if open && weight.Shape[0] == h.Units {
				h.Out = weight
				out = append(out, h)
			}
			h, open = Hidden{Units: l.Out, In: weight, Odd: true}, true
			if bias, ok := p.Weights.Lookup(join(name, "bias")); ok && l.Bias {
				h.Bias = &bias
			}
		case Tanh, *Tanh, *Dropout:
		case ReLU, *ReLU, Sigmoid, *Sigmoid, GELU, *GELU, SiLU, *SiLU, Softplus, *Softplus, *LeakyReLU:
			h.Odd = false
		default:
			open = false
		}
	}
	return out
}
