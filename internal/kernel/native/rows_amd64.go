package native

import "math"

// Rows are a loop around the loop over elements. A reduction has
// kernel.Lanes sums, which are as many accumulators as it takes vectors to hold them: a
// turn of the inner loop is so many vectors.

// turn is the vectors of one turn of the inner loop.
func (e *emitter) turn() int {
	if len(e.reduces) == 0 {
		return 1
	}
	return 16 / e.lanes()
}

// accumulators are the registers that reductions take, above the others.
func (e *emitter) accumulators() int { return len(e.reduces) * e.turn() }

func (e *emitter) accumulator(reduction, part int) int {
	return e.vectors + reduction*e.turn() + part
}

// rows writes the loop over rows. The end of all is in the frame.
func (e *emitter) rows() {
	end := memory(frameReg, e.p.RowAt()+8)
	step := e.turn() * e.lanes()
	e.load(scratch, end)
	e.compare(indexReg, scratch)
	nothing := e.jump(ifGreaterEqual)
	e.align(32)
	top := len(e.code)
	e.beginRow()
	e.load(scratch, end)
	e.address(limitReg, memory(indexReg, e.p.Row))
	e.compare(limitReg, scratch)
	e.put(0x4C, 0x0F, 0x4F, 0xC0) // CMOVQGT AX, R8
	e.addImm(limitReg, -step)
	e.compare(indexReg, limitReg)
	rest := e.jump(ifGreater)
	e.align(32)
	loop := len(e.code)
	for e.part = range e.turn() {
		e.shift = e.part * e.width()
		e.block(e.body, false)
	}
	e.shift = 0
	e.addImm(indexReg, step)
	e.compare(indexReg, limitReg)
	e.land(e.jump(ifLessEqual), loop)
	e.land(rest, len(e.code))
	e.restOfRow(step)
	e.address(indexReg, memory(limitReg, step))
	for i := range e.reduces {
		e.fold(i)
	}
	e.addImm(rowReg, 1)
	if e.p.TilesRepeat {
		e.addImm(tilesReg, -e.p.Row*e.p.size())
	}
	for i, skip := range e.p.Skips {
		if skip != 0 {
			e.addImm(e.arrays[i], skip*e.p.size())
		}
	}
	e.load(scratch, end)
	e.compare(indexReg, scratch)
	e.land(e.jump(ifLess), top)
	e.land(nothing, len(e.code))
}

// restOfRow writes what is left of a row, less than a turn: whole vectors, then a part of one.
func (e *emitter) restOfRow(step int) {
	var done []int
	for e.part = range e.turn() {
		e.address(scratch, memory(limitReg, step))
		e.sub(scratch, indexReg)
		e.put(0x48, 0x85, 0xC0) // TESTQ AX, AX
		done = append(done, e.jump(ifZero))
		next := -1
		if e.part < e.turn()-1 {
			e.compareImm(scratch, e.lanes())
			part := e.jump(ifLess)
			e.block(e.body, false)
			e.addImm(indexReg, e.lanes())
			next = e.jumpAlways()
			e.land(part, len(e.code))
		}
		e.partial()
		e.block(e.body, true)
		if next >= 0 {
			done = append(done, e.jumpAlways())
			e.land(next, len(e.code))
		}
	}
	e.part = 0
	for _, j := range done {
		e.land(j, len(e.code))
	}
}

// beginRow loads what is the same along a row, and clears the accumulators.
func (e *emitter) beginRow() {
	for v := range e.regs {
		r := &e.regs[v]
		if !r.leaf || !r.row {
			continue
		}
		dst, pinned := e.pins[v]
		if !pinned {
			dst = 0
		}
		e.broadcast(dst, e.element(r.arg))
		if !pinned {
			e.keep(v, dst)
		}
	}
	e.block(e.perRow, false)
	for i := range e.reduces {
		for part := range e.turn() {
			acc := e.accumulator(i, part)
			switch e.reduces[i].Code {
			case ReduceSum:
				e.vector(form{1, 1, 0xEF, false}, acc, acc, register(acc), mask{}) // VPXOR
			case ReduceMax:
				e.move(acc, e.constHome(e.p.bits(math.Inf(-1))))
			case ReduceMin:
				e.move(acc, e.constHome(e.p.bits(math.Inf(1))))
			}
		}
	}
}

