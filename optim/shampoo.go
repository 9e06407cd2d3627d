package optim

import (
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/weights"
)

// Shampoo multiplies a matrix's gradient from both sides by inverse roots of what it has been (Gupta, Koren
// and Singer 2018, Algorithm 1):
//
//	L ← L + GGᵀ     R ← R + GᵀG     L and R start at ε·1
//	Δw = −η L^(−1/4) G R^(−1/4)
//
// The roots, by eigenvectors in float64, are computed in each of the first k updates, when L and R grow many
// times over, and every k updates after. A side of more
// than max_side is left alone, and the other one's power is then −1/2. It acts on matrices: see NewShampooAdam.
type Shampoo struct {
	made
	Eps     float64 `hyper:"shampoo_eps" symbol:"ε" range:"(0,inf) log" doc:"what L and R start at, times the unit matrix"`
	Every   int     `hyper:"every" symbol:"k" range:"[1,inf)" doc:"number of updates between two roots"`
	MaxSide int     `hyper:"max_side" range:"[1,inf)" doc:"longest side of a matrix that is multiplied by a root"`
}

// NewShampoo has ε = 1e-4, k = 10, and sides of up to 512.
func NewShampoo() *Shampoo { return &Shampoo{made{true}, 1e-4, 10, 512} }

// Update implements Rule.
func (r *Shampoo) Update(s *Step) graph.Value {
	η, ε, g := s.Rate(), s.Hyper(&r.Eps), s.Gradient()
	due := s.often(r.Every)
	return s.eachMatrix(func(v weights.View, m, n int, at func(graph.Value) graph.Value) graph.Value {
		x := at(g)
		if !x.Valid() {
			return x
		}
		t, sides := x.Transpose(1, 0), 0
		for _, n := range []int{m, n} {
			if n <= r.MaxSide {
				sides++
			}
		}
		root := func(name string, gram graph.Value) graph.Value {
			sum := s.SlotOf(slotName(name, v), x.DType(), gram.Dim(0), gram.Dim(0))
			last := s.SlotOf(slotName(name+"_root", v), x.DType(), gram.Dim(0), gram.Dim(0))
			a := sum.Keep(sum.LastOr(ε.Mul(s.unit(gram.Dim(0)))).Add(gram))
			return last.Keep(graph.Where(due, a.InverseRoot(sides, ε), last.Last()))
		}
		d := x
		if m <= r.MaxSide {
			d = root("l", x.MatMul(t)).MatMul(d)
		}
		if n <= r.MaxSide {
			d = d.MatMul(root("r", t.MatMul(x)))
		}
		return η.Neg().Mul(d)
	})
}

// every is 1 at t = 1 and every k updates after, else 0: rank-0 float64. A program computes what
// only graph.Where(due, x, last) needs of x in those updates alone.
func (s *Step) every(k int) graph.Value {
	n, t := s.Graph().Const(float64(k)), s.Tau().Plus(-1)
	return t.Sub(t.Div(n).Floor().Mul(n)).Equal(s.Graph().Const(0))
}

// often is 1 in each of the first k updates, when a sum is of few, and every k updates after.
func (s *Step) often(k int) graph.Value {
	return s.every(k).Max(s.Tau().LessEqual(s.Graph().Const(float64(k))))
}

// unit is the unit matrix [n, n] of w's type.
func (s *Step) unit(n int) graph.Value {
	return s.Graph().Iota(tensor.Int32, 0, n).OneHot(n, s.W().DType())
}

// slotName is the name of a piece of state that belongs to one view: that of the view with what is no
// key's character as _, and its place, since two names may become one.
func slotName(name string, v weights.View) string {
	b := []byte(name + "_" + v.Name)
	for i, c := range b {
		switch {
		case c >= 'A' && c <= 'Z':
			b[i] = c - 'A' + 'a'
		case (c < 'a' || c > 'z') && (c < '0' || c > '9'):
			b[i] = '_'
		}
	}
	return string(b)
}

// NewShampooAdam is Shampoo for the matrices and Adam, with a twentieth of the rate, for the rest.
func NewShampooAdam() Rule {
	r := NewByRole(NewShampoo(), NewAdam())
	r.Factor = 0.05
	return r
}

func shampooEntry() Entry {
	return Entry{
		Name: "shampoo", New: NewShampooAdam, DefaultLR: 0.05, Matrix: true,
		Equation:  "L ← L + GGᵀ, R ← R + GᵀG, Δw = −η L^(−1/4) G R^(−1/4) for matrices; adam for the rest",
		Latex:     `L \leftarrow L + GG^\top, \quad R \leftarrow R + G^\top G, \quad \Delta w = -\eta L^{-1/4} G R^{-1/4} \text{ for matrices; adam for the rest}`,
		Reference: "Gupta, Koren and Singer 2018, arXiv:1802.09568",
		Differs:   "as pytorch_optimizer's Shampoo, which makes no step before its first root at t = k and computes one at t = 2k, 3k, ...; it has no longest side",
	}
}
