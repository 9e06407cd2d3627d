package program

import (
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// TestEffort counts by hand what instructions must do.
func TestEffort(t *testing.T) {
	type want struct {
		flops float64
		bytes int
	}
	g := graph.New()
	x, w := g.Input("x", tensor.Float32, 8, 64), g.Input("w", tensor.Float32, 1000)
	bytes := g.Input("bytes", tensor.Uint8, 500, 64)
	rows := g.Input("rows", tensor.Int32, 8)
	image, filter := g.Input("image", tensor.Float32, 2, 6, 6, 3), g.Input("filter", tensor.Float32, 3, 3, 3, 5)
	weight := w.Slice(0, 10, 330).Reshape(64, 5) // in the middle of w
	for _, c := range []struct {
		name string
		y    graph.Value
		want []want
	}{
		{"product with a part of w", x.MatMul(weight), []want{{2 * 8 * 64 * 5, 4 * (8*64 + 64*5 + 8*5)}}},
		{"transposed product", x.MatMul(x.Transpose(1, 0)), []want{{2 * 8 * 64 * 8, 4 * (2*8*64 + 8*8)}}},
		{"convolution", image.Conv(filter, graph.NewConv()), []want{{2 * 2 * 4 * 4 * 5 * 27, 4 * (2*36*3 + 27*5 + 2*16*5)}}},
		{"loop over a broadcast", x.Mul(w.Slice(0, 0, 64)), []want{{0, 4 * (8*64 + 64 + 8*64)}}},
		{"rows taken", bytes.Gather(rows), []want{{0, 2*8*64 + 4*8}}},
		{"parts in their place", graph.Concat(0, x.Tanh(), x.Neg()), []want{{0, 4 * 3 * 8 * 64}, {0, 0}}},
		{"gathered bytes", bytes.Gather(rows).Cast(tensor.Float32).Scale(0.5), []want{{0, 8*64 + 4*8*64}}},
	} {
		p := compile(t, g, Spec{Outputs: []graph.Value{c.y}})
		var got []want
		for _, m := range p.instrs {
			f, b := m.effort(p)
			got = append(got, want{f, b})
		}
		if len(got) != len(c.want) || got[0] != c.want[0] {
			t.Errorf("%s: %v, want %v\n%v", c.name, got, c.want, p)
		}
	}
}
