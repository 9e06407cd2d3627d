package curvature

import (
	"math/big"

	"github.com/godescent/descent/weights"
)

// Hidden is a layer of hidden units between two linear maps: unit j is column j of In and element j of
// Bias, and row j of each Out, whose other axes may hold several rows for it.
type Hidden struct {
	Units int
	In    weights.View   // [..., Units]
	Bias  *weights.View  // [Units], or nil
	Out   []weights.View // [Units, ...]
	// Odd says that the activation is odd, as tanh is: a unit may change its sign.
	Odd bool
}

// CountTwins is the number of points that are w under another numbering and other signs of the hidden
// units: M! for each layer of M, times 2ᴹ where the activation is odd (Bishop: Pattern Recognition
// and Machine Learning, §5.1.1).
func CountTwins(layers []Hidden) *big.Int {
	n := big.NewInt(1)
	for _, l := range layers {
		n.Mul(n, new(big.Int).MulRange(1, int64(l.Units)))
		if l.Odd {
			n.Lsh(n, uint(l.Units))
		}
	}
	return n
}

// Twins calls f with each of the first limit twins of w, w itself first, until f gives false.
func Twins(w []float64, layers []Hidden, limit int, f func(twin []float64) bool) {
	t := &twins{layers: layers, left: limit, f: f}
	t.layer(w, 0)
}

type twins struct {
	layers []Hidden
	left   int
	f      func([]float64) bool
}

// layer goes through the arrangements of layer l's units, given those of the ones before.
func (t *twins) layer(w []float64, l int) bool {
	if l == len(t.layers) {
		t.left--
		return t.f(w) && t.left > 0
	}
	h := t.layers[l]
	order := make([]int, h.Units)
	for i := range order {
		order[i] = i
	}
	signs := 1
	if h.Odd && h.Units < 62 {
		signs = 1 << h.Units
	}
	for {
		for s := range signs {
			if !t.layer(h.arrange(w, order, s), l+1) {
				return false
			}
		}
		if !nextOrder(order) {
			return true
		}
	}
}

// arrange makes unit order[j] unit j, with its sign changed if bit j is set.
func (h *Hidden) arrange(w []float64, order []int, flips int) []float64 {
	out := append([]float64(nil), w...)
	sign := func(j int) float64 {
		if j < 62 && flips>>j&1 == 1 {
			return -1
		}
		return 1
	}
	columns := func(v weights.View) {
		for row := 0; row < v.Size(); row += h.Units {
			for j, from := range order {
				out[v.Offset+row+j] = sign(j) * w[v.Offset+row+from]
			}
		}
	}
	columns(h.In)
	if h.Bias != nil {
		columns(*h.Bias)
	}
	for _, v := range h.Out {
		width := v.Size() / h.Units
		for j, from := range order {
			for k := range width {
				out[v.Offset+j*width+k] = sign(j) * w[v.Offset+from*width+k]
			}
		}
	}
	return out
}

// nextOrder makes the permutation the next one in lexical order, or reports that it was the last.
func nextOrder(p []int) bool {
	i := len(p) - 2
	for i >= 0 && p[i] > p[i+1] {
		i--
	}
	if i < 0 {
		return false
	}
	j := len(p) - 1
	for p[j] < p[i] {
		j--
	}
	p[i], p[j] = p[j], p[i]
	for a, b := i+1, len(p)-1; a < b; a, b = a+1, b-1 {
		p[a], p[b] = p[b], p[a]
	}
	return true
}
