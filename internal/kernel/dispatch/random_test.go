package dispatch

import (
	"math/rand/v2"
	"testing"

	"github.com/godescent/descent/internal/kernel"
)

func TestRandomEqualsPortable(t *testing.T) { everyTable(t, testRandom[float32], testRandom[float64]) }

func testRandom[T kernel.Float](t *testing.T, _ *kernel.Table, ops, portable *kernel.Ops[T]) {
	rng := rand.New(rand.NewPCG(11, 12))
	r := newRegion(t, 1<<17)
	check := func(name string, n, start int, f, p func(dst []T, key, step uint64, start int)) {
		dst, want := take[T](r, n, rng.IntN(2) == 0, rng.IntN(16)), make([]T, n)
		key, step := rng.Uint64(), rng.Uint64()
		f(dst, key, step, start)
		p(want, key, step, start)
		for i := range want {
			if !same(dst[i], want[i]) {
				t.Fatalf("%s element %d of stream (%#x, %#x): %v, portable has %v", name, start+i, key, step, dst[i], want[i])
			}
		}
		if !r.intact() {
			t.Fatalf("%s of %d elements from %d on wrote outside of dst", name, n, start)
		}
	}
	for _, n := range lengths() {
		if n > 1<<13 {
			n = 1<<13 - 5
		}
		for _, start := range []int{0, 1 + rng.IntN(40), 1<<34 - n/2, 1<<60 + rng.IntN(1000)} {
			check("uniform", n, start, ops.Uniform, portable.Uniform)
			check("normal", n, start, ops.Normal, portable.Normal)
		}
	}
}
