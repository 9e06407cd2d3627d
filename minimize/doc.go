// Package minimize holds the methods that decide on the host, between passes over the data, where to look next: a
// [Direction] gives d at w, a [Search] the length α of the step w ← w + αd. They see E, its gradient and its
// second derivatives by a [Probe], in float64; package curvature has one for functions and for networks.
//
//	m, err := minimize.Parse("lbfgs:memory=20")
//	r, err := m.Run(ctx, probe, minimize.Limits{Steps: 100, Gradient: 1e-6}, nil)
//
// A batch that changes between two passes tells these methods nothing true: they are for all of the data, or for
// large batches.
package minimize
