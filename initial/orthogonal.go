package initial

import (
	"fmt"
	"math"

	"github.com/godescent/descent/weights"
)

// Orthogonal fills a matrix with orthonormal columns, times Gain, or rows if
// it is wider than high; the axes before the last are one. It is drawn evenly
// from all such matrices: the Q of a normal matrix's QR decomposition with a
// positive diagonal of R. Products of many such matrices neither grow nor die.
//
// Saxe, McClelland, Ganguli: Exact Solutions to the Nonlinear Dynamics of
// Learning in Deep Linear Neural Networks, 2014.
type Orthogonal struct{ Gain float64 }

// NewOrthogonal has gain 1; with an activation behind, set its [Gain].
func NewOrthogonal() *Orthogonal { return &Orthogonal{Gain: 1} }

// Fill implements weights.Initializer.
func (o *Orthogonal) Fill(v weights.View, seed int64, out []float64) error {
	if v.Shape.Rank() < 2 {
		return fmt.Errorf("orthogonal columns want a matrix, and this has %d axes", v.Shape.Rank())
	}
	if !(o.Gain > 0) || math.IsInf(o.Gain, 0) {
		return fmt.Errorf("the gain %v is not a positive number", o.Gain)
	}
	cols := v.Shape[v.Shape.Rank()-1]
	rows := len(out) / cols
	// The shorter side's vectors, each laid out without gaps, are made orthonormal.
	n, m := cols, rows
	if cols > rows {
		n, m = rows, cols
	}
	q := make([]float64, n*m)
	normal(v, seed, q, 1)
	orthonormalize(q, n, m)
	for i := range n {
		for j := range m {
			x := o.Gain * q[i*m+j]
			if cols > rows {
				out[i*m+j] = x
			} else {
				out[j*n+i] = x
			}
		}
	}
	return nil
}

// orthonormalize is Gram and Schmidt's process on the n rows of q, m ≥ n long.
// Each row is made orthogonal to those before it twice: once leaves an error
// that grows with the condition of q, twice leaves rounding.
func orthonormalize(q []float64, n, m int) {
	for i := range n {
		row := q[i*m : (i+1)*m]
		for range 2 {
			for j := range i {
				before := q[j*m : (j+1)*m]
				d := dot(row, before)
				for k, b := range before {
					row[k] -= float64(d * b)
				}
			}
		}
		norm := math.Sqrt(dot(row, row))
		for k := range row {
			row[k] /= norm
		}
	}
}

func dot(x, y []float64) float64 {
	s := 0.0
	for i, a := range x {
		s += float64(a * y[i])
	}
	return s
}

var _ weights.Initializer = (*Orthogonal)(nil)
