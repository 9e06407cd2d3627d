package onnx_test

import (
	"bytes"
	"fmt"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/onnx"
	"github.com/godescent/descent/tensor"
)

// Any expression can be written: this one is a straight line through the examples.
func ExampleWrite() {
	line := func(batch int) (*onnx.Function, error) {
		g := graph.New()
		x := g.Input("x", tensor.Float32, batch, 2)
		slope, offset := g.Input("slope", tensor.Float32, 2, 1), g.Input("offset", tensor.Float32, 1)
		return &onnx.Function{
			Inputs:  []onnx.Port{{Name: "x", Value: x}},
			Outputs: []onnx.Port{{Name: "y", Value: x.MatMul(slope).Add(offset)}},
			Constants: []onnx.Constant{
				{Name: "slope", Value: slope, Array: tensor.From([]float32{1, 2}, 2, 1)},
				{Name: "offset", Value: offset, Array: tensor.From([]float32{3}, 1)},
			},
		}, g.Err()
	}
	var b bytes.Buffer
	if err := onnx.Write(&b, line, onnx.Options{Name: "line"}); err != nil {
		fmt.Println(err)
		return
	}
	f, err := onnx.Read(b.Bytes())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Inputs, f.Operators, f.Outputs)
	for _, c := range f.Constants {
		fmt.Println(c.Name, c.Array.Shape(), c.Array.Float64s())
	}
	// Output:
	// [x] [Shape MatMul Add Identity] [y]
	// slope [2 1] [1 2]
	// offset [1] [3]
}
