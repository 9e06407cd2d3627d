package optim

import "github.com/godescent/descent/graph"

// Graft takes the direction of a step from one rule and its length, layer by layer, from another (Agarwal,
// Anil, Hazan, Koren and Zhang 2020, Algorithm 1, M#D):
//
//	Δw = Δw_D·‖Δw_M‖/‖Δw_D‖ per layer; 0 where Δw_D is 0
//
// Both see the same gradients, rate and w, and keep a state each; a rule that reckons with where its own steps
// led, such as Nesterov's or dog, does not know that w went elsewhere. The learning rate that matters is M's: D's
// cancels, but for rules that are not proportional to it.
type Graft struct {
	made
	// Name is what M is called in a table. It tells a specification which rule M is, and does not choose it.
	Name      string `hyper:"graft" text:"the name of a rule" doc:"rule whose step's length is taken, layer by layer, see its keys under graft/"`
	Magnitude Rule   `part:"graft"`
	Direction Rule   `part:""`

	name string // Name when it was made
}

// NewGraft grafts the length of the steps of a rule, called by its name in the table, on the direction of another.
func NewGraft(name string, magnitude, direction Rule) *Graft {
	return &Graft{made{true}, name, magnitude, direction, name}
}

// Update implements Rule.
func (r *Graft) Update(s *Step) graph.Value {
	if r.Name != r.name {
		return s.fail("its rule is %s and cannot be made %s by setting graft; parse it anew", r.name, r.Name)
	}
	d, m := s.Update(r.Direction), s.Update(r.Magnitude)
	if !d.Valid() || !m.Valid() {
		return graph.Value{}
	}
	length, own := s.layerSquare(m).Sqrt(), s.layerSquare(d).Sqrt()
	zero := s.Graph().Const(0)
	moves := own.NotEqual(zero)
	one := own.Zeros().Plus(1)
	return s.perLayer(d, graph.Where(moves, length.Div(graph.Where(moves, own, one)), own.Zeros()))
}
