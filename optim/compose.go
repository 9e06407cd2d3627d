package optim

import "github.com/godescent/descent/graph"

// Before is the rule with transforms on every gradient it asks for, wherever
// it asks for it, the first transform first. Its state and hyper-parameters
// keep their names; those of a transform begin with before/ and its type.
func Before(r Rule, t ...Transform) Rule { return &before{r, t} }

// After is the rule with transforms on its Δw, the first transform first. Its
// state and hyper-parameters keep their names; those of a transform begin with
// after/ and its type.
func After(r Rule, t ...Transform) Rule { return &after{r, t} }

type before struct {
	Rule       Rule        `part:""`
	Transforms []Transform `part:"before"`
}

func (b *before) Update(s *Step) graph.Value {
	return s.UpdateWithin(b.Rule, View{GradientAt: func(at graph.Value) graph.Value {
		return s.applyAll(b.Transforms, s.GradientAt(at), at)
	}})
}

type after struct {
	Rule       Rule        `part:""`
	Transforms []Transform `part:"after"`
}

func (a *after) Update(s *Step) graph.Value {
	return s.applyAll(a.Transforms, s.Update(a.Rule), s.W())
}

func (s *Step) applyAll(ts []Transform, d, point graph.Value) graph.Value {
	for _, t := range ts {
		d = s.applyAt(t, d, point)
	}
	return d
}
