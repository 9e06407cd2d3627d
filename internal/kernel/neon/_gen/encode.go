package main

import "fmt"

// word is one instruction: its bits and what they mean.
type word struct {
	bits uint32
	text string
}

// shape is how a vector register is divided.
type shape int

const (
	b8  shape = iota // 8 bytes
	b16              // 16 bytes
	h4               // 4 16-bit elements
	h8               // 8 of them
	s2               // 2 32-bit elements
	s4               // 4 of them
	d2               // 2 64-bit elements
)

func (s shape) String() string { return [...]string{"8b", "16b", "4h", "8h", "2s", "4s", "2d"}[s] }

// size is the field that most instructions have for the width of an element: log2 of its bytes.
func (s shape) size() uint32 { return [...]uint32{0, 0, 1, 1, 2, 2, 3}[s] }

// float is the bit for the width of a floating-point element.
func (s shape) float() uint32 { return s.size() & 1 << 22 }

// v is a vector register in a mnemonic.
func v(r int, s shape) string { return fmt.Sprintf("v%d.%v", r, s) }

// threeSame are the instructions d = a op b on all lanes, with the opcode for 128 bits.
// How the width of an element enters depends on the group.
var threeSame = map[string]struct {
	bits  uint32
	group byte // f: floating-point, i: integer, b: bytes alone
}{
	"fadd": {0x4E20D400, 'f'}, "fsub": {0x4EA0D400, 'f'}, "fmul": {0x6E20DC00, 'f'}, "fdiv": {0x6E20FC00, 'f'},
	"fmax": {0x4E20F400, 'f'}, "fmin": {0x4EA0F400, 'f'}, "fmla": {0x4E20CC00, 'f'}, "fmls": {0x4EA0CC00, 'f'},
	"fcmeq": {0x4E20E400, 'f'}, "fcmge": {0x6E20E400, 'f'}, "fcmgt": {0x6EA0E400, 'f'},
	"add": {0x4E208400, 'i'}, "sub": {0x6E208400, 'i'}, "cmtst": {0x4E208C00, 'i'},
	"uzp1": {0x4E001800, 'i'}, "uzp2": {0x4E005800, 'i'},
	"zip1": {0x4E003800, 'i'}, "zip2": {0x4E007800, 'i'},
	"and": {0x4E201C00, 'b'}, "bic": {0x4E601C00, 'b'}, "orr": {0x4EA01C00, 'b'}, "eor": {0x6E201C00, 'b'},
	"bsl": {0x6E601C00, 'b'},
}

func three(name string, s shape, d, a, b int) word {
	t, ok := threeSame[name]
	if !ok {
		panic("no instruction " + name)
	}
	bits := t.bits
	switch t.group {
	case 'f':
		bits |= s.float()
	case 'i':
		bits |= s.size() << 22
	case 'b':
		s = b16
	}
	return word{bits | reg3(d, a, b), fmt.Sprintf("%s %s, %s, %s", name, v(d, s), v(a, s), v(b, s))}
}

func reg3(d, a, b int) uint32 { return uint32(b<<16 | a<<5 | d) }
func reg2(d, a int) uint32    { return uint32(a<<5 | d) }

// twoSame are the instructions d = op a; those on floating-point elements compare with zero where they compare.
var twoSame = map[string]uint32{
	"fabs": 0x4EA0F800, "fneg": 0x6EA0F800, "fsqrt": 0x6EA1F800, "frintm": 0x4E219800, "scvtf": 0x4E21D800, "ucvtf": 0x6E21D800,
	"fcmeq0": 0x4EA0D800, "fcmgt0": 0x4EA0C800, "fcmlt0": 0x4EA0E800,
}

func two(name string, s shape, d, a int) word {
	bits, ok := twoSame[name]
	if !ok {
		panic("no instruction " + name)
	}
	text := fmt.Sprintf("%s %s, %s", name, v(d, s), v(a, s))
	if name[len(name)-1] == '0' {
		text = fmt.Sprintf("%s %s, %s, #0.0", name[:len(name)-1], v(d, s), v(a, s))
	}
	return word{bits | s.float() | reg2(d, a), text}
}

// convert are the instructions that change an element's width, with both shapes.
var convert = map[string]struct {
	bits     uint32
	to, from shape
}{
	"fcvtl": {0x0E617800, d2, s2}, "fcvtl2": {0x4E617800, d2, s4}, "fcvtn": {0x0E616800, s2, d2}, "fcvtn2": {0x4E616800, s4, d2},
	"uxtl8": {0x2F08A400, h8, b8}, "uxtl2_8": {0x6F08A400, h8, b16}, "uxtl16": {0x2F10A400, s4, h4}, "uxtl2_16": {0x6F10A400, s4, h8},
}

func widen(name string, d, a int) word {
	c := convert[name]
	for i, r := range name { // the mnemonic without the width
		if r == '_' || name[:i] == "uxtl" && r != '2' {
			name = name[:i]
			break
		}
	}
	return word{c.bits | reg2(d, a), fmt.Sprintf("%s %s, %s", name, v(d, c.to), v(a, c.from))}
}

