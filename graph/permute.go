package graph

import (
	"fmt"

	"github.com/godescent/descent/tensor"
)

// Permute reorders axes: axis i of the result is axis Perm[i] of the operand.
type Permute struct{ Perm Ints }

// Name implements Primitive.
func (p Permute) Name() string { return "transpose" }

// Infer implements Primitive.
func (p Permute) Infer(in []Type) (Type, error) {
	if err := operands(in, 1); err != nil {
		return Type{}, err
	}
	if err := p.Perm.check(); err != nil {
		return Type{}, err
	}
	s := in[0].Shape
	perm := p.Perm.Slice()
	if len(perm) != len(s) {
		return Type{}, fmt.Errorf("x is %v with %d axes and the permutation %v names %d", s, len(s), perm, len(perm))
	}
	out, seen := make(tensor.Shape, len(s)), make([]bool, len(s))
	for i, a := range perm {
		if a < 0 || a >= len(s) || seen[a] {
			return Type{}, fmt.Errorf("%v is no permutation of the axes of %v", perm, s)
		}
		out[i], seen[a] = s[a], true
	}
	return Type{in[0].DType, out}, nil
}

// Eval implements Primitive.
func (p Permute) Eval(in []*tensor.Array, out *tensor.Array) {
	own := in[0].Shape().Strides()
	st := make([]int, len(own))
	for i, a := range p.Perm.Slice() {
		st[i] = own[a]
	}
	copyStrided(out, in[0], out.Shape(), st, 0)
}

// JVP implements Differentiable.
func (p Permute) JVP(_ Value, t []Value) Value { return t[0].permute(p.Perm.Slice()) }

// Transpose implements Linear: the inverse permutation.
func (p Permute) Transpose(_, ct Value, _ int) Value {
	inv := make([]int, len(p.Perm.Slice()))
	for i, a := range p.Perm.Slice() {
		inv[a] = i
	}
	return ct.permute(inv)
}

// Transpose reorders v's axes: axis i of the result is axis perm[i] of v, which
// counts from the end if negative. Without arguments it swaps the last two.
func (v Value) Transpose(perm ...int) Value {
	if !v.Valid() {
		return v
	}
	r := v.Rank()
	full := append([]int{}, perm...)
	for i, a := range full {
		if a < 0 {
			full[i] += r
		}
	}
	if len(perm) == 0 {
		if r < 2 {
			return v.g.Fail("transpose", "x is %v; swapping the last two axes wants at least two", v.Shape())
		}
		for i := range r - 2 {
			full = append(full, i)
		}
		full = append(full, r-1, r-2)
	}
	return v.permute(full)
}

// permute is Transpose for a permutation that is written out.
func (v Value) permute(perm []int) Value {
	p := Permute{MakeInts(perm)}
	if _, err := p.Infer([]Type{v.Type()}); err != nil {
		return v.g.Fail(p.Name(), "%v", err)
	}
	if v.isSpread() {
		s := v.Shape().Clone()
		for i, a := range perm {
			s[i] = v.Dim(a)
		}
		return v.Arg(0).BroadcastTo(s...)
	}
	if inner, ok := v.Op().(Permute); ok {
		joined := make([]int, len(perm))
		for i, a := range perm {
			joined[i] = inner.Perm.V[a]
		}
		return v.Arg(0).permute(joined)
	}
	for i, a := range perm {
		if i != a {
			return v.g.Apply(p, v)
		}
	}
	return v
}
