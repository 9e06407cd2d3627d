package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
)

// genRandom writes the Philox streams: each 64-bit lane computes one block of
// four words, so that no round moves anything between lanes.
func genRandom(g *gen) {
	for _, g.f64 = range []bool{false, true} {
		g.stream("Uniform", "numbers in [0, 1)", (*gen).uniform)
		g.stream("Normal", "standard normal numbers", (*gen).normal)
		g.signs()
	}
}

// groupLen is the number of elements that one group of blocks makes.
func (g *gen) groupLen() int { return g.bytes / 8 * 16 / g.elem() }

// philox is the state of a stream while it is written.
type philox struct {
	*gen
	counter, key0, key1, step0, step1      vec // low or high words in the low halves of the lanes
	mul0, mul1, weyl0, weyl1, lanes64, low operand.Op
	first, second                          vec // AVX-512: the order in which words go to memory
}

// stream writes a routine that makes groups of elements from the given block on.
func (g *gen) stream(name, what string, emit func(g *gen, m0, m1 vec) (vec, vec)) {
	asm := g.asmName(name, "")
	g.text(asm, "func(dst *"+g.typ()+", key, step, block uint64, groups int)",
		asm+" writes "+what+", groups of "+itoa(g.groupLen())+" of them, from the words of the Philox blocks from block on.")
	dst, groups := g.arg("dst"), g.arg("groups")
	p := &philox{gen: g}
	p.start()
	spare := 0
	if g.wide() {
		spare = 4
	}
	g.prepare(spare, func(g *gen) { emit(g, g.vec(), g.vec()) })
	top := g.label("group")
	g.Label(top)
	m0, m1 := p.words()
	v0, v1 := emit(g, m0, m1)
	g.p("VMOVUP", v0, mem(dst, 0))
	g.p("VMOVUP", v1, mem(dst, g.bytes))
	g.ADDQ(imm(2*g.bytes), dst)
	g.SUBQ(imm(1), groups)
	g.JGT(operand.LabelRef(top))
	g.end()
}

// copies is a vector of copies of a 64-bit word in memory.
func (g *gen) copies(m operand.Op) vec {
	v := g.vec()
	g.VPBROADCASTQ(m, v)
	return v
}

// everyLane is a vector of copies of a 64-bit word: in a register of AVX-512, in memory for AVX2, which has too few.
func (g *gen) everyLane(name string, w uint64) operand.Op {
	m := g.word64(name, w, w, w, w)
	if g.wide() {
		return g.copies(m)
	}
	return m
}

// word64 is the place of a 64-bit word, or of several in a row, in the file's constants.
func (g *gen) word64(name string, words ...uint64) operand.Mem {
	if m, ok := g.data[name]; ok {
		return m
	}
	if g.data == nil {
		g.data = map[string]operand.Mem{}
	}
	m := g.StaticGlobal(name)
	g.DataAttributes(attr.RODATA | attr.NOPTR)
	for i, w := range words {
		g.AddDatum(8*i, operand.U64(w))
	}
	g.data[name] = m
	return m
}

func (g *gen) loadWords(m operand.Op) vec {
	v := g.vec()
	g.VMOVUPD(m, v)
	return v
}

func (g *gen) quad(name string, a, b operand.Op) vec {
	v := g.vec()
	g.op(name+"Q", b, a, v)
	return v
}

func (p *philox) start() {
	g := p.gen
	p.key0, p.step0 = g.copies(g.param("key")), g.copies(g.param("step"))
	p.key1, p.step1 = g.quad("VPSRL", p.key0, operand.U8(32)), g.quad("VPSRL", p.step0, operand.U8(32))
	p.mul0, p.mul1 = g.everyLane("philoxMul0", 0xD2511F53), g.everyLane("philoxMul1", 0xCD9E8D57)
	p.weyl0, p.weyl1 = g.everyLane("philoxWeyl0", 0x9E3779B9), g.everyLane("philoxWeyl1", 0xBB67AE85)
	p.low = g.everyLane("lowHalf", 1<<32-1)
	p.lanes64 = g.everyLane("lanes64", uint64(g.bytes/8))
	p.counter = g.quad("VPADD", g.copies(g.param("block")), g.loadWords(g.word64("upward", 0, 1, 2, 3, 4, 5, 6, 7)))
	if g.wide() {
		p.first = g.loadWords(g.word64("firstHalf", 0, 8, 1, 9, 2, 10, 3, 11))
		p.second = g.loadWords(g.word64("secondHalf", 4, 12, 5, 13, 6, 14, 7, 15))
	}
}

