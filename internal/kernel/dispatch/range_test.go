package dispatch

import (
	"flag"
	"math"
	"testing"

	"github.com/godescent/descent/internal/kernel"
)

var long = flag.Bool("long", false, "compare the float32 functions on all 2^32 operands (minutes for each)")

// TestUnaryOverRange compares every function of one operand with the portable
// one over the whole float32 range: each 8,209th number, or all with -long.
func TestUnaryOverRange(t *testing.T) {
	step := uint64(8209)
	if *long {
		step = 1
	}
	portable := kernel.Portable()
	for _, name := range Names() {
		if name == "generic" {
			continue // it is the judge
		}
		table, err := Pick(name)
		if err != nil {
			t.Fatal(err)
		}
		for op := range table.F32.Unary {
			compareRange(t, name, op, step, table.F32.Unary[op], portable.F32.Unary[op])
		}
	}
}

func compareRange(t *testing.T, name string, op int, step uint64, f, p func(dst, x []float32)) {
	var x, got, want [4096]float32
	for u := uint64(0); u < 1<<32; {
		n := 0
		for ; n < len(x) && u < 1<<32; n++ {
			x[n] = math.Float32frombits(uint32(u))
			u += step
		}
		f(got[:n], x[:n])
		p(want[:n], x[:n])
		for i := range n {
			if !same(got[i], want[i]) {
				t.Fatalf("%s, unary %d of %v (%#x): %v, portable has %v", name, op, x[i], math.Float32bits(x[i]), got[i], want[i])
			}
		}
	}
}
