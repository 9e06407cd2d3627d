package autodiff

import (
	"fmt"

	"github.com/godescent/descent/graph"
)

// HVP is the Hessian-vector product Hv of the scalar y at x, the tangent of
// its gradient along v. It costs about two gradients and never forms H.
func HVP(y, x, v graph.Value) (graph.Value, error) {
	grad, err := Gradient(y, x)
	if err != nil {
		return graph.Value{}, err
	}
	out, err := JVP(grad, []graph.Value{x}, []graph.Value{v})
	if err != nil {
		return graph.Value{}, err
	}
	return out[0], nil
}

// Hessian is H of the scalar y at the vector x [W], as a [W, W] value: row i is
// the HVP with the unit vector eᵢ. The graph grows by one HVP a row, W in all,
// each of O(W) work, so O(W²) is spent; for a large W run one HVP program with
// a vector that is an input.
func Hessian(y, x graph.Value) (graph.Value, error) {
	if x.Valid() && x.Rank() != 1 {
		return graph.Value{}, fmt.Errorf("autodiff: %v: a Hessian is with respect to a vector, and x is %v; reshape it", x.Place(), x.Type())
	}
	grad, err := Gradient(y, x)
	if err != nil {
		return graph.Value{}, err
	}
	g, n := x.Graph(), x.Dim(0)
	if n == 0 {
		return g.Full(0, x.DType(), 0, 0), g.Err()
	}
	rows := make([]graph.Value, n)
	for i := range n {
		unit := g.Full(1, x.DType(), 1).Pad(0, i, n-1-i)
		h, err := JVP(grad, []graph.Value{x}, []graph.Value{unit})
		if err != nil {
			return graph.Value{}, err
		}
		rows[i] = h[0].Reshape(1, n)
	}
	h := graph.Concat(0, rows...)
	return h, g.Err()
}
