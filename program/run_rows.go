package program

import (
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/tensor"
)

// gatherTask copies rows together that a product or an output reads; its units
// are rows.
type gatherTask[T kernel.Float] struct {
	x, y  []T
	index []int32
	rows  int // of x
	row   int // the length of one
}

func linkGather[T kernel.Float](in *Instance, v graph.Value) task {
	x, index := v.Arg(0), tensor.Slice[int32](in.array(v.Arg(1)))
	return &gatherTask[T]{tensor.Slice[T](in.array(x)), tensor.View[T](in.memory(v.ID())), index, x.Dim(0), x.Size() / x.Dim(0)}
}

func (t *gatherTask[T]) units() int { return len(t.index) }
func (t *gatherTask[T]) cost() int  { return 5 + t.row/8 }

func (t *gatherTask[T]) run(_ *worker, lo, hi int) {
	for i := lo; i < hi; i++ {
		at := graph.Clamp(t.index[i], t.rows) * t.row
		copy(t.y[i*t.row:(i+1)*t.row], t.x[at:])
	}
}

// scatterTask adds rows by index; its units are stripes of columns, since all
// rows may go to one place.
type scatterTask[T kernel.Float] struct {
	ops   *kernel.Ops[T]
	x, y  []T
	index []int32
	rows  int // of y
	row   int
}

// stripe is the columns of a unit.
const stripe = 64

func linkScatter[T kernel.Float](in *Instance, v graph.Value, p graph.ScatterAdd) task {
	return &scatterTask[T]{ops[T](in.table), tensor.Slice[T](in.array(v.Arg(0))), tensor.View[T](in.memory(v.ID())),
		tensor.Slice[int32](in.array(v.Arg(1))), p.N, v.Size() / p.N}
}

func (t *scatterTask[T]) units() int { return ceil(t.row, stripe) }
func (t *scatterTask[T]) cost() int  { return 1 + (len(t.index)+t.rows)*min(stripe, t.row)/8 }

func (t *scatterTask[T]) run(_ *worker, lo, hi int) {
	first, last := lo*stripe, min(hi*stripe, t.row)
	for r := range t.rows {
		clear(t.y[r*t.row+first : r*t.row+last])
	}
	add := t.ops.Binary[kernel.Add]
	for i, at := range t.index {
		d := t.y[graph.Clamp(at, t.rows)*t.row:][first:last]
		add(d, d, t.x[i*t.row+first:i*t.row+last])
	}
}