// reduce combines a value with its accumulator.
func (e *emitter) reduce(in *instruction) {
	code, acc := e.reduces[in.sum].Code, e.accumulator(in.sum, e.part)
	if code == ReduceSum && (e.wide || !e.tail) {
		y := e.operandOf(in.a)
		m := mask{}
		if e.tail {
			m.k = tailMask
		}
		e.vector(e.packed(0x58), acc, acc, y, m)
	} else {
		x := e.inRegister(in.a)
		t := e.claim()
		e.locked |= 1 << t
		e.combine(code, acc, x, t, e.claim(), e.tail)
	}
	e.consume(in.a)
	e.locked = 0
}

// combine is acc ← acc combined with x, in the tail's lanes alone if it is one, by way of
// t and u. See extreme for what the largest and the smallest take.
func (e *emitter) combine(code Code, acc, x, t, u int, tail bool) {
	tailReg := e.vectors - 1
	if code == ReduceSum {
		if tail { // AVX2: +0 changes no sum, for none that begins with +0 is −0
			e.vector(form{1, 1, 0xDB, false}, t, x, register(tailReg), mask{})
			x = t
		}
		e.vector(e.packed(0x58), acc, acc, register(x), mask{})
		return
	}
	f, join := microForms[mMax], microForms[mAnd]
	if code == ReduceMin {
		f, join = microForms[mMin], microForms[mOr]
	}
	e.vector(e.packed(f), t, acc, register(x), mask{})
	e.vector(e.packed(f), u, x, register(acc), mask{})
	e.vector(form{1, 1, join, false}, t, t, register(u), mask{})
	blend := form{1, 3, 0x4A + flag(e.p.Float64, 0), false} // VBLENDV
	if code == ReduceMax {
		nan := e.constHome(e.p.bits(math.NaN()))
		if e.wide {
			e.vector(e.packed(0xC2), lanesMask, acc, register(x), mask{}, isUnordered)
			e.vector(e.packed(0x10), t, -1, nan, mask{k: lanesMask})
		} else {
			e.vector(e.packed(0xC2), u, acc, register(x), mask{}, isUnordered)
			e.vector(blend, t, t, nan, mask{}, byte(u)<<4)
		}
	}
	switch {
	case !tail:
		e.vector(e.packed(0x10), acc, -1, register(t), mask{})
	case e.wide:
		e.vector(e.packed(0x10), acc, -1, register(t), mask{k: tailMask})
	default:
		e.vector(blend, acc, acc, register(t), mask{}, byte(tailReg)<<4)
	}
}

// fold combines lanes l and l+8, l and l+4, l and l+2, l and l+1 of a reduction and
// stores lane 0 for its row.
func (e *emitter) fold(i int) {
	const t, u, x = 0, 1, 2 // registers that no value is pinned to
	r := &e.reduces[i]
	for n := e.turn(); n > 1; n /= 2 {
		for part := range n / 2 {
			e.combine(r.Code, e.accumulator(i, part), e.accumulator(i, part+n/2), t, u, false)
		}
	}
	acc := e.accumulator(i, 0)
	halve := func(op byte, w bool, imm byte, two bool) {
		src := -1
		if two {
			src = acc
		}
		e.vector(form{1, 3, op, w}, x, src, register(acc), mask{}, imm)
		e.combine(r.Code, acc, x, t, u, false)
	}
	if e.wide {
		halve(0x23, true, 0x4E, true) // VSHUFF64X2
		halve(0x23, true, 0xB1, true)
		halve(0x05, true, 0x55, false) // VPERMILPD
	} else {
		halve(0x06, false, 0x01, true) // VPERM2F128
		halve(0x05, false, 0x05, false)
	}
	store := form{3, 1, 0x11, e.wide} // VMOVSD
	if !e.p.Float64 {
		halve(0x04, false, 0xB1, false) // VPERMILPS
		store = form{2, 1, 0x11, false}
	}
	e.vector(store, acc, -1, e.element(r.To), mask{})
}
