package graphtest

import (
	"math"
	"math/rand/v2"

	"pgregory.net/rapid"

	"github.com/godescent/descent/tensor"
)

// grain is what all drawn numbers and the steps of differences are multiples of:
// sums and products of few of them are exact, even in float32.
const grain = 1.0 / 1024

// maxSize bounds a drawn tensor: differences take a computation an element.
const maxSize = 24

// Int draws a number from lo to hi.
func Int(t *rapid.T, what string, lo, hi int) int { return rapid.IntRange(lo, hi).Draw(t, what) }

// Shape draws a shape of lo to hi axes of 1 to 4 elements, now and then one of
// none, and not many elements in all.
func Shape(t *rapid.T, lo, hi int) tensor.Shape {
	s := tensor.Shape{}
	for range Int(t, "rank", lo, hi) {
		s = append(s, rapid.SampledFrom([]int{2, 1, 3, 4, 2, 3, 1, 2, 3, 0}).Draw(t, "axis"))
	}
	return fit(s)
}

// Filled draws a shape as Shape does, without axes of no elements.
func Filled(t *rapid.T, lo, hi int) tensor.Shape {
	s := Shape(t, lo, hi)
	for a := range s {
		s[a] = max(1, s[a])
	}
	return fit(s)
}

// fit shortens axes until a shape is small.
func fit(s tensor.Shape) tensor.Shape {
	for a := range s {
		if s.Size() > maxSize {
			s[a] = 1
		}
	}
	return s
}

// Part draws a shape that broadcasts to s: some of its leading axes are left
// out, some of the others are 1.
func Part(t *rapid.T, s tensor.Shape) tensor.Shape {
	p := s[Int(t, "left out", 0, len(s)):].Clone()
	for a := range p {
		if Int(t, "kept", 0, 2) == 0 {
			p[a] = 1
		}
	}
	return p
}

// Numbers draws a tensor of numbers from lo to hi.
func Numbers(t *rapid.T, s tensor.Shape, lo, hi float64) Dense {
	rng := source(t)
	return Make(s, func([]int) float64 {
		return math.Round((lo+(hi-lo)*rng.Float64())/grain) * grain
	})
}

// Away draws numbers from −size to size that keep a distance from 0.
func Away(t *rapid.T, s tensor.Shape, distance, size float64) Dense {
	d := Numbers(t, s, distance, size)
	rng := source(t)
	for i := range d.V {
		if rng.IntN(2) == 0 {
			d.V[i] = -d.V[i]
		}
	}
	return d
}

// Distinct draws numbers about 0 of which no two are nearer than 1/16.
func Distinct(t *rapid.T, s tensor.Shape) Dense {
	rng := source(t)
	order := rng.Perm(s.Size())
	n := 0
	return Make(s, func([]int) float64 {
		n++
		return float64(order[n-1]-s.Size()/2)/8 + float64(rng.IntN(64))*grain
	})
}

// Whole draws whole numbers from lo to hi.
func Whole(t *rapid.T, s tensor.Shape, lo, hi int) Dense {
	rng := source(t)
	return Make(s, func([]int) float64 { return float64(lo + rng.IntN(hi-lo+1)) })
}

func source(t *rapid.T) *rand.Rand {
	return rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "numbers"), 0))
}

// Varied is an operand that derivatives are with respect to.
func Varied(d Dense) Operand { return Operand{Dense: d} }

// Fixed is an operand of a certain type, without a derivative.
func Fixed(t tensor.DType, d Dense) Operand { return Operand{t, d} }

// Any draws an operand for a primitive that only moves numbers: mostly floats,
// sometimes of a whole type.
func Any(t *rapid.T, s tensor.Shape) Operand {
	kind := rapid.SampledFrom([]tensor.DType{tensor.Invalid, tensor.Invalid, tensor.Invalid, tensor.Int32, tensor.Uint8, tensor.Int64}).Draw(t, "type")
	return AnyOf(t, kind, s)
}

// AnyOf draws an operand of a type; Invalid is the suite's float type.
func AnyOf(t *rapid.T, kind tensor.DType, s tensor.Shape) Operand {
	if kind == tensor.Invalid {
		return Varied(Numbers(t, s, -2, 2))
	}
	return Fixed(kind, Whole(t, s, 0, 99))
}
