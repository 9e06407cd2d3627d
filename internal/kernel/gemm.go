package kernel

import "math"

// The portable product's blocking. It decides speed alone: an element of C is
// one chain over all of k, carried from one block of k to the next through C.
const (
	gemmMR = 2
	gemmNR = 4
	gemmKC = 256
	gemmNC = 128
)

// gemmWork is the scratch of one packed block of B, one packed panel of A and
// one tile of C.
func gemmWork(m, n, k int) int {
	if m <= 0 || n <= 0 || k <= 0 {
		return 0
	}
	nc := min(gemmNC, (n+gemmNR-1)/gemmNR*gemmNR)
	return min(k, gemmKC)*(nc+gemmMR) + gemmMR*gemmNR
}

func gemm32(a *GemmArgs[float32]) { gemm(a, tile32) }
func gemm64(a *GemmArgs[float64]) { gemm(a, tile64) }

// gemm walks blocks of C and of k in ascending k, packs the operands so that
// the tile reads them in order, and pads both to whole tiles with zeros, whose
// results are dropped.
func gemm[T Float](g *GemmArgs[T], tile func(c, a, b []T)) {
	if g.M <= 0 || g.N <= 0 {
		return
	}
	if g.K <= 0 {
		if !g.Accumulate {
			for i := range g.M {
				clear(g.C[i*g.CRow:][:g.N])
			}
		}
		return
	}
	kc := min(g.K, gemmKC)
	c, rest := g.Work[:gemmMR*gemmNR], g.Work[gemmMR*gemmNR:]
	pa, pb := rest[:kc*gemmMR], rest[kc*gemmMR:]
	for j0 := 0; j0 < g.N; j0 += gemmNC {
		nc := min(gemmNC, g.N-j0)
		for p0 := 0; p0 < g.K; p0 += gemmKC {
			kc := min(gemmKC, g.K-p0)
			for j := 0; j < nc; j += gemmNR {
				pack4(pb[j*kc:][:kc*gemmNR], g.B[p0*g.BRow+(j0+j)*g.BCol:], kc, min(gemmNR, nc-j), g.BRow, g.BCol)
			}
			for i := 0; i < g.M; i += gemmMR {
				mr := min(gemmMR, g.M-i)
				pack2(pa[:kc*gemmMR], g.A[i*g.ARow+p0*g.ACol:], kc, mr, g.ACol, g.ARow)
				for j := 0; j < nc; j += gemmNR {
					nr := min(gemmNR, nc-j)
					out := g.C[i*g.CRow+j0+j:]
					clear(c)
					if p0 > 0 || g.Accumulate {
						for r := range mr {
							copy(c[r*gemmNR:][:nr], out[r*g.CRow:][:nr])
						}
					}
					tile(c, pa[:kc*gemmMR], pb[j*kc:][:kc*gemmNR])
					for r := range mr {
						copy(out[r*g.CRow:][:nr], c[r*gemmNR:][:nr])
					}
				}
			}
		}
	}
}

// pack2 is: for p := range k { for i := range 2 { dst[2*p+i] = src[p*along+i*across], or 0 from i = n on } }
func pack2[T Float](dst, src []T, k, n, along, across int) {
	if n < 2 {
		for p := range k {
			dst[2*p], dst[2*p+1] = src[p*along], 0
		}
		return
	}
	for p := range k {
		dst[2*p], dst[2*p+1] = src[p*along], src[p*along+across]
	}
}

// pack4 is: for p := range k { for j := range 4 { dst[4*p+j] = src[p*along+j*across], or 0 from j = n on } }
func pack4[T Float](dst, src []T, k, n, along, across int) {
	if n < 4 {
		clear(dst)
		for j := range n {
			for p := range k {
				dst[4*p+j] = src[p*along+j*across]
			}
		}
		return
	}
	for p := range k {
		d, s := dst[4*p:][:4], src[p*along:]
		d[0], d[1], d[2], d[3] = s[0], s[across], s[2*across], s[3*across]
	}
}

// tile32 is: for p := range len(a)/2 { for i := range 2 { for j := range 4 { c[4*i+j] = FMA32(a[2*p+i], b[4*p+j], c[4*i+j]) } } }
func tile32(c, a, b []float32) {
	c = c[:8]
	c00, c01, c02, c03 := float64(c[0]), float64(c[1]), float64(c[2]), float64(c[3])
	c10, c11, c12, c13 := float64(c[4]), float64(c[5]), float64(c[6]), float64(c[7])
	for len(a) >= 2 && len(b) >= 4 {
		x0, x1 := float64(a[0]), float64(a[1])
		y := float64(b[0])
		c00, c10 = fma32(x0, y, c00), fma32(x1, y, c10)
		y = float64(b[1])
		c01, c11 = fma32(x0, y, c01), fma32(x1, y, c11)
		y = float64(b[2])
		c02, c12 = fma32(x0, y, c02), fma32(x1, y, c12)
		y = float64(b[3])
		c03, c13 = fma32(x0, y, c03), fma32(x1, y, c13)
		a, b = a[2:], b[4:]
	}
	c[0], c[1], c[2], c[3] = float32(c00), float32(c01), float32(c02), float32(c03)
	c[4], c[5], c[6], c[7] = float32(c10), float32(c11), float32(c12), float32(c13)
}

// tile64 is: for p := range len(a)/2 { for i := range 2 { for j := range 4 { c[4*i+j] = math.FMA(a[2*p+i], b[4*p+j], c[4*i+j]) } } }
func tile64(c, a, b []float64) {
	c = c[:8]
	c00, c01, c02, c03 := c[0], c[1], c[2], c[3]
	c10, c11, c12, c13 := c[4], c[5], c[6], c[7]
	for len(a) >= 2 && len(b) >= 4 {
		a0, a1 := a[0], a[1]
		y := b[0]
		c00, c10 = math.FMA(a0, y, c00), math.FMA(a1, y, c10)
		y = b[1]
		c01, c11 = math.FMA(a0, y, c01), math.FMA(a1, y, c11)
		y = b[2]
		c02, c12 = math.FMA(a0, y, c02), math.FMA(a1, y, c12)
		y = b[3]
		c03, c13 = math.FMA(a0, y, c03), math.FMA(a1, y, c13)
		a, b = a[2:], b[4:]
	}
	c[0], c[1], c[2], c[3] = c00, c01, c02, c03
	c[4], c[5], c[6], c[7] = c10, c11, c12, c13
}
