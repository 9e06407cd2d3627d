package optim

import (
	"fmt"
	"strings"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/weights"
)

// Cost is what a rule's update takes beside its gradients, for each weight of a layer of costSide inputs and outputs with
// biases, in float32.
type Cost struct {
	// Bytes that are remembered between updates: the slots.
	Bytes float64
	// Flops of an update: one for every arithmetic operation, function, comparison or choice on a number and for every number
	// that is summed, two for a multiply-add of a product. Decompositions are not among them.
	Flops float64
	// Gradients, Losses and HVPs are the passes that it asks for: gradients of E, values of E alone, products with the Hessian.
	Gradients, Losses, HVPs int
	Decomposes              bool // it takes roots or eigenvectors of matrices, every so many updates
}

// costSide is the number of a layer's inputs, and of its outputs.
const costSide = 256

// CostOf counts what an update of a rule takes. What a rule does in some updates only is counted as if it did it in each.
func CostOf(r Rule) (Cost, error) {
	l := &weights.Layout{}
	for _, v := range []weights.View{
		{Name: "linear.weight", Shape: tensor.Of(costSide, costSide), Role: weights.Weight, FanIn: costSide, FanOut: costSide},
		{Name: "linear.bias", Shape: tensor.Of(costSide), Role: weights.Bias, FanIn: costSide, FanOut: costSide},
	} {
		if _, err := l.Add(v); err != nil {
			return Cost{}, err
		}
	}
	g := graph.New()
	slope := g.Input("slope", tensor.Float32, l.Size())
	s := NewStep(Config{
		Graph: g, W: g.Input("w", tensor.Float32, l.Size()), Layout: l, Seed: g.Input("seed", tensor.Int64),
		Rate: g.Input("rate", tensor.Float64), Tau: g.Input("tau", tensor.Float64), Steps: anyLength,
		Loss: func(w graph.Value) graph.Value {
			before := g.SetScope("pass")
			defer g.SetScope(before)
			return w.Exp().Mul(slope).SumAll() // w stands in it once: no derivatives are added up outside of the pass
		},
	})
	before := g.SetScope("update")
	Δw := s.Update(r)
	g.SetScope(before)
	if err := s.Err(); err != nil {
		return Cost{}, err
	}
	roots, c := []graph.Value{Δw}, Cost{}
	for _, slot := range s.b.slots {
		roots = append(roots, slot.next)
		c.Bytes += float64(slot.last.Size() * slot.last.DType().Size())
	}
	c.Gradients, c.HVPs = s.b.gradients, s.b.hvps
	c.Losses = len(s.b.losses) - c.Gradients // a gradient has the value too
	c.count(roots)
	n := float64(l.Size())
	c.Bytes, c.Flops = c.Bytes/n, c.Flops/n
	return c, nil
}

// String is an update in words: "14 FLOPs a weight, beside a gradient".
func (c Cost) String() string {
	text := fmt.Sprintf("%.3g FLOPs a weight", c.Flops)
	if c.Flops > 100 {
		text = fmt.Sprintf("%.0f FLOPs a weight of a layer of %d × %d", c.Flops, costSide, costSide)
	}
	if c.Decomposes {
		text += " and, when they are due, roots or eigenvectors of matrices"
	}
	var passes []string
	for _, p := range []struct {
		n         int
		one, many string
	}{{c.Gradients, "a gradient", "gradients"}, {c.Losses, "a value of E", "values of E"}, {c.HVPs, "a product with the Hessian", "products with the Hessian"}} {
		switch {
		case p.n == 1:
			passes = append(passes, p.one)
		case p.n > 1:
			passes = append(passes, fmt.Sprintf("%d %s", p.n, p.many))
		}
	}
	if len(passes) == 0 {
		return text
	}
	return text + ", beside " + strings.Join(passes, " and ")
}

// count adds the operations that values need, down to the passes over E.
func (c *Cost) count(roots []graph.Value) {
	seen := map[int]bool{}
	for len(roots) > 0 {
		v := roots[len(roots)-1]
		roots = roots[:len(roots)-1]
		if !v.Valid() || seen[v.ID()] {
			continue
		}
		seen[v.ID()] = true
		for i := range v.NumArgs() {
			roots = append(roots, v.Arg(i))
		}
		if v.Scope() == "pass" {
			continue // what it stands on may be the rule's again: a point it asks for E at
		}
		c.Flops += float64(graph.ProductFlops(v))
		switch v.Op().(type) {
		case graph.Binary, graph.Unary, graph.Select:
			c.Flops += float64(v.Size())
		case graph.Reduce, graph.SegmentSum:
			c.Flops += float64(v.Arg(0).Size())
		case graph.Eigenvectors, graph.InverseRoot, graph.Orthonormal:
			c.Decomposes = true
		}
	}
}
