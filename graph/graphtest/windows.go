package graphtest

import (
	"math"

	"pgregory.net/rapid"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// windowCases are the primitives that slide over the two middle axes.
func windowCases() []Case {
	return []Case{
		{"conv", drawConv},
		{"conv kernel", drawConvKernel},
		{"flip kernel", drawFlipKernel},
		{"pool index", drawPoolIndex},
		{"pool take", drawPoolTake},
		{"pool put", drawPoolPut},
		{"window sum", drawWindowSum},
		{"window spread", drawWindowSpread},
	}
}

// convolution is a drawn convolution with its shapes.
type convolution struct {
	graph.Conv
	x, k, y tensor.Shape
}

func newConvolution(t *rapid.T) convolution {
	c := convolution{Conv: graph.NewConv(), x: tensor.Of(Int(t, "batch", 0, 2), 1, 1, 1), k: tensor.Of(1, 1, 1, 1)}
	c.Groups = Int(t, "groups", 1, 2)
	c.k[2], c.k[3] = Int(t, "channels", 1, 2), Int(t, "outputs", 1, 2)*c.Groups
	c.x[3] = c.k[2] * c.Groups
	c.y = tensor.Of(c.x[0], 0, 0, c.k[3])
	for a := range 2 {
		c.x[1+a], c.k[a] = Int(t, "size", 1, 3), Int(t, "kernel", 1, 3-a)
		c.Stride[a], c.Dilation[a], c.Spread[a] = Int(t, "stride", 1, 2), Int(t, "dilation", 1, 2), Int(t, "spread", 1, 2)
		c.Lo[a], c.Hi[a] = Int(t, "before", -1, 2), Int(t, "behind", -1, 1)
		room := func() int { return (c.x[1+a]-1)*c.Spread[a] + 1 + c.Lo[a] + c.Hi[a] }
		span := (c.k[a]-1)*c.Dilation[a] + 1
		c.Hi[a] += max(0, span-room())
		c.y[1+a] = (room()-span)/c.Stride[a] + 1
	}
	return c
}

// each gives yield every product of the definition: of x's element at xi and
// k's at ki, which belongs to y's at yi.
func (c *convolution) each(yield func(xi, ki, yi []int)) {
	Make(c.y, func(yi []int) float64 {
		Make(c.k[:3], func(ki []int) float64 {
			g := yi[3] / (c.k[3] / c.Groups)
			xi := []int{yi[0], 0, 0, g*c.k[2] + ki[2]}
			for a := range 2 {
				at := yi[1+a]*c.Stride[a] + ki[a]*c.Dilation[a] - c.Lo[a]
				xi[1+a] = at / c.Spread[a]
				if at < 0 || at%c.Spread[a] != 0 || xi[1+a] >= c.x[1+a] {
					return 0
				}
			}
			yield(xi, []int{ki[0], ki[1], ki[2], yi[3]}, yi)
			return 0
		})
		return 0
	})
}

func drawConv(t *rapid.T) Trial {
	c := newConvolution(t)
	return Trial{
		In:    []Operand{Varied(Numbers(t, c.x, -2, 2)), Varied(Numbers(t, c.k, -2, 2))},
		Apply: func(_ *graph.Graph, x []graph.Value) graph.Value { return x[0].Conv(x[1], c.Conv) },
		Value: func(x []Dense) Dense {
			y := Make(c.y, func([]int) float64 { return 0 })
			c.each(func(xi, ki, yi []int) { *y.at(yi) += x[0].At(xi...) * x[1].At(ki...) })
			return y
		},
	}
}

func drawConvKernel(t *rapid.T) Trial {
	c := newConvolution(t)
	return Trial{
		In: []Operand{Varied(Numbers(t, c.x, -2, 2)), Varied(Numbers(t, c.y, -2, 2))},
		Apply: func(g *graph.Graph, x []graph.Value) graph.Value {
			return g.Apply(graph.ConvKernel{Conv: c.Conv, Size: [2]int{c.k[0], c.k[1]}}, x...)
		},
		Value: func(x []Dense) Dense {
			k := Make(c.k, func([]int) float64 { return 0 })
			c.each(func(xi, ki, yi []int) { *k.at(ki) += x[0].At(xi...) * x[1].At(yi...) })
			return k
		},
	}
}

// at is where the element at an index is.
func (d Dense) at(i []int) *float64 {
	n := 0
	for a, x := range i {
		n = n*d.Shape[a] + x
	}
	return &d.V[n]
}

func drawFlipKernel(t *rapid.T) Trial {
	g, o := Int(t, "groups", 1, 3), Int(t, "outputs", 1, 2)
	k := tensor.Of(Int(t, "height", 1, 2), Int(t, "width", 1, 2), Int(t, "channels", 1, 2), g*o)
	return Trial{
		In:    []Operand{Any(t, k)},
		Apply: func(_ *graph.Graph, x []graph.Value) graph.Value { return x[0].FlipKernel(g) },
		Value: func(x []Dense) Dense {
			return Make(tensor.Of(k[0], k[1], o, g*k[2]), func(i []int) float64 {
				return x[0].At(k[0]-1-i[0], k[1]-1-i[1], i[3]%k[2], i[3]/k[2]*o+i[2])
			})
		},
	}
}

// pool is a drawn window with its shapes.
type pool struct {
	graph.Window
	x, y tensor.Shape
}

func newPool(t *rapid.T) pool {
	p := pool{x: tensor.Of(Int(t, "batch", 0, 2), 1, 1, Int(t, "channels", 1, 2))}
	p.y = p.x.Clone()
	for a := range 2 {
		size := Int(t, "window", 1, 3)
		p.Size[a], p.Stride[a] = size, Int(t, "stride", 1, 3)
		p.Lo[a], p.Hi[a] = Int(t, "before", 0, size-1), Int(t, "behind", 0, size-1)
		p.x[1+a] = Int(t, "size", max(1, size-p.Lo[a]-p.Hi[a]), 3)
		p.y[1+a] = (p.x[1+a]+p.Lo[a]+p.Hi[a]-size)/p.Stride[a] + 1
	}
	return p
}

// each gives yield every tap of every window that lies within x.
func (p *pool) each(yield func(xi []int, tap float64, yi []int)) {
	Make(p.y, func(yi []int) float64 {
		for i := range p.Size[0] {
			for j := range p.Size[1] {
				xi := []int{yi[0], yi[1]*p.Stride[0] + i - p.Lo[0], yi[2]*p.Stride[1] + j - p.Lo[1], yi[3]}
				if xi[1] >= 0 && xi[1] < p.x[1] && xi[2] >= 0 && xi[2] < p.x[2] {
					yield(xi, float64(i*p.Size[1]+j), yi)
				}
			}
		}
		return 0
	})
}

// index is which tap holds the largest number of each window, the first of equal ones.
func (p *pool) index(x Dense) Dense {
	best := Make(p.y, func([]int) float64 { return math.Inf(-1) })
	index := Make(p.y, func([]int) float64 { return -1 })
	p.each(func(xi []int, tap float64, yi []int) {
		if v := x.At(xi...); v > *best.at(yi) {
			*best.at(yi), *index.at(yi) = v, tap
		}
	})
	return index
}

func drawPoolIndex(t *rapid.T) Trial {
	p := newPool(t)
	return Trial{ // few numbers, so that several are the largest
		In: []Operand{Varied(Whole(t, p.x, 0, 3))},
		Apply: func(g *graph.Graph, x []graph.Value) graph.Value {
			return g.Apply(graph.PoolIndex{Window: p.Window}, x[0])
		},
		Value: func(x []Dense) Dense { return p.index(x[0]) },
		Flat:  true,
	}
}

func drawPoolTake(t *rapid.T) Trial {
	p := newPool(t)
	return Trial{
		In:    []Operand{Varied(Distinct(t, p.x))},
		Apply: func(_ *graph.Graph, x []graph.Value) graph.Value { return x[0].MaxPool(p.Window) },
		Value: func(x []Dense) Dense {
			index := p.index(x[0])
			y := Make(p.y, func([]int) float64 { return 0 })
			p.each(func(xi []int, tap float64, yi []int) {
				if *index.at(yi) == tap {
					*y.at(yi) = x[0].At(xi...)
				}
			})
			return y
		},
	}
}

func drawPoolPut(t *rapid.T) Trial {
	p := newPool(t)
	var from = Distinct(t, p.x) // the index is that of a pool over it
	index := p.index(from)
	return Trial{
		In: []Operand{Varied(Numbers(t, p.y, -2, 2)), Fixed(tensor.Float64, from)},
		Apply: func(g *graph.Graph, x []graph.Value) graph.Value {
			at := g.Apply(graph.PoolIndex{Window: p.Window}, x[1].Cast(x[0].DType()))
			return g.Apply(graph.PoolPut{Window: p.Window, To: [2]int{p.x[1], p.x[2]}}, x[0], at)
		},
		Value: func(x []Dense) Dense {
			out := Make(p.x, func([]int) float64 { return 0 })
			p.each(func(xi []int, tap float64, yi []int) {
				if *index.at(yi) == tap {
					*out.at(xi) += x[0].At(yi...)
				}
			})
			return out
		},
	}
}

func drawWindowSum(t *rapid.T) Trial {
	p := newPool(t)
	return Trial{
		In: []Operand{Varied(Numbers(t, p.x, -2, 2))},
		Apply: func(g *graph.Graph, x []graph.Value) graph.Value {
			return g.Apply(graph.WindowSum{Window: p.Window}, x[0])
		},
		Value: func(x []Dense) Dense {
			y := Make(p.y, func([]int) float64 { return 0 })
			p.each(func(xi []int, _ float64, yi []int) { *y.at(yi) += x[0].At(xi...) })
			return y
		},
	}
}

func drawWindowSpread(t *rapid.T) Trial {
	p := newPool(t)
	return Trial{
		In: []Operand{Varied(Numbers(t, p.y, -2, 2))},
		Apply: func(g *graph.Graph, x []graph.Value) graph.Value {
			return g.Apply(graph.WindowSpread{Window: p.Window, To: [2]int{p.x[1], p.x[2]}}, x[0])
		},
		Value: func(x []Dense) Dense {
			out := Make(p.x, func([]int) float64 { return 0 })
			p.each(func(xi []int, _ float64, yi []int) { *out.at(xi) += x[0].At(yi...) })
			return out
		},
	}
}
