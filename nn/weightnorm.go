package nn

import (
	"fmt"
	"math"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/weights"
)

// WeightNorm is its Layer with each matrix or kernel W within it, also within its parts, told as lengths
// and directions: for each output o, the last axis of W,
//
//	W[..., o] = g[o]·V[..., o]/‖V[..., o]‖
//
// so that the length of a unit's weights is learnt apart from their direction. At first W is what
// the layer's initialiser makes it.
//
// Weights: in place of each weight of the role weights.Weight, say "weight" [..., Out], "weight_v", V
// of that shape and role, and "weight_g", g [Out], of the role weights.Scale.
//
// Salimans, Kingma: Weight Normalization, 2016. PyTorch's weight_norm has lengths by its own
// first axis, which is the output too.
type WeightNorm struct{ Layer Layer }

// NewWeightNorm is a layer with its weights normalised.
func NewWeightNorm(l Layer) *WeightNorm { return &WeightNorm{l} }

// Apply implements Layer.
func (l *WeightNorm) Apply(c *Context, x graph.Value) graph.Value {
	if l.Layer == nil {
		return c.Fail("it has no layer; make it by nn.NewWeightNorm(layer)")
	}
	before := c.normed
	c.normed = true
	y := c.run(c.path, l.Layer, x)
	c.normed = before
	return y
}

// normalised is the weight of v by its lengths and directions.
func (c *Context) normalised(v weights.View) graph.Value {
	out := v.Shape[len(v.Shape)-1]
	length := weights.View{Name: v.Name + "_g", Shape: []int{out}, Role: weights.Scale}
	v.Name += "_v"
	length.Init = &norms{v}
	d, g := c.ask(&c.weights, v), c.ask(&c.weights, length)
	if !d.Valid() || !g.Valid() {
		return graph.Value{}
	}
	flat := d.Reshape(-1, out)
	return flat.Mul(flat.Square().Sum(0).Rsqrt().Mul(g)).Reshape(d.Shape()...)
}

// norms are the lengths, for each output, of the first values of a weight.
type norms struct{ of weights.View }

// Fill implements weights.Initializer.
func (n *norms) Fill(_ weights.View, seed int64, out []float64) error {
	all := make([]float64, n.of.Size())
	if err := n.of.Init.Fill(n.of, seed, all); err != nil {
		return err
	}
	for i, x := range all {
		out[i%len(out)] += float64(x * x)
	}
	for o, s := range out {
		if s == 0 {
			return fmt.Errorf("the first weights of output %d are all 0 and have no direction; give %s another initialiser", o, n.of.Name)
		}
		out[o] = math.Sqrt(s)
	}
	return nil
}
