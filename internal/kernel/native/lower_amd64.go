package native

import "math"

// Micro-operations: what one or two instructions do on registers.
type micro uint8

const (
	mAdd    micro = iota // dst = a + b
	mSub                 //
	mMul                 //
	mDiv                 //
	mMin                 // the processor's: b if either is NaN or both are zeros
	mMax                 // likewise
	mAnd                 // of the bits
	mOr                  //
	mXor                 //
	mIAdd                // of integers
	mISub                //
	mShl                 // the bits of a by predicate places
	mShr                 // likewise
	mSar                 // likewise, the sign following
	mSqrt                // dst = √b
	mFloor               // dst = ⌊b⌋
	mSelect              // dst = d where the comparison of a with b holds, else c
	mTruth               // dst = d where the comparison of a with b holds, else 0
	mFma                 // dst = a · b + c
	mFnma                // dst = c − a · b
	mStore               // a to memory
	mReduce              // a into the accumulator
)

// Comparison predicates of the processor; ne and unordered hold where one is NaN.
const (
	isEqual     = 0x00
	isUnordered = 0x03
	isNotEqual  = 0x04
	isLess      = 0x11
	isLessEqual = 0x12
	isGreater   = 0x1E
)

// instruction is a micro-operation on virtual registers; −1 is none.
type instruction struct {
	op         micro
	dst        int
	a, b, c, d int
	predicate  byte
	to         Arg // of mStore
	sum        int // of mReduce: the index of the reduction
}

// operands are the virtual registers read, in the order a, b, c, d.
func (in *instruction) operands() [4]int { return [4]int{in.a, in.b, in.c, in.d} }

// lasts reports whether the instruction does something that outlasts its registers.
func (in *instruction) lasts() bool { return in.op == mStore || in.op == mReduce }

// virtual is a virtual register: assigned once.
type virtual struct {
	leaf    bool // it is in memory or a constant from the start: see arg
	arg     Arg
	bits    uint64 // of a constant
	uniform bool   // the same for all elements, or for those of a row
	row     bool   // and another for another row
	less    comparison
}

// comparison is what a virtual register of truths holds, so that a Where on it
// need not look at the truths.
type comparison struct {
	ok        bool
	a, b      int
	predicate byte
	stores    int // that came before it
}

// lowered is a program in micro-operations. What is uniform is done once, ahead,
// or at the start of each row.
type lowered struct {
	p       *Program
	regs    []virtual
	leaves  map[Arg]int
	bitsOf  map[uint64]int // constants
	values  []int          // of the Ops
	ahead   []instruction
	perRow  []instruction
	body    []instruction
	reduces []Op
	signBit uint64
	stores  int // so far
}

// lower translates the program.
func lower(p *Program) *lowered {
	l := &lowered{p: p, leaves: map[Arg]int{}, bitsOf: map[uint64]int{}, signBit: 1 << 31}
	if p.Float64 {
		l.signBit = 1 << 63
	}
	for i := range p.Ops {
		l.values = append(l.values, l.op(&p.Ops[i]))
	}
	l.alive()
	return l
}

// arg is the virtual register of an operand.
func (l *lowered) arg(a Arg) int {
	switch a.Kind {
	case Value:
		return l.values[a.I]
	case Const:
		return l.constant(l.p.bits(a.V))
	}
	v, ok := l.leaves[a]
	if !ok {
		v = len(l.regs)
		l.regs = append(l.regs, virtual{leaf: true, arg: a, uniform: a.Kind == Number || a.Kind == Row, row: a.Kind == Row})
		l.leaves[a] = v
	}
	return v
}

func (l *lowered) constant(bits uint64) int {
	v, ok := l.bitsOf[bits]
	if !ok {
		v = len(l.regs)
		l.regs = append(l.regs, virtual{leaf: true, arg: Arg{Kind: Const}, bits: bits, uniform: true})
		l.bitsOf[bits] = v
	}
	return v
}

func (l *lowered) number(v float64) int { return l.constant(l.p.bits(v)) }

// do appends an instruction, to what is done ahead if its operands allow it,
// and returns its result.
func (l *lowered) do(in instruction) int {
	uniform, row := !in.lasts(), false
	for _, v := range in.operands() {
		uniform = uniform && (v < 0 || l.regs[v].uniform)
		row = row || v >= 0 && l.regs[v].row
	}
	in.dst = -1
	if !in.lasts() {
		in.dst = len(l.regs)
		l.regs = append(l.regs, virtual{uniform: uniform, row: uniform && row})
	}
	switch {
	case !uniform:
		l.body = append(l.body, in)
	case row:
		l.perRow = append(l.perRow, in)
	default:
		l.ahead = append(l.ahead, in)
	}
	return in.dst
}

