package dispatch

// scalarPeak is the peak of plain Go, which has no fused multiply-add of
// float32: eight independent chains of a multiplication and an addition.
func scalarPeak(rounds int) float64 {
	var c0, c1, c2, c3, c4, c5, c6, c7 float32
	x, y := float32(0.5), float32(rounds)
	for range rounds {
		c0, c1, c2, c3 = float32(c0*x)+y, float32(c1*x)+y, float32(c2*x)+y, float32(c3*x)+y
		c4, c5, c6, c7 = float32(c4*x)+y, float32(c5*x)+y, float32(c6*x)+y, float32(c7*x)+y
	}
	sink := c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7
	if sink < 0 { // never: keeps the chains alive
		return 0
	}
	return float64(rounds) * 16
}