// words makes one group of blocks and returns its words in the order of memory.
// The high halves of the lanes are ignored until the rounds are over.
func (p *philox) words() (m0, m1 vec) {
	g := p.gen
	c0, c1 := p.counter, g.quad("VPSRL", p.counter, operand.U8(32))
	c2, c3, k0, k1 := p.step0, p.step1, p.key0, p.key1
	for round := range 10 {
		if round > 0 {
			k0, k1 = g.quad("VPADD", k0, p.weyl0), g.quad("VPADD", k1, p.weyl1)
		}
		p0, p1 := g.vec(), g.vec()
		g.VPMULUDQ(p.mul0, c0, p0)
		g.VPMULUDQ(p.mul1, c2, p1)
		c0, c1, c2, c3 = g.xor3(g.quad("VPSRL", p1, operand.U8(32)), c1, k0), p1, g.xor3(g.quad("VPSRL", p0, operand.U8(32)), c3, k1), p0
	}
	g.VPADDQ(p.lanes64, p.counter, p.counter)
	join := func(low, high vec) vec {
		return g.or(g.and(p.low, low), g.quad("VPSLL", high, operand.U8(32)))
	}
	return p.ordered(join(c0, c1), join(c2, c3))
}

// xor3 is a ^ b ^ c; a may be overwritten.
func (g *gen) xor3(a, b, c vec) vec {
	if g.wide() {
		g.VPTERNLOGD(operand.U8(0x96), c, b, a)
		return a
	}
	return g.xor(g.xor(a, b), c)
}

// ordered is the lanes a0 b0 a1 b1 a2 ...
func (p *philox) ordered(a, b vec) (m0, m1 vec) {
	g := p.gen
	if g.wide() {
		m0, m1 = g.copy(a), g.copy(a)
		g.VPERMT2Q(b, p.first, m0)
		g.VPERMT2Q(b, p.second, m1)
		return m0, m1
	}
	low, high := g.vec(), g.vec()
	g.VPUNPCKLQDQ(b, a, low)
	g.VPUNPCKHQDQ(b, a, high)
	m0, m1 = g.vec(), g.vec()
	g.VPERM2I128(operand.U8(0x20), high, low, m0)
	g.VPERM2I128(operand.U8(0x31), high, low, m1)
	return m0, m1
}

// uniform is uniform32 and uniform64 of the words.
func (g *gen) uniform(m0, m1 vec) (vec, vec) {
	one := func(m vec) vec {
		v := g.shr(m, byType(g, 8, 11))
		return g.mul(g.wideToFloat(v), g.k(byType(g, 0x1p-24, 0x1p-53)))
	}
	return one(m0), one(m1)
}

// wideToFloat converts integers in [0, 2^24] or [0, 2^53].
func (g *gen) wideToFloat(n vec) vec {
	if !g.f64 || g.wide() {
		return g.toFloat(n)
	}
	// The halves are put behind the points of 2^84 and 2^52, and these taken off again.
	high := g.or(g.shr(n, 32), g.k(0x1p84))
	low := g.or(g.and(n, g.ki(1<<32-1)), g.k(0x1p52))
	return g.add(g.sub(high, g.k(0x1p84+0x1p52)), low)
}

// unsignedToFloat rounds unsigned 32-bit integers to float32.
func (g *gen) unsignedToFloat(n vec) vec {
	v := g.vec()
	if g.wide() {
		g.VCVTUDQ2PS(n, v)
		return v
	}
	return g.fma(g.toFloat(g.shr(n, 16)), g.k(0x1p16), g.toFloat(g.and(n, g.ki(1<<16-1))))
}

