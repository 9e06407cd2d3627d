package optim

import "github.com/godescent/descent/graph"

// SM3 (Anil, Gupta, Koren and Singer 2019, SM3-II) is AdaGrad that keeps, of a
// matrix, one number for each row and each column:
//
//	v = min(R, C) + g²     R ← max of v over columns     C ← max of v over rows
//	m ← β1·m + (1−β1) g/√(v + ε)     Δw = −ηm
//
// v ← v + g² in a layer that is no matrix. A kernel's last axis is the columns;
// Optax has an R for each axis. It is Optax's sm3 for matrices and vectors.
type SM3 struct {
	made
	Beta1 float64 `hyper:"momentum" alias:"beta1" symbol:"β1" range:"[0,1) log1m" doc:"memory of the mean step"`
	Eps   float64 `hyper:"eps" symbol:"ε" range:"[0,inf) log" doc:"added inside the root"`
}

// NewSM3 has the paper's β1 = 0.9, and ε = 1e-8.
func NewSM3() *SM3 { return &SM3{made{true}, 0.9, 1e-8} }

// Update implements Rule.
func (r *SM3) Update(s *Step) graph.Value {
	g := s.Gradient()
	v := s.cover(g.Square())
	d := g.Div(s.rootOf(v, s.Hyper(&r.Eps), true))
	return s.Rate().Neg().Mul(s.Slot("m").Average(s.Hyper(&r.Beta1), d))
}

// cover is v = min(R, C) + x, and keeps R and C: [W] → [W].
func (s *Step) cover(x graph.Value) graph.Value {
	blocks := s.blocks()
	var rows, cols, each int
	for _, b := range blocks {
		if b.rows > 0 {
			rows, cols = rows+b.rows, cols+b.cols
		} else {
			each += b.hi - b.lo
		}
	}
	slots := [3]*Slot{}
	for i, n := range []int{rows, cols, each} {
		if n > 0 {
			slots[i] = s.SlotOf([]string{"rows", "columns", "sum"}[i], s.W().DType(), n)
		}
	}
	var next [3][]graph.Value
	at := [3]int{}
	take := func(i, n int) graph.Value {
		at[i] += n
		return slots[i].Last().Slice(0, at[i]-n, at[i])
	}
	v := s.perBlock(func(_ int, b block) graph.Value {
		if b.rows == 0 {
			sum := take(2, b.hi-b.lo).Add(b.of(x))
			next[2] = append(next[2], sum)
			return sum
		}
		v := take(0, b.rows).Reshape(b.rows, 1).Min(take(1, b.cols).Reshape(1, b.cols)).Add(b.of(x))
		next[0], next[1] = append(next[0], v.MaxOver(1)), append(next[1], v.MaxOver(0))
		return v
	})
	for i, slot := range slots {
		if slot != nil && v.Valid() {
			slot.Keep(graph.Concat(0, next[i]...))
		}
	}
	return v
}

func sm3Entry() Entry {
	return Entry{
		Name: "sm3", New: func() Rule { return NewSM3() }, DefaultLR: 0.1,
		Equation:  "v = min(R, C) + g², R, C ← max of v over columns, rows, m ← β1·m + (1−β1) g/√(v + ε), Δw = −ηm",
		Latex:     `v = \min(R, C) + g^2, \quad R \leftarrow \max_j v_{ij}, \quad C \leftarrow \max_i v_{ij}, \quad m \leftarrow \beta_1 m + (1-\beta_1)\frac{g}{\sqrt{v + \varepsilon}}, \quad \Delta w = -\eta m`,
		Reference: "Anil, Gupta, Koren and Singer 2019, arXiv:1901.11150",
		Differs:   "Optax's is the same for matrices and vectors; PyTorch has none",
	}
}
