package main

import "fmt"

// peakChains is more than latency times width on every arm64 so far: four multiply-adds begin in a cycle and take four.
const peakChains = 24

// genPeak writes the loop that measures the machine: independent multiply-adds and nothing else.
func genPeak(f *file) {
	for _, f64 := range []bool{false, true} {
		name := "fmaPeak" + (&gen{f64: f64}).suffix()
		doc := []string{fmt.Sprintf("%s runs rounds x %d vector multiply-adds.", name, peakChains)}
		f.routine(f64, name, "rounds int", "", doc, func(g *gen) {
			g.load("rounds", rN)
			for i := range vectors {
				g.emit(func(r []int) word { return zero(r[0]) }, phys(i))
			}
			top, s := g.label("loop"), g.shape()
			g.at(top)
			for i := range peakChains {
				g.emit(func(r []int) word { return three("fmla", s, r[0], r[1], r[2]) }, phys(i), phys(30), phys(31))
			}
			g.raw("SUBS $1, %v, %[1]v", rN)
			g.raw("BGT %s", top)
			g.raw("RET")
		})
	}
}
