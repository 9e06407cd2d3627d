package native

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"

	"github.com/godescent/descent/internal/kernel"
)

// Registers of the code. The first five come from enter; SP and BP are left alone.
const (
	arraysReg = rdi // pointer to the arrays' addresses
	tilesReg  = rsi // tile 0, less the loop's first element
	frameReg  = rdx
	indexReg  = rcx // element
	limitReg  = r8  // the last element at which a whole vector, or all of a turn, starts
	rowReg    = r15 // row, if there are any
	scratch   = rax
	other     = rbx
)

// arrayRegs hold the addresses of the arrays used most; the others' are read as needed.
var arrayRegs = []int{r9, r10, r11, r12, r13, r14, r15}

// tailMask is the k register of the lanes in the last, partial vector (AVX-512),
// lanesMask that of a comparison.
const (
	tailMask  = 1
	lanesMask = 2
)

// homeless is a virtual register that memory has no copy of.
const homeless = -1

// emitter writes the machine code of a lowered program.
type emitter struct {
	assembler
	*lowered
	vectors int         // registers there are, less the accumulators
	arrays  []int       // general registers that hold addresses of arrays
	pins    map[int]int // virtual registers kept in a register throughout
	home    []int       // frame offset of a virtual register's copy, see saved
	frame   int         // bytes used of the frame
	window  int         // constants: lane masks by the number of lanes
	consts  map[uint64]int

	// The part being written.
	tail   bool
	shift  int     // bytes from the index to the vector
	part   int     // which of a turn's vectors it is
	saved  []bool  // the copy of a virtual register has been written
	where  []int   // register of a virtual register, or −1
	holds  []int   // virtual register of a register, or −1
	uses   [][]int // positions at which a virtual register is read, ascending
	locked uint64
}

// compile is the code of a program and the size of its frame.
func compile(p *Program, wide bool) (code []byte, frame int) {
	e := &emitter{assembler: assembler{wide: wide}, lowered: lower(p), vectors: 16, arrays: arrayRegs, pins: map[int]int{}, consts: map[uint64]int{}}
	if wide {
		e.vectors = 32
	}
	e.vectors -= e.accumulators()
	e.frame = p.RowAt()
	if p.Row > 0 {
		e.arrays = arrayRegs[:len(arrayRegs)-1]
		e.frame += 16
	}
	e.frame = (e.frame + 63) &^ 63
	e.home, e.saved = make([]int, len(e.regs)), make([]bool, len(e.regs))
	for i := range e.home {
		e.home[i] = homeless
	}
	e.pin()
	e.masks()
	e.prologue()
	if p.Row > 0 {
		e.rows()
	} else {
		e.flat()
	}
	e.put(0xC5, 0xF8, 0x77) // VZEROUPPER
	e.put(0xC3)
	return e.finish(), e.frame
}

// flat writes the loop over all elements: a vector at a time, as long as whole vectors are left.
func (e *emitter) flat() {
	e.addImm(limitReg, -e.lanes())
	e.compare(indexReg, limitReg)
	rest := e.jump(ifGreater)
	e.align(32)
	loop := len(e.code)
	e.block(e.body, false)
	e.addImm(indexReg, e.lanes())
	e.compare(indexReg, limitReg)
	e.land(e.jump(ifLessEqual), loop)
	e.land(rest, len(e.code))
	// limit + lanes − index elements are left.
	e.address(scratch, memory(limitReg, e.lanes()))
	e.sub(scratch, indexReg)
	e.put(0x48, 0x85, 0xC0) // TESTQ AX, AX
	done := e.jump(ifZero)
	e.partial()
	e.block(e.body, true)
	e.land(done, len(e.code))
}

func (e *emitter) width() int {
	if e.wide {
		return 64
	}
	return 32
}

func (e *emitter) lanes() int { return e.width() / e.p.size() }

