package main

// philoxBlocks is the number of blocks, of four words each, that are made at a time:
// word i of all of them lies in register i, so that no round moves anything between lanes but products.
const philoxBlocks = 4

// genRandom writes the Philox streams.
func genRandom(f *file) {
	for _, f64 := range []bool{false, true} {
		f.stream(f64, "Uniform", "numbers in [0, 1)", (*gen).uniform)
		f.stream(f64, "Normal", "standard normal numbers", (*gen).normal)
	}
}

// groupLen is the number of elements that one group of blocks makes.
func (g *gen) groupLen() int { return philoxBlocks * 16 / g.elem() }

// philox is the state of a stream while it is written.
type philox struct {
	*gen
	counter                  [2]reg // two 64-bit block numbers each
	key0, key1, step0, step1 reg
}

// The general registers of a stream.
const (
	sGroups gp = rN
	sWord   gp = 7
)

// stream writes a routine that makes groups of elements from the given block on.
func (f *file) stream(f64 bool, name, what string, make func(g *gen, w [4]reg) []reg) {
	asm := (&gen{f64: f64}).asmName(name, "")
	doc := []string{asm + " writes " + what + ", groups of " + itoa((&gen{f64: f64}).groupLen()) + " of them, from the words of the Philox blocks from block on."}
	f.routine(f64, asm, "dst *"+(&gen{f64: f64}).typ()+"; key, step, block uint64; groups int", "", doc, func(g *gen) {
		g.load("dst", rDst)
		g.load("groups", sGroups)
		g.constants()
		p := &philox{gen: g}
		p.start()
		top := g.label("group")
		g.at(top)
		out := make(g, p.words())
		g.storeWhole(out, rDst)
		g.raw("ADD $%d, %v", 16*len(out), rDst)
		g.raw("SUBS $1, %v, %[1]v", sGroups)
		g.raw("BGT %s", top)
		g.raw("RET")
	})
}

func (p *philox) start() {
	copies := func(s shape) reg {
		v := p.pin(p.vec())
		p.emit(func(r []int) word { return dupGeneral(s, r[0], sWord) }, v)
		return v
	}
	halves := func(name string) (low, high reg) {
		p.load(name, sWord)
		low = copies(s4)
		p.raw("LSR $32, %v", sWord)
		return low, copies(s4)
	}
	p.key0, p.key1 = halves("key")
	p.step0, p.step1 = halves("step")
	p.load("block", sWord)
	for i := range p.counter {
		c := copies(d2)
		at, up := p.datum(8, uint64(2*i), uint64(2*i+1)), p.vec()
		p.emit(func(r []int) word { return access(false, 16, r[0], poolBase, at) }, up)
		p.emit(func(r []int) word { return three("add", d2, r[0], r[0], r[1]) }, c, up)
		p.counter[i] = c
	}
}

// word32 is copies of a 32-bit word, whatever the element type.
func (g *gen) word32(w uint32) op {
	if g.f64 {
		return konst(uint64(w)<<32 | uint64(w))
	}
	return konst(w)
}

// words makes one group of blocks and moves on: register i is word i of each block.
func (p *philox) words() [4]reg {
	g := p.gen
	product := func(m op, c reg) (low, high reg) {
		f, a, b := g.in(m), g.vec(), g.vec()
		g.emit(func(r []int) word { return umull(false, r[0], r[1], r[2]) }, a, f, c)
		g.emit(func(r []int) word { return umull(true, r[0], r[1], r[2]) }, b, f, c)
		return g.op3("uzp1", s4, a, b), g.op3("uzp2", s4, a, b)
	}
	xor3 := func(a, b, c reg) reg { return g.xor(g.xor(a, b), c) }
	c0, c1 := g.op3("uzp1", s4, p.counter[0], p.counter[1]), g.op3("uzp2", s4, p.counter[0], p.counter[1])
	c2, c3, k0, k1 := p.step0, p.step1, p.key0, p.key1
	for round := range 10 {
		if round > 0 {
			k0, k1 = g.op3("add", s4, k0, g.word32(0x9E3779B9)), g.op3("add", s4, k1, g.word32(0xBB67AE85))
		}
		low0, high0 := product(g.word32(0xD2511F53), c0)
		low1, high1 := product(g.word32(0xCD9E8D57), c2)
		c0, c1, c2, c3 = xor3(high1, c1, k0), low1, xor3(high0, c3, k1), low0
	}
	at, step := g.datum(8, philoxBlocks), g.vec()
	g.emit(func(r []int) word { return access(false, 16, r[0], poolBase, at) }, step)
	for _, c := range p.counter {
		g.emit(func(r []int) word { return three("add", d2, r[0], r[0], r[1]) }, c, step)
	}
	return [4]reg{c0, c1, c2, c3}
}

// joined is the 64-bit numbers of low and high words, of blocks 0 and 1 and of 2 and 3.
func (g *gen) joined(low, high reg) [2]reg {
	return [2]reg{g.op3("zip1", s4, low, high), g.op3("zip2", s4, low, high)}
}

// uniform is uniform32 and uniform64 of the words.
func (g *gen) uniform(w [4]reg) []reg {
	one := func(v reg) reg {
		return g.mul(g.unsignedToFloat(g.shr(v, byType(g, 8, 11))), g.k(byType(g, 0x1p-24, 0x1p-53)))
	}
	if !g.f64 {
		return g.transpose([]reg{one(w[0]), one(w[1]), one(w[2]), one(w[3])})
	}
	a, b := g.joined(w[0], w[1]), g.joined(w[2], w[3])
	var out []reg
	for i := range a {
		out = append(out, g.transpose([]reg{one(a[i]), one(b[i])})...)
	}
	return out
}

// normal is normal32 and normal64 of the words.
func (g *gen) normal(w [4]reg) []reg {
	if !g.f64 {
		c0, s0 := g.boxMuller(w[0], w[1])
		c1, s1 := g.boxMuller(w[2], w[3])
		return g.transpose([]reg{c0, s0, c1, s1})
	}
	a, b := g.joined(w[0], w[1]), g.joined(w[2], w[3])
	var out []reg
	for i := range a {
		c, s := g.boxMuller(a[i], b[i])
		out = append(out, g.transpose([]reg{c, s})...)
	}
	return out
}

// boxMuller is boxMuller32 and boxMuller64.
func (g *gen) boxMuller(a, b reg) (c, s reg) {
	if g.f64 {
		a, b = g.shr(a, 11), g.shr(b, 11)
	}
	u := g.fma(g.unsignedToFloat(a), g.k(byType(g, 0x1p-32, 0x1p-53)), g.k(byType(g, 0x1p-33, 0x1p-54)))
	quarter := byType(g, 30, 51)
	n := g.shr(g.iadd(b, g.ki(1<<(quarter-1))), quarter)
	r := g.mul(g.toFloat(g.isub(b, g.shl(n, quarter))), g.k(g.coef("halfPi%da")*byType(g, 0x1p-30, 0x1p-51)))
	m, k := g.split(u)
	radius := g.sqrt(g.mul(g.logSum(g.sub(m, g.k(1)), g.toFloat(k)), g.k(-2)))
	sin, cos := g.sincos(r)
	return g.mul(radius, g.quadrant(sin, cos, g.iadd(n, g.ki(1)))), g.mul(radius, g.quadrant(sin, cos, n))
}
