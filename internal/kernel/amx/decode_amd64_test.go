package amx

import "fmt"

// operation is an instruction of AMX.
type operation int

const (
	ldtilecfg operation = iota
	sttilecfg
	tilerelease
	tilezero
	tileloadd
	tileloaddt1
	tilestored
	tdpbf16ps
	operations
)

func (o operation) String() string {
	return [operations]string{"ldtilecfg", "sttilecfg", "tilerelease", "tilezero", "tileloadd", "tileloaddt1", "tilestored", "tdpbf16ps"}[o]
}

// instruction is one that was decoded. A tile of x, y, z is an operand; base and index are
// general registers, −1 where there is none.
type instruction struct {
	op          operation
	length      int
	x, y, z     int
	base, index int
	scale       uint
	disp        int64
}

var generals = [16]string{"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"}

// String is the instruction in the words of Intel's manual, as binutils writes them.
func (i instruction) String() string {
	at := ""
	if i.base >= 0 {
		at = generals[i.base]
		if i.index >= 0 {
			at += fmt.Sprintf("+%s*%d", generals[i.index], 1<<i.scale)
		}
		if i.disp != 0 {
			at += fmt.Sprintf("%+#x", i.disp)
		}
		at = "[" + at + "]"
	}
	switch i.op {
	case ldtilecfg, sttilecfg:
		return fmt.Sprintf("%v %s", i.op, at)
	case tilezero:
		return fmt.Sprintf("%v tmm%d", i.op, i.x)
	case tileloadd, tileloaddt1:
		return fmt.Sprintf("%v tmm%d,%s", i.op, i.x, at)
	case tilestored:
		return fmt.Sprintf("%v %s,tmm%d", i.op, at, i.x)
	case tdpbf16ps:
		return fmt.Sprintf("%v tmm%d,tmm%d,tmm%d", i.op, i.x, i.y, i.z)
	}
	return i.op.String()
}

// decode is the instruction of AMX that begins b, if one does, by the tables of Intel's manual
// (volume 2, opcodes of each instruction and 2.3, the VEX prefix). Of RIP-relative
// addresses and those without a base, which no routine here has, it knows nothing.
func decode(b []byte) (i instruction, ok bool) {
	const map0F38 = 2
	if len(b) < 5 || b[0] != 0xc4 || b[1]&31 != map0F38 || b[2]&0x84 != 0 { // W0, 128 bits
		return i, false
	}
	r, x, base := int(^b[1]>>7&1), int(^b[1]>>6&1), int(^b[1]>>5&1)
	v, prefix := int(^b[2]>>3&15), [4]int{0, 0x66, 0xf3, 0xf2}[b[2]&3]
	opcode, mod, reg, rm := b[3], b[4]>>6, int(b[4]>>3&7), int(b[4]&7)
	i = instruction{length: 5, x: reg, base: -1, index: -1}
	registers := mod == 3
	switch {
	case opcode == 0x5c && prefix == 0xf3 && registers:
		i.op, i.y, i.z = tdpbf16ps, rm, v
		return i, r == 0 && base == 0 && v < 8
	case v != 0: // 1111, inverted: no other one has a third operand
		return i, false
	case opcode == 0x49 && prefix == 0xf2 && registers && rm == 0:
		i.op = tilezero
		return i, r == 0
	case opcode == 0x49 && prefix == 0 && b[4] == 0xc0:
		i.op = tilerelease
		return i, true
	case registers:
		return i, false
	case opcode == 0x49 && reg == 0 && prefix == 0:
		i.op = ldtilecfg
	case opcode == 0x49 && reg == 0 && prefix == 0x66:
		i.op = sttilecfg
	case opcode == 0x4b && rm == 4 && r == 0 && prefix != 0: // with a SIB byte, always
		i.op = map[int]operation{0xf2: tileloadd, 0x66: tileloaddt1, 0xf3: tilestored}[prefix]
	default:
		return i, false
	}
	return i.memory(b, mod, rm, x, base)
}

// memory decodes the operand that ModRM begins.
func (i instruction) memory(b []byte, mod byte, rm, x, high int) (instruction, bool) {
	if rm == 4 {
		if len(b) < 6 {
			return i, false
		}
		rm = int(b[5] & 7)
		i.scale, i.index = uint(b[5]>>6), int(b[5]>>3&7)|x<<3
		if i.index == 4 {
			i.index = -1
		}
		i.length++
	}
	i.base = rm | high<<3
	rest := b[i.length:]
	switch {
	case mod == 0 && rm != 5:
	case mod == 1 && len(rest) >= 1:
		i.disp = int64(int8(rest[0]))
		i.length++
	case mod == 2 && len(rest) >= 4:
		i.disp = int64(int32(uint32(rest[0]) | uint32(rest[1])<<8 | uint32(rest[2])<<16 | uint32(rest[3])<<24))
		i.length += 4
	default:
		return i, false
	}
	return i, true
}
