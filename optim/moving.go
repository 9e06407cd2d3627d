package optim

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/schedule"
)

// Moving lets hyper-parameters of a rule, or of the transforms within it, follow formulas of the number t of
// updates made before this one, as schedules do the learning rate:
//
//	beta1 ← min(max(f(t), lo), hi), for a parameter of the range lo to hi
//
// f is in the language of schedule.Expression, without K. Every float64 that a rule asks its Step for can move;
// whole numbers, words and numbers that shape the graph cannot. An open end of a range, as 1 of [0,1), is not left out.
type Moving struct {
	made
	Formulas string `hyper:"moving" text:"names and formulas, such as beta1:0.9+0.05*min(1; t/100)|eps:1e-8" doc:"what hyper-parameters are, as formulas of the number t of updates before"`
	Rule     Rule   `part:""`
}

// NewMoving moves nothing until Formulas are given.
func NewMoving(r Rule) *Moving { return &Moving{made: made{true}, Rule: r} }

// Update implements Rule.
func (r *Moving) Update(s *Step) graph.Value {
	asked := map[string]string{} // names by key, until the rule asks for the number
	for part := range strings.SplitSeq(r.Formulas, "|") {
		if strings.TrimSpace(r.Formulas) == "" {
			break
		}
		name, formula, ok := strings.Cut(part, ":")
		name = strings.TrimSpace(name)
		if !ok || name == "" || strings.TrimSpace(formula) == "" {
			return s.fail("%q is not a name with a formula; write beta1:0.9+t/1000", part)
		}
		p, err := find(r.Rule, name)
		switch {
		case err != nil:
			return s.fail("%w", err)
		case !p.IsNumber():
			return s.fail("%s is %s, and only a number moves", name, p.Allowed())
		}
		key := join(s.node.path, p.path)
		if s.b.moved[key] != nil {
			return s.fail("%s has two formulas", name)
		}
		asked[key] = name
		s.b.moved[key] = func(of *Step) graph.Value {
			delete(asked, key)
			v, err := schedule.Formula(of.Graph(), strings.TrimSpace(formula), of.Tau().Plus(-1))
			if err != nil {
				return s.fail("%s: %s", name, strings.TrimPrefix(fmt.Sprint(err), "formula="))
			}
			if hi := p.Range.Hi; !math.IsInf(hi, 1) {
				v = v.Min(of.Graph().Const(hi))
			}
			if lo := p.Range.Lo; !math.IsInf(lo, -1) {
				v = v.Max(of.Graph().Const(lo))
			}
			return v
		}
	}
	Δw := s.Update(r.Rule)
	if !s.ok() {
		return graph.Value{}
	}
	if len(asked) > 0 {
		return s.fail("%s shapes the rule and cannot move", slices.Min(slices.Collect(maps.Values(asked))))
	}
	return Δw
}
