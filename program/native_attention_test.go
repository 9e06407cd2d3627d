package program

import (
	"math"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// TestNativeAttention: the softmax of masked scores, rows inside of squares inside of
// heads, gives the bits of the table's routines for every length of a row.
func TestNativeAttention(t *testing.T) {
	pools := []*Pool{NewPool(1), NewPool(2)}
	defer pools[0].Close()
	defer pools[1].Close()
	for _, table := range nativeTables(t) {
		for _, n := range []int{1, 2, 3, 5, 6, 7, 8, 9, 15, 16, 17, 24, 33, 64, 256, 257} {
			for _, heads := range []int{1, 2, 5} {
				g := graph.New()
				z := g.Input("z", tensor.Float32, heads, n, n)
				asks, asked := g.Iota(tensor.Float32, 0, n, n), g.Iota(tensor.Float32, 1, n, n)
				mask := graph.Where(asked.LessEqual(asks), g.Full(0, tensor.Float32), g.Full(math.Inf(-1), tensor.Float32))
				s := z.Scale(0.7).Add(mask)
				e := s.Sub(s.MaxOver(-1).Reshape(heads, n, 1)).Exp()
				p := e.Div(e.Sum(-1).Reshape(heads, n, 1))
				pr := compile(t, g, Spec{Outputs: []graph.Value{p, e.Sum(-1), s.MaxOver(-1)}})
				for _, pool := range pools {
					made, plain := pr.NewInstance(pool, table), pr.NewInstance(pool, table)
					plain.Interpret(true)
					for _, in := range []*Instance{made, plain} {
						for i := range z.Size() {
							in.Input(z).SetAt(i, float64((i*31)%97-48)/16)
						}
						if err := in.Step(); err != nil {
							t.Fatal(err)
						}
					}
					for _, v := range []graph.Value{p, e.Sum(-1), s.MaxOver(-1)} {
						if at, ok := differ(made.Output(v), plain.Output(v)); !ok {
							t.Errorf("%s, %d threads, rows of %d, %d heads: %v differs at %d: %v, interpreted %v", table.Name, pool.Threads(), n, heads, v, at,
								made.Output(v).At(at), plain.Output(v).At(at))
						}
					}
				}
			}
		}
	}
}
