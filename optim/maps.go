package optim

import (
	"github.com/godescent/descent/autodiff"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/weights"
)

// Map is a linear map of the network as E's graph shows it: z = aW + b for every row of a batch, and for every place of a
// sequence or an image. With ḡ = ∂E/∂z, row by row,
//
//	∂E/∂W = aᵀḡ     ∂E/∂b = 1ᵀḡ
//
// and nothing else, which is what rules that factor the Fisher matrix rest on. A weight of which that is not all, such as a
// table of symbols, a scale or a convolution in groups, is no Map; one that is used several times has the rows of all its uses.
type Map struct {
	Weight weights.View  // [in, out], or a kernel [KH, KW, in, out] or [K, in, out]
	Bias   *weights.View // nil if none is added to z alone
	uses   []use
}

// use is one product with the weight.
type use struct {
	x    graph.Value // [R, in], or images if it is a convolution
	z    graph.Value // the product
	conv *graph.Conv
}

// Maps are the linear maps of E at w in the Layout's order, of those whose weights this Step knows.
func (s *Step) Maps() []Map {
	e := s.wholeLoss()
	if !e.Valid() || s.Layout() == nil {
		return nil
	}
	f := newFinder(e, s.b.W)
	var out []Map
	for _, v := range s.Layout().Views() {
		whole, ok := s.b.Layout.Lookup(v.Name)
		if !ok || v.Role != weights.Weight || len(v.Shape) < 2 {
			continue
		}
		uses, ok := f.products(whole)
		if !ok {
			continue
		}
		m := Map{Weight: v, uses: uses}
		if name, ok := f.bias(uses, s.b.Layout); ok {
			if b, ok := s.Layout().Lookup(name); ok {
				m.Bias = &b
			}
		}
		out = append(out, m)
	}
	return out
}

// wholeLoss is E at all of w.
func (s *Step) wholeLoss() graph.Value {
	for s.outer != nil {
		s = s.outer
	}
	return s.Loss()
}

// Inputs are a, [R, in], of all uses one below another; with a bias the last column is 1.
func (m Map) Inputs() graph.Value {
	var all []graph.Value
	for _, u := range m.uses {
		x := u.x
		if u.conv != nil {
			x = patches(x, *u.conv, u.z.Arg(1).Shape(), u.z)
		}
		all = append(all, x)
	}
	a := graph.Concat(0, all...)
	if m.Bias != nil && a.Valid() {
		a = graph.Concat(1, a, a.Graph().Full(1, a.DType(), a.Dim(0), 1))
	}
	return a
}

// Cotangents are ḡ, [R, out], of each map for an error e that the maps lead to: E itself, or E with
// other targets. One backward pass gives all.
func (s *Step) Cotangents(e graph.Value, maps []Map) []graph.Value {
	if !e.Valid() || !s.ok() {
		return nil
	}
	var zs []graph.Value
	for _, m := range maps {
		for _, u := range m.uses {
			zs = append(zs, u.z)
		}
	}
	cts, err := autodiff.Cotangents(e, zs...)
	if err != nil {
		s.fail("%w", err)
		return nil
	}
	var out []graph.Value
	for _, m := range maps {
		var all []graph.Value
		for range m.uses {
			all = append(all, cts[0].Reshape(-1, cts[0].Dim(-1)))
			cts = cts[1:]
		}
		out = append(out, graph.Concat(0, all...))
	}
	return out
}

// patches are what every place of a convolution's result sees of its images, [B·Ho·Wo, KH·KW·C].
func patches(x graph.Value, p graph.Conv, taps tensor.Shape, z graph.Value) graph.Value {
	out := [2]int{z.Dim(1), z.Dim(2)}
	for a := range 2 { // so that the last tap's last stride is there
		reach := (taps[a]-1)*p.Dilation[a] + out[a]*p.Stride[a]
		hi := max(p.Hi[a], reach-p.Lo[a]-x.Dim(1+a))
		x = x.Pad(1+a, p.Lo[a], hi)
	}
	var all []graph.Value
	for i := range taps[0] {
		for j := range taps[1] {
			y := every(x, 1, i*p.Dilation[0], p.Stride[0], out[0])
			all = append(all, every(y, 2, j*p.Dilation[1], p.Stride[1], out[1]))
		}
	}
	y := graph.Concat(3, all...)
	return y.Reshape(-1, y.Dim(3))
}

