package program

import (
	"fmt"
	"math"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/internal/kernel/native"
	"github.com/godescent/descent/tensor"
)

// Instance is a program with memory to run in. It is not safe for concurrent use.
type Instance struct {
	p      *Program
	pool   *Pool
	table  *kernel.Table
	arena  []byte
	inputs map[int]*tensor.Array
	tasks  []step
	guard  int
	copies []func()
	stale  bool

	precision Precision
	interpret bool           // no machine code is made for loops
	module    *native.Module // what it is made in, while linking
}

// step is a linked instruction.
type step struct {
	task       task
	chunks     int
	instr      *instr      // for a profile
	conditions []condition // it runs if all hold
}

// NewInstance allocates an instance. Its inputs are zero until written or
// bound. Instances that share a pool must not run at the same time.
func (p *Program) NewInstance(pool *Pool, table *kernel.Table) *Instance {
	in := &Instance{p: p, pool: pool, table: table, arena: tensor.Bytes(p.arena), inputs: map[int]*tensor.Array{}, stale: true}
	return in
}

// Bind makes an input's memory that of a: several instances can so share
// state, and data is not copied. It fails if v is no input of the program or a
// has another type or shape.
func (in *Instance) Bind(v graph.Value, a *tensor.Array) error {
	op, ok := v.Op().(graph.Input)
	if !ok {
		return fmt.Errorf("program: %s is no input", v.Op().Name())
	}
	if a.DType() != v.DType() || !a.Shape().Equal(v.Shape()) {
		return fmt.Errorf("program: input %q is %v and is bound to %v%v", op.Key, v.Type(), a.DType(), a.Shape())
	}
	in.inputs[v.ID()] = a
	in.stale = true
	return nil
}

// Input is an input's memory, to be read and written between steps.
func (in *Instance) Input(v graph.Value) *tensor.Array {
	a := in.inputs[v.ID()]
	if a == nil {
		a = tensor.New(v.DType(), v.Shape()...)
		in.inputs[v.ID()] = a
		in.stale = true
	}
	return a
}

// Output is the value of an output, a guard or an input after the last step.
// Its memory is the program's own and changes with the next step.
func (in *Instance) Output(v graph.Value) *tensor.Array {
	if _, ok := v.Op().(graph.Input); ok {
		return in.Input(v)
	}
	if c, ok := in.p.snapshots[v]; ok {
		v = c
	}
	return in.array(v)
}

// Interpret sets whether loops run by the kernel table's routines alone, an
// operation at a time, instead of by machine code that is made for them where
// the processor has the table avx2 or avx512 and the system allows it. The
// results are the same bits; this is for finding mistakes.
func (in *Instance) Interpret(on bool) {
	in.interpret, in.stale = on, true
}

// array is the memory of a dense value.
func (in *Instance) array(v graph.Value) *tensor.Array {
	w := in.p.nodes[in.p.nodes[v.ID()].root].view
	size := v.DType().Size()
	return tensor.Wrap(v.DType(), v.Shape(), in.memory(w.base)[w.offset*size:][:v.Size()*size])
}

// Slice is the elements of an input or output.
func Slice[T tensor.Number](in *Instance, v graph.Value) []T { return tensor.Slice[T](in.Output(v)) }

// Scalar is the first element of an input or output, as a float64.
func (in *Instance) Scalar(v graph.Value) float64 {
	if c, ok := in.p.snapshots[v]; ok {
		v = c
	}
	w := in.p.nodes[in.p.nodes[v.ID()].root].view
	mem := in.memory(w.base)[w.offset*v.DType().Size():]
	switch v.DType() {
	case tensor.Float32:
		return float64(tensor.View[float32](mem)[0])
	case tensor.Float64:
		return tensor.View[float64](mem)[0]
	case tensor.Int32:
		return float64(tensor.View[int32](mem)[0])
	case tensor.Int64:
		return float64(tensor.View[int64](mem)[0])
	}
	return float64(mem[0])
}

// memory is the buffer that holds node id.
func (in *Instance) memory(id int) []byte {
	v := in.p.g.At(id)
	bytes := v.Size() * v.DType().Size()
	input, off := in.p.where(id)
	if input >= 0 {
		return in.Input(in.p.g.At(input)).Raw()[off : off+bytes : off+bytes]
	}
	return in.arena[off : off+bytes : off+bytes]
}

// NonFinite is the error of a step whose guard was NaN or infinite. No state
// was updated, so the step can be looked at again.
type NonFinite struct {
	Guard int // index in Spec.Guard
	Value float64
}

func (e *NonFinite) Error() string { return fmt.Sprintf("program: guard %d is %v", e.Guard, e.Value) }

// Step runs the program once: outputs are computed, then, if the guard is
// finite, state is updated.
func (in *Instance) Step() error {
	if in.stale {
		in.link()
	}
	in.run(in.tasks[:in.guard])
	if err := in.checkGuard(); err != nil {
		return err
	}
	in.run(in.tasks[in.guard:])
	for _, c := range in.copies {
		c()
	}
	return nil
}

