// An error function of one's own, without a network or data: where do charges on a sphere
// come to rest (Thomson 1904)? Any differentiable expression of w is an Objective, and has
// its gradient, Hessian and spectrum.
//
//	go run ./examples/objective
package main

import (
	"context"
	"fmt"
	"log"
	"math"
	"math/rand/v2"

	"github.com/godescent/descent/curvature"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// Thomson is the energy of N equal charges at the directions of the rows of w [N, 3]:
//
//	E(w) = Σ_{i<j} 1/‖u_i − u_j‖,   u_i = w_i/‖w_i‖
type Thomson struct{ N int }

// Size implements objective.Objective.
func (t Thomson) Size() int { return 3 * t.N }

// DType implements objective.Objective.
func (Thomson) DType() tensor.DType { return tensor.Float64 }

// Loss implements objective.Objective. As ‖u_i − u_j‖² = 2 − 2u_i·u_j, all pairs are one
// product of matrices; the charges' distances to themselves are made 1 and taken off.
func (t Thomson) Loss(w graph.Value) graph.Value {
	g := w.Graph()
	x := w.Reshape(t.N, 3)
	u := x.Mul(x.Square().Sum(1).Rsqrt().Reshape(t.N, 1)) // [N, 3]
	row, column := g.Iota(tensor.Float64, 0, t.N, t.N), g.Iota(tensor.Float64, 1, t.N, t.N)
	squares := u.MatMul(u.Transpose()).Scale(-2).Plus(2) // [N, N]
	return squares.Add(row.Equal(column)).Rsqrt().SumAll().Plus(-float64(t.N)).Scale(0.5)
}

func main() {
	ctx, e := context.Background(), Thomson{12}
	p, err := curvature.New(curvature.Of(e), curvature.Machine{Threads: 1})
	if err != nil {
		log.Fatal(err)
	}
	defer p.Close()
	rng := rand.New(rand.NewPCG(1, 2))
	w, v, grad := make([]float64, e.Size()), make([]float64, e.Size()), make([]float64, e.Size())
	for i := range w {
		w[i] = rng.NormFloat64()
	}
	// The heavy ball: v ← μv − η∇E(w), w ← w + v.
	for range 2000 {
		if err := p.Move(w); err != nil {
			log.Fatal(err)
		}
		if _, err := p.Gradient(ctx, grad); err != nil {
			log.Fatal(err)
		}
		for i := range w {
			v[i] = 0.9*v[i] - 0.02*grad[i]
			w[i] += v[i]
		}
		for i := 0; i < len(w); i += 3 { // lengths mean nothing: they are 1 again
			n := math.Sqrt(w[i]*w[i] + w[i+1]*w[i+1] + w[i+2]*w[i+2])
			w[i], w[i+1], w[i+2] = w[i]/n, w[i+1]/n, w[i+2]/n
		}
	}
	energy, err := p.Loss(ctx)
	if err != nil {
		log.Fatal(err)
	}
	s, err := p.Spectrum(ctx, false, nil)
	if err != nil {
		log.Fatal(err)
	}
	at := s.Inertia(1e-6)
	fmt.Printf("energy %.6f of 12 charges; the icosahedron has 49.165253\n", energy)
	fmt.Printf("curvature: %d directions up, %d down, %d flat (12 lengths and 3 turns change nothing)\n", at.Positive, at.Negative, at.Zero)
}
