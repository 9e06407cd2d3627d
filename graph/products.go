package graph

// ProductFlops is the number of multiplications and additions of a matrix product or a convolution, two for each
// pair of numbers that meet; 0 for all else.
func ProductFlops(v Value) int64 {
	switch op := v.Op().(type) {
	case MatMul:
		k := v.Arg(0).Dim(-1)
		if op.TransA {
			k = v.Arg(0).Dim(-2)
		}
		return 2 * int64(v.Size()) * int64(k)
	case Conv:
		k := v.Arg(1).Shape() // [KH, KW, C/Groups, Out]
		return 2 * int64(v.Size()) * int64(k[:3].Size())
	case ConvKernel:
		k := v.Shape() // for each place of y: a product with each number of the kernel
		y := v.Arg(1).Shape()
		return 2 * int64(y[:3].Size()) * int64(k.Size())
	}
	return 0
}