// pin gives registers to uniform values, those used most first, as far as the
// body's own values leave some.
func (e *emitter) pin() {
	count := map[int]int{}
	last := map[int]int{}
	for i := range e.body {
		for _, v := range e.body[i].operands() {
			if v >= 0 && e.regs[v].uniform {
				count[v]++
			}
			last[v] = i
		}
	}
	live, most := 0, 0
	seen := map[int]bool{}
	for i := range e.body {
		in := &e.body[i]
		for _, v := range in.operands() {
			if v >= 0 && e.regs[v].leaf && !e.regs[v].uniform && !seen[v] {
				seen[v] = true
				live++
			}
		}
		most = max(most, live+2) // the result, and a mask
		done := map[int]bool{}
		for _, v := range in.operands() {
			if v >= 0 && !e.regs[v].uniform && last[v] == i && !done[v] {
				done[v] = true
				live--
			}
		}
		if in.dst >= 0 {
			live++
		}
	}
	list := make([]int, 0, len(count))
	for v := range count {
		list = append(list, v)
	}
	slices.SortFunc(list, func(x, y int) int {
		if count[x] != count[y] {
			return count[y] - count[x]
		}
		return x - y
	})
	free := e.vectors - 1 - max(7, most) // one is the tail's mask in AVX2
	for i, v := range list[:max(0, min(free, len(list)))] {
		e.pins[v] = e.vectors - 2 - i
	}
}

// masks writes the table from which the tail takes its lane mask.
func (e *emitter) masks() {
	e.window = len(e.data)
	if e.wide {
		for n := range e.lanes() {
			e.data = binary.LittleEndian.AppendUint16(e.data, uint16(1<<n-1))
		}
	} else { // ones, then zeros
		for range 32 {
			e.data = append(e.data, 0xFF)
		}
		e.data = append(e.data, make([]byte, 32)...)
	}
	e.data = append(e.data, make([]byte, -len(e.data)&63)...)
}

// partial sets the tail's mask for as many lanes as scratch says.
func (e *emitter) partial() {
	e.address(other, constantAt(e.window))
	if e.wide {
		e.put(0xC5, 0xF8, 0x90) // KMOVW k1, [other + 2·scratch]
		e.operand(tailMask, indexed(other, scratch, 2, 0), 0)
		return
	}
	e.put(0x48, 0xF7, 0xD8) // NEGQ AX
	e.vector(form{0, 1, 0x10, false}, e.vectors-1, -1, indexed(other, scratch, e.p.size(), 32), mask{})
}

// constHome is the place of a constant, a vector of copies of it.
func (e *emitter) constHome(bits uint64) place {
	at, ok := e.consts[bits]
	if !ok {
		at = len(e.data)
		for range e.lanes() {
			if e.p.Float64 {
				e.data = binary.LittleEndian.AppendUint64(e.data, bits)
			} else {
				e.data = binary.LittleEndian.AppendUint32(e.data, uint32(bits))
			}
		}
		e.consts[bits] = at
	}
	return constantAt(at)
}

// prologue sets up the general registers and everything uniform.
func (e *emitter) prologue() {
	// From enter: index is the first element, limit the number of elements.
	e.add(limitReg, indexReg)
	if e.p.Row > 0 {
		e.general(0x89, limitReg, memory(frameReg, e.p.RowAt()+8)) // MOVQ
		e.load(rowReg, memory(frameReg, e.p.RowAt()))
	}
	e.put(0x48, 0x89, 0xC8)                                             // MOVQ CX, AX
	e.put(0x48, 0xC1, 0xE0, byte(bits.TrailingZeros(uint(e.p.size())))) // SHLQ $log₂ size, AX
	e.sub(tilesReg, scratch)
	for i := range min(e.p.Arrays, len(e.arrays)) {
		e.arrayAddress(e.arrays[i], i)
	}
	for v := range e.regs {
		r := &e.regs[v]
		if !r.leaf || !r.uniform {
			continue
		}
		dst, pinned := e.pins[v]
		switch {
		case r.arg.Kind == Const && pinned:
			e.move(dst, e.constHome(r.bits))
		case r.arg.Kind == Number:
			if !pinned {
				dst = 0
			}
			e.broadcast(dst, memory(frameReg, r.arg.I*e.p.size()))
			if !pinned {
				e.keep(v, dst)
			}
		}
	}
	e.block(e.ahead, false)
}

// arrayAddress loads the address of array i.
func (e *emitter) arrayAddress(r, i int) {
	e.load(r, memory(arraysReg, 8*i))
	if k := slices.Index(e.p.Moves, i); k >= 0 {
		e.general(0x03, r, memory(frameReg, e.p.MovesAt()+8*k)) // ADDQ
	}
}

