package graphtest

import (
	"fmt"

	"pgregory.net/rapid"

	"github.com/godescent/descent/autodiff"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// maxHessian is the length of w up to which a trial's Hessian is written out.
const maxHessian = 8

// checkHessian compares the whole Hessian by one vector w, of which the operands
// are views as a network's weights are, with its transpose, and its product
// with a vector with the graph of that.
func checkHessian(t *rapid.T, trial Trial) error {
	var w Dense
	for _, in := range trial.In {
		if in.varied() {
			w.V = append(w.V, in.V...)
		}
	}
	if len(w.V) == 0 || len(w.V) > maxHessian {
		return nil
	}
	w.Shape = tensor.Of(len(w.V))
	g := graph.New()
	v := g.Input("w", tensor.Float64, len(w.V))
	direction := g.Input("direction", tensor.Float64, len(w.V))
	feeds := map[graph.Value]*tensor.Array{
		v:         w.array(tensor.Float64),
		direction: Numbers(t, w.Shape, -1, 1).array(tensor.Float64),
	}
	y := trial.Apply(g, views(trial, v, feeds))
	if !y.DType().IsFloat() {
		return nil
	}
	projection := g.Input("projection", tensor.Float64, y.Shape()...)
	feeds[projection] = Numbers(t, y.Shape(), -1, 1).array(tensor.Float64)
	e := projection.Mul(y.Cast(tensor.Float64)).SumAll()
	h, err := autodiff.Hessian(e, v)
	if err != nil {
		return err
	}
	hv, err := autodiff.HVP(e, v, direction)
	if err != nil {
		return err
	}
	product := h.MatMul(direction.Reshape(-1, 1)).Reshape(-1)
	got, err := evaluate([]graph.Value{h, h.Transpose(), hv, product}, feeds)
	if err != nil {
		return err
	}
	if err := near(got[1], got[0], 1e-11, 1e-11); err != nil {
		return fmt.Errorf("the Hessian of %v is not symmetric: %v", y, err)
	}
	if err := near(got[3], got[2], 1e-11, 1e-11); err != nil {
		return fmt.Errorf("the Hessian of %v times a vector is not the Hessian-vector product: %v", y, err)
	}
	return nil
}

// views are a trial's operands, the varied ones as parts of w; the others are
// declared and fed.
func views(trial Trial, w graph.Value, feeds map[graph.Value]*tensor.Array) []graph.Value {
	out, at := make([]graph.Value, len(trial.In)), 0
	for i, in := range trial.In {
		if in.varied() {
			out[i] = w.Slice(0, at, at+len(in.V)).Reshape(in.Shape...)
			at += len(in.V)
			continue
		}
		out[i] = w.Graph().Input(operandKey(i), in.DType, in.Shape...)
		feeds[out[i]] = in.array(in.DType)
	}
	return out
}
