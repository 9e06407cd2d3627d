package augment_test

import (
	"fmt"
	"log"

	"github.com/godescent/descent/data/augment"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// A training step takes its batch through Take where it would gather it, and a
// measurement through Centre: the set in memory, the index of the batch, the seed
// and the step are inputs that it has anyway.
func Example() {
	g := graph.New()
	x := g.Input("data/x", tensor.Uint8, 1000, 28, 28, 1) // the set: x.Reshape(...) if its examples are flat
	index := g.Input("batch", tensor.Int32, 64)
	seed, step := g.Input("seed", tensor.Int64), g.Input("step", tensor.Float64)

	a := &augment.Images{Height: 24, Width: 24, Pad: 2, Mirror: true}
	train := a.Take(x, index, seed, step, tensor.Float32) // [64 24 24 1], to be normalised next
	measure := a.Centre(x, index, tensor.Float32)
	if err := g.Err(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(train.Type(), measure.Type())
	// Output:
	// float32[64 24 24 1] float32[64 24 24 1]
}
