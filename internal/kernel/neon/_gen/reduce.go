package main

// virtualLanes is kernel.Lanes, the number of sums that a reduction keeps.
const virtualLanes = 16

// reduction is a reduction of a block in the making: virtual lane l lives in
// lane l%lanes of register l/lanes.
type reduction struct {
	*gen
	name, doc string
	ins       string
	start     float64
	combine   string // the instruction for two lanes
	acc       []reg
}

var reductions = []reduction{
	{name: "ReduceSum", doc: "lane[i%16] += x[i]", ins: "x", combine: "fadd"},
	{name: "ReduceMax", doc: "lane[i%16] = max(lane[i%16], x[i])", ins: "x", start: -inf, combine: "fmax"},
	{name: "ReduceMin", doc: "lane[i%16] = min(lane[i%16], x[i])", ins: "x", start: inf, combine: "fmin"},
	{name: "Dot", doc: "lane[i%16] += round(x[i]*y[i])", ins: "x, y", combine: "fadd"},
}

// genReduce writes the reductions of a block.
func genReduce(f *file) {
	for _, f64 := range []bool{false, true} {
		for _, r := range reductions {
			g := &gen{f64: f64}
			name := g.asmName(r.name, "")
			doc := []string{name + " is: for i := range n { " + r.doc + " }, then lanes l and l+8, l+4, l+2, l+1."}
			f.routine(f64, name, r.ins+" *"+g.typ()+"; n int", g.typ(), doc, func(g *gen) {
				r.gen, r.acc = g, nil
				r.write()
			})
		}
	}
}

// The operands' registers are rIns and the one after it.
func (r *reduction) operands() []gp {
	if r.ins == "x" {
		return []gp{rIns}
	}
	return []gp{rIns, rIns + 1}
}

func (r *reduction) write() {
	g := r.gen
	g.load("x", rIns)
	if r.ins != "x" {
		g.load("y", rIns+1)
	}
	g.load("n", rN)
	g.constants()
	for range virtualLanes / g.lanes() {
		r.acc = append(r.acc, g.pin(g.own(g.k(r.start))))
	}
	g.whole(virtualLanes, func() {
		in := make([][]reg, 0, 2)
		for _, p := range r.operands() {
			in = append(in, g.loadWhole(p, len(r.acc)))
			g.raw("ADD $%d, %v", 16*len(r.acc), p)
		}
		for i := range r.acc {
			if len(in) > 1 {
				r.fold(i, g.mul(in[0][i], in[1][i]))
			} else {
				r.fold(i, in[0][i])
			}
		}
	})
	r.rest()
	for len(r.acc) > 1 {
		half := len(r.acc) / 2
		for i := range half {
			r.fold(i, r.acc[i+half])
		}
		r.acc = r.acc[:half]
	}
	r.tree()
}

// fold combines accumulator i with v.
func (r *reduction) fold(i int, v reg) {
	name, s := r.combine, r.shape()
	r.emit(func(r []int) word { return three(name, s, r[0], r[0], r[1]) }, r.acc[i], v)
}

// rest takes the last n elements, fewer than virtualLanes: whole registers, then a part of one.
func (r *reduction) rest() {
	g, done := r.gen, r.label("tree")
	for i := range r.acc {
		part, next := g.label("part"), g.label("next")
		g.raw("CMP $%d, %v", g.lanes(), rN)
		g.raw("BLT %s", part)
		r.take(i, func(p gp) reg { return g.loadWhole(p, 1)[0] })
		for _, p := range r.operands() {
			g.raw("ADD $16, %v", p)
		}
		g.raw("SUB $%d, %v", g.lanes(), rN)
		g.raw("B %s", next)
		g.at(part)
		g.raw("CBZ %v, %s", rN, done)
		r.take(i, func(p gp) reg { return g.partOver(g.own(g.k(r.start)), p) })
		g.raw("B %s", done)
		g.at(next)
	}
	g.at(done)
}

func (r *reduction) take(i int, read func(p gp) reg) {
	x := read(rIns)
	if r.ins != "x" {
		x = r.mul(x, read(rIns+1))
	}
	r.fold(i, x)
}

// partOver reads rN elements, fewer than lanes, at base and leaves v's others as they are.
func (g *gen) partOver(v reg, base gp) reg {
	if g.f64 {
		g.emit(func(r []int) word { return lane(false, 8, r[0], 0, base) }, v)
		return v
	}
	one, end := g.label("one"), g.label("end")
	g.raw("TBZ $1, %v, %s", rN, one)
	g.emit(func(r []int) word { return lane(false, 8, r[0], 0, base) }, v)
	g.raw("TBZ $0, %v, %s", rN, end)
	g.raw("ADD $8, %v, %v", base, rTmp)
	g.emit(func(r []int) word { return lane(false, 4, r[0], 2, rTmp) }, v)
	g.raw("B %s", end)
	g.at(one)
	g.emit(func(r []int) word { return lane(false, 4, r[0], 0, base) }, v)
	g.at(end)
	return v
}

// tree combines the halves of a register until one lane is left, and returns it.
func (r *reduction) tree() {
	g := r.gen
	for n := 8; n >= g.elem(); n /= 2 {
		t := g.vec()
		g.emit(func(r []int) word { return ext(r[0], r[1], r[1], n) }, t, r.acc[0])
		r.fold(0, t)
	}
	g.copyTo(phys(0), r.acc[0])
	g.raw("%s F0, %s", byType(g, "FMOVS", "FMOVD"), g.slot("ret"))
	g.raw("RET")
}
