package initial

import (
	"fmt"
	"math"

	"github.com/godescent/descent/weights"
)

// Constant fills with one number.
type Constant struct{ Value float64 }

// NewConstant is w = c.
func NewConstant(c float64) *Constant { return &Constant{c} }

// NewZeros is w = 0: for biases and shifts. A matrix of zeros never leaves the
// symmetry of its units.
func NewZeros() *Constant { return &Constant{} }

// Fill implements weights.Initializer.
func (c *Constant) Fill(_ weights.View, _ int64, out []float64) error {
	if math.IsNaN(c.Value) || math.IsInf(c.Value, 0) {
		return fmt.Errorf("the constant %v is not a finite number", c.Value)
	}
	for i := range out {
		out[i] = c.Value
	}
	return nil
}

var _ weights.Initializer = (*Constant)(nil)
