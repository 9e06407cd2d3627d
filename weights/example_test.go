package weights_test

import (
	"fmt"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/weights"
)

// All weights are one vector; a name is a place in it.
func ExampleLayout() {
	var l weights.Layout
	for _, v := range []weights.View{
		{Name: "linear1.weight", Shape: tensor.Of(3, 2), Role: weights.Weight},
		{Name: "linear1.bias", Shape: tensor.Of(2), Role: weights.Bias},
	} {
		if _, err := l.Add(v); err != nil {
			fmt.Println(err)
			return
		}
	}
	for _, v := range l.Views() {
		fmt.Println(v, v.Role, v.Role.Decays())
	}
	g := graph.New()
	w := g.Input("w", tensor.Float32, l.Size())
	fmt.Println(l.Of(w, "linear1.weight").Type())
	l.Of(w, "linear1.wieght")
	fmt.Println(g.Err().(*graph.Error).Msg)
	// Output:
	// linear1.weight [3 2] at 0 weight true
	// linear1.bias [2] at 6 bias false
	// float32[3 2]
	// there is no weight "linear1.wieght"; did you mean "linear1.weight"?
}
