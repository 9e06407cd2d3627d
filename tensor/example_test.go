package tensor_test

import (
	"bytes"
	"fmt"

	"github.com/godescent/descent/tensor"
)

// Weights as Python's safetensors reads them, and back.
func ExampleWriteSafetensors() {
	var b bytes.Buffer
	weights := []tensor.Named{
		{Name: "head.weight", Array: tensor.From([]float32{1, 2, 3, 4}, 2, 2)},
		{Name: "head.bias", Array: tensor.From([]float32{5, 6}, 2)},
	}
	if err := tensor.WriteSafetensors(&b, weights, map[string]string{"trained on": "wine"}); err != nil {
		fmt.Println(err)
		return
	}
	back, meta, err := tensor.ReadSafetensors(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, n := range back {
		fmt.Println(n.Name, n.Array.DType(), n.Array.Shape(), n.Array.Float64s())
	}
	fmt.Println(meta)
	// Output:
	// head.bias float32 [2] [5 6]
	// head.weight float32 [2 2] [1 2 3 4]
	// map[trained on:wine]
}
