package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
)

// genPeak writes the loop that measures the machine: as many independent
// multiply-adds as registers allow, and nothing else.
func genPeak(g *gen) {
	for _, g.f64 = range []bool{false, true} {
		const chains = 14 // more than latency times width on every x86 so far
		g.text("fmaPeak"+g.suffix(), "func(rounds int)",
			fmt.Sprintf("fmaPeak%s runs rounds x %d vector multiply-adds.", g.suffix(), chains))
		n := g.arg("rounds")
		for i := range 16 {
			g.zero(g.phys(i))
		}
		loop := g.label("loop")
		g.Label(loop)
		for i := range chains {
			g.p("VFMADD231P", g.phys(14), g.phys(15), g.phys(i))
		}
		g.SUBQ(operand.Imm(1), n)
		g.JGT(operand.LabelRef(loop))
		g.end()
	}
}
