package kernel

import (
	"flag"
	"fmt"
	"math"
	"runtime"
	"sync"
	"testing"
)

var long = flag.Bool("long", false, "check functions of float32 on all 2^32 arguments")

// functions32 has each float32 function with its float64 reference, good to
// far below an ulp of float32, and the largest error that the doc comments state.
var functions32 = []struct {
	name  string
	f     func(float32) float32
	exact func(float64) float64
	ulps  float64
}{
	{"exp", exp32, math.Exp, 1.02},
	{"expm1", expm1of32, math.Expm1, 1.47},
	{"log", log32, math.Log, 0.94},
	{"log1p", log1p32, math.Log1p, 1.55},
	{"tanh", tanh32, math.Tanh, 1.93},
	{"sigmoid", sigmoid32, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, 2.41},
	{"erf", erf32, math.Erf, 1.05},
	{"sin", sinOf32, math.Sin, 1.56},
	{"cos", cosOf32, math.Cos, 1.56},
	{"cbrt", cbrt32, math.Cbrt, 0.54},
}

// ulps32 is the distance of got from want in units of the last place that a
// float32 near want has, counting overflow as 2^128. It is +Inf where only one of
// the two is NaN or infinite, and where signs differ at an exact zero.
func ulps32(got float32, want float64) float64 {
	g := float64(got)
	switch {
	case g != g && want != want:
		return 0
	case g != g || want != want:
		return math.Inf(1)
	case want == 0 || math.IsInf(want, 0):
		if g != want || math.Signbit(g) != math.Signbit(want) {
			return math.Inf(1)
		}
		return 0
	}
	g, want = max(min(g, 0x1p128), -0x1p128), max(min(want, 0x1p128), -0x1p128)
	_, e := math.Frexp(want)
	return math.Abs(g-want) / math.Ldexp(1, max(min(e, 128)-24, -149))
}

func TestFunctions32(t *testing.T) {
	stride := uint64(10007)
	if *long {
		stride = 1
	}
	for _, c := range functions32 {
		workers := runtime.GOMAXPROCS(0)
		worst, at := make([]float64, workers), make([]float32, workers)
		var wait sync.WaitGroup
		for w := range workers {
			wait.Add(1)
			go func() {
				defer wait.Done()
				for i := uint64(w) * stride; i < 1<<32; i += uint64(workers) * stride {
					x := math.Float32frombits(uint32(i))
					if e := ulps32(c.f(x), c.exact(float64(x))); e > worst[w] {
						worst[w], at[w] = e, x
					}
				}
			}()
		}
		wait.Wait()
		for w := range workers {
			if worst[w] > worst[0] {
				worst[0], at[0] = worst[w], at[w]
			}
		}
		report := fmt.Sprintf("%s: largest error %.4f ulp, at %g: %g, exactly %g", c.name, worst[0], at[0], c.f(at[0]), c.exact(float64(at[0])))
		if worst[0] > c.ulps {
			t.Errorf("%s; at most %g stated", report, c.ulps)
		} else if *long || testing.Verbose() {
			t.Log(report)
		}
	}
}
