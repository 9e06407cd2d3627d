package kernel

// Block is the number of elements that a tile holds and that one block of a
// reduction covers. It is part of the numeric definition: never a machine's.
const Block = 256

// Lanes is the number of virtual lanes of a reduction. Lane l of a block adds
// x[l], x[l+16], x[l+32], ... in that order; then lanes l and l+8 are
// combined, l and l+4, l and l+2, l and l+1. It is part of the numeric
// definition: never a machine's.
const Lanes = 16

// Float is the set of element types the routines exist for.
type Float interface{ float32 | float64 }

// Unary names an elementwise routine of one operand.
type Unary uint8

// The elementwise routines of one operand.
const (
	Neg     Unary = iota
	Abs           // |x|
	Sign          // -1, 0 or 1; NaN stays NaN, and ±0 stays ±0
	Sqrt          // correctly rounded
	Exp           // e^x
	Expm1         // e^x − 1
	Log           // ln x
	Log1p         // ln(1+x)
	Tanh          //
	Sigmoid       // 1/(1+e^−x)
	Erf           //
	Sin           //
	Cos           //
	Floor         //
	Rsqrt         // 1/√x by two correctly rounded operations
	Cbrt          // ∛x
	UnaryCount
)

// Binary names an elementwise routine of two operands.
type Binary uint8

// The elementwise routines of two operands. Comparisons yield 0 or 1.
const (
	Add Binary = iota
	Sub
	Mul
	Div
	Max // NaN if either is NaN; Max(−0, +0) = Max(+0, −0) = +0
	Min // NaN if either is NaN; Min(−0, +0) = Min(+0, −0) = −0
	Pow // x^y, as math.Pow's special cases say; x^½ is √x, correctly rounded
	Eq
	Ne
	Lt
	Le
	BinaryCount
)

// Reduce names a reduction.
type Reduce uint8

// The reductions. Sum starts every lane at +0, Max at −Inf, Min at +Inf.
const (
	ReduceSum Reduce = iota
	ReduceMax
	ReduceMin
	ReduceCount
)

// Ops is the set of routines for one element type. Slices of one call have
// one length unless the comment says otherwise, any length including 0 and
// any alignment to the element; dst may be exactly the same slice as an
// operand, but must not overlap one otherwise. No operation is ever contracted:
// x*y+z is two roundings.
type Ops[T Float] struct {
	Unary    [UnaryCount]func(dst, x []T)
	Binary   [BinaryCount]func(dst, x, y []T)
	BinaryVS [BinaryCount]func(dst, x []T, s T) // y is the scalar s
	BinarySV [BinaryCount]func(dst []T, s T, y []T)

	// Where is: for i := range dst { if c[i] != 0 { dst[i] = x[i] } else { dst[i] = y[i] } }
	Where func(dst, c, x, y []T)
	// Fill is: for i := range dst { dst[i] = s }
	Fill func(dst []T, s T)

	// Reduce combines one block, len(x) <= Block, over Lanes virtual lanes.
	Reduce [ReduceCount]func(x []T) T
	// Dot is Reduce[ReduceSum] of the products x[i]*y[i], each rounded before it is added.
	Dot func(x, y []T) T

	// Gemm is the matrix product, see GemmArgs.
	Gemm func(a *GemmArgs[T])

	// Transpose is: for i := range rows { for j := range cols { dst[j*ldd+i] = src[i*lds+j] } }
	Transpose func(dst, src []T, rows, cols, ldd, lds int)

	// Uniform writes elements start, start+1, ... of the Philox stream (key, step) as numbers in
	// [0, 1), start ≥ 0. Element i is the 24 high bits of word i times 2^−24 (float32), or the 53
	// high bits of words 2i (low) and 2i+1 (high) times 2^−53 (float64); see PhiloxWords.
	Uniform func(dst []T, key, step uint64, start int)
	// Normal writes elements start, start+1, ... of the stream as standard normal numbers.
	// Elements 2j and 2j+1 are Box and Muller's cosine and sine of the words that uniform
	// elements 2j and 2j+1 are made of, so element i is a function of (key, step, i) alone.
	Normal func(dst []T, key, step uint64, start int)
	// Signs writes elements start, start+1, ... of the stream as −1 or 1, one bit each: element
	// i is −1 where bit i mod 32 of word ⌊i/32⌋ is set.
	Signs func(dst []T, key, step uint64, start int)
}

// GemmArgs describes C = A·B, or C = C + A·B, for A [M, K] and B [K, N] read
// through strides, so that every transposition is a choice of strides:
// A(i, p) = A[i*ARow + p*ACol], B(p, j) = B[p*BRow + j*BCol], C(i, j) = C[i*CRow + j].
// One of ARow, ACol is 1, and one of BRow, BCol (or that axis has length 1).
//
// Each element of C is one chain, k ascending, whatever the blocking:
//
//	acc := 0 (or C(i, j) if Accumulate)
//	for p := range K { acc = fma(A(i, p), B(p, j), acc) }
//	C(i, j) = acc
type GemmArgs[T Float] struct {
	M, N, K    int
	A, B, C    []T
	ARow, ACol int
	BRow, BCol int
	CRow       int
	Accumulate bool
	Work       []T // scratch for packing, at least Table.GemmWork(M, N, K) long, 64-byte aligned
}

// Table is one instruction set's routines.
type Table struct {
	Name string // "generic", "avx2", "avx512", "amx", "neon"
	F32  Ops[float32]
	F64  Ops[float64]
	// GemmWork is the number of elements of scratch that Gemm needs for a product of this
	// shape, and for any rows of it or columns cut at multiples of GemmNR.
	GemmWork func(m, n, k int) int
	// GemmMR and GemmNR are the register tile: a product is best split between
	// threads at multiples of them.
	GemmMR, GemmNR int

	// RoundBF16 is: for i := range dst { dst[i] = RoundBF16(x[i]) }
	RoundBF16 func(dst, x []float32)
	// GemmBF16 is Gemm on operands rounded to bf16, each as RoundBF16 does, with sums in
	// float32. It is outside the promise of equal bits: how many products an
	// instruction adds before it rounds is the machine's, and subnormal products and
	// sums may become 0. But an element is a function of its row of A, its column
	// of B and K alone: no other part of a shape, no split of M or N, changes its bits.
	// Nil is a machine without: Table.BF16 then rounds first and multiplies by F32.Gemm. An
	// instruction set with tile registers sets it, with conversion in its packing.
	GemmBF16 func(a *GemmArgs[float32])
	// GemmBF16Work is what GemmWork is to Gemm, and GemmBF16MR and GemmBF16NR what GemmMR and
	// GemmNR are; GemmBF16Name says by what it multiplies. They are set when GemmBF16 is.
	GemmBF16Work           func(m, n, k int) int
	GemmBF16MR, GemmBF16NR int
	GemmBF16Name           string // "amx", "avx512-bf16"

	// CastF32F64, CastF64F32, CastU8F32 and CastI32F32 convert elementwise, rounding to nearest even.
	CastF32F64 func(dst []float64, x []float32)
	CastF64F32 func(dst []float32, x []float64)
	CastU8F32  func(dst []float32, x []uint8)
	CastI32F32 func(dst []float32, x []int32)
}
