package program

import (
	"fmt"

	"github.com/godescent/descent/internal/kernel"
)

// Precision is what an instance's float32 products read.
//
// In BFloat16 the operands of MatMul, and of convolutions and both their derivatives,
// which run as products over blocks of patches, are rounded to bf16 as they are read: 8
// significant bits, to nearest even, subnormal numbers to 0. Products are added in
// float32. Nothing else is rounded: what products yield, weights, states of optimizers,
// all elementwise work, reductions, pools and normalisation are float32, and what is
// float64 stays so, its products included. The results are the same bits with any number of
// threads, and before and after a resume, on machines that have the same instructions for
// bf16; other machines, and other kernels of one machine, differ in the last bits
// of float32 sums.
type Precision uint8

// The precisions.
const (
	Float32 Precision = iota
	BFloat16
)

var precisions = [...]string{Float32: "float32", BFloat16: "bf16"}

// PrecisionNames lists what ParsePrecision knows.
func PrecisionNames() []string { return precisions[:] }

func (p Precision) String() string {
	if int(p) < len(precisions) {
		return precisions[p]
	}
	return fmt.Sprintf("Precision(%d)", uint8(p))
}

// ParsePrecision is the precision of a name, float32 or bf16.
func ParsePrecision(name string) (Precision, error) {
	for p, n := range precisions {
		if n == name {
			return Precision(p), nil
		}
	}
	return 0, fmt.Errorf("precision %q is none of float32, bf16", name)
}

// SetPrecision sets what float32 products read; it is Float32 at first.
func (in *Instance) SetPrecision(p Precision) {
	in.precision, in.stale = p, true
}

// product is the matrix product of a type in the instance's precision, and
// the elements of scratch that it needs for a shape.
func product[T kernel.Float](in *Instance) (gemm func(*kernel.GemmArgs[T]), work func(m, n, k int) int) {
	half, need := in.table.BF16()
	if f, ok := any(half).(func(*kernel.GemmArgs[T])); ok && in.precision == BFloat16 {
		return f, need
	}
	return ops[T](in.table).Gemm, in.table.GemmWork
}
