package curvature

import (
	"context"
	"fmt"
	"math"

	"github.com/godescent/descent/internal/dense"
	"github.com/godescent/descent/internal/kernel"
)

// The purposes of random numbers, a word of Philox's counter each.
const (
	drawLanczos uint64 = 0xc0740001 + iota
	drawDensity
	drawTrace
	drawSketch
	drawDiagonal
	drawStart
	drawSampling
)

// Normal fills v with independent standard normal numbers, a function of seed, purpose and index.
func normal(v []float64, seed int64, purpose uint64, index int) {
	kernel.Portable().F64.Normal(v, uint64(seed), purpose+uint64(index)<<32, 0)
}

// signs fills v with independent numbers that are 1 or −1 (Rademacher).
func signs(v []float64, seed int64, purpose uint64, index int) {
	kernel.Portable().F64.Uniform(v, uint64(seed), purpose+uint64(index)<<32, 0)
	for i, x := range v {
		v[i] = 1
		if x < 0.5 {
			v[i] = -1
		}
	}
}

// Progress is told how many of how many products are done; nil is told nothing.
type Progress func(done, most int)

func (f Progress) tell(done, most int) {
	if f != nil {
		f(done, most)
	}
}

// Lanczos says how the ends of a spectrum are searched.
type Lanczos struct {
	Largest, Smallest int     // how many eigenvalues from each end
	Products          int     // the most products
	Tolerance         float64 // an eigenvalue's error, as a share of it, that ends the search
	Seed              int64   // of the first vector
	Start             []float64
	Vectors           bool
	// Rounding is the relative error of a product, which no eigenvalue can be known better than;
	// 0 is that of float64.
	Rounding float64
	Progress Progress
}

// NewLanczos finds the largest and the smallest eigenvalue to 1e-4 in at most 60 products.
func NewLanczos() Lanczos {
	return Lanczos{Largest: 1, Smallest: 1, Products: 60, Tolerance: 1e-4, Seed: 1}
}

// Ritz is an eigenvalue as Lanczos's method found it.
type Ritz struct {
	Value float64
	// Residual is ‖Av − λv‖ for the unit vector that it was found with: an eigenvalue of A lies
	// that near to it, whatever else is unknown.
	Residual float64
	// Error is the error to be expected: the residual, or its square over the distance to the
	// nearest other Ritz value, which is smaller once these are well apart (Parlett: The
	// Symmetric Eigenvalue Problem, §11.7). It trusts that no eigenvalue was missed.
	Error  float64
	Vector []float64 // of length 1; nil unless asked for
}

// Ends is both ends of a spectrum.
type Ends struct {
	Largest  []Ritz // the largest first
	Smallest []Ritz // the smallest first
	Products int
	Done     bool // every one that was asked for is within the tolerance, or exact
}

// Extremes finds eigenvalues at the ends of the n by n operator A's spectrum: Lanczos's method,
// every new vector made orthogonal to all before twice over. It keeps one
// vector for each product. When ctx ends it gives what it has, with ctx's error.
func Extremes(ctx context.Context, a Operator, n int, o Lanczos) (*Ends, error) {
	if o.Products < 1 || o.Largest < 0 || o.Smallest < 0 || o.Largest+o.Smallest == 0 {
		return nil, fmt.Errorf("curvature: %d and %d eigenvalues in %d products; want at least one in at least one", o.Largest, o.Smallest, o.Products)
	}
	k := newKrylov(a, n)
	first := o.Start
	if first == nil {
		first = make([]float64, n)
		normal(first, o.Seed, drawLanczos, 0)
	}
	if err := k.begin(first); err != nil {
		return nil, err
	}
	most := min(o.Products, n)
	out := &Ends{}
	for k.steps() < most {
		err := k.step(ctx)
		if err != nil {
			if ctx.Err() == nil || k.steps() == 0 {
				return nil, err
			}
			return out, err
		}
		o.Progress.tell(k.steps(), most)
		last := k.steps() == most || k.closed
		if !last && k.steps() < o.Largest+o.Smallest || !last && k.steps()%2 > 0 && k.steps() > 8 {
			continue
		}
		e, err := tridiagonal(k.alpha, k.beta)
		if err != nil {
			return nil, err
		}
		out.Products = k.steps()
		out.Largest, out.Smallest = k.ends(e, o)
		if out.Done = k.closed || k.steps() == n || out.within(o.Tolerance); out.Done {
			break
		}
		if k.closed {
			break
		}
	}
	return out, nil
}

