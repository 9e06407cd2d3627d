package main

import (
	"fmt"
	"reflect"
	"strconv"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// isa is what differs between the instruction sets before a routine is written.
type isa struct {
	name  string
	bytes int // of one vector register
	mr    int // rows of the register tile of a matrix product
	nv    int // vectors in one row of it

	tiles bool // only what AMX adds to AVX-512
}

var isas = map[string]isa{
	"avx2":   {name: "avx2", bytes: 32, mr: 6, nv: 2},
	"avx512": {name: "avx512", bytes: 64, mr: 14, nv: 2},
	"amx":    {name: "amx", bytes: 64, mr: 32, nv: 2, tiles: true},
}

// gen is one file in the making, for one instruction set and one element type at a time.
type gen struct {
	*build.Context
	isa
	f64     bool
	labels  int
	window  *operand.Mem
	data    map[string]operand.Mem // constants of the file by name
	pool    *pool                  // constants of the routine
	numbers coefficients
}

func (g *gen) wide() bool { return g.bytes == 64 }

// elem is the size of an element in bytes, lanes the number of them in a register.
func (g *gen) elem() int {
	if g.f64 {
		return 8
	}
	return 4
}

func (g *gen) lanes() int { return g.bytes / g.elem() }

// typ is the Go name of the element type, suffix the end of a routine's name.
func (g *gen) typ() string {
	if g.f64 {
		return "float64"
	}
	return "float32"
}

func (g *gen) suffix() string {
	if g.f64 {
		return "F64"
	}
	return "F32"
}

// vec is a new vector register.
func (g *gen) vec() vec {
	if g.wide() {
		return g.ZMM()
	}
	return g.YMM()
}

// phys is physical vector register i.
func (g *gen) phys(i int) reg.Register {
	if g.wide() {
		return zmms[i]
	}
	return ymms[i]
}

var zmms = []reg.Register{reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7, reg.Z8, reg.Z9, reg.Z10,
	reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15, reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22,
	reg.Z23, reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31}

var ymms = []reg.Register{reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7, reg.Y8, reg.Y9, reg.Y10,
	reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15}

// op emits the instruction of that name.
func (g *gen) op(name string, ops ...operand.Op) {
	m := reflect.ValueOf(g.Context).MethodByName(name)
	if !m.IsValid() {
		panic("no instruction " + name)
	}
	args := make([]reflect.Value, len(ops))
	for i, o := range ops {
		args[i] = reflect.ValueOf(o)
	}
	m.Call(args)
}

// p emits the packed instruction of the element type: p("VADDP", ...) is VADDPS or VADDPD.
func (g *gen) p(name string, ops ...operand.Op) {
	if g.f64 {
		g.op(name+"D", ops...)
	} else {
		g.op(name+"S", ops...)
	}
}

// p0 is p with an ending after the type's letter, as in VMOVUPS_Z.
func (g *gen) p0(name, ending string, ops ...operand.Op) {
	if g.f64 {
		g.op(name+"D"+ending, ops...)
	} else {
		g.op(name+"S"+ending, ops...)
	}
}

// zero clears a vector register.
func (g *gen) zero(r operand.Op) {
	if g.wide() {
		g.VPXORD(r, r, r)
	} else {
		g.VXORPS(r, r, r)
	}
}

// laneMask sets r to all ones in as many low lanes as the parameter says (AVX2).
// The mask is a window on a row of ones followed by a row of zeros.
// n and base are scratch.
func (g *gen) laneMask(r operand.Op, param string, n, base reg.Register) {
	g.Load(g.Param(param), n)
	g.laneMaskReg(r, n, n, base)
}

// laneMaskReg is laneMask for a count in a register, which stays unchanged unless it is scratch itself.
func (g *gen) laneMaskReg(r operand.Op, count, n, base reg.Register) {
	if g.window == nil {
		m := g.windowData()
		g.window = &m
	}
	if n != count {
		g.MOVQ(count, n)
	}
	g.NEGQ(n)
	g.LEAQ(*g.window, base)
	g.VMOVDQU(memx(base, n, uint8(g.elem()), g.bytes), r)
}

func (g *gen) windowData() operand.Mem {
	m := g.StaticGlobal("laneMask")
	g.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := range 2 * g.bytes / 8 {
		v := uint64(0)
		if i < g.bytes/8 {
			v = ^v
		}
		g.AddDatum(i*8, operand.U64(v))
	}
	return m
}

// label is a label name that no other of the file has.
func (g *gen) label(name string) string {
	g.labels++
	return fmt.Sprintf("%s%d", name, g.labels)
}

// text opens a routine that takes no stack and lets no argument escape.
func (g *gen) text(name, sig string, doc ...string) {
	g.Function(name)
	g.Attributes(attr.NOSPLIT)
	g.SignatureExpr(sig)
	g.Doc(doc...)
	g.Pragma("noescape")
}

// arg loads a parameter into a new 64-bit register.
func (g *gen) arg(name string) reg.GPVirtual {
	r := g.GP64()
	g.Load(g.Param(name), r)
	return r
}

// param is the stack slot of a parameter.
func (g *gen) param(name string) operand.Mem {
	b, err := g.Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr
}

func mem(base reg.Register, disp int) operand.Mem {
	return operand.Mem{Base: base, Disp: disp}
}

func memx(base, index reg.Register, scale uint8, disp int) operand.Mem {
	return operand.Mem{Base: base, Index: index, Scale: scale, Disp: disp}
}

// end leaves the routine with the upper halves of the registers clean.
func (g *gen) end() {
	g.VZEROUPPER()
	g.RET()
}

// imm is an immediate that every arithmetic instruction takes.
func imm(n int) operand.Op {
	if n >= 0 && n < 128 {
		return operand.U8(n)
	}
	return operand.I32(n)
}

func itoa(n int) string { return strconv.Itoa(n) }
