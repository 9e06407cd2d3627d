package amx

import (
	"math"
	"math/big"

	"github.com/godescent/descent/internal/kernel"
)

// define is a product in bf16 by the manual's text of TDPBF16PS (volume 2, Operation): 32 of k
// at a time, missing ones being 0; the even and the odd products are added from 0 on, each by a fused
// multiply-add; the two sums are added, and then to C. Every one of these rounds to nearest
// even; subnormal operands are 0, and so are subnormal results.
func define(g *kernel.GemmArgs[float32], c []float32) {
	a := func(i, k int) float32 {
		if k >= g.K {
			return 0
		}
		return kernel.RoundBF16(g.A[i*g.ARow+k*g.ACol])
	}
	b := func(k, j int) float32 {
		if k >= g.K {
			return 0
		}
		return kernel.RoundBF16(g.B[k*g.BRow+j*g.BCol])
	}
	for i := range g.M {
		for j := range g.N {
			x := float32(0)
			if g.Accumulate {
				x = c[i*g.CRow+j]
			}
			for k0 := 0; k0 < g.K; k0 += 32 {
				var even, odd float32
				for k := k0; k < k0+32; k += 2 {
					even = fused(a(i, k), b(k, j), even)
					odd = fused(a(i, k+1), b(k+1, j), odd)
				}
				x = fused(1, x, fused(1, even, odd))
			}
			c[i*g.CRow+j] = x
		}
	}
}

// fused is x·y + z, with neither subnormal operands nor a subnormal result. The portable
// kernels' is exact where the result is normal; near the end of that range, where they would round
// to fewer digits, all digits are kept.
func fused(x, y, z float32) float32 {
	zero := func(x float32) float32 {
		if math.Abs(float64(x)) < 0x1p-126 {
			return float32(math.Copysign(0, float64(x)))
		}
		return x
	}
	x, y, z = zero(x), zero(y), zero(z)
	r := kernel.FMA32(x, y, z)
	if !(math.Abs(float64(r)) <= 0x1p-125) || r == 0 && (x == 0 || y == 0) {
		return r
	}
	exact := func(v float32) *big.Float { return new(big.Float).SetPrec(2000).SetFloat64(float64(v)) }
	sum := new(big.Float).SetPrec(2000).Mul(exact(x), exact(y))
	sum.Add(sum, exact(z))
	sum.SetPrec(24) // to nearest even
	v, _ := sum.Float64()
	if math.Abs(v) < 0x1p-126 {
		return float32(math.Copysign(0, v))
	}
	return float32(v)
}
