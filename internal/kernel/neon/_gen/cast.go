package main

// genCast writes the conversions for whole vectors; the caller does the rest of a slice.
func genCast(f *file) {
	f.cast("CastF32F64", "float64", "float32", 4, func(g *gen) {
		v := g.loadWhole(rIns, 1)[0]
		g.storeWhole([]reg{g.converted("fcvtl", v), g.converted("fcvtl2", v)}, rDst)
		g.raw("ADD $16, %v", rIns)
		g.raw("ADD $32, %v", rDst)
	})
	f.cast("CastF64F32", "float32", "float64", 4, func(g *gen) {
		v := g.loadWhole(rIns, 2)
		low, d := g.converted("fcvtn", v[0]), g.vec()
		g.emitTied(func(r []int) word { return widen("fcvtn2", r[0], r[2]) }, d, low, v[1])
		g.storeWhole([]reg{d}, rDst)
		g.raw("ADD $32, %v", rIns)
		g.raw("ADD $16, %v", rDst)
	})
	f.cast("CastI32F32", "float32", "int32", 4, func(g *gen) {
		g.storeWhole([]reg{g.toFloat(g.loadWhole(rIns, 1)[0])}, rDst)
		g.raw("ADD $16, %v", rIns)
		g.raw("ADD $16, %v", rDst)
	})
	f.cast("CastU8F32", "float32", "uint8", 16, func(g *gen) {
		v := g.loadWhole(rIns, 1)[0]
		var out []reg
		for _, half := range []reg{g.converted("uxtl8", v), g.converted("uxtl2_8", v)} {
			out = append(out, g.unsignedToFloat(g.converted("uxtl16", half)), g.unsignedToFloat(g.converted("uxtl2_16", half)))
		}
		g.storeWhole(out, rDst)
		g.raw("ADD $16, %v", rIns)
		g.raw("ADD $64, %v", rDst)
	})
}

func (g *gen) converted(name string, a reg) reg {
	d := g.vec()
	g.emit(func(r []int) word { return widen(name, r[0], r[1]) }, d, a)
	return d
}

// cast writes a conversion of so many elements at a time.
func (f *file) cast(name, to, from string, step int, body func(g *gen)) {
	doc := []string{"asm" + name + " is: for i := range n { dst[i] = " + to + "(x[i]) }, n being a multiple of " + itoa(step) + "."}
	f.routine(false, "asm"+name, "dst *"+to+"; x *"+from+"; n int", "", doc, func(g *gen) {
		g.load("dst", rDst)
		g.load("x", rIns)
		g.load("n", rN)
		g.whole(step, func() { body(g) })
		g.raw("RET")
	})
}
