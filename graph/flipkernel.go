package graph

import (
	"fmt"

	"github.com/godescent/descent/tensor"
)

// FlipKernel mirrors a kernel in both axes and exchanges its channels and
// outputs: k [KH, KW, C, G·O] → [KH, KW, O, G·C] with
//
//	out[KH−1−i, KW−1−j, o, g·C + c] = k[i, j, c, g·O + o]
//
// It is its own inverse and its own transpose.
type FlipKernel struct{ Groups int }

// Name implements Primitive.
func (FlipKernel) Name() string { return "flip kernel" }

// Infer implements Primitive.
func (p FlipKernel) Infer(in []Type) (Type, error) {
	if err := operands(in, 1); err != nil {
		return Type{}, err
	}
	k := in[0].Shape
	if len(k) != 4 || p.Groups < 1 || k[3]%p.Groups != 0 {
		return Type{}, fmt.Errorf("the kernel is %v with %d groups; want [height, width, channels, outputs], the outputs a multiple of the groups", k, p.Groups)
	}
	return Type{in[0].DType, tensor.Of(k[0], k[1], k[3]/p.Groups, k[2]*p.Groups)}, nil
}

// Eval implements Primitive.
func (p FlipKernel) Eval(in []*tensor.Array, out *tensor.Array) {
	k, size := in[0].Shape(), out.DType().Size()
	c, o := k[2], k[3]/p.Groups
	taps := k[0] * k[1]
	for t := range taps {
		for i := range c {
			for j := range k[3] {
				from := (t*c+i)*k[3] + j
				to := ((taps-1-t)*o+j%o)*c*p.Groups + j/o*c + i
				copy(out.Raw()[to*size:(to+1)*size], in[0].Raw()[from*size:])
			}
		}
	}
}

// JVP implements Differentiable.
func (p FlipKernel) JVP(_ Value, t []Value) Value { return t[0].FlipKernel(p.Groups) }

// Transpose implements Linear.
func (p FlipKernel) Transpose(_, ct Value, _ int) Value { return ct.FlipKernel(p.Groups) }

// FlipKernel mirrors a kernel and exchanges its channels and outputs, see the type FlipKernel.
func (v Value) FlipKernel(groups int) Value {
	if !v.Valid() {
		return v
	}
	if p, ok := v.Op().(FlipKernel); ok && p.Groups == groups {
		return v.Arg(0)
	}
	return v.g.Apply(FlipKernel{groups}, v)
}