// run does those of the tasks that are needed in this step.
func (in *Instance) run(tasks []step) {
	for i := range tasks {
		if t := &tasks[i]; !t.skips() {
			in.pool.do(t.task, t.chunks)
		}
	}
}

func (in *Instance) checkGuard() error {
	for i, v := range in.p.spec.Guard {
		if x := in.Scalar(v); math.IsNaN(x) || math.IsInf(x, 0) {
			return &NonFinite{i, x}
		}
	}
	return nil
}

// link resolves every instruction to the memory it works on.
func (in *Instance) link() {
	p := in.p
	in.tasks, in.copies = in.tasks[:0], in.copies[:0]
	in.module = nil
	if !in.interpret {
		in.module, _ = native.New(in.table.Name)
	}
	tiles, work := 0, 0
	for i, m := range p.instrs {
		if i == p.guard {
			in.guard = len(in.tasks)
		}
		t := in.linkOne(m)
		if t == nil {
			continue
		}
		in.tasks = append(in.tasks, step{t, in.split(t), m, in.conditions(m)})
		if n, ok := t.(interface{ tileBytes() int }); ok {
			tiles = max(tiles, n.tileBytes())
		}
		if n, ok := t.(interface{ scratch() int }); ok {
			work = max(work, n.scratch())
		}
	}
	if p.guard == len(p.instrs) {
		in.guard = len(in.tasks)
	}
	if in.module != nil {
		if err := in.module.Seal(); err != nil { // the system forbids it: the table's routines give the same
			in.interpret = true
			in.link()
			return
		}
		in.module = nil
	}
	for _, c := range p.copies {
		dst := in.memory(c.slot)
		src := in.Output(p.g.At(c.next)).Raw()
		in.copies = append(in.copies, func() { copy(dst, src) })
	}
	for _, w := range in.pool.workers {
		if len(w.tiles) < tiles {
			w.tiles = tensor.Bytes(tiles)
		}
		if len(w.work) < work {
			w.work = tensor.Bytes(work)
		}
	}
	in.stale = false
}

// coster is a task that estimates its time for one unit, in nanoseconds.
type coster interface{ cost() int }

// repeater is a task of which every chunk does something over again; it estimates
// that time, in nanoseconds.
type repeater interface{ again() int }

// split is the number of chunks a task is worth: threads share it from some
// 10 µs on, each chunk being several microseconds of work. What a chunk does over
// again must be small beside it, as long as each thread has one.
func (in *Instance) split(t task) int {
	c, ok := t.(coster)
	n := in.pool.Threads()
	if !ok || n == 1 {
		return 1
	}
	total := c.cost() * t.units()
	if total < 10000 {
		return 1
	}
	chunks := max(1, min(4*n, total/4000, t.units()))
	if r, ok := t.(repeater); ok && r.again() > 0 {
		chunks = min(chunks, max(n, total/(25*r.again())))
	}
	if chunks > n {
		chunks -= chunks % n // three chunks would keep two threads as long as four
	}
	return chunks
}

func (in *Instance) linkOne(m *instr) task {
	switch {
	case m.loop != nil && m.loop.dtype == tensor.Float32:
		return linkLoop(in, m.loop, &in.table.F32)
	case m.loop != nil:
		return linkLoop(in, m.loop, &in.table.F64)
	case m.copyOf != nil:
		return linkCopy(in, m)
	}
	v := in.p.g.At(m.out)
	switch op := v.Op().(type) {
	case graph.ArgMax:
		x := in.array(v.Arg(0))
		y := tensor.View[int32](in.memory(m.out))
		switch x.DType() {
		case tensor.Float32:
			return &argMaxTask[float32]{tensor.Slice[float32](x), y, v.Arg(0).Dim(-1)}
		case tensor.Float64:
			return &argMaxTask[float64]{tensor.Slice[float64](x), y, v.Arg(0).Dim(-1)}
		}
	case graph.SegmentSum:
		if v.DType() == tensor.Float32 {
			return newSegment[float32](in, v, op)
		}
		return newSegment[float64](in, v, op)
	case graph.MatMul:
		if v.DType() == tensor.Float32 {
			return linkGemm[float32](in, v)
		}
		return linkGemm[float64](in, v)
	case graph.Reduce:
		if v.DType() == tensor.Float32 {
			return linkReduce(in, v, &in.table.F32)
		}
		return linkReduce(in, v, &in.table.F64)
	case graph.Join:
		return linkJoin(in, v)
	}
	switch v.DType() {
	case tensor.Float32:
		if t, ok := linkMore[float32](in, v); ok {
			return t
		}
	case tensor.Float64:
		if t, ok := linkMore[float64](in, v); ok {
			return t
		}
	}
	return linkEval(in, v)
}

// ops selects a table's routines by type.
func ops[T kernel.Float](t *kernel.Table) *kernel.Ops[T] {
	var z T
	if _, ok := any(z).(float32); ok {
		return any(&t.F32).(*kernel.Ops[T])
	}
	return any(&t.F64).(*kernel.Ops[T])
}