func (l *lowered) two(op micro, a, b int) int {
	return l.do(instruction{op: op, a: a, b: b, c: -1, d: -1})
}

func (l *lowered) one(op micro, b int) int {
	return l.do(instruction{op: op, a: -1, b: b, c: -1, d: -1})
}

// choose is yes where a compares with b, else no.
func (l *lowered) choose(predicate byte, a, b, yes, no int) int {
	return l.do(instruction{op: mSelect, a: a, b: b, c: no, d: yes, predicate: predicate})
}

func (l *lowered) truth(predicate byte, a, b int) int {
	v := l.do(instruction{op: mTruth, a: a, b: b, c: -1, d: l.number(1), predicate: predicate})
	l.regs[v].less = comparison{true, a, b, predicate, l.stores}
	return v
}

// op translates one operation to its value.
func (l *lowered) op(o *Op) int {
	var v [3]int
	for i := range o.Code.arity() {
		v[i] = l.arg(o.Args[i])
	}
	a, b := v[0], v[1]
	switch o.Code {
	case Neg:
		return l.two(mXor, a, l.constant(l.signBit))
	case Abs:
		return l.two(mAnd, a, l.constant(l.signBit-1))
	case Sign:
		zero := l.number(0)
		below := l.choose(isLess, a, zero, l.number(-1), a)
		return l.choose(isGreater, a, zero, l.number(1), below)
	case Sqrt:
		return l.one(mSqrt, a)
	case Floor:
		return l.one(mFloor, a)
	case Rsqrt:
		return l.two(mDiv, l.number(1), l.one(mSqrt, a))
	case Cbrt:
		return l.cbrt(a)
	case Add:
		return l.two(mAdd, a, b)
	case Sub:
		return l.two(mSub, a, b)
	case Mul:
		return l.two(mMul, a, b)
	case Div:
		return l.div(a, b)
	case Max, Min:
		return l.extreme(o.Code, a, b)
	case Eq:
		return l.truth(isEqual, a, b)
	case Ne:
		return l.truth(isNotEqual, a, b)
	case Lt:
		return l.truth(isLess, a, b)
	case Le:
		return l.truth(isLessEqual, a, b)
	case Fma:
		return l.fma(a, b, v[2])
	case Where:
		if c := l.regs[a].less; c.ok && (c.stores == l.stores || !l.inMemory(c.a) && !l.inMemory(c.b)) {
			return l.choose(c.predicate, c.a, c.b, b, v[2])
		}
		return l.choose(isNotEqual, a, l.number(0), b, v[2])
	case Exp, Erf, Tanh, Sigmoid:
		return l.function(o.Code, a)
	case Store:
		l.stores++
		l.do(instruction{op: mStore, a: a, b: -1, c: -1, d: -1, to: o.To})
		return a
	case ReduceSum, ReduceMax, ReduceMin:
		l.reduces = append(l.reduces, *o)
		return l.do(instruction{op: mReduce, a: a, b: -1, c: -1, d: -1, sum: len(l.reduces) - 1})
	}
	panic("native: unknown code")
}

// inMemory reports whether a store could change what a virtual register is read from.
func (l *lowered) inMemory(v int) bool { return l.regs[v].leaf && !l.regs[v].uniform }

// value is a constant's, ok only for constants.
func (l *lowered) value(v int) (x float64, ok bool) {
	r := &l.regs[v]
	if !r.leaf || r.arg.Kind != Const {
		return 0, false
	}
	if l.p.Float64 {
		return math.Float64frombits(r.bits), true
	}
	return float64(math.Float32frombits(uint32(r.bits))), true
}

// div multiplies instead where the divisor is a power of two whose inverse is
// a number too: both are then a/b, rounded once.
func (l *lowered) div(a, b int) int {
	if x, ok := l.value(b); ok {
		frac, _ := math.Frexp(x)
		inverse := 1 / x
		least, most := 0x1p-126, 0x1p127
		if l.p.Float64 {
			least, most = 0x1p-1022, 0x1p1023
		}
		if size := math.Abs(inverse); math.Abs(frac) == 0.5 && size >= least && size <= most {
			return l.two(mMul, a, l.number(inverse))
		}
	}
	return l.two(mDiv, a, b)
}

