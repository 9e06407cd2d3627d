package optim

import (
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// KFAC preconditions the gradient of every linear map z = aW + b by the inverse of its block of the Fisher matrix, taken
// as a Kronecker product (Martens and Grosse 2015, sections 3 to 6; Grosse and Martens 2016 for convolutions, whose places count
// as rows). With ā = (a, 1), ∇ the gradient by W above that by b, and B targets that E is the mean of:
//
//	A ← ρⱼA + (1−ρⱼ) mean(āᵀā)     G ← ρⱼG + (1−ρⱼ) B·ĝᵀĝ     every f updates, ρⱼ = min(1 − 1/j, ρ) for the j-th of them
//	π = √((tr A/inputs)/(tr G/outputs))     A⁻ = (A + π√λ·1)⁻¹     G⁻ = (G + √λ/π·1)⁻¹     for t ≤ 3 and every k updates
//	U = A⁻∇G⁻     ν = min(1, √(κ/(η²Σ⟨U, ∇⟩))) over all maps
//	Δw ← μΔw − ηνU
//
// ĝ is ∂Ê/∂z for targets drawn from the distribution that the network itself gives, so that G is of the Fisher matrix; with
// empirical it is that of the batch's own targets, and no second backward pass is made. λ is factored as in section 6.3
// (Tikhonov), ρⱼ is section 5's, ν bounds the step's change of the distribution, as Ba, Grosse and Martens 2017 and the usual
// implementations do, in place of the paper's λ and rates that adapt themselves (sections 6.5 and 7). Inverses are made in float64. A side
// of more than max_side has the diagonal of its factor alone. It acts on maps: see NewKFACAdam.
type KFAC struct {
	made
	Mu        float64 `hyper:"kfac_momentum" symbol:"μ" range:"[0,1) log1m" doc:"share of the last step that is kept"`
	Rho       float64 `hyper:"stat_decay" symbol:"ρ" range:"[0,1) log1m" doc:"memory of the factors"`
	Damping   float64 `hyper:"damping" symbol:"λ" range:"(0,inf) log" doc:"Tikhonov's damping of the Fisher matrix"`
	Clip      float64 `hyper:"kl_clip" symbol:"κ" range:"(0,inf) log" doc:"bound of η²Σ⟨U, ∇⟩, twice the divergence that a step may cause"`
	Every     int     `hyper:"every" symbol:"k" range:"[1,inf)" doc:"number of updates between two inverses"`
	Factors   int     `hyper:"factors_every" symbol:"f" range:"[1,inf)" doc:"number of updates between two estimates of the factors"`
	MaxSide   int     `hyper:"max_side" range:"[1,inf)" doc:"longest side with a whole factor"`
	Empirical bool    `hyper:"empirical" doc:"factors of the batch's own targets in place of drawn ones"`
}

// NewKFAC has the paper's ρ = 0.95, k = 20 and f = 1, the usual μ = 0.9 and κ = 0.001, and λ = 0.1. Sides
// of up to 1024 have whole factors.
func NewKFAC() *KFAC { return &KFAC{made{true}, 0.9, 0.95, 0.1, 0.001, 20, 1, 1024, false} }

// Update implements Rule.
func (r *KFAC) Update(s *Step) graph.Value {
	η, g, maps := s.Rate(), s.Gradient(), s.Maps()
	if !g.Valid() {
		return g
	}
	e := s.wholeLoss()
	if !r.Empirical {
		e = s.sampled("empirical=true")
	}
	cts := s.Cotangents(e, maps)
	if !s.ok() {
		return graph.Value{}
	}
	parts := map[string]graph.Value{}
	sum := s.Graph().Const(0)
	for i, m := range maps {
		G := m.Weight.Of(g)
		G = G.Reshape(-1, m.Weight.Shape[len(m.Weight.Shape)-1]) // [in, out]
		if m.Bias != nil {
			G = graph.Concat(0, G, m.Bias.Of(g).Reshape(1, -1))
		}
		U := r.precondition(s, m, cts[i], G)
		if !U.Valid() {
			return U
		}
		sum = sum.Add(U.Mul(G).SumAll().Cast(tensor.Float64))
		n := m.Weight.Size() / U.Dim(1)
		parts[m.Weight.Name] = U.Slice(0, 0, n).Reshape(m.Weight.Size())
		if m.Bias != nil {
			parts[m.Bias.Name] = U.Slice(0, n, n+1).Reshape(-1)
		}
	}
	var all []graph.Value
	for _, v := range s.Layout().Views() {
		if !parts[v.Name].Valid() {
			return s.fail("it acts on linear maps, and %s %v is of none; use optim.NewByMap with a rule for the rest", v.Name, v.Shape)
		}
		all = append(all, parts[v.Name])
	}
	κ, one := s.Hyper(&r.Clip), s.Graph().Const(1)
	ν := κ.Div(η.Square().Mul(sum).Max(κ)).Sqrt().Min(one)
	Δw := s.Slot("velocity")
	return Δw.Keep(s.Hyper(&r.Mu).Mul(Δw.Last()).Sub(η.Mul(ν).Mul(graph.Concat(0, all...))))
}

// precondition is U.
func (r *KFAC) precondition(s *Step, m Map, ct, G graph.Value) graph.Value {
	if !G.Valid() || !ct.Valid() {
		return graph.Value{}
	}
	f, one := s.Graph().Const(float64(r.Factors)), s.Graph().Const(1)
	j := s.Tau().Plus(-1).Div(f).Floor().Plus(1)
	ρ := one.Sub(one.Div(j)).Min(s.Hyper(&r.Rho))
	due := s.every(r.Factors)
	moment := func(name string, rows graph.Value, factor float64) *Slot { // [R, n] → [n, n], or [n]
		n := rows.Dim(1)
		var x graph.Value
		dims := []int{n}
		if n <= r.MaxSide {
			x, dims = rows.Transpose(1, 0).MatMul(rows), []int{n, n}
		} else {
			x = rows.Square().Sum(0)
		}
		slot := s.SlotOf(slotName(name, m.Weight), rows.DType(), dims...)
		slot.Keep(graph.Where(due, ρ.Mul(slot.Last()).Add(ρ.OneMinus().Mul(x.Scale(factor))), slot.Last()))
		return slot
	}
	a := m.Inputs()
	A, C := moment("a", a, 1/float64(a.Dim(0))), moment("g", ct, s.Terms())
	if !A.next.Valid() || !C.next.Valid() {
		return graph.Value{}
	}
	π := ratio(s.trace(A.next), s.trace(C.next)).Mul(s.Graph().Const(float64(G.Dim(1)) / float64(G.Dim(0)))).Sqrt()
	λ := s.Hyper(&r.Damping).Sqrt()
	renew := s.every(r.Every).Max(s.Tau().LessEqual(s.Graph().Const(3)))
	U := s.inverse("a_inverse", m, A.next, π.Mul(λ), renew)(G, true)
	return s.inverse("g_inverse", m, C.next, λ.Div(π), renew)(U, false)
}

// trace is that of a matrix, or of the diagonal that a vector is: rank-0 float64.
func (s *Step) trace(x graph.Value) graph.Value {
	if x.Rank() == 2 {
		x = x.Mul(s.unit(x.Dim(0)))
	}
	return x.SumAll().Cast(tensor.Float64)
}

// inverse keeps (x + d·1)⁻¹ of a factor, renewed where it is due, and gives what multiplies a matrix by it from the left
// or from the right.
func (s *Step) inverse(name string, m Map, x, d, due graph.Value) func(y graph.Value, left bool) graph.Value {
	slot := s.SlotOf(slotName(name, m.Weight), x.DType(), x.Shape()...)
	x64, one := x.Cast(tensor.Float64), s.Graph().Const(1)
	if x.Rank() == 1 {
		inv := slot.Keep(graph.Where(due, one.Div(x64.Add(d)).Cast(x.DType()), slot.Last()))
		return func(y graph.Value, left bool) graph.Value {
			if left {
				return y.Mul(inv.Reshape(-1, 1))
			}
			return y.Mul(inv)
		}
	}
	unit := s.Graph().Iota(tensor.Int32, 0, x.Dim(0)).OneHot(x.Dim(0), tensor.Float64)
	half := unit.SolveUpper(x64.Add(d.Mul(unit)).Cholesky()) // U⁻¹, whose product with its transpose is (UᵀU)⁻¹
	inv := slot.Keep(graph.Where(due, half.MatMul(half.Transpose(1, 0)).Cast(x.DType()), slot.Last()))
	return func(y graph.Value, left bool) graph.Value {
		if left {
			return inv.MatMul(y)
		}
		return y.MatMul(inv)
	}
}

// NewKFACAdam is K-FAC for the linear maps and Adam, with a thirtieth of the rate, for the rest.
func NewKFACAdam() Rule {
	r := NewByMap(NewKFAC(), NewAdam())
	r.Factor = 0.03
	return r
}

func kfacEntry() Entry {
	return Entry{
		Name: "kfac", New: NewKFACAdam, DefaultLR: 0.03, Matrix: true, Layers: true,
		Equation:  "A ← ρA + (1−ρ)mean(āᵀā), G ← ρG + (1−ρ)B·ĝᵀĝ of drawn targets, U = (A + π√λ)⁻¹∇(G + √λ/π)⁻¹, Δw ← μΔw − η·min(1, √(κ/η²Σ⟨U, ∇⟩))·U for linear maps; adam for the rest",
		Latex:     `A \leftarrow \rho A + (1-\rho) \overline{\bar a^\top \bar a}, \quad G \leftarrow \rho G + (1-\rho) B\, \hat g^\top \hat g, \quad U = (A + \pi\sqrt\lambda)^{-1} \nabla (G + \tfrac{\sqrt\lambda}{\pi})^{-1}, \quad \Delta w \leftarrow \mu \Delta w - \eta \min\!\left(1, \sqrt{\tfrac{\kappa}{\eta^2 \sum \langle U, \nabla \rangle}}\right) U \text{ for linear maps; adam for the rest}`,
		Reference: "Martens and Grosse 2015, arXiv:1503.05671; Grosse and Martens 2016, arXiv:1602.01407 (convolutions)",
		Differs:   "curvlinops has the same factors, damping and inverses; the paper adapts λ, η and μ by its quadratic model, of which each step needs products",
	}
}
