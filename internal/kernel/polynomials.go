package kernel

// Polynomials32 is what a float32 function of exp.go and erf.go is made of, for code
// that is written at run time: the coefficients, of the highest power first, and the
// constants of reduce32.
type Polynomials32 struct {
	Exp, ErfNear, ErfFar                 []float64
	Log2e, Ln2Hi, Ln2Lo, Magic           float64
	ExpLeast, ExpMost, ErfMost, TanhMost float64 // arguments beyond which the result is constant
}

// Series32 are the float32 functions' numbers.
func Series32() Polynomials32 {
	return Polynomials32{
		Exp:      []float64{exp32c4, exp32c3, exp32c2, exp32c1, exp32c0},
		ErfNear:  []float64{erfNear32c6, erfNear32c5, erfNear32c4, erfNear32c3, erfNear32c2, erfNear32c1, erfNear32c0},
		ErfFar:   []float64{erfFar32c6, erfFar32c5, erfFar32c4, erfFar32c3, erfFar32c2, erfFar32c1, erfFar32c0},
		Log2e:    log2e32,
		Ln2Hi:    ln2hi32,
		Ln2Lo:    ln2lo32,
		Magic:    magic32,
		ExpLeast: -104.5, ExpMost: 89, ErfMost: 4, TanhMost: 10,
	}
}