// extreme is the maximum or minimum. The processor's gives its second operand
// where one is NaN or both are zeros, so it is right with a constant first
// unless that is the zero which must give way to the other one. In general both
// orders are taken: the bits that both maxima have are +0 unless both are −0,
// and a NaN is put back; the bits that either minimum has keep −0 and NaN.
func (l *lowered) extreme(c Code, a, b int) int {
	op := mMax
	if c == Min {
		op = mMin
	}
	if _, ok := l.value(a); ok {
		a, b = b, a
	}
	if x, ok := l.value(b); ok && x == x {
		zero := x == 0
		negative := math.Signbit(x)
		switch {
		case !zero, c == Max && negative, c == Min && !negative:
			return l.two(op, b, a)
		case c == Max: // −0 + 0 is 0, and nothing else changes
			return l.two(mAdd, l.two(op, b, a), b)
		}
	}
	p, q := l.two(op, a, b), l.two(op, b, a)
	if c == Min {
		return l.two(mOr, p, q)
	}
	return l.choose(isUnordered, a, b, l.number(math.NaN()), l.two(mAnd, p, q))
}

// cbrt is the cube root of package kernel, operation by operation.
func (l *lowered) cbrt(v int) int {
	least, up, down, skip := 0x1p-60, 0x1p96, 0x1p-32, byte(9)
	magic, bits, start := 0x1.8p23, uint64(0x4b400000), uint64(0x2a5105)
	if l.p.Float64 {
		least, up, down, skip = 0x1p-600, 0x1p600, 0x1p-200, 32
		magic, bits, start = 0x1.8p52, 0x4338000000000000, 0x553eebeb
	}
	third, sign := l.number(1.0/3), l.constant(l.signBit)
	negative := func(v int) int { return l.two(mXor, v, sign) }
	fma := func(a, b, c int) int { return l.do(instruction{op: mFma, a: a, b: b, c: c, d: -1}) }
	shift := func(op micro, v int) int {
		return l.do(instruction{op: op, a: v, b: -1, c: -1, d: -1, predicate: skip})
	}
	a := l.two(mAnd, v, l.constant(l.signBit-1))
	scale := l.choose(isLess, a, l.number(least), l.number(down), l.number(1))
	b := l.choose(isLess, a, l.number(least), l.two(mMul, a, l.number(up)), a)
	// An integer added to the bits of 1.5·2^23 is added to its value.
	q := l.two(mSub, l.two(mIAdd, shift(mShr, b), l.constant(bits)), l.number(magic))
	t := fma(q, l.number(-1.0/3), l.number(magic))
	r := shift(mShl, l.two(mIAdd, t, l.constant((start-bits)&(2*l.signBit-1))))
	minus := negative(b)
	error := func() int { return fma(l.two(mMul, minus, r), l.two(mMul, r, r), l.number(1)) }
	e := error()
	p := fma(fma(e, l.number(14.0/81), l.number(2.0/9)), e, third)
	r = fma(l.two(mMul, r, e), p, r)
	if l.p.Float64 {
		r = fma(l.two(mMul, r, error()), third, r)
	}
	r2 := l.two(mMul, r, r)
	y := l.two(mMul, b, r2)
	y2, ny := l.two(mMul, y, y), negative(y)
	d := fma(fma(ny, y, y2), y, fma(y2, ny, b))
	y = l.two(mMul, fma(d, l.two(mMul, r2, third), y), scale)
	y = l.two(mOr, y, l.two(mAnd, v, sign))
	return l.choose(isLess, a, l.number(math.Inf(1)), y, v)
}

// alive drops the instructions whose results are not stored in the end.
func (l *lowered) alive() {
	used := make([]bool, len(l.regs))
	keep := func(list []instruction) []instruction {
		kept := make([]bool, len(list))
		n := 0
		for i := len(list) - 1; i >= 0; i-- {
			in := &list[i]
			if !in.lasts() && !used[in.dst] {
				continue
			}
			kept[i] = true
			n++
			for _, v := range in.operands() {
				if v >= 0 {
					used[v] = true
				}
			}
		}
		out := make([]instruction, 0, n)
		for i, ok := range kept {
			if ok {
				out = append(out, list[i])
			}
		}
		return out
	}
	l.body = keep(l.body)
	l.perRow = keep(l.perRow)
	l.ahead = keep(l.ahead)
}
