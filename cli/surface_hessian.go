package cli

import (
	"context"
	"fmt"
	"math"

	"github.com/godescent/descent/curvature"
	"github.com/godescent/descent/surface"
)

// hessianProducts is the most products with the Hessian that its two largest
// eigenvectors may take.
const hessianProducts = 60

// hessianPlane takes the Hessian's eigenvectors of the two largest eigenvalues, each as far as
// the quadratic model says that E rises by twice its own size, or by 0.1 if it is small.
func (a *app) hessianPlane(ctx context.Context, v *field, p *surface.Plane, s *landscape, f surfaceFlags) error {
	e, err := v.Loss(ctx, v.at)
	if err != nil {
		return err
	}
	o := curvature.NewLanczos()
	o.Largest, o.Smallest, o.Products, o.Vectors, o.Tolerance, o.Seed = 2, 0, hessianProducts, true, 1e-3, f.seed
	o.Progress = a.ticker("product with the Hessian", f.quiet)
	ends, err := curvature.Extremes(ctx, v.Probe.HVP, v.Probe.Size(), o)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		return failed(err)
	}
	if len(ends.Largest) < 2 {
		return failed(fmt.Errorf("--directions: the Hessian gave %d eigenvectors and a plane wants two; take random", len(ends.Largest)))
	}
	rise := math.Max(2*e, 0.1)
	length := 0.0
	for _, x := range v.at[:v.Probe.Size()] {
		length += x * x
	}
	for k, to := range []*[]float64{&p.A, &p.B} {
		r := ends.Largest[k]
		*to = append(append([]float64(nil), r.Vector...), make([]float64, len(v.at)-len(r.Vector))...)
		far := math.Min(math.Sqrt(2*rise/math.Max(math.Abs(r.Value), 1e-12)), math.Sqrt(length))
		s.spans[2*k], s.spans[2*k+1] = -far, far
	}
	first, second := ends.Largest[0], ends.Largest[1]
	s.x = fmt.Sprintf("distance along eigenvector 1 (λ = %.3g)", first.Value)
	s.y = fmt.Sprintf("distance along eigenvector 2 (λ = %.3g)", second.Value)
	s.notes = append(s.notes, fmt.Sprintf("the Hessian's largest eigenvalues at the trained weights, %.4g ± %.1g and %.4g ± %.1g, in %d products",
		first.Value, first.Residual, second.Value, second.Residual, ends.Products))
	return nil
}
