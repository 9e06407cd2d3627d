package curvature

import (
	"fmt"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/weights"
)

// Source is an error function E(w): one of w alone, or the mean over so many examples.
type Source struct {
	Size     int             // W
	DType    tensor.DType    // that is computed in
	Layout   *weights.Layout // of w; nil if it has no parts
	Examples []int32         // that E is the mean over; none if E is of w alone
	// Sum says that E adds its examples up instead.
	Sum bool
	// Build makes E of n examples in a graph; n is 0 if there are none.
	Build func(g *graph.Graph, n int) (*Pass, error)
}

// Pass is E on some examples, as a part of a graph.
type Pass struct {
	E func(w graph.Value) graph.Value // rank 0
	// Output is what the network gives at w, [rows, ...], which E is a function of; nil if
	// there is no such thing, and then no Gauss-Newton matrix either.
	Output func(w graph.Value) graph.Value
	Feeds  map[graph.Value]*tensor.Array // the inputs that stay
	Index  graph.Value                   // which examples, int32 [n]
}

// Of is an error function of w alone, such as one of package functions.
func Of(o objective.Objective) Source {
	return Source{
		Size: o.Size(), DType: o.DType(),
		Build: func(*graph.Graph, int) (*Pass, error) { return &Pass{E: o.Loss}, nil },
	}
}

func (s *Source) check() error {
	switch {
	case s.Build == nil:
		return fmt.Errorf("curvature: the source has no Build")
	case s.Size < 1:
		return fmt.Errorf("curvature: E of %d weights has no derivatives", s.Size)
	case !s.DType.IsFloat():
		return fmt.Errorf("curvature: E is computed in float32 or float64, not %v", s.DType)
	case s.Layout != nil && s.Layout.Size() != s.Size:
		return fmt.Errorf("curvature: the layout is of %d weights and E of %d", s.Layout.Size(), s.Size)
	}
	return nil
}