// keep writes a virtual register, which is in r, to the frame.
func (e *emitter) keep(v, r int) {
	if e.home[v] == homeless {
		e.home[v] = e.frame
		e.frame += 64
	}
	e.saved[v] = true
	e.save(r, memory(frameReg, e.home[v]))
}

// Moves of whole vectors; memory need not be aligned.
func (e *emitter) move(dst int, m place) { e.vector(e.packed(0x10), dst, -1, m, mask{}) }
func (e *emitter) save(src int, m place) { e.vector(e.packed(0x11), src, -1, m, mask{}) }

func (e *emitter) broadcast(dst int, m place) {
	op := byte(0x18)
	if e.p.Float64 {
		op = 0x19
	}
	e.vector(form{1, 2, op, e.wide && e.p.Float64}, dst, -1, m, mask{})
}

// packed is the form of a floating-point instruction of the element type.
func (e *emitter) packed(op byte) form {
	if e.p.Float64 {
		return form{1, 1, op, true}
	}
	return form{0, 1, op, false}
}

// block writes a list of instructions.
func (e *emitter) block(list []instruction, tail bool) {
	e.tail = tail
	e.where = make([]int, len(e.regs))
	e.holds = make([]int, e.vectors)
	e.uses = make([][]int, len(e.regs))
	e.locked = 0
	for i := range e.where {
		e.where[i] = -1
		e.saved[i] = e.saved[i] && e.regs[i].uniform
	}
	for i := range e.holds {
		e.holds[i] = -1
	}
	for v, r := range e.pins {
		e.where[v], e.holds[r] = r, v
	}
	for i := range list {
		for _, v := range list[i].operands() {
			if v >= 0 {
				e.uses[v] = append(e.uses[v], i)
			}
		}
	}
	for i := range list {
		e.instruction(&list[i])
	}
}

var microForms = [...]byte{mAdd: 0x58, mSub: 0x5C, mMul: 0x59, mDiv: 0x5E, mMin: 0x5D, mMax: 0x5F, mAnd: 0xDB, mOr: 0xEB, mXor: 0xEF, mIAdd: 0xFE, mISub: 0xFA, mSqrt: 0x51}

// instruction writes one, with the moves that it needs.
func (e *emitter) instruction(in *instruction) {
	a, b := in.a, in.b
	switch in.op {
	case mAdd, mMul, mAnd, mOr, mXor, mIAdd: // the order is free: memory second
		if e.where[a] < 0 && e.where[b] >= 0 {
			a, b = b, a
		}
	}
	switch in.op {
	case mStore:
		r := e.inRegister(a)
		e.consume(a)
		e.rescue(in.to)
		e.store(r, in.to)
		e.locked = 0
	case mReduce:
		e.reduce(in)
	case mFma, mFnma:
		e.fma(in)
	case mSqrt, mFloor:
		src := e.operandOf(b)
		e.consume(b)
		e.locked = 0
		dst := e.result(in.dst)
		if in.op == mFloor {
			e.vector(form{1, 3, 8 + flag(e.p.Float64, 0), e.wide && e.p.Float64}, dst, -1, src, mask{}, 9) // down, no exception
		} else {
			e.vector(e.packed(0x51), dst, -1, src, mask{})
		}
	case mSelect, mTruth:
		e.compared(in)
	case mShl, mShr, mSar:
		x := e.inRegister(a)
		e.consume(a)
		e.locked = 0
		e.shifted(in.op, e.result(in.dst), x, in.predicate)
	default:
		x := e.inRegister(a)
		y := e.operandOf(b)
		e.consume(a)
		e.consume(b)
		e.locked = 0
		dst := e.result(in.dst)
		f := e.packed(microForms[in.op])
		switch {
		case in.op == mIAdd && e.p.Float64:
			f = form{1, 1, 0xD4, e.wide} // VPADDQ
		case in.op >= mAnd:
			f = form{1, 1, microForms[in.op], false} // of integers: there in AVX-512F
		}
		e.vector(f, dst, x, y, mask{})
	}
	e.settle(in.dst)
}

