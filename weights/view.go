package weights

import (
	"fmt"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// View is a named part of w: elements Offset to Offset+Size−1, read row-major
// under a shape.
type View struct {
	Name   string // the layer's path and the weight's own name: "2.linear.weight"
	Shape  tensor.Shape
	Offset int // in elements, from the start of w
	Role   Role
	// FanIn is the number of inputs that one output of the linear map adds up,
	// FanOut the number of outputs that one input reaches; 0 where that means nothing.
	FanIn, FanOut int
	Init          Initializer // the first value; nil is zeros
}

// Size is the number of elements.
func (v View) Size() int { return v.Shape.Size() }

// Of is the view's part of a vector laid out as w is, [W] → [Size].
func (v View) Of(w graph.Value) graph.Value { return w.Slice(0, v.Offset, v.Offset+v.Size()) }

func (v View) String() string { return fmt.Sprintf("%s %v at %d", v.Name, v.Shape, v.Offset) }

// Initializer gives a weight its first value.
type Initializer interface {
	// Fill writes v's elements, row-major; out is v.Size() long. The result is
	// a function of (seed, v) alone, never of the order of calls. Its error
	// says what about v does not suit it.
	Fill(v View, seed int64, out []float64) error
}