// every is the places from, from+stride, ... of an axis, n of them.
func every(x graph.Value, axis, from, stride, n int) graph.Value {
	x = x.Slice(axis, from, from+n*stride)
	if stride == 1 || !x.Valid() {
		return x
	}
	s := x.Shape()
	cut := append(append(append([]int{}, s[:axis]...), n, stride), s[axis+1:]...)
	kept := append(append(append([]int{}, s[:axis]...), n), s[axis+1:]...)
	return x.Reshape(cut...).Slice(axis+1, 0, 1).Reshape(kept...)
}

// finder looks for weights in the graph of E.
type finder struct {
	w     graph.Value
	users map[graph.Value][]graph.Value // of what E depends on
}

func newFinder(e, w graph.Value) *finder {
	f := &finder{w, map[graph.Value][]graph.Value{}}
	g := e.Graph()
	for id, on := range graph.Ancestors(e) {
		if !on {
			continue
		}
		v := g.At(id)
		for i := range v.NumArgs() {
			if i == 0 || v.Arg(i) != v.Arg(i-1) {
				f.users[v.Arg(i)] = append(f.users[v.Arg(i)], v)
			}
		}
	}
	return f
}

// reshaped calls yield with every user of v, or of v under another shape, and the operand that it uses; false ends it.
func (f *finder) reshaped(v graph.Value, yield func(user, as graph.Value) bool) bool {
	for _, u := range f.users[v] {
		if _, ok := u.Op().(graph.Reshape); ok {
			if !f.reshaped(u, yield) {
				return false
			}
		} else if !yield(u, v) {
			return false
		}
	}
	return true
}

// view is a weight's part of w in the graph, which is there if E uses it.
func (f *finder) view(v weights.View) graph.Value { return f.w.Slice(0, v.Offset, v.Offset+v.Size()) }

// products are the uses of a weight, if they are products of rows with it and nothing else.
func (f *finder) products(v weights.View) (uses []use, ok bool) {
	only := f.reshaped(f.view(v), func(u, as graph.Value) bool {
		if u.Arg(0) == as || u.NumArgs() < 2 || u.Arg(1) != as {
			return false
		}
		switch op := u.Op().(type) {
		case graph.MatMul:
			if op.TransB || u.Rank() != 2 {
				return false
			}
			x := u.Arg(0)
			if op.TransA {
				x = x.Transpose(1, 0)
			}
			uses = append(uses, use{x: x, z: u})
			return true
		case graph.Conv:
			if op.Groups != 1 || op.Spread != [2]int{1, 1} || min(op.Lo[0], op.Lo[1], op.Hi[0], op.Hi[1]) < 0 {
				return false
			}
			uses = append(uses, use{x: u.Arg(0), z: u, conv: &op})
			return true
		}
		return false
	})
	return uses, only && len(uses) > 0
}

// bias is the weight that is added to each of the products, and to nothing else.
func (f *finder) bias(uses []use, l *weights.Layout) (name string, ok bool) {
	for _, v := range l.Views() {
		if len(v.Shape) != 1 || v.Role != weights.Bias || v.Size() != uses[0].z.Dim(-1) {
			continue
		}
		sums := map[graph.Value]bool{}
		only := f.reshaped(f.view(v), func(u, _ graph.Value) bool {
			if _, ok := u.Op().(graph.Broadcast); !ok {
				return false
			}
			for _, a := range f.users[u] {
				if a.Op().Name() != "add" {
					return false
				}
				sums[a] = true
			}
			return true
		})
		if only && len(sums) == len(uses) && f.added(uses, sums) {
			return v.Name, true
		}
	}
	return "", false
}

// added reports whether each product goes into one of the sums alone.
func (f *finder) added(uses []use, sums map[graph.Value]bool) bool {
	for _, u := range uses {
		n := 0
		f.reshaped(u.z, func(a, _ graph.Value) bool {
			n++
			if !sums[a] {
				n += 2
			}
			return true
		})
		if n != 1 {
			return false
		}
	}
	return true
}