// shifted writes a shift of integers as wide as an element, whose destination stands
// where others have their first operand.
func (e *emitter) shifted(op micro, dst, x int, n byte) {
	f, kind := form{1, 1, 0x72, false}, 2 // VPSRLD
	if e.p.Float64 {
		f = form{1, 1, 0x73, e.wide}
	}
	switch op {
	case mShl:
		kind = 6
	case mSar: // of float32 alone
		kind = 4
	}
	e.vector(f, kind, dst, register(x), mask{}, n)
}

// fma multiplies and adds, in the register of a factor that is not read again if there
// is one, else in a copy of c.
func (e *emitter) fma(in *instruction) {
	negate := byte(0)
	if in.op == mFnma {
		negate = 4
	}
	a, b := in.a, in.b
	if !e.dies(a, in) {
		a, b = b, a
	}
	if _, pinned := e.pins[in.dst]; !pinned && e.dies(a, in) {
		dst, x := e.inRegister(a), e.inRegister(b)
		z := e.operandOf(in.c)
		e.consume(a)
		e.consume(b)
		e.consume(in.c)
		e.locked = 0
		e.where[in.dst], e.holds[dst] = dst, in.dst
		e.vector(form{1, 2, 0xA8 + negate, e.p.Float64}, dst, x, z, mask{}) // VFMADD213
		return
	}
	x, z := e.inRegister(in.a), e.operandOf(in.c)
	y := e.operandOf(in.b)
	dst := e.result(in.dst)
	for _, v := range []int{in.a, in.b, in.c} {
		e.consume(v)
	}
	e.locked = 0
	e.vector(e.packed(0x10), dst, -1, z, mask{})
	e.vector(form{1, 2, 0xB8 + negate, e.p.Float64}, dst, x, y, mask{}) // VFMADD231
}

// dies reports whether operand v of an instruction has its only use there.
func (e *emitter) dies(v int, in *instruction) bool {
	_, pinned := e.pins[v]
	return !pinned && len(e.uses[v]) == 1
}

// compared writes a comparison and what is chosen by it.
func (e *emitter) compared(in *instruction) {
	x := e.inRegister(in.a)
	y := e.operandOf(in.b)
	no := -1
	if in.op == mSelect {
		no = e.inRegister(in.c)
	}
	yes := e.operandOf(in.d)
	lanes := lanesMask
	if !e.wide {
		lanes = e.claim()
		e.locked |= 1 << lanes
	}
	e.vector(e.packed(0xC2), lanes, x, y, mask{}, in.predicate)
	for _, v := range in.operands() {
		if v >= 0 {
			e.consume(v)
		}
	}
	e.locked = 0
	dst := e.result(in.dst)
	switch wideOp := e.p.Float64; {
	case e.wide && in.op == mSelect:
		e.vector(form{1, 2, 0x65, wideOp}, dst, no, yes, mask{k: lanesMask}) // VBLENDM
	case e.wide:
		e.vector(e.packed(0x10), dst, -1, yes, mask{lanesMask, true})
	case in.op == mSelect:
		e.vector(form{1, 3, 0x4A + flag(wideOp, 0), false}, dst, no, yes, mask{}, byte(lanes)<<4) // VBLENDV
	default:
		e.vector(form{1, 1, 0xDB, false}, dst, lanes, yes, mask{})
	}
}

// element is the place of a leaf's or a store's element at the index.
func (e *emitter) element(a Arg) place {
	size := e.p.size()
	if a.Kind == Tile {
		return indexed(tilesReg, indexReg, size, a.I*kernel.Block*size+e.shift)
	}
	if a.Kind == Row {
		return indexed(e.array(a.I), rowReg, size, 0)
	}
	return indexed(e.array(a.I), indexReg, size, e.shift)
}

// array is the register of an array's address, scratch if it has none of its own.
func (e *emitter) array(i int) int {
	if i < len(e.arrays) {
		return e.arrays[i]
	}
	e.arrayAddress(scratch, i)
	return scratch
}

// copyOf is the place in memory of a virtual register, if it has one, and
// whether that is safe to read as a whole vector.
func (e *emitter) copyOf(v int) (m place, ok, whole bool) {
	r := &e.regs[v]
	switch {
	case e.saved[v]:
		return memory(frameReg, e.home[v]), true, true
	case !r.leaf:
		return place{}, false, false
	case r.arg.Kind == Const:
		return e.constHome(r.bits), true, true
	}
	return e.element(r.arg), true, !e.tail
}

