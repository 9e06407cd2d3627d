package race

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/godescent/descent/autodiff"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/internal/kernel/dispatch"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/program"
	"github.com/godescent/descent/tensor"
)

// Curvature is what the Hessian H says at one point about the rate of plain gradient
// descent there.
type Curvature struct {
	// Largest is λmax, H's largest eigenvalue, and Residual ‖Hv − λv‖/|λ| of the
	// vector that it was found with: how far λmax may be off, as a share.
	Largest, Residual float64
	// Quadratic is gᵀg/gᵀHg, the rate that goes to the bottom of the parabola along
	// the gradient; +Inf where E does not curve upwards along it.
	Quadratic float64
}

// Limit is 2/λmax, above which gradient descent on the quadratic model diverges;
// +Inf where no direction curves upwards.
func (c Curvature) Limit() float64 {
	if c.Largest <= 0 {
		return math.Inf(1)
	}
	return 2 / c.Largest
}

// powerSteps is the most HVPs that a search for an eigenvalue takes, and powerResidual the
// residual that ends it.
const (
	powerSteps    = 100
	powerResidual = 1e-2
)

// The purposes of random numbers, a word of Philox's counter each.
const (
	drawVector uint64 = 0x7ace0001
	drawStart  uint64 = 0x7ace0002
)

// measureCurvature compiles Hv and g of E at w once and runs a power iteration. If
// that finds a negative eigenvalue λ₋, which is then the largest in size, a second
// one on H − λ₋I finds the largest by sign.
func measureCurvature(ctx context.Context, g *graph.Graph, e objective.Objective, at *tensor.Array, feeds map[graph.Value]*tensor.Array, seed int64, kernelName string, threads int) (Curvature, error) {
	table, err := dispatch.Pick(kernelName)
	if err != nil {
		return Curvature{}, err
	}
	w, v := g.Input("w", e.DType(), e.Size()), g.Input("v", e.DType(), e.Size())
	E := e.Loss(w)
	if err := g.Err(); err != nil {
		return Curvature{}, err
	}
	grad, err := autodiff.Gradient(E, w)
	if err != nil {
		return Curvature{}, err
	}
	hv, err := autodiff.HVP(E, w, v)
	if err != nil {
		return Curvature{}, fmt.Errorf("race: no curvature: %w", err)
	}
	p, err := program.Compile(g, program.Spec{Outputs: []graph.Value{E, grad[0], hv}})
	if err != nil {
		return Curvature{}, err
	}
	pool := program.NewPool(threads)
	defer pool.Close()
	in := p.NewInstance(pool, table)
	used := graph.Ancestors(E, grad[0], hv)
	feeds[w] = at
	for f, a := range feeds {
		if !used[f.ID()] {
			continue
		}
		if err := in.Bind(f, a); err != nil {
			return Curvature{}, err
		}
	}
	product := func(x []float64) ([]float64, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		to := in.Input(v)
		for i, x := range x {
			to.SetAt(i, x)
		}
		if err := in.Step(); err != nil {
			return nil, err
		}
		return in.Output(hv).Float64s(), nil
	}
	x := make([]float64, e.Size())
	kernel.Portable().F64.Normal(x, uint64(seed), drawVector, 0)
	c := Curvature{}
	if c.Largest, c.Residual, err = power(product, x, 0); err != nil {
		return c, err
	}
	if c.Largest < 0 {
		kernel.Portable().F64.Normal(x, uint64(seed), drawVector, 0)
		if c.Largest, c.Residual, err = power(product, x, c.Largest); err != nil {
			return c, err
		}
	}
	slope := in.Output(grad[0]).Float64s()
	curve, err := product(slope)
	if err != nil {
		return c, err
	}
	if math.IsNaN(c.Largest) || math.IsNaN(dot(slope, curve)) {
		return c, errors.New("a product with the Hessian at the first weights is NaN")
	}
	c.Quadratic = math.Inf(1)
	if bend := dot(slope, curve); bend > 0 {
		c.Quadratic = dot(slope, slope) / bend
	}
	return c, nil
}

// power finds the eigenvalue of H that is farthest from shift, from a first vector v,
// which it overwrites.
func power(product func([]float64) ([]float64, error), v []float64, shift float64) (λ, residual float64, err error) {
	for range powerSteps {
		norm := math.Sqrt(dot(v, v))
		if norm == 0 || math.IsNaN(norm) || math.IsInf(norm, 0) {
			return λ, residual, nil // H − shift is zero on v
		}
		for i := range v {
			v[i] /= norm
		}
		hv, err := product(v)
		if err != nil {
			return 0, 0, err
		}
		λ = dot(v, hv)
		off := 0.0
		for i := range v {
			d := hv[i] - float64(λ*v[i])
			off += float64(d * d)
			v[i] = hv[i] - float64(shift*v[i])
		}
		residual = math.Sqrt(off) / math.Max(math.Abs(λ), math.SmallestNonzeroFloat64)
		if residual < powerResidual {
			break
		}
	}
	return λ, residual, nil
}

func dot(a, b []float64) float64 {
	s := 0.0
	for i, x := range a {
		s += float64(x * b[i])
	}
	return s
}