func (e *Ends) within(tolerance float64) bool {
	for _, all := range [][]Ritz{e.Largest, e.Smallest} {
		for _, r := range all {
			if !(r.Error <= tolerance*math.Abs(r.Value)) {
				return false
			}
		}
	}
	return true
}

// trusted is the number of Ritz values from which on the gaps between them are believed.
const trusted = 8

// ends reads the ends of a decomposition.
func (k *krylov) ends(e *Eigen, o Lanczos) (largest, smallest []Ritz) {
	m := len(e.Values)
	read := func(i int) Ritz {
		r := Ritz{Value: e.Values[i], Residual: math.Abs(k.beta[m-1] * e.Vectors[i][m-1])}
		if k.closed {
			r.Residual = 0
		}
		floor := max(0x1p-52, o.Rounding) * k.size
		r.Residual = max(r.Residual, floor)
		gap := math.Inf(1)
		if i > 0 {
			gap = e.Values[i] - e.Values[i-1]
		}
		if i < m-1 {
			gap = min(gap, e.Values[i+1]-e.Values[i])
		}
		r.Error = r.Residual
		if m >= trusted && gap > 2*r.Residual { // fewer values tell little of the gaps
			r.Error = max(r.Residual*r.Residual/(gap-r.Residual), floor)
		}
		if o.Vectors {
			r.Vector = make([]float64, k.n)
			for j, s := range e.Vectors[i] {
				dense.AddTo(r.Vector, k.q[j], s)
			}
			dense.Scale(r.Vector, 1/dense.Norm(r.Vector))
		}
		return r
	}
	for i := range min(o.Largest, m) {
		largest = append(largest, read(m-1-i))
	}
	for i := range min(o.Smallest, m) {
		smallest = append(smallest, read(i))
	}
	return largest, smallest
}

// krylov is AQ = QT + βqeᵀ with orthonormal rows of q and T tridiagonal.
type krylov struct {
	a           Operator
	n           int
	q           [][]float64
	alpha, beta []float64
	next        []float64 // the coming row of q
	size        float64   // of A, as far as it is known
	closed      bool      // the vectors span a space that A does not leave
}

func newKrylov(a Operator, n int) *krylov { return &krylov{a: a, n: n} }

func (k *krylov) steps() int { return len(k.alpha) }

func (k *krylov) begin(v []float64) error {
	if len(v) != k.n {
		return fmt.Errorf("curvature: a first vector of %d numbers for a matrix of %d rows", len(v), k.n)
	}
	size := dense.Norm(v)
	if !(size > 0) || math.IsInf(size, 0) {
		return fmt.Errorf("curvature: the first vector's length is %v", size)
	}
	k.next = make([]float64, k.n)
	dense.AddTo(k.next, v, 1/size)
	return nil
}

// NotFinite is the error of a product with NaN or infinities in it.
type NotFinite struct{ Products int }

func (e *NotFinite) Error() string {
	return fmt.Sprintf("product %d with the second derivatives is not finite: E has none at this point", e.Products)
}

func (k *krylov) step(ctx context.Context) error {
	w := make([]float64, k.n)
	if err := k.a(ctx, w, k.next); err != nil {
		return err
	}
	k.q = append(k.q, k.next)
	alpha := dense.Dot(w, k.next)
	size := dense.Norm(w)
	if math.IsNaN(size) || math.IsInf(size, 0) || math.IsNaN(alpha) {
		k.q = k.q[:len(k.q)-1]
		return &NotFinite{len(k.q) + 1}
	}
	k.size = max(k.size, size)
	for range 2 {
		for _, q := range k.q {
			dense.AddTo(w, q, -dense.Dot(w, q))
		}
	}
	beta := dense.Norm(w)
	k.alpha, k.beta = append(k.alpha, alpha), append(k.beta, beta)
	if beta <= 0x1p-48*k.size || len(k.q) == k.n {
		k.closed = true
		return nil
	}
	dense.Scale(w, 1/beta)
	k.next = w
	return nil
}
