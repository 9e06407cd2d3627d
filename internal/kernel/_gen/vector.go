package main

import (
	"fmt"
	"math"
	"slices"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// pool is the constants of the routine being written, by the bits of an element.
type pool struct {
	recording bool
	order     []uint64
	ops       map[uint64]operand.Op
}

// k is a vector of copies of x, in a register or in memory.
func (g *gen) k(x float64) operand.Op {
	if g.f64 {
		return g.bits(math.Float64bits(x))
	}
	return g.bits(uint64(math.Float32bits(float32(x))))
}

// kc is k of a constant of the portable code.
func (g *gen) kc(format string) operand.Op { return g.k(g.coef(format)) }

// ki is a vector of copies of the integer n.
func (g *gen) ki(n int64) operand.Op {
	if g.f64 {
		return g.bits(uint64(n))
	}
	return g.bits(uint64(uint32(n)))
}

// bits is a vector of copies of the element with these bits.
func (g *gen) bits(b uint64) operand.Op {
	if g.pool.recording {
		if !slices.Contains(g.pool.order, b) {
			g.pool.order = append(g.pool.order, b)
		}
		return g.vec()
	}
	op, ok := g.pool.ops[b]
	if !ok {
		panic(fmt.Sprintf("constant %#x was not prepared", b))
	}
	return op
}

// byType is one of two values, the second for float64.
func byType[V any](g *gen, single, double V) V {
	if g.f64 {
		return double
	}
	return single
}

// datum is the place of size bytes of copies of an element in the file's constants.
func (g *gen) datum(bits uint64, size int) operand.Mem {
	name := fmt.Sprintf("c%d_%d_%x", 8*g.elem(), size, bits)
	if g.data == nil {
		g.data = map[string]operand.Mem{}
	}
	if m, ok := g.data[name]; ok {
		return m
	}
	m := g.StaticGlobal(name)
	g.DataAttributes(attr.RODATA | attr.NOPTR)
	for at := 0; at < size; at += g.elem() {
		if g.f64 {
			g.AddDatum(at, operand.U64(bits))
		} else {
			g.AddDatum(at, operand.U32(bits))
		}
	}
	g.data[name] = m
	return m
}

// inReg is x itself if it is a register, else a register loaded from it.
func (g *gen) inReg(x operand.Op) vec {
	if v, ok := x.(vec); ok {
		return v
	}
	return g.copy(x)
}

// copy is a new register that may be overwritten.
func (g *gen) copy(x operand.Op) vec {
	v := g.vec()
	g.p("VMOVUP", x, v) // constants in memory need not be aligned
	return v
}

// two is the packed instruction in the order of the equation: a op b.
func (g *gen) two(name string, a, b operand.Op) vec {
	v := g.vec()
	g.p(name, b, g.inReg(a), v)
	return v
}

func (g *gen) add(a, b operand.Op) vec { return g.two("VADDP", a, b) }
func (g *gen) sub(a, b operand.Op) vec { return g.two("VSUBP", a, b) }
func (g *gen) mul(a, b operand.Op) vec { return g.two("VMULP", a, b) }
func (g *gen) div(a, b operand.Op) vec { return g.two("VDIVP", a, b) }

// lesser is b if b < a or b is NaN, else a; greater likewise with b > a.
func (g *gen) lesser(a, b operand.Op) vec  { return g.two("VMINP", a, b) }
func (g *gen) greater(a, b operand.Op) vec { return g.two("VMAXP", a, b) }

// fma is a·b + c, fnma is c − a·b, both rounded once.
func (g *gen) fma(a, b, c operand.Op) vec {
	v := g.copy(c)
	g.p("VFMADD231P", b, g.inReg(a), v)
	return v
}

func (g *gen) fnma(a, b, c operand.Op) vec {
	v := g.copy(c)
	g.p("VFNMADD231P", b, g.inReg(a), v)
	return v
}

// horner is the polynomial in x with these coefficients, the highest first.
func (g *gen) horner(x vec, c []float64) vec {
	q := g.copy(g.k(c[0]))
	for _, v := range c[1:] {
		g.p("VFMADD213P", g.k(v), x, q)
	}
	return q
}

func (g *gen) sqrt(x operand.Op) vec {
	r := g.vec()
	g.p("VSQRTP", x, r)
	return r
}

// and, or, xor and andNot (a & ^b) work on the bits of vectors.
func (g *gen) and(a, b operand.Op) vec    { return g.bitwise("AND", a, b) }
func (g *gen) or(a, b operand.Op) vec     { return g.bitwise("OR", a, b) }
func (g *gen) xor(a, b operand.Op) vec    { return g.bitwise("XOR", a, b) }
func (g *gen) andNot(a, b operand.Op) vec { return g.bitwise("ANDN", a, b) }

func (g *gen) bitwise(name string, a, b operand.Op) vec {
	v := g.vec()
	if g.wide() {
		name += "D"
	}
	g.op("VP"+name, a, g.inReg(b), v)
	return v
}

// signBit is a vector of elements of which the sign bit alone is set.
func (g *gen) signBit() operand.Op { return g.bits(byType[uint64](g, 1<<31, 1<<63)) }

// abs is |x|, withSign the magnitude of m >= 0 with the sign of s.
func (g *gen) abs(x operand.Op) vec { return g.andNot(x, g.signBit()) }

func (g *gen) withSign(m, s operand.Op) vec { return g.or(m, g.and(s, g.signBit())) }

// int emits the instruction on integers as wide as an element: a op b.
func (g *gen) int(name string, a, b operand.Op) vec {
	v := g.vec()
	g.op(name+byType(g, "D", "Q"), b, g.inReg(a), v)
	return v
}

func (g *gen) iadd(a, b operand.Op) vec { return g.int("VPADD", a, b) }
func (g *gen) isub(a, b operand.Op) vec { return g.int("VPSUB", a, b) }

// shl and shr shift the bits of each element; shr fills with zeros.
func (g *gen) shl(a vec, n int) vec { return g.int("VPSLL", a, operand.U8(n)) }
func (g *gen) shr(a vec, n int) vec { return g.int("VPSRL", a, operand.U8(n)) }

// sar shifts with copies of the sign bit. AVX2 has it for 32 bits alone: adding
// 2^63, which turns it into shr, is exact modulo 2^64.
func (g *gen) sar(a vec, n int) vec {
	if g.wide() || !g.f64 {
		return g.int("VPSRA", a, operand.U8(n))
	}
	return g.isub(g.shr(g.xor(a, g.signBit()), n), g.ki(1<<(63-n)))
}

// toFloat converts integers below 2^51 in size.
func (g *gen) toFloat(n vec) vec {
	v := g.vec()
	switch {
	case !g.f64:
		g.VCVTDQ2PS(n, v)
	case g.wide():
		g.VCVTQQ2PD(n, v)
	default: // n added to the bits of 1.5·2^52 is n added to its value
		return g.sub(g.iadd(n, g.ki(magicBits64)), g.k(magic64))
	}
	return v
}

// Predicates of VCMPPS. Of these cmpNaN, cmpNe and cmpNotLt hold where an operand is NaN.
const (
	cmpEq    = 0x00
	cmpNaN   = 0x03
	cmpNe    = 0x04
	cmpLt    = 0x11
	cmpLe    = 0x12
	cmpNotLt = 0x15
	cmpGe    = 0x1d
	cmpGt    = 0x1e
)

// compare is a register that selects the lanes where a op b holds.
func (g *gen) compare(predicate int, a, b operand.Op) reg.Register {
	var m reg.Register
	if g.wide() {
		m = g.K()
	} else {
		m = g.vec()
	}
	g.p("VCMPP", operand.U8(predicate), b, g.inReg(a), m)
	return m
}

// bitMask selects the lanes whose bit i is set.
func (g *gen) bitMask(a vec, i int) reg.Register {
	if !g.wide() {
		return g.shl(a, 8*g.elem()-1-i) // the sign bit is what blends look at
	}
	m := g.K()
	g.op("VPTESTM"+byType(g, "D", "Q"), g.ki(1<<i), a, m)
	return m
}

// choose is yes where the mask selects, else no.
func (g *gen) choose(mask reg.Register, yes, no operand.Op) vec {
	v := g.vec()
	if g.wide() {
		g.p("VBLENDMP", yes, g.inReg(no), mask, v)
	} else {
		g.p("VBLENDVP", mask, yes, g.inReg(no), v)
	}
	return v
}

// only is x where the mask of a comparison selects, else 0.
func (g *gen) only(mask reg.Register, x operand.Op) vec {
	if !g.wide() {
		return g.and(x, mask)
	}
	r := g.vec()
	g.p0("VMOVAP", "_Z", x, mask, r)
	return r
}

// floor is x rounded down.
func (g *gen) floor(x vec) vec {
	const down = operand.U8(0x09) // and no exception
	r := g.vec()
	if g.wide() {
		g.p("VRNDSCALEP", down, x, r)
	} else {
		g.p("VROUNDP", down, x, r)
	}
	return r
}