// normal is normal32 and normal64 of the words.
func (g *gen) normal(m0, m1 vec) (vec, vec) {
	if !g.f64 {
		a, b := g.vec(), g.vec()
		g.VSHUFPS(operand.U8(0x88), m1, m0, a) // even words
		g.VSHUFPS(operand.U8(0xdd), m1, m0, b) // odd words
		u := g.fma(g.unsignedToFloat(a), g.k(0x1p-32), g.k(0x1p-33))
		n := g.shr(g.iadd(b, g.ki(1<<29)), 30)
		r := g.mul(g.toFloat(g.isub(b, g.shl(n, 30))), g.k(g.coef("halfPi%da")*0x1p-30))
		return g.boxMuller(u, n, r, "VUNPCKLPS", "VUNPCKHPS")
	}
	a, b := g.vec(), g.vec()
	g.VUNPCKLPD(m1, m0, a)
	g.VUNPCKHPD(m1, m0, b)
	u := g.fma(g.wideToFloat(g.shr(a, 11)), g.k(0x1p-53), g.k(0x1p-54))
	b = g.shr(b, 11)
	n := g.shr(g.iadd(b, g.ki(1<<50)), 51)
	r := g.mul(g.toFloat(g.isub(b, g.shl(n, 51))), g.k(g.coef("halfPi%da")*0x1p-51))
	return g.boxMuller(u, n, r, "VUNPCKLPD", "VUNPCKHPD")
}

// boxMuller has √(−2·ln u) times the cosine and sine of n·π/2 + r in turn, as low and high interleave them.
func (g *gen) boxMuller(u, n, r vec, low, high string) (vec, vec) {
	m, k := g.split(u)
	radius := g.sqrt(g.mul(g.k(-2), g.logSum(g.sub(m, g.k(1)), g.toFloat(k))))
	sin, cos := g.sincos(r)
	c := g.mul(radius, g.quadrant(sin, cos, g.iadd(n, g.ki(1))))
	s := g.mul(radius, g.quadrant(sin, cos, n))
	v0, v1 := g.vec(), g.vec()
	g.op(low, s, c, v0)
	g.op(high, s, c, v1)
	return v0, v1
}

// signs writes a routine that makes 32 elements of each word.
func (g *gen) signs() {
	asm := g.asmName("Signs", "")
	g.text(asm, "func(dst *"+g.typ()+", words *uint32, n int)", asm+" writes 32 elements for each of n words, −1 where a bit is set and else 1.")
	dst, words, n := g.arg("dst"), g.arg("words"), g.arg("n")
	g.prepare(0, func(g *gen) { g.or(g.k(1), g.signBit()) })
	var places []vec // how far left each lane's bit has to move
	for first := 0; first < 32; first += g.lanes() {
		name := byType(g, "signs32_", "signs64_") + itoa(first)
		var by []uint64
		for i := range g.bytes / 8 {
			if g.f64 {
				by = append(by, uint64(63-first-i))
			} else {
				by = append(by, uint64(31-first-2*i)|uint64(30-first-2*i)<<32)
			}
		}
		if at := g.word64(name, by...); len(places) < 4 {
			places = append(places, g.loadWords(at))
		}
	}
	top := g.label("word")
	g.Label(top)
	w := g.vec()
	g.VPBROADCASTD(mem(words, 0), w)
	for i := range 32 / g.lanes() {
		by := operand.Op(g.word64(byType(g, "signs32_", "signs64_") + itoa(i*g.lanes())))
		if i < len(places) {
			by = places[i]
		}
		v := g.vec()
		g.op("VPSLLV"+byType(g, "D", "Q"), by, w, v)
		g.p("VMOVUP", g.or(g.and(g.signBit(), v), g.k(1)), mem(dst, i*g.bytes))
	}
	g.ADDQ(imm(4), words)
	g.ADDQ(imm(32*g.elem()), dst)
	g.SUBQ(imm(1), n)
	g.JGT(operand.LabelRef(top))
	g.end()
}
