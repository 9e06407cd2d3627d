package spec

import "github.com/godescent/descent/loss"

// CrossEntropy is loss.CrossEntropy.
type CrossEntropy struct {
	Smoothing float64 `spec:"label_smoothing" range:"[0,1)" doc:"share of the target that is spread over all classes"`
}

// Loss implements Loss.
func (l *CrossEntropy) Loss() loss.Loss {
	e := loss.NewCrossEntropy()
	e.Smoothing = l.Smoothing
	return e
}

// Suits implements Loss.
func (*CrossEntropy) Suits(classes bool) bool { return classes }

// BinaryCrossEntropy is loss.BinaryCrossEntropy.
type BinaryCrossEntropy struct{}

// Loss implements Loss.
func (*BinaryCrossEntropy) Loss() loss.Loss { return loss.NewBinaryCrossEntropy() }

// Suits implements Loss.
func (*BinaryCrossEntropy) Suits(classes bool) bool { return classes }

// SquaredError is loss.SquaredError.
type SquaredError struct{}

// Loss implements Loss.
func (*SquaredError) Loss() loss.Loss { return loss.NewSquaredError() }

// Suits implements Loss.
func (*SquaredError) Suits(classes bool) bool { return !classes }

// AbsoluteError is loss.AbsoluteError.
type AbsoluteError struct{}

// Loss implements Loss.
func (*AbsoluteError) Loss() loss.Loss { return loss.NewAbsoluteError() }

// Suits implements Loss.
func (*AbsoluteError) Suits(classes bool) bool { return !classes }

// Huber is loss.Huber.
type Huber struct {
	Delta float64 `spec:"delta" range:"(0,inf)" doc:"where the square becomes a line, in units of the normalised target"`
}

// NewHuber has δ = 1.
func NewHuber() *Huber { return &Huber{Delta: 1} }

// Loss implements Loss.
func (l *Huber) Loss() loss.Loss {
	h := loss.NewHuber()
	h.Delta = l.Delta
	return h
}

// Suits implements Loss.
func (*Huber) Suits(classes bool) bool { return !classes }
