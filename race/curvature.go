package race

import (
	"context"
	"errors"
	"math"

	"github.com/godescent/descent/curvature"
)

// Curvature is what the Hessian H says at one point about the rate of plain gradient
// descent there.
type Curvature struct {
	// Largest is λmax, H's largest eigenvalue, and Residual how far it may be off, as a
	// share, by the vector that it was found with.
	Largest, Residual float64
	// Quadratic is gᵀg/gᵀHg, the rate that goes to the bottom of the parabola along
	// the gradient; +Inf where E does not curve upwards along it.
	Quadratic float64
	// Examples is how many E was averaged over; 0 where E has no examples.
	Examples int
}

// Limit is 2/λmax, above which gradient descent on the quadratic model diverges;
// +Inf where no direction curves upwards.
func (c Curvature) Limit() float64 {
	if c.Largest <= 0 {
		return math.Inf(1)
	}
	return 2 / c.Largest
}

// drawStart is the purpose of start points, a word of Philox's counter.
const drawStart uint64 = 0x7ace0002

// goodEnough is the share that λmax may be off by.
const goodEnough = 1e-2

// measureCurvature looks at E at w.
func measureCurvature(ctx context.Context, s curvature.Source, w []float64, seed int64, kernelName string, threads int) (Curvature, error) {
	p, err := curvature.New(s, curvature.Machine{Threads: threads, Kernel: kernelName})
	if err != nil {
		return Curvature{}, err
	}
	defer p.Close()
	if err := p.Move(w); err != nil {
		return Curvature{}, err
	}
	o := curvature.NewLanczos()
	o.Smallest, o.Tolerance, o.Seed = 0, goodEnough, seed
	o.Rounding = p.Rounding()
	e, err := curvature.Extremes(ctx, p.HVP, p.Size(), o)
	if nan := (*curvature.NotFinite)(nil); errors.As(err, &nan) {
		return Curvature{}, errors.New("a product with the Hessian at the first weights is NaN")
	}
	if err != nil {
		return Curvature{}, err
	}
	λ := e.Largest[0]
	c := Curvature{Largest: λ.Value, Residual: λ.Error / math.Max(math.Abs(λ.Value), math.SmallestNonzeroFloat64)}
	along, _, err := p.AlongGradient(ctx)
	c.Quadratic = along.Quadratic
	return c, err
}
