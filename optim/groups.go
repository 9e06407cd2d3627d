package optim

import (
	"path"
	"strconv"
	"strings"

	"github.com/godescent/descent/graph"
)

// Freeze lets weights whose names match do nothing: Δw ← 0 there. Their state is kept as that of the others.
// It is placed after everything else that acts on Δw.
type Freeze struct {
	made
	Names string `hyper:"freeze" text:"names with * and ?, divided by |" doc:"weights that stay as they are, such as embed*|head.bias"`
}

// NewFreeze freezes nothing.
func NewFreeze() *Freeze { return &Freeze{made{true}, ""} }

// Apply implements Transform.
func (r *Freeze) Apply(s *Step, Δw graph.Value) graph.Value {
	var groups []group
	for name := range strings.SplitSeq(r.Names, "|") {
		groups = append(groups, group{name, 0})
	}
	return s.groupFactors("freeze", Δw, groups)
}

// LayerRates gives weights whose names match a rate of their own: Δw ← factor·Δw there, which is the update with factor·η
// of every rule and decay that is linear in η. The first name that matches counts.
type LayerRates struct {
	made
	Factors string `hyper:"layer_lr" text:"names and factors, such as head*:10|embed*:0.1" doc:"factors of the learning rate by the names of weights"`
}

// NewLayerRates changes nothing.
func NewLayerRates() *LayerRates { return &LayerRates{made{true}, ""} }

// Apply implements Transform.
func (r *LayerRates) Apply(s *Step, Δw graph.Value) graph.Value {
	var groups []group
	for part := range strings.SplitSeq(r.Factors, "|") {
		name, text, ok := strings.Cut(part, ":")
		x, err := strconv.ParseFloat(text, 64)
		if !ok || err != nil || !(x >= 0) || x > 1e300 {
			return s.fail("layer_lr: %q is not a name with a factor; write head*:10", part)
		}
		groups = append(groups, group{name, x})
	}
	return s.groupFactors("layer_lr", Δw, groups)
}

// group is the weights whose names match a pattern, with a factor.
type group struct {
	name   string
	factor float64
}

// groupFactors multiplies the weights of each group by its factor: a sum of W numbers by layer, whatever the groups.
func (s *Step) groupFactors(key string, Δw graph.Value, groups []group) graph.Value {
	if s.Layout() == nil {
		return s.fail("%s: w has no parts with names here", key)
	}
	var names []string
	var factors []graph.Value
	used := make([]bool, len(groups))
	for _, v := range s.Layout().Views() {
		names = append(names, v.Name)
		factor, found := 1.0, false
		for i, g := range groups {
			ok, err := path.Match(g.name, v.Name)
			if err != nil {
				return s.fail("%s: %q is no pattern of names: %w", key, g.name, err)
			}
			used[i] = used[i] || ok
			if ok && !found {
				factor, found = g.factor, true
			}
		}
		factors = append(factors, s.Graph().Full(factor, s.W().DType(), 1))
	}
	for i, g := range groups {
		if !used[i] {
			return s.fail("%s: no weight is called %q; there are %s", key, g.name, strings.Join(names, ", "))
		}
	}
	return s.perLayer(Δw, graph.Concat(0, factors...))
}
