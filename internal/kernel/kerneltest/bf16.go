package kerneltest

import (
	"math"
	"math/rand/v2"

	"github.com/godescent/descent/internal/kernel"
)

// productsBF16 checks the product in bf16, of the instruction set or emulated, which need not be
// the same bits on two machines: that operands are rounded exactly as
// kernel.RoundBF16 says, that sums are within the error of float32 of the exact one,
// and that cutting a product into rows or columns changes no bit of it.
func productsBF16(table *kernel.Table) []check {
	product, work := table.BF16()
	mr, nr := table.BF16Tile()
	run := func(name string, shapes func(r *rand.Rand, try func(m, n, k int))) check {
		return check{"bf16/gemm/" + name, func(fail failure) {
			r := rand.New(rand.NewPCG(25, 26))
			p := newProduct[float32](r, work)
			defer p.release()
			var j judge
			p.wrong = j.wrong
			shapes(r, func(m, n, k int) { p.try(fail, product, j.multiply, m, n, k) })
		}}
	}
	return []check{
		{"bf16/round", func(fail failure) {
			form := func(t *kernel.Table) routine[float32] {
				return func(dst []float32, x [3][]float32, _ float32) { t.RoundBF16(dst, x[0]) }
			}
			checkLengths(fail, 1, form(table), form(kernel.Portable()))
		}},
		{"bf16/rounding", func(fail failure) { rounding(fail, product, work) }},
		run("tiles", func(r *rand.Rand, try func(m, n, k int)) {
			by := max(1, mr*nr/512) // of a large tile every second shape: each row and each column still has half of them
			for m := range 2*mr + 2 {
				for n := m % by; n < 2*nr+2; n += by {
					try(m, n, r.IntN(12))
				}
			}
		}),
		run("depths", func(r *rand.Rand, try func(m, n, k int)) {
			for k := range 300 {
				try(1+r.IntN(2*mr), 1+r.IntN(2*nr), k)
			}
		}),
		run("small", func(r *rand.Rand, try func(m, n, k int)) {
			for range 300 {
				try(r.IntN(71), r.IntN(71), r.IntN(71))
			}
		}),
		run("large", func(r *rand.Rand, try func(m, n, k int)) {
			for range 6 {
				try(1+r.IntN(200), 1+r.IntN(300), 1+r.IntN(600))
			}
			try(3, 17, 3001)
			try(20, 40, 2500) // several blocks of k
			try(500, 5, 33)
			try(5, 600, 33)
			try(600, 1, 1)
			try(1, 600, 1)
			try(400, 70, 1300) // and of rows
		}),
		{"bf16/gemm/cuts", func(fail failure) { cuts(fail, product, work) }},
		{"bf16/gemm/allocations", func(fail failure) {
			a, scratch := make([]float32, 100*100), aligned[float32](work(100, 100, 100))
			g := &kernel.GemmArgs[float32]{M: 100, N: 100, K: 100, A: a, B: a, C: make([]float32, 100*100), ARow: 100, ACol: 1, BRow: 100, BCol: 1, CRow: 100, Work: scratch}
			noAllocations(fail, func() { product(g) })
		}},
	}
}

// judge multiplies rounded operands in float64, in which every product of two is exact.
type judge struct {
	bound []float64 // of each element's error; infinite where a sum may overflow
}

// multiply leaves the product in C, and the bound of 2K additions of float32.
func (j *judge) multiply(g *kernel.GemmArgs[float32]) {
	j.bound = make([]float64, len(g.C))
	for i := range g.M {
		for c := range g.N {
			at := i*g.CRow + c
			sum := 0.0
			if g.Accumulate {
				sum = float64(g.C[at])
			}
			size := math.Abs(sum)
			for k := range g.K {
				a, b := kernel.RoundBF16(g.A[i*g.ARow+k*g.ACol]), kernel.RoundBF16(g.B[k*g.BRow+c*g.BCol])
				sum += float64(a) * float64(b)
				size += math.Abs(float64(a) * float64(b))
			}
			n := 2 * float64(g.K+1)
			j.bound[at] = n*0x1p-24*size + n*0x1p-126
			if size > 0x1p127 {
				j.bound[at] = math.Inf(1)
			}
			g.C[at] = float32(sum)
		}
	}
}

