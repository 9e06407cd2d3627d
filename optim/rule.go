package optim

import "github.com/godescent/descent/graph"

// Rule is an optimizer. Update returns Δw, of w's type and shape, for
//
//	w(τ) = w(τ−1) + Δw(τ−1)
//
// A Rule is a pointer to a struct whose hyper-parameters are tagged fields; a
// rule around a rule holds it in an exported field with a part tag, and calls
// s.Update with it.
type Rule interface {
	Update(s *Step) graph.Value
}

// Transform changes a direction d, of w's type and shape: a gradient before
// the rule sees it, or a rule's Δw. It is a pointer to a struct as a Rule is.
type Transform interface {
	Apply(s *Step, d graph.Value) graph.Value
}

// made is embedded in the shipped rules and transforms. Their constructors set
// it, so that a bare Adam{}, whose zeros nobody chose, is told from an Adam
// whose fields were set to zero on purpose.
type made struct{ ok bool }

func (m made) isMade() bool { return m.ok }
