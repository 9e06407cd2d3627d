package loss

import "github.com/godescent/descent/graph"

// Predictor is a Loss whose outputs are not the targets that are expected as they stand.
type Predictor interface {
	Loss
	// Outputs is how many outputs K targets want.
	Outputs(targets int) int
	// Predict is what outputs [..., Outputs(K)] expect of the targets: their mean [..., K] and, of a
	// loss whose outputs tell it, their standard deviation; else that is the zero Value.
	Predict(output graph.Value) (mean, deviation graph.Value)
}

var (
	_ Predictor = (*Poisson)(nil)
	_ Predictor = (*Gaussian)(nil)
)

// Outputs is how many outputs K numbers to predict want from a network with this loss.
func Outputs(l Loss, targets int) int {
	if p, ok := l.(Predictor); ok {
		return p.Outputs(targets)
	}
	return targets
}

// Predict is [Predictor.Predict], with the outputs themselves as the mean of any other loss.
func Predict(l Loss, output graph.Value) (mean, deviation graph.Value) {
	if p, ok := l.(Predictor); ok {
		return p.Predict(output)
	}
	return output, graph.Value{}
}
