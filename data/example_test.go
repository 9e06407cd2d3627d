package data_test

import (
	"fmt"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/tensor"
)

// A normalisation is fitted on the training part alone and serves every other.
func ExampleFit() {
	x := tensor.From([]float64{
		1, 10,
		3, 30,
		5, 500,
	}, 3, 2)
	n, err := data.Fit(x, []int32{0, 1}, data.Standardise, data.PerFeature) // rows 0 and 1 train
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("shift", n.Shift, "scale", n.Scale)
	y := tensor.New(tensor.Float64, 3, 2)
	if err := n.Apply(y, x, nil); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(y.Float64s())
	// Output:
	// shift [2 20] scale [1 0.1]
	// [-1 -1 1 1 3 48]
}

// Every class has the same share of each part.
func ExampleSplitStratified() {
	labels := []int32{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1}
	parts, err := data.SplitStratified(labels, 1, data.Fractions{Train: 0.75, Test: 0.25})
	if err != nil {
		fmt.Println(err)
		return
	}
	ones := func(rows []int32) (n int) {
		for _, r := range rows {
			n += int(labels[r])
		}
		return n
	}
	fmt.Printf("train %d, of them %d ones; test %d, of them %d\n", len(parts.Train), ones(parts.Train), len(parts.Test), ones(parts.Test))
	// Output: train 9, of them 3 ones; test 3, of them 1
}
