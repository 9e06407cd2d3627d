package main

import "strings"

// loop is an elementwise routine in the making: it reads vectors from its
// operands, hands them to body and stores what that returns.
type loop struct {
	name   string
	doc    string   // the loop that the routine equals
	ins    []string // names of the vector operands
	scalar bool     // a scalar s is passed as well
	unroll int      // vectors in one turn
	body   func(g *gen, in []reg, s reg) reg

	// bail, if not nil, is a mask of lanes that body cannot do: the routine stops
	// before a vector that has any, and returns the elements done.
	bail func(g *gen, in []reg) reg
}

// The general registers of a loop.
const (
	rDst   gp = 0
	rIns   gp = 1 // to 3
	rN     gp = 4
	rTmp   gp = 5
	rTotal gp = 6
)

// loop writes the routine: whole vectors, unroll at a time, single ones, and the rest by parts.
func (f *file) loop(f64 bool, l loop) {
	typ := "float32"
	if f64 {
		typ = "float64"
	}
	params := strings.Join(append([]string{"dst"}, l.ins...), ", ") + " *" + typ
	if l.scalar {
		params += "; s " + typ
	}
	params += "; n int"
	doc := []string{l.name + " is: for i := range n { " + l.doc + " }"}
	result := ""
	if l.bail != nil {
		result = "int"
		doc = append(doc, "up to the first vector it cannot do. It returns the number of elements done.")
	}
	f.routine(f64, l.name, params, result, doc, func(g *gen) {
		r := looper{gen: g, loop: l}
		r.run()
	})
}

type looper struct {
	*gen
	loop
	s reg
}

func (r *looper) run() {
	g := r.gen
	g.load("dst", rDst)
	for i, in := range r.ins {
		g.load(in, rIns+gp(i))
	}
	g.load("n", rN)
	g.constants()
	if r.loop.scalar {
		r.s = g.pin(g.scalar("s"))
	}
	if r.bail != nil {
		g.raw("MOVD %v, %v", rN, rTotal)
	}
	done := g.label("done")
	if r.unroll > 1 {
		g.whole(r.unroll*g.lanes(), func() { r.turn(r.unroll, done) })
	}
	g.whole(g.lanes(), func() { r.turn(1, done) })
	g.raw("CBZ %v, %s", rN, done)
	in := make([]reg, len(r.ins))
	for i := range in {
		in[i] = g.loadPart(rIns+gp(i), 0, rN)
	}
	r.stop(in, done)
	g.storePart(r.body(g, in, r.s), rDst, 0, rN)
	if r.bail != nil {
		g.raw("MOVD $0, %v", rN)
	}
	g.at(done)
	if r.bail != nil {
		g.raw("SUB %v, %v", rN, rTotal)
		g.raw("MOVD %v, %s", rTotal, g.slot("ret"))
	}
	g.raw("RET")
}

// turn does so many whole vectors and moves on.
func (r *looper) turn(n int, done string) {
	g := r.gen
	in := make([][]reg, n)
	for u := range n {
		in[u] = make([]reg, len(r.ins))
	}
	for i := range r.ins {
		loaded := g.loadWhole(rIns+gp(i), n)
		for u := range n {
			in[u][i] = loaded[u]
		}
	}
	if n == 1 {
		r.stop(in[0], done)
	}
	out := make([]reg, n)
	for u := range n {
		out[u] = r.body(g, in[u], r.s)
	}
	g.storeWhole(out, rDst)
	g.raw("ADD $%d, %v", 16*n, rDst)
	for i := range r.ins {
		g.raw("ADD $%d, %v", 16*n, rIns+gp(i))
	}
}

// stop leaves the loop, whose count is already a vector less, if a lane is one that body cannot do.
func (r *looper) stop(in []reg, done string) {
	if r.bail == nil {
		return
	}
	g := r.gen
	mask, any := r.bail(g, in), g.vec()
	g.emit(func(r []int) word { return largest32(r[0], r[1]) }, any, mask)
	g.emit(func(r []int) word { return toGeneral(rTmp, r[0]) }, any)
	g.raw("CBNZW %v, %s", rTmp, done)
}

// whole runs body as long as n holds step, and leaves the rest in n. While body runs, n counts it still.
func (g *gen) whole(step int, body func()) {
	top, rest := g.label("loop"), g.label("tail")
	g.raw("CMP $%d, %v", step, rN)
	g.raw("BLT %s", rest)
	g.at(top)
	body()
	g.raw("SUB $%d, %v", step, rN)
	g.raw("CMP $%d, %v", step, rN)
	g.raw("BGE %s", top)
	g.at(rest)
}

// scalar is copies of a parameter.
func (g *gen) scalar(name string) reg {
	v, s := g.vec(), g.shape()
	g.raw("%s %s, %v", byType(g, "MOVWU", "MOVD"), g.slot(name), rTmp)
	g.emit(func(r []int) word { return dupGeneral(s, r[0], rTmp) }, v)
	return v
}

// loadWhole reads n vectors from base on.
func (g *gen) loadWhole(base gp, n int) []reg {
	v := make([]reg, n)
	for i := range v {
		v[i] = g.vec()
	}
	i := 0
	for ; i+2 <= n; i += 2 {
		g.emitPair(false, v[i], v[i+1], base, 16*i)
	}
	if i < n {
		g.emit(func(r []int) word { return access(false, 16, r[0], base, 16*i) }, v[i])
	}
	return v
}

func (g *gen) storeWhole(v []reg, base gp) {
	i := 0
	for ; i+2 <= len(v); i += 2 {
		g.emitPair(true, v[i], v[i+1], base, 16*i)
	}
	if i < len(v) {
		g.emit(func(r []int) word { return access(true, 16, r[0], base, 16*i) }, v[i])
	}
}

// loadPart reads count elements, 1 to lanes−1, at base + disp, and clears the others.
func (g *gen) loadPart(base gp, disp int, count gp) reg {
	v := g.vec()
	g.part(false, v, base, disp, count)
	return v
}

func (g *gen) storePart(v reg, base gp, disp int, count gp) { g.part(true, v, base, disp, count) }

// part is one element or two, and a third one by itself.
func (g *gen) part(store bool, v reg, base gp, disp int, count gp) {
	if g.f64 {
		g.emit(func(r []int) word { return access(store, 8, r[0], base, disp) }, v)
		return
	}
	one, end := g.label("one"), g.label("end")
	g.raw("TBZ $1, %v, %s", count, one)
	g.emit(func(r []int) word { return access(store, 8, r[0], base, disp) }, v)
	g.raw("TBZ $0, %v, %s", count, end)
	g.raw("ADD $%d, %v, %v", disp+8, base, rTmp)
	g.emit(func(r []int) word { return lane(store, 4, r[0], 2, rTmp) }, v)
	g.raw("B %s", end)
	g.at(one)
	g.emit(func(r []int) word { return access(store, 4, r[0], base, disp) }, v)
	g.at(end)
}
