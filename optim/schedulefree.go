package optim

import "github.com/godescent/descent/graph"

// ScheduleFree needs no schedule that falls: it averages weights while it trains, and takes the gradient between them (Defazio et
// al. 2024, equations 4 to 6, with the authors' weights of the average):
//
//	w = (1−β)z + βx     z ← z + Δ of the rule at ∇E(w)
//	c = ηmax²/Σηmax²    x ← (1−c)x + cz
//
// z and x start at w, and x is presented: a run is measured with it. The rule is to have no momentum of its own (sgd, or
// adam:beta1=0), and the rate is warmed up and then constant; ηmax is the largest rate so far.
type ScheduleFree struct {
	made
	Beta float64 `hyper:"schedule_free" symbol:"β" range:"(0,1) log1m" doc:"how near the average the gradient is taken"`
	Rule Rule    `part:""`
}

// NewScheduleFree has the authors' β = 0.9.
func NewScheduleFree(r Rule) *ScheduleFree { return &ScheduleFree{made{true}, 0.9, r} }

// Update implements Rule.
func (r *ScheduleFree) Update(s *Step) graph.Value {
	β, Δ := s.Hyper(&r.Beta), s.Update(r.Rule)
	z, x, top, sum := s.Slot("fast"), s.Slot("average"), s.ScalarSlot("rate_max"), s.ScalarSlot("rate_squares")
	η := top.Keep(top.Last().Max(s.Rate()))
	weight := η.Square()
	total := sum.Keep(sum.Last().Add(weight))
	zero := s.Graph().Const(0)
	c := graph.Where(total.Greater(zero), weight.Div(graph.Where(total.Greater(zero), total, s.Graph().Const(1))), zero)
	fast := z.Keep(z.LastOr(s.W()).Add(Δ))
	mean := x.Keep(c.OneMinus().Mul(x.LastOr(s.W())).Add(c.Mul(fast)))
	s.Present(mean)
	return β.OneMinus().Mul(fast).Add(β.Mul(mean)).Sub(s.W())
}
