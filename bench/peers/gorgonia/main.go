// Command gorgonia measures the fixed networks of descent bench in Gorgonia.
//
// Gorgonia's last release depends on a package that stops every program built
// with a Go that it does not know, and it knows none after 1.18: a program as
// Gorgonia's documentation shows it ends before main. The package can be told
// to go on with ASSUME_NO_MOVING_GC_UNSAFE_RISK_IT_WITH=go1.26 (or what Go it
// is), and the figures are measured so: the driver sets it.
package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/godescent/descent/bench/peers/measure"
)

func main() {
	measure.Main("Gorgonia", "gorgonia.org/gorgonia", "tape machine, gonum's BLAS", prepare)
}

func prepare(name string, _ int) (*measure.Work, error) {
	adam := func() G.Solver { return G.NewAdamSolver(G.WithLearnRate(1e-3)) }
	switch name {
	case "mlp_adam":
		return training(mlp, []int{784, 256, 128, 10}, 128, adam())
	case "mlp_momentum":
		return training(mlp, []int{784, 256, 128, 10}, 128, G.NewMomentum(G.WithLearnRate(0.05), G.WithMomentum(0.9)))
	case "wide_adam":
		return training(mlp, []int{784, 2048, 2048, 10}, 128, adam())
	case "cnn_adam":
		return training(cnn, nil, 64, adam())
	case "charlm_adamw":
		return nil, errors.New("Gorgonia has no attention, embedding or layer norm")
	case "adam10m":
		return adam10m(adam())
	case "gradient512":
		return derivative(false)
	case "hvp512":
		return derivative(true)
	}
	if size, ok := strings.CutPrefix(name, "sgemm"); ok {
		n, err := strconv.Atoi(size)
		if err != nil {
			return nil, err
		}
		return sgemm(n)
	}
	return nil, errors.New("not in this comparison")
}

// training is a step of a network: Gorgonia gathers nothing by rows of bytes, so
// the batch is laid into the inputs by a loop here.
func training(net network, widths []int, batch int, rule G.Solver) (*measure.Work, error) {
	images, labels := measure.Digits()
	mean, inverse := measure.Scale(images)
	var scaled [256]float32
	for p := range scaled {
		scaled[p] = float32((float64(p) - mean) * inverse)
	}
	b := &builder{g: G.NewGraph()}
	x := G.NewMatrix(b.g, tensor.Float32, G.WithShape(batch, 784), G.WithName("x"))
	y := G.NewMatrix(b.g, tensor.Float32, G.WithShape(batch, 10), G.WithName("y"))
	e := b.entropy(net(b, x, widths), y)
	var loss G.Value
	G.Read(e, &loss)
	if _, err := G.Grad(e, b.weights...); err != nil {
		return nil, err
	}
	xs, ys := make([]float32, batch*784), make([]float32, batch*10)
	if err := G.Let(x, tensor.New(tensor.WithShape(batch, 784), tensor.WithBacking(xs))); err != nil {
		return nil, err
	}
	if err := G.Let(y, tensor.New(tensor.WithShape(batch, 10), tensor.WithBacking(ys))); err != nil {
		return nil, err
	}
	vm := G.NewTapeMachine(b.g, G.BindDualValues(b.weights...))
	model := G.NodesToValueGrads(b.weights)
	batches := measure.NewBatches(measure.Examples, batch)
	return &measure.Work{
		Once: func() error {
			clear(ys)
			for i, row := range batches.Next() {
				for j, p := range images[row*784 : row*784+784] {
					xs[i*784+j] = scaled[p]
				}
				ys[i*10+int(labels[row])] = 1
			}
			if err := vm.RunAll(); err != nil {
				return err
			}
			if err := rule.Step(model); err != nil {
				return err
			}
			vm.Reset()
			return nil
		},
		Unit: "steps/s", Value: measure.Rate(1), Weights: b.count,
		Loss: func() float64 { return float64(loss.Data().(float32)) },
	}, nil
}

// pair is a weight with its gradient, without a graph.
type pair struct{ w, g *tensor.Dense }

func (p pair) Value() G.Value         { return p.w }
func (p pair) Grad() (G.Value, error) { return p.g, nil }

func adam10m(rule G.Solver) (*measure.Work, error) {
	const n = 10_000_000
	vector := func() *tensor.Dense { return tensor.New(tensor.WithShape(n), tensor.WithBacking(measure.Ramp(n))) }
	model := []G.ValueGrad{pair{vector(), vector()}}
	return &measure.Work{Once: func() error { return rule.Step(model) }, Unit: "GB/s", Value: measure.Rate(28 * n / 1e9)}, nil
}

func derivative(second bool) (*measure.Work, error) {
	const batch = 512
	b := &builder{g: G.NewGraph()}
	constant := func(name string, shape tensor.Shape) *G.Node {
		n := shape.TotalSize()
		return G.NewTensor(b.g, tensor.Float32, shape.Dims(), G.WithShape(shape...), G.WithName(name),
			G.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(measure.Ramp(n)))))
	}
	hot := make([]float32, batch*10)
	for i := range batch {
		hot[i*10+i%10] = 1
	}
	x := constant("x", tensor.Shape{batch, 784})
	y := G.NewMatrix(b.g, tensor.Float32, G.WithShape(batch, 10), G.WithName("y"),
		G.WithValue(tensor.New(tensor.WithShape(batch, 10), tensor.WithBacking(hot))))
	e := b.entropy(mlp(b, x, []int{784, 256, 128, 10}), y)
	grads, err := G.Grad(e, b.weights...)
	if err != nil {
		return nil, err
	}
	if second { // the gradient of ∇E·v is the product Hv
		var dot *G.Node
		for i, d := range grads {
			part, err := G.HadamardProd(d, constant(fmt.Sprintf("v%d", i), d.Shape()))
			if err != nil {
				return nil, err
			}
			if part, err = G.Sum(part); err != nil {
				return nil, err
			}
			if dot == nil {
				dot = part
			} else if dot, err = G.Add(dot, part); err != nil {
				return nil, err
			}
		}
		if _, err := G.Grad(dot, b.weights...); err != nil {
			return nil, err
		}
	}
	vm := G.NewTapeMachine(b.g, G.BindDualValues(b.weights...))
	return &measure.Work{
		Once: func() error { err := vm.RunAll(); vm.Reset(); return err },
		Unit: "ms", Value: measure.Milliseconds, Weights: b.count,
	}, nil
}

func sgemm(n int) (*measure.Work, error) {
	matrix := func() *tensor.Dense { return tensor.New(tensor.WithShape(n, n), tensor.WithBacking(measure.Ramp(n*n))) }
	a, b, c := matrix(), matrix(), matrix()
	return &measure.Work{
		Once: func() error { _, err := tensor.MatMul(a, b, tensor.WithReuse(c)); return err },
		Unit: "GFLOP/s", Value: measure.Rate(2 * float64(n) * float64(n) * float64(n) / 1e9),
	}, nil
}
