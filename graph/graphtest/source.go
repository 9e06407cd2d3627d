package graphtest

import (
	"math"
	"math/bits"

	"pgregory.net/rapid"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

func drawInput(t *rapid.T) Trial {
	return Trial{
		In:    []Operand{Any(t, Shape(t, 0, 4))},
		Apply: func(_ *graph.Graph, x []graph.Value) graph.Value { return x[0] },
		Value: func(x []Dense) Dense { return x[0] },
	}
}

func drawConst(t *rapid.T) Trial {
	c := rapid.SampledFrom([]float64{0, 1, -0.5, 3, math.Inf(1), math.NaN()}).Draw(t, "number")
	return Trial{
		In:    []Operand{Varied(Numbers(t, Shape(t, 0, 2), -2, 2))}, // does not matter
		Apply: func(g *graph.Graph, _ []graph.Value) graph.Value { return g.Const(c) },
		Value: func([]Dense) Dense { return Make(tensor.Of(), func([]int) float64 { return c }) },
		Flat:  true,
	}
}

func drawIota(t *rapid.T) Trial {
	d := rapid.SampledFrom([]tensor.DType{tensor.Uint8, tensor.Int32, tensor.Int64, tensor.Float32, tensor.Float64}).Draw(t, "type")
	s := Shape(t, 1, 4)
	a, name := axisOf(t, s)
	return Trial{
		In:    []Operand{Varied(Numbers(t, tensor.Of(2), -2, 2))}, // does not matter
		Apply: func(g *graph.Graph, _ []graph.Value) graph.Value { return g.Iota(d, name, s...) },
		Value: func([]Dense) Dense { return Make(s, func(i []int) float64 { return float64(i[a]) }) },
	}
}

// drawRandom computes the numbers by Philox4x32-10 as the paper writes it.
func drawRandom(t *rapid.T) Trial {
	d := rapid.SampledFrom([]tensor.DType{tensor.Float32, tensor.Float64}).Draw(t, "type")
	dist := rapid.SampledFrom([]graph.Distribution{graph.Uniform, graph.Normal, graph.Signs}).Draw(t, "distribution")
	stream := rapid.SampledFrom([]string{"", "layer/1", "layer/2"}).Draw(t, "stream")
	s := Shape(t, 0, 4)
	seed := Int(t, "seed", -1000, 1000)
	tau := Int(t, "step", 0, min(1<<40, math.MaxInt))
	number := func(v int) Dense { return Make(tensor.Of(), func([]int) float64 { return float64(v) }) }
	return Trial{
		In: []Operand{Fixed(tensor.Int64, number(seed)), Fixed(tensor.Float64, number(tau)), Varied(Numbers(t, tensor.Of(2), -2, 2))},
		Apply: func(g *graph.Graph, x []graph.Value) graph.Value {
			return g.Random(dist, stream, x[0], x[1], d, s...)
		},
		Value: func([]Dense) Dense {
			key := graph.Random{Stream: stream}.Key(int64(seed))
			n := 0
			return Make(s, func([]int) float64 {
				n++
				switch dist {
				case graph.Uniform:
					return uniform(d, key, uint64(tau), n-1)
				case graph.Signs: // a bit for each
					if word(key, uint64(tau), (n-1)/32)>>((n-1)%32)&1 == 1 {
						return -1
					}
					return 1
				}
				return normal(d, key, uint64(tau), n-1)
			})
		},
		Flat: true,
	}
}

// word is word w of the stream (key, step): the paper's ten rounds, figure 4.
func word(key, step uint64, w int) uint32 {
	block := uint64(w / 4)
	c := [4]uint32{uint32(block), uint32(block >> 32), uint32(step), uint32(step >> 32)}
	k := [2]uint32{uint32(key), uint32(key >> 32)}
	for range 10 {
		hi0, lo0 := bits.Mul32(0xD2511F53, c[0])
		hi1, lo1 := bits.Mul32(0xCD9E8D57, c[2])
		c = [4]uint32{hi1 ^ c[1] ^ k[0], lo1, hi0 ^ c[3] ^ k[1], lo0}
		k[0] += 0x9E3779B9
		k[1] += 0xBB67AE85
	}
	return c[w%4]
}

// long is number i of the stream's 64-bit words, low word first, its 53 high bits.
func long(key, step uint64, i int) float64 {
	return float64((uint64(word(key, step, 2*i+1))<<32 | uint64(word(key, step, 2*i))) >> 11)
}

func uniform(d tensor.DType, key, step uint64, i int) float64 {
	if d == tensor.Float32 {
		return float64(word(key, step, i)>>8) / (1 << 24)
	}
	return long(key, step, i) / (1 << 53)
}

// normal is Box and Muller's pair: the radius of the even word, the angle of the
// odd one, the cosine first.
func normal(d tensor.DType, key, step uint64, i int) float64 {
	even := i &^ 1
	u, turn := (long(key, step, even)+0.5)/(1<<53), long(key, step, even+1)/(1<<53)
	if d == tensor.Float32 { // the radius is of a float32's digits, so that near 1 it matters how u is rounded
		w := float64(float32(word(key, step, even)))
		u, turn = float64(float32((w+0.5)/(1<<32))), float64(word(key, step, even+1))/(1<<32)
	}
	radius := math.Sqrt(-2 * math.Log(u))
	if i%2 == 0 {
		return radius * math.Cos(2*math.Pi*turn)
	}
	return radius * math.Sin(2*math.Pi*turn)
}
