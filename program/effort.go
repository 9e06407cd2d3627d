package program

import (
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// effort is what an instruction cannot do without: the multiplications and
// additions of a product or a convolution, and the bytes of what it reads and
// writes, each element once.
func (m *instr) effort(p *Program) (flops float64, bytes int) {
	size := func(id int) int { v := p.g.At(id); return v.Size() * v.DType().Size() }
	for _, id := range m.writes {
		bytes += size(id)
	}
	if m.loop != nil {
		for _, l := range m.loop.loads {
			bytes += l.view.distinct() * l.dtype.Size()
		}
		return 0, bytes
	}
	if m.copyOf != nil {
		return 0, bytes + m.copyOf.distinct()*p.g.At(m.out).DType().Size()
	}
	v := p.g.At(m.out)
	switch v.Op().(type) {
	case graph.Gather: // the rows taken, not all there are
		return 0, 2*size(m.out) + size(v.Arg(1).ID())
	case graph.Join: // what was computed in its place is not copied
		bytes = 0
		for i := range v.NumArgs() {
			if s, ok := p.sub[p.nodes[v.Arg(i).ID()].root]; !ok || s.join != m.out {
				bytes += 2 * size(v.Arg(i).ID())
			}
		}
		return 0, bytes
	}
	for i := range v.NumArgs() {
		a := v.Arg(i)
		bytes += p.shaped(a).distinct() * a.DType().Size()
	}
	return multiplications(v), bytes
}

// multiplications counts each with its addition, as two.
func multiplications(v graph.Value) float64 {
	switch op := v.Op().(type) {
	case graph.MatMul:
		s := v.Arg(0).Shape()
		k := s[len(s)-1]
		if op.TransA {
			k = s[len(s)-2]
		}
		return 2 * float64(v.Size()) * float64(k)
	case graph.Conv:
		k := v.Arg(1).Shape()
		return 2 * float64(v.Size()) * float64(k[:3].Size())
	case graph.ConvKernel:
		ct := v.Arg(1).Shape()
		return 2 * float64(v.Size()) * float64(ct[:3].Size())
	}
	return 0
}

// distinct is the number of elements in memory that a view shows, some of them
// perhaps many times.
func (v *view) distinct() int {
	if v.index >= 0 {
		return tensor.Shape(v.dims).Size()
	}
	n := 1
	for i, d := range v.dims {
		if v.strides[i] != 0 || d == 0 {
			n *= d
		}
	}
	return n
}
