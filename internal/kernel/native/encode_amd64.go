package native

import "encoding/binary"

// General registers by number. SP and BP are never used: the code has no stack.
const (
	rax = iota
	rcx
	rdx
	rbx
	rsp
	rbp
	rsi
	rdi
	r8
	r9
	r10
	r11
	r12
	r13
	r14
	r15
)

// place is an operand that an instruction can name: a vector register, or
// memory at base + index·scale + disp.
type place struct {
	reg         int // −1 for memory
	base, index int // general registers; index −1 for none; base −1: disp counts from the constants' start
	scale       int
	disp        int
}

func register(r int) place         { return place{reg: r} }
func constantAt(disp int) place    { return place{reg: -1, base: -1, index: -1, disp: disp} }
func memory(base, disp int) place  { return place{reg: -1, base: base, index: -1, disp: disp} }
func (p place) isRegister() bool   { return p.reg >= 0 }
func indexed(b, i, s, d int) place { return place{reg: -1, base: b, index: i, scale: s, disp: d} }

// form is an instruction's encoding: mandatory prefix (0 none, 1 66, 2 F3, 3 F2),
// opcode map (1 0F, 2 0F38, 3 0F3A), opcode, and W.
type form struct {
	pp, mm, op byte
	w          bool
}

// mask says which lanes an AVX-512 instruction writes: those of k register k,
// 0 for all; zero clears the others.
type mask struct {
	k    byte
	zero bool
}

// assembler collects machine code. wide is AVX-512 in 512 bits, else AVX2 in 256.
type assembler struct {
	wide   bool
	code   []byte
	data   []byte // constants, behind the code
	fixups []fixup
}

// fixup is a 32-bit displacement to a constant, counted from the instruction's end.
type fixup struct{ at, end, disp int }

func (a *assembler) put(b ...byte) { a.code = append(a.code, b...) }

func (a *assembler) put32(v int) {
	a.code = binary.LittleEndian.AppendUint32(a.code, uint32(int32(v)))
}

func bit(v, i int) byte { return byte(v>>i) & 1 }

func flag(b bool, i int) byte {
	if b {
		return 1 << i
	}
	return 0
}

// vector writes dst = f(src, rm): dst in the ModRM's reg field, src in vvvv
// (−1 if there is none), then immediates.
func (a *assembler) vector(f form, dst, src int, rm place, m mask, imm ...byte) {
	src = max(src, 0)
	// Bits 3 and 4 of the ModRM's rm, or of base and index.
	b, x := rm.base, rm.index
	if rm.isRegister() {
		b, x = rm.reg, rm.reg>>1 // x's bit 3 is the register's bit 4
	} else if rm.base < 0 {
		b, x = 0, 0
	} else if rm.index < 0 {
		x = 0
	}
	if a.wide {
		p0 := (bit(dst, 3)^1)<<7 | (bit(x, 3)^1)<<6 | (bit(b, 3)^1)<<5 | (bit(dst, 4)^1)<<4 | f.mm
		p1 := flag(f.w, 7) | byte(^src&15)<<3 | 1<<2 | f.pp
		p2 := flag(m.zero, 7) | 2<<5 | (bit(src, 4)^1)<<3 | m.k
		a.put(0x62, p0, p1, p2)
	} else {
		p0 := (bit(dst, 3)^1)<<7 | (bit(x, 3)^1)<<6 | (bit(b, 3)^1)<<5 | f.mm
		a.put(0xC4, p0, flag(f.w, 7)|byte(^src&15)<<3|1<<2|f.pp)
	}
	a.put(f.op)
	a.operand(dst, rm, len(imm))
	a.put(imm...)
}

// operand writes ModRM, SIB and displacement; after is the number of bytes of
// the instruction that follow them.
func (a *assembler) operand(reg int, rm place, after int) {
	r := byte(reg&7) << 3
	switch {
	case rm.isRegister():
		a.put(3<<6 | r | byte(rm.reg&7))
		return
	case rm.base < 0:
		a.put(r | 5)
		a.fixups = append(a.fixups, fixup{len(a.code), len(a.code) + 4 + after, rm.disp})
		a.put32(0)
		return
	}
	mod := byte(2 << 6) // a 32-bit displacement: EVEX scales an 8-bit one
	if rm.disp == 0 && rm.base&7 != rbp {
		mod = 0
	}
	switch {
	case rm.index >= 0:
		scale := map[int]byte{1: 0, 2: 1, 4: 2, 8: 3}[rm.scale]
		a.put(mod|r|4, scale<<6|byte(rm.index&7)<<3|byte(rm.base&7))
	case rm.base&7 == rsp:
		a.put(mod|r|4, 0x24)
	default:
		a.put(mod | r | byte(rm.base&7))
	}
	if mod != 0 {
		a.put32(rm.disp)
	}
}

// general writes a 64-bit instruction on general registers and memory.
func (a *assembler) general(op byte, reg int, rm place) {
	b, x := rm.base, max(rm.index, 0)
	if rm.isRegister() {
		b = rm.reg
	} else if rm.base < 0 {
		b = 0
	}
	a.put(0x48|bit(reg, 3)<<2|bit(x, 3)<<1|bit(b, 3), op)
	a.operand(reg, rm, 0)
}

func (a *assembler) load(dst int, m place)    { a.general(0x8B, dst, m) }
func (a *assembler) address(dst int, m place) { a.general(0x8D, dst, m) }
func (a *assembler) add(dst, src int)         { a.general(0x01, src, register(dst)) }
func (a *assembler) sub(dst, src int)         { a.general(0x29, src, register(dst)) }
func (a *assembler) compare(x, y int)         { a.general(0x39, y, register(x)) }

// addImm is dst += v.
func (a *assembler) addImm(dst, v int) {
	a.put(0x48|bit(dst, 3), 0x81, 0xC0|byte(dst&7))
	a.put32(v)
}

// compareImm is compare with a number.
func (a *assembler) compareImm(x, v int) {
	a.put(0x48|bit(x, 3), 0x81, 0xF8|byte(x&7))
	a.put32(v)
}

// Conditions of a jump, signed.
const (
	ifZero         = 0x84
	ifLess         = 0x8C
	ifGreaterEqual = 0x8D
	ifLessEqual    = 0x8E
	ifGreater      = 0x8F
)

// jump writes a conditional jump and returns where land completes it.
func (a *assembler) jump(condition byte) int {
	a.put(0x0F, condition)
	a.put32(0)
	return len(a.code)
}

// jumpAlways is jump without a condition.
func (a *assembler) jumpAlways() int {
	a.put(0xE9)
	a.put32(0)
	return len(a.code)
}

// land makes the jump go to target.
func (a *assembler) land(jump, target int) {
	binary.LittleEndian.PutUint32(a.code[jump-4:], uint32(int32(target-jump)))
}

// align fills up with no-ops to a multiple of n.
func (a *assembler) align(n int) {
	for len(a.code)%n != 0 {
		a.put(0x90)
	}
}

// finish appends the constants to the code.
func (a *assembler) finish() []byte {
	a.align(64)
	start := len(a.code)
	for _, f := range a.fixups {
		binary.LittleEndian.PutUint32(a.code[f.at:], uint32(int32(start+f.disp-f.end)))
	}
	return append(a.code, a.data...)
}