func (j *judge) wrong(got, want []float32) int {
	for i, w := range want {
		switch {
		case got[i] == w: // an infinite one among them
		case w != w:
			if got[i] == got[i] {
				return i
			}
		case math.IsInf(j.bound[i], 1):
		case !(math.Abs(float64(got[i])-float64(w)) <= j.bound[i]):
			return i
		}
	}
	return -1
}

// rounding multiplies numbers of all kinds by 1, which leaves them as they were rounded,
// on either side and in either layout.
func rounding(fail failure, product func(*kernel.GemmArgs[float32]), work func(m, n, k int) int) {
	r := rand.New(rand.NewPCG(27, 28))
	const n = 3000
	x := values[float32](r, n)
	for i := range n / 3 { // halves of a last bit, and their neighbours
		x[i] = math.Float32frombits(r.Uint32()&0xffff0000 + 0x7fff + uint32(i%3))
	}
	one, got := []float32{1}, make([]float32, n)
	for _, s := range []struct {
		what string
		g    kernel.GemmArgs[float32]
	}{
		{"A, a row each", kernel.GemmArgs[float32]{M: n, N: 1, A: x, B: one, ARow: 1, ACol: 1, BRow: 1, BCol: 1, CRow: 1}},
		{"A, adjacent", kernel.GemmArgs[float32]{M: n, N: 1, A: x, B: one, ARow: 1, ACol: n, BRow: 1, BCol: 1, CRow: 1}},
		{"B, adjacent", kernel.GemmArgs[float32]{M: 1, N: n, A: one, B: x, ARow: 1, ACol: 1, BRow: n, BCol: 1, CRow: n}},
		{"B, a column each", kernel.GemmArgs[float32]{M: 1, N: n, A: one, B: x, ARow: 1, ACol: 1, BRow: 1, BCol: 1, CRow: n}},
	} {
		g := s.g
		g.K, g.C, g.Work = 1, got, make([]float32, work(g.M, g.N, 1))
		product(&g)
		for i, x := range x {
			want := kernel.RoundBF16(x)
			if want == 0 {
				want = 0 // the sum began with +0
			}
			if !same(got[i], want) {
				fail("%s: %g (%#08x) is read as %g, want %g", s.what, x, math.Float32bits(x), got[i], want)
			}
		}
	}
}

// cuts computes a product at once, and by some of its rows and columns.
func cuts(fail failure, product func(*kernel.GemmArgs[float32]), work func(m, n, k int) int) {
	r := rand.New(rand.NewPCG(29, 30))
	for range 40 {
		m, n, k := 1+r.IntN(120), 1+r.IntN(120), 1+r.IntN(400)
		if r.IntN(8) == 0 {
			k += 2000
		}
		g := kernel.GemmArgs[float32]{M: m, N: n, K: k, A: ordinary[float32](r, m*k), B: ordinary[float32](r, k*n), C: make([]float32, m*n),
			ARow: k, ACol: 1, BRow: n, BCol: 1, CRow: n, Work: make([]float32, work(m, n, k))}
		if r.IntN(2) == 0 {
			g.ARow, g.ACol = 1, m
		}
		if r.IntN(2) == 0 {
			g.BRow, g.BCol = 1, k
		}
		product(&g)
		i, j := r.IntN(m), r.IntN(n)
		part := g
		part.M, part.N = 1+r.IntN(m-i), 1+r.IntN(n-j)
		part.A, part.B, part.CRow = g.A[i*g.ARow:], g.B[j*g.BCol:], part.N
		part.C, part.Work = make([]float32, part.M*part.N), make([]float32, work(part.M, part.N, k))
		product(&part)
		for y := range part.M {
			if x := differ(part.C[y*part.N:][:part.N], g.C[(i+y)*n+j:]); x >= 0 {
				fail("%d×%d×%d: C[%d, %d] = %g, and %g in a product of %d rows and %d columns", m, n, k, i+y, j+x, g.C[(i+y)*n+j+x], part.C[y*part.N+x], part.M, part.N)
			}
		}
	}
}
