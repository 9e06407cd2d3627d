package kernel

import "math"

// A product in bf16 reads its operands rounded to 8 significant bits, so with a
// relative error of at most 2^−8 each, and adds in float32. Against the exact product of
// the operands as they came, with K terms, it is
//
//	|C − AB| ≤ (2^−7 + 2^−16 + 2K·2^−24)·Σ|a||b| + (Σ|a| + Σ|b| + 2K)·2^−126
//
// where nothing overflows and K is below 2^16: both operands, the additions, and what is
// lost below the normal range. A sum that starts with C adds 2K·2^−24·|C|.

// bf16KC is how many k the emulation rounds at once.
const bf16KC = 256

// RoundBF16 is x rounded to bf16, the float32 numbers whose 16 low bits are 0: to
// the nearest, of two equally near ones to that with an even last bit. As the
// processors have it, a subnormal x is a zero of its sign, whatever it is near to;
// what rounds past the largest number, (2 − 2^−7)·2^127, is infinite; NaN
// keeps its high bits and is quiet.
func RoundBF16(x float32) float32 {
	b := math.Float32bits(x)
	e := b & 0x7f800000
	if e == 0x7f800000 && b&0x007fffff != 0 {
		return math.Float32frombits(b&0xffff0000 | 0x00400000)
	}
	r := (b + 0x7fff + b>>16&1) & 0xffff0000
	small := uint32(int32(e-1) >> 31) // all ones if e is 0; zeros are too frequent, and too little foreseen, for a branch
	return math.Float32frombits(r &^ (small >> 1))
}

// BF16 is the bf16 product of the table and the scratch that it needs for a
// shape: GemmBF16, or without one F32.Gemm on operands that were rounded before.
func (t *Table) BF16() (product func(*GemmArgs[float32]), work func(m, n, k int) int) {
	if t.GemmBF16 != nil {
		return t.GemmBF16, t.GemmBF16Work
	}
	product = func(g *GemmArgs[float32]) { emulateBF16(t, g) }
	work = func(m, n, k int) int {
		if m <= 0 || n <= 0 || k <= 0 {
			return 0
		}
		kc := min(k, bf16KC)
		return line((m+n)*kc) + max(t.GemmWork(m, n, kc), t.GemmWork(m, n, k%kc))
	}
	return product, work
}

// BF16On says by what BF16 multiplies: GemmBF16Name, or "emulated".
func (t *Table) BF16On() string {
	if t.GemmBF16 != nil {
		return t.GemmBF16Name
	}
	return "emulated"
}

// BF16Tile is the register tile of BF16's product, at whose multiples it is best split.
func (t *Table) BF16Tile() (mr, nr int) {
	if t.GemmBF16 != nil {
		return t.GemmBF16MR, t.GemmBF16NR
	}
	return t.GemmMR, t.GemmNR
}

// line rounds up to whole lines of 64 bytes.
func line(n int) int { return (n + 15) &^ 15 }

// emulateBF16 rounds a block of k after the other and multiplies it into C: an
// element stays one chain of fma over k ascending, on rounded operands.
func emulateBF16(t *Table, g *GemmArgs[float32]) {
	if g.M <= 0 || g.N <= 0 || g.K <= 0 {
		t.F32.Gemm(g)
		return
	}
	whole := *g // g itself describes the parts: another one would be allocated
	defer func() { *g = whole }()
	kc := min(g.K, bf16KC)
	a, b := g.Work[:g.M*kc], g.Work[g.M*kc:][:g.N*kc]
	g.A, g.B, g.Work = a, b, g.Work[line((g.M+g.N)*kc):]
	for p := 0; p < whole.K; p += kc {
		g.K = min(kc, whole.K-p)
		g.ARow, g.ACol = roundMatrix(t.RoundBF16, a, whole.A[p*step(whole.ACol, whole.K):], g.M, g.K, whole.ARow, whole.ACol)
		g.BRow, g.BCol = roundMatrix(t.RoundBF16, b, whole.B[p*step(whole.BRow, whole.K):], g.K, g.N, whole.BRow, whole.BCol)
		g.Accumulate = whole.Accumulate || p > 0
		t.F32.Gemm(g)
	}
}

// step is the stride of an axis of n; of one element it means nothing.
func step(stride, n int) int {
	if n == 1 {
		return 0
	}
	return stride
}

// roundMatrix is: dst(i, j) = RoundBF16(src(i, j)), with dst laid out like src but
// without gaps, and returns its strides.
func roundMatrix(round func(dst, x []float32), dst, src []float32, rows, cols, row, col int) (int, int) {
	if col == 1 || cols == 1 {
		for i := range rows {
			round(dst[i*cols:][:cols], src[i*step(row, rows):][:cols])
		}
		return cols, 1
	}
	for j := range cols {
		round(dst[j*rows:][:rows], src[j*col:][:rows])
	}
	return 1, rows
}

// roundRow is Table.RoundBF16.
func roundRow(dst, src []float32) {
	src = src[:len(dst)]
	for i, x := range src {
		dst[i] = RoundBF16(x)
	}
}
