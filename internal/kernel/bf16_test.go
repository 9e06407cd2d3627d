package kernel

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// The cases follow from the format: 8 exponent bits as float32, 7 fraction bits.
func TestRoundBF16(t *testing.T) {
	for _, c := range []struct {
		what      string
		x, nearer uint32
	}{
		{"zero", 0x00000000, 0x00000000},
		{"minus zero", 0x80000000, 0x80000000},
		{"one", 0x3f800000, 0x3f800000},
		{"below half of the last bit", 0x3f807fff, 0x3f800000},
		{"half of it, the last bit even", 0x3f808000, 0x3f800000},
		{"above half of it", 0x3f808001, 0x3f810000},
		{"half of it, the last bit odd", 0x3f818000, 0x3f820000},
		{"negative, half of it, odd", 0xbf818000, 0xbf820000},
		{"negative, half of it, even", 0xbf808000, 0xbf800000},
		{"a carry into the exponent", 0x3fff8000, 0x40000000},
		{"the largest bf16", 0x7f7f0000, 0x7f7f0000},
		{"just within it", 0x7f7f7fff, 0x7f7f0000},
		{"just past it", 0x7f7f8000, 0x7f800000},
		{"the largest float32", 0x7f7fffff, 0x7f800000},
		{"the least float32", 0xff7fffff, 0xff800000},
		{"infinity", 0x7f800000, 0x7f800000},
		{"minus infinity", 0xff800000, 0xff800000},
		{"a quiet NaN", 0x7fc12345, 0x7fc10000},
		{"a signaling NaN", 0x7fa00001, 0x7fe00000},
		{"a NaN of low bits alone", 0xff800001, 0xffc00000},
		{"the least normal", 0x00800000, 0x00800000},
		{"the largest subnormal, although near to it", 0x007fffff, 0x00000000},
		{"the least subnormal", 0x00000001, 0x00000000},
		{"a negative subnormal", 0x80400000, 0x80000000},
	} {
		if got := math.Float32bits(RoundBF16(math.Float32frombits(c.x))); got != c.nearer {
			t.Errorf("%s: %#08x becomes %#08x, want %#08x", c.what, c.x, got, c.nearer)
		}
	}
}

// No bf16 number is nearer than the one chosen, and its relative error is 2^−8 at most.
func TestRoundBF16IsNearest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.Uint32Range(0x00800000, 0x7f7effff).Draw(t, "bits")
		x := math.Float32frombits(b)
		got := RoundBF16(x)
		low, high := math.Float32frombits(b&0xffff0000), math.Float32frombits(b&0xffff0000+0x10000)
		off := math.Abs(float64(got) - float64(x))
		if got != low && got != high || off > float64(x)-float64(low) || off > float64(high)-float64(x) {
			t.Fatalf("%g becomes %g, between %g and %g", x, got, low, high)
		}
		if off > 0x1p-8*float64(x) {
			t.Fatalf("%g becomes %g, off by %g of it", x, got, off/float64(x))
		}
		if -RoundBF16(-x) != got {
			t.Fatalf("-%g becomes %g, want %g", x, RoundBF16(-x), -got)
		}
	})
}
