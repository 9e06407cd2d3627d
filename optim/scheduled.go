package optim

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/hyper"
	"github.com/godescent/descent/schedule"
)

// Scheduled lets hyper-parameters of a rule, or of the transforms within it, follow formulas of the number t of
// updates made before this one and the number K of updates of the run, as schedules do the learning rate:
//
//	β1 ← min(max(f(t), lo), hi), for a parameter of the range lo to hi
//
// f is in the language of schedule.Expression: 0.85+0.1*min(1; t/100), 0.95-0.1*onecycle. Every float64 that a rule asks
// its Step for can move; whole numbers, words and numbers that shape the graph cannot. An open end of a range, as 1 of
// [0,1), is not left out. Parse makes one where the value of a hyper-parameter is a formula: adam:beta1=0.85+t/1e4.
type Scheduled struct {
	made
	Formulas map[string]string // by name, as Describe has it, or path
	Rule     Rule              `part:""`
}

// NewScheduled moves nothing until Formulas are given.
func NewScheduled(r Rule) *Scheduled {
	return &Scheduled{made: made{true}, Formulas: map[string]string{}, Rule: r}
}

// Update implements Rule.
func (r *Scheduled) Update(s *Step) graph.Value {
	asked := map[string]string{} // names by key, until the rule asks for the number
	for _, name := range slices.Sorted(maps.Keys(r.Formulas)) {
		p, err := find(r.Rule, name)
		switch {
		case err != nil:
			return s.fail("%w", err)
		case !p.IsNumber():
			return s.fail("%s is %s, and only a number follows a formula", name, p.Allowed())
		}
		key := join(s.node.path, p.path)
		if s.b.moved[key] != nil {
			return s.fail("%s has two formulas", name)
		}
		asked[key] = name
		s.b.moved[key] = func(of *Step) graph.Value {
			delete(asked, key)
			v, err := schedule.Formula(of.Graph(), r.Formulas[name], s.b.Tau.Plus(-1), s.b.Steps)
			if err != nil {
				return s.fail("%s=%s: %w", name, r.Formulas[name], err)
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
		return s.fail("%s shapes the step and must be one number: it cannot follow a formula", slices.Min(slices.Collect(maps.Values(asked))))
	}
	return Δw
}

// formulas are the parameters that follow formulas, by path.
func formulas(r Rule) map[string]string {
	if r, ok := r.(*Scheduled); ok {
		return r.Formulas
	}
	return nil
}

// checkFormula finds a formula's mistakes that do not depend on the number of updates of the run.
func checkFormula(text string) error {
	g := graph.New()
	_, err := schedule.Formula(g, text, g.Const(0), anyLength)
	if err == nil {
		err = g.Err()
	}
	return err
}

// anyLength is a number of updates that every formula can be read with.
const anyLength = math.MaxInt32

// follow makes a parameter follow a formula.
func follow(r Rule, p parameter, formula string) (Rule, error) {
	if err := checkFormula(formula); err != nil {
		return nil, fmt.Errorf("%s=%s is not a number in %v, nor a formula of t and K: %w", p.Name, hyper.Shown(formula), p.Range, err)
	}
	s, ok := r.(*Scheduled)
	if !ok {
		s = NewScheduled(r)
	}
	s.Formulas[p.path] = formula
	return s, nil
}
