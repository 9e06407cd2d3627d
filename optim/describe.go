package optim

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/hyper"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/weights"
)

// HyperInfo describes a hyper-parameter of a rule.
type HyperInfo struct {
	Name    string // to set it by: beta1; its Path if another part of the rule has the name too
	Path    string // the key of its run-time input: after/decay/weight_decay
	Symbol  string // as in the equation
	Range   string // what is allowed: [0,1), or lecture or torch
	Scale   string // how a search should cover the range: "", log or log1m
	Doc     string
	Default any // float64, int, bool or string: what the constructor sets; nil if that is not known
	Value   any // what it is now; a string if it follows a formula
}

// Describe lists a rule's hyper-parameters, those of its parts included.
func Describe(r Rule) ([]HyperInfo, error) { return Rules().Describe(r) }

// Describe lists a rule's hyper-parameters; defaults are those of the table's constructors.
func (t Table) Describe(r Rule) ([]HyperInfo, error) {
	params, err := parameters(r)
	if err != nil {
		return nil, err
	}
	defaults, moving := t.defaults(params), formulas(r)
	var out []HyperInfo
	for i, p := range params {
		value := p.Value()
		if f, ok := moving[p.path]; ok {
			value = f
		}
		out = append(out, HyperInfo{
			Name: p.name, Path: p.path, Symbol: p.Symbol, Range: p.Allowed(), Scale: string(p.Range.Scale),
			Doc: p.Doc, Default: defaults[i], Value: value,
		})
	}
	return out, nil
}

// parameter is a field within a rule's tree.
type parameter struct {
	hyper.Field
	name, path string
	owner      reflect.Type
}

func parameters(r Rule) ([]parameter, error) {
	root, err := newTree(r, "")
	if err != nil {
		return nil, err
	}
	var out []parameter
	count := map[string]int{}
	root.all(func(n *node) bool {
		for _, f := range n.fields {
			out = append(out, parameter{f, f.Name, join(n.path, f.Name), reflect.TypeOf(n.self)})
			count[f.Name]++
		}
		return true
	})
	for i, p := range out {
		if count[p.name] > 1 {
			out[i].name = p.path
		}
	}
	return out, nil
}

// defaults are the values that constructors give the parameters: those of the
// entry that is composed in the same way, or else of any part of the same type.
func (t Table) defaults(params []parameter) []any {
	out := make([]any, len(params))
	take := func(from []parameter) {
		for i, p := range params {
			for _, q := range from {
				if out[i] == nil && p.owner == q.owner && p.Name == q.Name {
					out[i] = q.Value()
				}
			}
		}
	}
	var fresh [][]parameter
	for _, e := range t {
		if ps, err := parameters(e.New()); err == nil {
			fresh = append(fresh, ps)
			if sameShape(ps, params) {
				take(ps)
			}
		}
	}
	for _, ps := range fresh {
		take(ps)
	}
	for _, e := range Transforms() {
		r := Rule(NewSGD())
		if e.Wrap != nil {
			r = e.Wrap(r)
		} else {
			r = After(r, e.New())
		}
		if ps, err := parameters(r); err == nil {
			take(ps)
		}
	}
	return out
}

func sameShape(a, b []parameter) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].path != b[i].path || a[i].owner != b[i].owner {
			return false
		}
	}
	return true
}

// Find describes the hyper-parameter that a name, an alias or a path means. Default is not told.
func Find(r Rule, name string) (HyperInfo, error) {
	p, err := find(r, name)
	if err != nil {
		return HyperInfo{}, err
	}
	h := HyperInfo{Name: p.name, Path: p.path, Symbol: p.Symbol, Range: p.Allowed(), Scale: string(p.Range.Scale), Doc: p.Doc, Value: p.Value()}
	if f, ok := formulas(r)[p.path]; ok {
		h.Value = f
	}
	return h, nil
}

// Set gives a hyper-parameter a value: a float64, int, bool or string, or the
// text of one. The name is that of Describe, an alias, or a path.
func Set(r Rule, name string, value any) error {
	p, err := find(r, name)
	if err != nil {
		return err
	}
	return p.Set(value)
}

// find is the parameter that a name means; extra names are suggested too.
func find(r Rule, name string, extra ...string) (parameter, error) {
	params, err := parameters(r)
	if err != nil {
		return parameter{}, err
	}
	var found []parameter
	var fields []hyper.Field
	for _, p := range params {
		if p.path == name {
			return p, nil
		}
		if p.Is(name) {
			found = append(found, p)
		}
		p.Field.Name = p.name
		fields = append(fields, p.Field)
	}
	switch len(found) {
	case 0:
		_, err := hyper.Find(fields, name, extra...)
		return parameter{}, err
	case 1:
		return found[0], nil
	}
	var paths []string
	for _, p := range found {
		paths = append(paths, p.path)
	}
	return parameter{}, fmt.Errorf("%q is a hyper-parameter of several parts of it; name one: %s", name, strings.Join(paths, ", "))
}

// State says what a rule remembers between updates: the number of values for
// every weight, and the keys of all its state in order. One that divides w is asked for a matrix
// "linear.weight", whose rows multiply inputs, and a bias "linear.bias", which here is added to nothing, and the number is
// the largest of its parts'.
func State(r Rule) (perWeight int, keys []string, err error) {
	root, err := newTree(r, "")
	if err != nil {
		return 0, nil, err
	}
	l := &weights.Layout{}
	for _, v := range []weights.View{
		{Name: "linear.weight", Shape: tensor.Of(2, 2), Role: weights.Weight},
		{Name: "linear.bias", Shape: tensor.Of(2), Role: weights.Bias},
	} {
		if _, err := l.Add(v); err != nil {
			return 0, nil, err
		}
	}
	g := graph.New()
	s := NewStep(Config{
		Graph: g, W: g.Input("w", tensor.Float64, l.Size()), Layout: divided(root, l), Seed: g.Input("seed", tensor.Int64),
		Loss: product, Likelihood: Likelihood{Terms: 1, Sampled: func(w graph.Value, _ func(graph.Distribution, ...int) graph.Value) graph.Value { return product(w) }},
		Rate: g.Input("rate", tensor.Float64), Tau: g.Input("tau", tensor.Float64), Steps: anyLength,
	})
	s.Update(r)
	if err := s.Err(); err != nil {
		return 0, nil, err
	}
	count := map[*subset]int{}
	for _, slot := range s.b.slots {
		keys = append(keys, slot.key)
		if slot.last.Shape().Equal(slot.step.W().Shape()) {
			count[slot.step.part]++
			perWeight = max(perWeight, count[slot.step.part])
		}
	}
	return perWeight, keys, nil
}

// product is an error of the six weights of State with one linear map.
func product(w graph.Value) graph.Value {
	x := w.Graph().Full(1, w.DType(), 3, 2)
	return x.MatMul(w.Slice(0, 0, 4).Reshape(2, 2)).Mul(w.Slice(0, 4, 6)).Square().SumAll()
}

// divided is the Layout if a rule of the tree divides w by it, else nil.
func divided(root *node, l *weights.Layout) *weights.Layout {
	whole := root.all(func(n *node) bool {
		switch n.self.(type) {
		case *ByRole, *ByMap:
			return false
		}
		return true
	})
	if whole {
		return nil
	}
	return l
}
