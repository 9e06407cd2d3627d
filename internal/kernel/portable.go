package kernel

// Portable returns the table of the portable Go routines: the definition that
// every instruction set reproduces bit for bit (a NaN may be any NaN).
func Portable() *Table {
	t := &Table{
		Name:       "generic",
		F32:        plain[float32](),
		F64:        plain[float64](),
		GemmWork:   gemmWork,
		GemmMR:     gemmMR,
		GemmNR:     gemmNR,
		RoundBF16:  roundRow,
		CastF32F64: cast[float64, float32],
		CastF64F32: cast[float32, float64],
		CastU8F32:  cast[float32, uint8],
		CastI32F32: cast[float32, int32],
	}
	t.F32.Where, t.F64.Where = where32, where64
	t.F32.Gemm, t.F64.Gemm = gemm32, gemm64
	t.F32.Uniform, t.F64.Uniform = uniform32, uniform64
	t.F32.Normal, t.F64.Normal = normal32, normal64
	t.F32.Signs, t.F64.Signs = signs[float32], signs[float64]
	for op, f := range map[Unary]struct {
		f32 func(dst, x []float32)
		f64 func(dst, x []float64)
	}{
		Exp:     {expAll32, expAll64},
		Expm1:   {expm1All32, expm1All64},
		Log:     {logAll32, logAll64},
		Log1p:   {log1pAll32, log1pAll64},
		Tanh:    {tanhAll32, tanhAll64},
		Sigmoid: {sigmoidAll32, sigmoidAll64},
		Erf:     {erfAll32, erfAll64},
		Sin:     {sinAll32, sinAll64},
		Cos:     {cosAll32, cosAll64},
		Cbrt:    {cbrtAll32, cbrtAll64},
	} {
		t.F32.Unary[op], t.F64.Unary[op] = f.f32, f.f64
	}
	t.F32.Binary[Pow], t.F32.BinaryVS[Pow], t.F32.BinarySV[Pow] = powAll32, powVS32, powSV32
	t.F64.Binary[Pow], t.F64.BinaryVS[Pow], t.F64.BinarySV[Pow] = powAll64, powVS64, powSV64
	return t
}

// plain is the routines whose Go is the same for both element types.
func plain[T Float]() Ops[T] {
	return Ops[T]{
		Unary: [UnaryCount]func(dst, x []T){
			Neg: negate[T], Abs: abs[T], Sign: sign[T], Sqrt: sqrt[T], Floor: floor[T], Rsqrt: rsqrt[T],
		},
		Binary: [BinaryCount]func(dst, x, y []T){
			Add: add[T], Sub: sub[T], Mul: mul[T], Div: div[T], Max: maxVV[T], Min: minVV[T],
			Eq: eq[T], Ne: ne[T], Lt: lt[T], Le: le[T],
		},
		BinaryVS: [BinaryCount]func(dst, x []T, s T){
			Add: addVS[T], Sub: subVS[T], Mul: mulVS[T], Div: divVS[T], Max: maxVS[T], Min: minVS[T],
			Eq: eqVS[T], Ne: neVS[T], Lt: ltVS[T], Le: leVS[T],
		},
		BinarySV: [BinaryCount]func(dst []T, s T, y []T){
			Add: swapped(addVS[T]), Sub: subSV[T], Mul: swapped(mulVS[T]), Div: divSV[T],
			Max: swapped(maxVS[T]), Min: swapped(minVS[T]),
			Eq: swapped(eqVS[T]), Ne: swapped(neVS[T]), Lt: ltSV[T], Le: leSV[T],
		},
		Fill:      fill[T],
		Reduce:    [ReduceCount]func(x []T) T{ReduceSum: sumBlock[T], ReduceMax: maxBlock[T], ReduceMin: minBlock[T]},
		Dot:       dotBlock[T],
		Transpose: transpose[T],
	}
}
