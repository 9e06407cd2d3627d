package weights

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/suggest"
	"github.com/godescent/descent/tensor"
)

// Layout is the list of the views of w, one after another without gaps. The
// zero Layout is empty and ready to use. It is not safe for concurrent Adds.
type Layout struct {
	views []View
	index map[string]int
	size  int
}

// Add appends a view behind the last one and returns it with its Offset. A
// name that is there with the same shape is the same weight, shared: the view
// is returned as it was added first. With another shape it is an error.
func (l *Layout) Add(v View) (View, error) {
	if err := checkName(v.Name); err != nil {
		return View{}, err
	}
	if err := v.Shape.Check(); err != nil {
		return View{}, fmt.Errorf("weight %q: %w", v.Name, err)
	}
	if v.Size() == 0 {
		return View{}, fmt.Errorf("weight %q: shape %v has no elements", v.Name, v.Shape)
	}
	if old, ok := l.Lookup(v.Name); ok {
		if !old.Shape.Equal(v.Shape) {
			return View{}, fmt.Errorf("weight %q is %v here but was %v before; one name is one weight, give this one its own", v.Name, v.Shape, old.Shape)
		}
		return old, nil
	}
	if l.index == nil {
		l.index = map[string]int{}
	}
	v.Shape, v.Offset = v.Shape.Clone(), l.size
	l.index[v.Name] = len(l.views)
	l.views = append(l.views, v)
	l.size += v.Size()
	return v, nil
}

// checkName is nil if a name can be a key of a checkpoint.
func checkName(name string) error {
	if name == "" {
		return fmt.Errorf("a weight has no name")
	}
	if strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || r == unicode.ReplacementChar }) {
		return fmt.Errorf("weight %q: a name is printable text", name)
	}
	return nil
}

// Views are the views in order; the caller must not change them.
func (l *Layout) Views() []View { return l.views }

// Size is W, the number of elements of w.
func (l *Layout) Size() int { return l.size }

// Lookup is the view of a name.
func (l *Layout) Lookup(name string) (View, bool) {
	i, ok := l.index[name]
	if !ok {
		return View{}, false
	}
	return l.views[i], true
}

// names are the views' names in order.
func (l *Layout) names() []string {
	names := make([]string, len(l.views))
	for i, v := range l.views {
		names[i] = v.Name
	}
	return names
}

// Of is the weight of a name within w [W], or within any vector laid out as w
// is, such as its gradient: w[Offset : Offset+Size] under the weight's shape.
func (l *Layout) Of(w graph.Value, name string) graph.Value {
	if !w.Valid() {
		return w
	}
	if !w.Shape().Equal(tensor.Shape{l.size}) {
		return w.Graph().Fail("weights", "the vector is %v and the layout's is [%d]", w.Shape(), l.size)
	}
	v, ok := l.Lookup(name)
	if !ok {
		return w.Graph().Fail("weights", "there is no weight %q; %s", name, suggest.Hint(name, l.names()))
	}
	return w.Slice(0, v.Offset, v.Offset+v.Size()).Reshape(v.Shape...)
}

// Initial is w before training, every view as its initialiser fills it:
// computed in float64 and rounded once to d.
func (l *Layout) Initial(d tensor.DType, seed int64) (*tensor.Array, error) {
	if !d.IsFloat() {
		return nil, fmt.Errorf("weights are float32 or float64, not %v", d)
	}
	w := tensor.New(d, l.size)
	for _, v := range l.views {
		if v.Init == nil {
			continue
		}
		out := make([]float64, v.Size())
		if err := v.Init.Fill(v, seed, out); err != nil {
			return nil, fmt.Errorf("weight %q %v: %w", v.Name, v.Shape, err)
		}
		for i, x := range out {
			w.SetAt(v.Offset+i, x)
		}
	}
	return w, nil
}

// Segments are the views' sizes in order, for sums and factors per weight.
func (l *Layout) Segments() graph.Segments {
	sizes := make([]int, len(l.views))
	for i, v := range l.views {
		sizes[i] = v.Size()
	}
	return graph.MakeSegments(sizes)
}
