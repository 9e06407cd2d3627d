package graph

import (
	"fmt"
	"math"

	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/tensor"
)

// ConvKernel is the derivative of a convolution by its kernel: of x [B, H, W, C]
// and the cotangent ct [B, Ho, Wo, Out] it makes [KH, KW, C/Groups, Out],
//
//	k[i, j, c, o] = Σ_{b,p,q} x̂[b, p·Stride + i·Dilation, q·Stride + j·Dilation, c]·ct[b, p, q, o]
//
// with x̂ as in [Conv]. The B·Ho lines of ct are cut into at most 16 runs, and a run
// into chunks, both by the shape alone, see Cut. A chunk is one chain
// acc = fma(x̂, ct, acc) over (b, p, q) ascending; a run adds up its chunks in
// order, and the runs are added by the tree of kernel.SumBlocks.
type ConvKernel struct {
	Conv Conv
	Size [2]int // KH, KW
}

// The bounds of ConvKernel's runs and chunks, in positions of ct.
const (
	convRuns    = 16   // most runs
	convLeast   = 512  // least positions of a run, if there are so many
	convLongest = 1024 // most positions of a chunk, or one line
)

// Cut is the number of lines of a run and of a chunk of it, for lines lines of
// wo positions. The last of each may be shorter.
func (ConvKernel) Cut(lines, wo int) (run, chunk int) {
	up := func(n, d int) int { return (n + d - 1) / d }
	run = max(1, up(lines, convRuns), up(convLeast, max(1, wo)))
	run = min(run, max(1, lines))
	most := max(1, convLongest/max(1, wo))
	return run, up(run, up(run, most))
}

// Name implements Primitive.
func (ConvKernel) Name() string { return "conv kernel" }

// Infer implements Primitive.
func (p ConvKernel) Infer(in []Type) (Type, error) {
	if err := operands(in, 2); err != nil {
		return Type{}, err
	}
	x, ct := in[0], in[1]
	if err := p.Conv.check(); err != nil {
		return Type{}, err
	}
	g := p.Conv.Groups
	if len(x.Shape) != 4 || len(ct.Shape) != 4 || x.Shape[3]%g != 0 || x.DType != ct.DType {
		return Type{}, fmt.Errorf("x is %v and the cotangent %v, which no convolution with %d groups has", x, ct, g)
	}
	k := tensor.Of(p.Size[0], p.Size[1], x.Shape[3]/g, ct.Shape[3])
	y, err := p.Conv.Infer([]Type{x, {x.DType, k}})
	if err != nil {
		return Type{}, err
	}
	if !y.Shape.Equal(ct.Shape) {
		return Type{}, fmt.Errorf("the cotangent is %v; a kernel of %v over x %v gives %v", ct.Shape, k, x.Shape, y.Shape)
	}
	return Type{x.DType, k}, nil
}

// Eval implements Primitive.
func (p ConvKernel) Eval(in []*tensor.Array, out *tensor.Array) {
	if out.DType() == tensor.Float32 {
		evalConvKernel(p, kernel.FMA32, in[0], in[1], out)
	} else {
		evalConvKernel(p, math.FMA, in[0], in[1], out)
	}
}

func evalConvKernel[T tensor.Float](p ConvKernel, fma func(a, b, c T) T, x, ct, out *tensor.Array) {
	xs, cs, ks := tensor.Slice[T](x), tensor.Slice[T](ct), tensor.Slice[T](out)
	t := newTaps(p.Conv, x.Shape(), out.Shape(), ct.Shape())
	run, chunk := p.Cut(t.lines, t.wo)
	var parts [][]T
	for first := 0; first < t.lines; first += run {
		last := min(first+run, t.lines)
		total := make([]T, len(ks))
		for lo := first; lo < last; lo += chunk {
			acc := make([]T, len(ks))
			for at := lo * t.wo; at < min(lo+chunk, last)*t.wo; at++ {
				t.each(at, func(tap, from int) {
					for c := range t.c {
						var v T
						if from >= 0 {
							v = xs[from*t.c+c]
						}
						row := acc[(tap*t.cg+c%t.cg)*t.out:][:t.out]
						for o := c / t.cg * t.og; o < (c/t.cg+1)*t.og; o++ {
							row[o] = fma(v, cs[at*t.out+o], row[o])
						}
					}
				})
			}
			if lo == first {
				copy(total, acc)
				continue
			}
			for i, v := range acc {
				total[i] += v
			}
		}
		parts = append(parts, total)
	}
	col := make([]T, len(parts))
	for i := range ks {
		for r := range parts {
			col[r] = parts[r][i]
		}
		ks[i] = kernel.SumBlocks(col)
	}
}

// JVP implements Differentiable.
func (p ConvKernel) JVP(v Value, t []Value) Value {
	var a, b Value
	if t[0].Valid() {
		a = v.g.Apply(p, t[0], v.Arg(1))
	}
	if t[1].Valid() {
		b = v.g.Apply(p, v.Arg(0), t[1])
	}
	return sum(a, b)
}

// Transpose implements Linear: the form ⟨ck, ConvKernel(x, ct)⟩ = ⟨Conv(x, ck), ct⟩
// gives both operands'.
func (p ConvKernel) Transpose(v, ck Value, i int) Value {
	x, ct := v.Arg(0), v.Arg(1)
	if i == 1 {
		return x.Conv(ck, p.Conv)
	}
	return ct.Conv(ck.FlipKernel(p.Conv.Groups), p.Conv.mirror(x.Shape(), ck.Shape(), ct.Shape()))
}
