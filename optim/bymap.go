package optim

import (
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/weights"
)

// ByMap gives the weights of linear maps, as Step.Maps finds them, and the biases added to what those give, to one
// rule and the rest to another:
//
//	Δw = Δw of Maps where w is a map's, Δw of Rest with the rate c·η elsewhere
//
// The rest is the scales and shifts of normalisations, tables of symbols, convolutions in groups or transposed ones,
// weights given by lengths and directions, and all of a function without layers. Both see only their own part of w.
type ByMap struct {
	made
	Factor float64 `hyper:"rest_factor" symbol:"c" range:"(0,inf) log" doc:"rate of the weights that are of no linear map, over that of the maps"`
	Maps   Rule    `part:""`
	Rest   Rule    `part:"rest"`
}

// NewByMap has c = 1.
func NewByMap(maps, rest Rule) *ByMap { return &ByMap{made{true}, 1, maps, rest} }

// Update implements Rule.
func (r *ByMap) Update(s *Step) graph.Value {
	of := map[string]bool{}
	for _, m := range s.Maps() {
		of[m.Weight.Name] = true
		if m.Bias != nil {
			of[m.Bias.Name] = true
		}
	}
	return s.split(r.Maps, r.Rest, s.Hyper(&r.Factor), func(v weights.View) bool { return of[v.Name] })
}
