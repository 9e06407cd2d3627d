package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// genRandom writes the Philox streams: each 64-bit lane computes one block of
// four words, so that no round moves anything between lanes.
func genRandom(g *gen) {
	for _, g.f64 = range []bool{false, true} {
		g.stream("Uniform", "numbers in [0, 1)", (*philox).uniform)
		g.stream("Normal", "standard normal numbers", (*philox).normal)
		g.signs()
	}
}

// groupLen is the number of elements that one group of blocks makes.
func (g *gen) groupLen() int { return g.bytes / 8 * 16 / g.elem() }

// philox is the state of a stream while it is written.
type philox struct {
	*gen
	counter    vec // block numbers of the next group
	mul0, mul1 operand.Op
	// The first round has the same operands for all blocks but the counter: its word 0 is
	// first0 ^ the counter's high half, word 1 first1, and word 2 first2 ^ a product's high half.
	first0, first1, first2 vec
	keys                   operand.Mem  // on the stack: two for each round
	odd                    reg.Register // AVX-512: the lanes of 32 bits that are high halves
	low, high              vec          // and how two vectors are interleaved
}

// stream writes a routine that makes groups of elements from the given block on.
func (g *gen) stream(name, what string, emit func(p *philox, c [4]vec) (vec, vec)) {
	asm := g.asmName(name, "")
	g.text(asm, "func(dst *"+g.typ()+", key, step, block uint64, groups int)",
		asm+" writes "+what+", groups of "+itoa(g.groupLen())+" of them, from the words of the Philox blocks from block on.")
	dst, groups := g.arg("dst"), g.arg("groups")
	p := &philox{gen: g}
	p.start()
	p.permutations(name == "Normal" && !g.f64)
	spare := 0
	if g.wide() {
		spare = 0
	}
	g.prepare(spare, func(g *gen) {
		dry := &philox{gen: g}
		dry.permutations(true)
		emit(dry, [4]vec{g.vec(), g.vec(), g.vec(), g.vec()})
	})
	group := func(i int) {
		v0, v1 := emit(p, p.words(i))
		g.p("VMOVUP", v0, mem(dst, 2*i*g.bytes))
		g.p("VMOVUP", v1, mem(dst, (2*i+1)*g.bytes))
	}
	onwards := func(n int) {
		g.advance(p.counter, n*g.bytes/8)
		g.ADDQ(imm(2*n*g.bytes), dst)
	}
	if !g.wide() { // there are not registers enough for two
		top := g.label("group")
		g.Label(top)
		group(0)
		onwards(1)
		g.SUBQ(imm(1), groups)
		g.JGT(operand.LabelRef(top))
		g.end()
		return
	}
	top, last, end := g.label("groups"), g.label("lastGroup"), g.label("end")
	g.SUBQ(imm(2), groups)
	g.JLT(operand.LabelRef(last))
	g.Label(top)
	g.together(func() { group(0) }, func() { group(1) })
	onwards(2)
	g.SUBQ(imm(2), groups)
	g.JGE(operand.LabelRef(top))
	g.Label(last)
	g.CMPQ(groups, operand.I8(-1))
	g.JLT(operand.LabelRef(end))
	group(0)
	g.Label(end)
	g.end()
}

