package spec

import (
	"fmt"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/loss"
)

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

// Poisson is loss.Poisson.
type Poisson struct{}

// Loss implements Loss.
func (*Poisson) Loss() loss.Loss { return loss.NewPoisson() }

// Suits implements Loss.
func (*Poisson) Suits(classes bool) bool { return !classes }

// checkCounts refuses targets that cannot be counts, or counts divided by an exposure, of a
// set whose first row is one more than before, which is -1 where nobody knows.
func checkCounts(set *data.Set, before int) error {
	width := set.Y.Size() / max(1, set.Len())
	for i := range set.Y.Size() {
		t := set.Y.At(i)
		if t >= 0 {
			continue
		}
		row := ""
		if before >= 0 {
			row = fmt.Sprintf("row %d: ", before+i/width+1)
		}
		return fmt.Errorf("%s: %sthe target %v is no count; loss poisson wants numbers from 0 on", set.Name, row, t)
	}
	return nil
}

// counts checks all targets, wherever they are.
func (b *builder) counts() error {
	for _, set := range []*data.Set{b.ex.Train, b.ex.Validation, b.ex.Test} {
		if set == nil {
			continue
		}
		if err := checkCounts(set, 0); err != nil {
			return err
		}
	}
	for _, src := range b.sources() {
		seen := 0
		for block, err := range (*src).Blocks(256) {
			if err == nil {
				err = checkCounts(block, seen)
			}
			if err != nil {
				return err
			}
			seen += block.Len()
		}
	}
	return nil
}

// Gaussian is loss.Gaussian.
type Gaussian struct{}

// Loss implements Loss.
func (*Gaussian) Loss() loss.Loss { return loss.NewGaussian() }

// Suits implements Loss.
func (*Gaussian) Suits(classes bool) bool { return !classes }