// umull multiplies the lower (or, with upper, the higher) two of four unsigned elements.
func umull(upper bool, d, a, b int) word {
	if upper {
		return word{0x6EA0C000 | reg3(d, a, b), fmt.Sprintf("umull2 %s, %s, %s", v(d, d2), v(a, s4), v(b, s4))}
	}
	return word{0x2EA0C000 | reg3(d, a, b), fmt.Sprintf("umull %s, %s, %s", v(d, d2), v(a, s2), v(b, s2))}
}

// shift is shl, sshr or ushr by n bits.
func shift(name string, s shape, d, a, n int) word {
	width := 8 << s.size()
	bits, field := uint32(0x4F005400), width+n
	switch name {
	case "sshr":
		bits, field = 0x4F000400, 2*width-n
	case "ushr":
		bits, field = 0x6F000400, 2*width-n
	}
	return word{bits | uint32(field)<<16 | reg2(d, a), fmt.Sprintf("%s %s, %s, #%d", name, v(d, s), v(a, s), n)}
}

// fmlaElement is d += a·b[i].
func fmlaElement(s shape, d, a, b, i int) word {
	bits, letter := uint32(0x4F801000|i&1<<21|i>>1<<11), "s"
	if s == d2 {
		bits, letter = uint32(0x4FC01000|i<<11), "d"
	}
	return word{bits | reg3(d, a, b), fmt.Sprintf("fmla %s, %s, v%d.%s[%d]", v(d, s), v(a, s), b, letter, i)}
}

func move(d, a int) word {
	return word{0x4EA01C00 | reg3(d, a, a), fmt.Sprintf("mov %s, %s", v(d, b16), v(a, b16))}
}
func zero(d int) word { return word{0x6F00E400 | uint32(d), fmt.Sprintf("movi %s, #0", v(d, d2))} }

// ext is the 16 bytes of a and then b from byte n on.
func ext(d, a, b, n int) word {
	return word{0x6E000000 | uint32(n)<<11 | reg3(d, a, b), fmt.Sprintf("ext %s, %s, %s, #%d", v(d, b16), v(a, b16), v(b, b16), n)}
}

// dupGeneral is copies of a general register.
func dupGeneral(s shape, d int, a gp) word {
	if s == d2 {
		return word{0x4E080C00 | reg2(d, int(a)), fmt.Sprintf("dup %s, x%d", v(d, s), a)}
	}
	return word{0x4E040C00 | reg2(d, int(a)), fmt.Sprintf("dup %s, w%d", v(d, s), a)}
}

// largest32 is the largest of four unsigned elements.
func largest32(d, a int) word {
	return word{0x6EB0A800 | reg2(d, a), fmt.Sprintf("umaxv s%d, %s", d, v(a, s4))}
}

// toGeneral moves the low 32 bits to a general register.
func toGeneral(d gp, a int) word {
	return word{0x1E260000 | reg2(int(d), a), fmt.Sprintf("fmov w%d, s%d", d, a)}
}

// access reads or writes the low size bytes of a register at base + disp; a read clears the others.
func access(store bool, size, r int, base gp, disp int) word {
	bits := map[int]uint32{4: 0xBD000000, 8: 0xFD000000, 16: 0x3D800000}[size]
	name := "str"
	if !store {
		name, bits = "ldr", bits|0x400000
	}
	if disp < 0 || disp%size != 0 || disp/size > 0xfff {
		panic(fmt.Sprintf("%s: offset %d of %d bytes", name, disp, size))
	}
	return word{bits | uint32(disp/size)<<10 | reg2(r, int(base)), fmt.Sprintf("%s %c%d, [x%d, #%d]", name, " sd q"[size/4], r, base, disp)}
}

// after reads size bytes at base and then moves base on by step.
func after(size, r int, base gp, step int) word {
	bits := map[int]uint32{4: 0xBC400400, 8: 0xFC400400, 16: 0x3CC00400}[size]
	return word{bits | uint32(step&0x1ff)<<12 | reg2(r, int(base)), fmt.Sprintf("ldr %c%d, [x%d], #%d", " sd q"[size/4], r, base, step)}
}

// pair reads or writes two whole registers.
func pair(store bool, r0, r1 int, base gp, disp int) word {
	bits, name := uint32(0xAD400000), "ldp"
	if store {
		bits, name = 0xAD000000, "stp"
	}
	if disp%16 != 0 || disp < -1024 || disp > 1008 {
		panic(fmt.Sprintf("%s: offset %d", name, disp))
	}
	return word{bits | uint32(disp/16)&0x7f<<15 | uint32(r1)<<10 | reg2(r0, int(base)), fmt.Sprintf("%s q%d, q%d, [x%d, #%d]", name, r0, r1, base, disp)}
}

// lane reads or writes element i of size 4 or 8 at base; a read keeps the other elements.
func lane(store bool, size, r, i int, base gp) word {
	bits, name, letter := uint32(0x0D408000), "ld1", "s"
	if size == 8 {
		bits, letter = 0x0D408400, "d"
		bits |= uint32(i) << 30
	} else {
		bits |= uint32(i)>>1<<30 | uint32(i)&1<<12
	}
	if store {
		bits, name = bits&^0x400000, "st1"
	}
	return word{bits | reg2(r, int(base)), fmt.Sprintf("%s {v%d.%s}[%d], [x%d]", name, r, letter, i, base)}
}