// together writes two pieces that do not depend on each other, an instruction of one and
// one of the other in turn: each is a long chain, and the processor sees only so far ahead.
func (g *gen) together(a, b func()) {
	ast, err := g.Result()
	if err != nil {
		panic(err)
	}
	functions := ast.Functions()
	f := functions[len(functions)-1]
	start := len(f.Nodes)
	a()
	middle := len(f.Nodes)
	b()
	first, second := f.Nodes[start:middle], f.Nodes[middle:]
	var merged []ir.Node
	for i := range max(len(first), len(second)) {
		if i < len(first) {
			merged = append(merged, first[i])
		}
		if i < len(second) {
			merged = append(merged, second[i])
		}
	}
	f.Nodes = append(f.Nodes[:start], merged...)
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

// start loads what all blocks share. Keys are broadcast from words by AVX-512, and whole vectors for AVX2.
func (p *philox) start() {
	g := p.gen
	p.mul0, p.mul1 = g.everyLane("philoxMul0", 0xD2511F53), g.everyLane("philoxMul1", 0xCD9E8D57)
	key0, step := g.copies(g.param("key")), g.copies(g.param("step"))
	key1 := g.quad("VPSRL", key0, operand.U8(32))
	product := g.vec()
	g.VPMULUDQ(p.mul1, step, product)
	p.first0 = g.xor(g.quad("VPSRL", product, operand.U8(32)), key0)
	p.first1 = product
	p.first2 = g.xor(g.quad("VPSRL", step, operand.U8(32)), key1)
	if g.wide() {
		p.keys = g.AllocLocal(20 * 4)
		k0, k1 := g.GP64(), g.GP64()
		g.Load(g.Param("key"), k0)
		g.MOVQ(k0, k1)
		g.SHRQ(operand.U8(32), k1)
		for round := 1; round < 10; round++ {
			g.ADDL(operand.U32(0x9E3779B9), k0.As32())
			g.ADDL(operand.U32(0xBB67AE85), k1.As32())
			g.MOVL(k0.As32(), p.key(round, 0))
			g.MOVL(k1.As32(), p.key(round, 1))
		}
	} else {
		p.keys = g.AllocLocal(20 * g.bytes)
		weyl0, weyl1 := g.everyLane("philoxWeyl0", 0x9E3779B9), g.everyLane("philoxWeyl1", 0xBB67AE85)
		for round := 1; round < 10; round++ {
			key0, key1 = g.quad("VPADD", key0, weyl0), g.quad("VPADD", key1, weyl1)
			g.VMOVDQU(key0, p.key(round, 0))
			g.VMOVDQU(key1, p.key(round, 1))
		}
	}
	p.counter = g.quad("VPADD", g.copies(g.param("block")), g.loadWords(g.word64("upward", 0, 1, 2, 3, 4, 5, 6, 7)))
}

// key is where key i of a round is.
func (p *philox) key(round, i int) operand.Mem {
	size := 4
	if !p.wide() {
		size = p.bytes
	}
	return p.keys.Offset((2*round + i) * size)
}

// permutations loads what joined and interleaved take, of lanes of 32 bits or of 64.
func (p *philox) permutations(single bool) {
	g := p.gen
	if !g.wide() {
		return
	}
	p.odd = g.K()
	mask := g.GP32()
	g.MOVL(operand.U32(0xaaaa), mask)
	g.KMOVW(mask, p.odd)
	if single {
		pairs := func(from uint64) (w []uint64) {
			for i := range uint64(8) {
				w = append(w, from+i|(from+i+16)<<32)
			}
			return w
		}
		p.low, p.high = g.loadWords(g.word64("lowPairs", pairs(0)...)), g.loadWords(g.word64("highPairs", pairs(8)...))
		return
	}
	p.low, p.high = g.loadWords(g.word64("firstHalf", 0, 8, 1, 9, 2, 10, 3, 11)), g.loadWords(g.word64("secondHalf", 4, 12, 5, 13, 6, 14, 7, 15))
}

// advance adds to block numbers.
func (g *gen) advance(counter vec, n int) {
	w := uint64(n)
	g.VPADDQ(g.word64("lanes64_"+itoa(n), w, w, w, w, w, w, w, w), counter, counter)
}

// words makes the blocks of group i from the counter on and returns their four words, each
// in the low half of a block's lane.
func (p *philox) words(i int) [4]vec {
	g := p.gen
	counter := p.counter
	if i > 0 {
		counter = g.copy(counter)
		g.advance(counter, i*g.bytes/8)
	}
	product := func(m operand.Op, c vec) (p, high vec) {
		p = g.vec()
		g.VPMULUDQ(m, c, p)
		return p, g.quad("VPSRL", p, operand.U8(32))
	}
	p0, high0 := product(p.mul0, counter)
	c0, c1, c2, c3 := g.xor(p.first0, g.quad("VPSRL", counter, operand.U8(32))), p.first1, g.xor(p.first2, high0), p0
	for round := 1; round < 10; round++ {
		p0, high0 := product(p.mul0, c0)
		p1, high1 := product(p.mul1, c2)
		c0, c1, c2, c3 = p.mixed(high1, c1, p.key(round, 0)), p1, p.mixed(high0, c3, p.key(round, 1)), p0
	}
	return [4]vec{c0, c1, c2, c3}
}

// mixed is a ^ b ^ a key; a may be overwritten.
func (p *philox) mixed(a, b vec, key operand.Mem) vec {
	if p.wide() {
		p.VPTERNLOGD_BCST(operand.U8(0x96), key, b, a)
		return a
	}
	return p.xor(key, p.xor(a, b))
}

// joined has the low halves of the lanes of low as low halves, and those of high as high
// ones. low may be overwritten.
func (p *philox) joined(low, high vec) vec {
	if p.wide() {
		p.VMOVSLDUP(high, p.odd, low)
		return low
	}
	up, v := p.vec(), p.vec()
	p.VMOVSLDUP(high, up)
	p.VPBLENDD(operand.U8(0xaa), up, low, v)
	return v
}

// interleaved is the lanes a0 b0 a1 b1 a2 ..., of 64 bits or, if single, 32.
func (p *philox) interleaved(a, b vec, single bool) (low, high vec) {
	g := p.gen
	if g.wide() {
		permute := "VPERMT2Q"
		if single {
			permute = "VPERMT2D"
		}
		low, high = g.copy(a), g.copy(a)
		g.op(permute, b, p.low, low)
		g.op(permute, b, p.high, high)
		return low, high
	}
	unpack := func(name string) vec {
		v := g.vec()
		if single {
			g.op("VPUNPCK"+name+"DQ", b, a, v)
		} else {
			g.op("VPUNPCK"+name+"QDQ", b, a, v)
		}
		return v
	}
	x, y := unpack("L"), unpack("H")
	low, high = g.vec(), g.vec()
	g.VPERM2I128(operand.U8(0x20), y, x, low)
	g.VPERM2I128(operand.U8(0x31), y, x, high)
	return low, high
}

// uniform is uniform32 and uniform64 of the words.
func (p *philox) uniform(c [4]vec) (vec, vec) {
	g := p.gen
	one := func(m vec) vec {
		v := g.shr(m, byType(g, 8, 11))
		return g.mul(g.wideToFloat(v), g.k(byType(g, 0x1p-24, 0x1p-53)))
	}
	m0, m1 := p.interleaved(p.joined(c[0], c[1]), p.joined(c[2], c[3]), false)
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

// normal is normal32 and normal64 of the words: element 2j and 2j+1 are those of lane j.
func (p *philox) normal(c [4]vec) (vec, vec) {
	g := p.gen
	var u, b vec
	if !g.f64 {
		u = g.fma(g.unsignedToFloat(p.joined(c[0], c[2])), g.k(0x1p-32), g.k(0x1p-33))
		b = p.joined(c[1], c[3])
	} else {
		u = g.fma(g.wideToFloat(g.shr(p.joined(c[0], c[1]), 11)), g.k(0x1p-53), g.k(0x1p-54))
		b = g.shr(p.joined(c[2], c[3]), 11)
	}
	m, k := g.split(u)
	radius := g.sqrt(g.mul(g.k(-2), g.logSum(g.sub(m, g.k(1)), g.toFloat(k))))
	// The angle is n quarter turns and r. n stands in t from bit quarter on: its bit 0 exchanges sine
	// and cosine, its bit 1 is the sine's sign, and that of n + 1 the cosine's.
	quarter := byType(g, 30, 51)
	t := g.iadd(b, g.ki(1<<(quarter-1)))
	r := g.mul(g.toFloat(g.isub(b, g.and(g.ki(-1<<quarter), t))), g.k(g.coef("halfPi%da")*byType(g, 0x1p-30, 0x1p-51)))
	sin, cos := g.sincos(r)
	swapped := g.bitMask(t, quarter)
	turned := func(odd, even, t vec) vec {
		v := g.choose(swapped, odd, even)
		if g.f64 {
			t = g.shl(t, 62-quarter)
		}
		return g.mul(radius, g.flipped(v, t))
	}
	return p.interleaved(turned(sin, cos, g.iadd(t, g.ki(1<<quarter))), turned(cos, sin, t), !g.f64)
}

// flipped is v with its sign changed where t's sign bit is set; v may be overwritten.
func (g *gen) flipped(v, t vec) vec {
	if !g.wide() {
		return g.xor(v, g.and(g.signBit(), t))
	}
	g.op("VPTERNLOG"+byType(g, "D", "Q"), operand.U8(0x78), g.inReg(g.signBit()), t, v)
	return v
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