// inRegister is the register of a virtual register, which is loaded if it must be.
func (e *emitter) inRegister(v int) int {
	r := e.where[v]
	if r < 0 {
		r = e.claim()
		m, ok, whole := e.copyOf(v)
		if !ok {
			panic("native: a value is lost")
		}
		if whole {
			e.move(r, m)
		} else {
			e.moveTail(r, m)
		}
		e.where[v], e.holds[r] = r, v
	}
	e.locked |= 1 << r
	return r
}

// operandOf is a virtual register as an instruction's last operand, in memory
// if it is there and this is its last use, or all its uses are such.
func (e *emitter) operandOf(v int) place {
	r := &e.regs[v]
	far := r.leaf && r.arg.Kind == Array && r.arg.I >= len(e.arrays) // its address would take the scratch register
	if e.where[v] < 0 && !far && (r.uniform || len(e.uses[v]) == 1) {
		if m, ok, whole := e.copyOf(v); ok && whole {
			return m
		}
	}
	return register(e.inRegister(v))
}

// consume counts a use of a virtual register, and gives up its register with the last.
func (e *emitter) consume(v int) {
	e.uses[v] = e.uses[v][1:]
	if len(e.uses[v]) == 0 {
		e.drop(v)
	}
}

func (e *emitter) drop(v int) {
	if _, pinned := e.pins[v]; pinned || e.where[v] < 0 {
		return
	}
	e.holds[e.where[v]] = -1
	e.where[v] = -1
}

// result is a register for a virtual register that an instruction computes.
func (e *emitter) result(v int) int {
	if r, ok := e.pins[v]; ok {
		return r
	}
	r := e.claim()
	e.where[v], e.holds[r] = r, v
	return r
}

// settle keeps a uniform value for the body, and drops one that is not read.
func (e *emitter) settle(v int) {
	if v < 0 {
		return
	}
	if _, pinned := e.pins[v]; pinned {
		return
	}
	if e.regs[v].uniform {
		e.keep(v, e.where[v])
	}
	if len(e.uses[v]) == 0 {
		e.drop(v)
	}
}

// claim is a free register: if there is none, that of the value whose next use
// is the farthest, which goes to the frame.
func (e *emitter) claim() int {
	usable := e.vectors
	if !e.wide {
		usable-- // the tail's mask
	}
	worst, far := -1, -1
	for r := range usable {
		v := e.holds[r]
		if v < 0 && e.locked>>r&1 == 0 {
			return r
		}
		if v < 0 || e.locked>>r&1 != 0 {
			continue
		}
		if _, pinned := e.pins[v]; pinned {
			continue
		}
		next := math.MaxInt
		if len(e.uses[v]) > 0 {
			next = e.uses[v][0]
		}
		if next > far {
			worst, far = r, next
		}
	}
	if worst < 0 {
		panic("native: no register left")
	}
	v := e.holds[worst]
	if !e.regs[v].leaf && !e.saved[v] {
		e.keep(v, worst)
	}
	e.drop(v)
	return worst
}

// store writes a register to an array or tile.
func (e *emitter) store(r int, to Arg) {
	m := e.element(to)
	switch {
	case !e.tail:
		e.save(r, m)
	case e.wide:
		e.vector(e.packed(0x11), r, -1, m, mask{k: tailMask})
	default:
		e.vector(form{1, 2, 0x2E + flag(e.p.Float64, 0), false}, r, e.vectors-1, m, mask{}) // VMASKMOV
	}
}

// rescue keeps what memory holds, if it is read again after it is overwritten.
func (e *emitter) rescue(to Arg) {
	if v, ok := e.leaves[to]; ok && len(e.uses[v]) > 0 && !e.saved[v] {
		e.keep(v, e.inRegister(v))
	}
}

// moveTail loads the lanes of the last, partial vector.
func (e *emitter) moveTail(dst int, m place) {
	if e.wide {
		e.vector(e.packed(0x10), dst, -1, m, mask{tailMask, true})
	} else {
		e.vector(form{1, 2, 0x2C + flag(e.p.Float64, 0), false}, dst, e.vectors-1, m, mask{})
	}
}
