package kernel

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// TestPhiloxKnownAnswers has the three philox4x32 10 lines of the file
// kat_vectors of Random123, the authors' own implementation.
func TestPhiloxKnownAnswers(t *testing.T) {
	const ones = 0xffffffff
	for _, c := range []struct {
		counter [4]uint32
		key     [2]uint32
		want    [4]uint32
	}{
		{want: [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{[4]uint32{ones, ones, ones, ones}, [2]uint32{ones, ones}, [4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{[4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, [2]uint32{0xa4093822, 0x299f31d0},
			[4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	} {
		var got [4]uint32
		got[0], got[1], got[2], got[3] = philox(c.counter[0], c.counter[1], c.counter[2], c.counter[3], c.key[0], c.key[1])
		if got != c.want {
			t.Errorf("counter %08x key %08x: %08x, published %08x", c.counter, c.key, got, c.want)
		}
	}
}

// TestPhiloxMapping checks the documented counter and key on the third known answer.
func TestPhiloxMapping(t *testing.T) {
	const step, key = 0x03707344_13198a2e, 0x299f31d0_a4093822
	block := uint64(0x05a308d3_243f6a88)
	if block*4 > math.MaxInt {
		t.Skip("an int of this processor does not reach the block")
	}
	w0, w1, w2, w3 := philox(0x243f6a88, 0x05a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0)
	var got [6]uint32
	PhiloxWords(got[:], key, step, int(block*4)) // wraps neither int nor the counter
	if [4]uint32(got[:4]) != [4]uint32{w0, w1, w2, w3} {
		t.Errorf("words %08x, want %08x %08x %08x %08x", got[:4], w0, w1, w2, w3)
	}
}

// streams are the routines that make random numbers, seen as float64.
var streams = map[string]func(dst []float64, key, step uint64, start int){
	"uniform32": widened(uniform32),
	"uniform64": uniform64,
	"normal32":  widened(normal32),
	"normal64":  normal64,
	"words": func(dst []float64, key, step uint64, start int) {
		w := make([]uint32, len(dst))
		PhiloxWords(w, key, step, start)
		for i := range w {
			dst[i] = float64(w[i])
		}
	},
}

func widened(f func(dst []float32, key, step uint64, start int)) func(dst []float64, key, step uint64, start int) {
	return func(dst []float64, key, step uint64, start int) {
		x := make([]float32, len(dst))
		f(x, key, step, start)
		cast(dst, x)
	}
}

// TestStreamsDoNotDependOnTheStart fills [0, n) at once and in pieces.
func TestStreamsDoNotDependOnTheStart(t *testing.T) {
	for name, f := range streams {
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			n := rapid.IntRange(0, 1200).Draw(t, "n")
			from := rapid.IntRange(0, min(1<<40, math.MaxInt-1<<20)).Draw(t, "from")
			key, step := rapid.Uint64().Draw(t, "key"), rapid.Uint64().Draw(t, "step")
			whole, pieces := make([]float64, n), make([]float64, n)
			f(whole, key, step, from)
			for i := 0; i < n; {
				k := rapid.IntRange(1, n-i).Draw(t, "piece")
				f(pieces[i:i+k], key, step, from+i)
				i += k
			}
			for i := range whole {
				if math.Float64bits(whole[i]) != math.Float64bits(pieces[i]) {
					t.Fatalf("element %d of %d: %v at once, %v in pieces", i, n, whole[i], pieces[i])
				}
			}
		}))
	}
}

// TestUniform counts 2^20 draws in 256 equal bins: χ² with 255 degrees of
// freedom stays within five standard deviations, 255 ± 5·√510, and values within [0, 1).
func TestUniform(t *testing.T) {
	for _, name := range []string{"uniform32", "uniform64"} {
		const n, bins = 1 << 20, 256
		x := make([]float64, n)
		streams[name](x, 42, 7, 0)
		var count [bins]float64
		for _, v := range x {
			if !(v >= 0 && v < 1) {
				t.Fatalf("%s: %v is outside [0, 1)", name, v)
			}
			count[int(v*bins)]++
		}
		chi := 0.0
		for _, c := range count {
			chi += (c - n/bins) * (c - n/bins) / (n / bins)
		}
		if math.Abs(chi-255) > 5*math.Sqrt(510) {
			t.Errorf("%s: χ² = %.1f for 255 degrees of freedom", name, chi)
		}
	}
}

func BenchmarkUniform(b *testing.B) {
	x, y := make([]float32, Block), make([]float64, Block)
	b.Run("32", func(b *testing.B) {
		for b.Loop() {
			uniform32(x, 1, 2, 3)
		}
		perElement(b, Block)
	})
	b.Run("64", func(b *testing.B) {
		for b.Loop() {
			uniform64(y, 1, 2, 3)
		}
		perElement(b, Block)
	})
}
