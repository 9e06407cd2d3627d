package program

import (
	"unsafe"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/internal/kernel/native"
	"github.com/godescent/descent/tensor"
)

// mostTaps is the size of a window up to which machine code is made for it.
const mostTaps = 32

// machine is code for the numbers of one window, all channels, or of several
// windows that lie as close as channels do.
type machine struct {
	code   *native.Func
	arrays [][]unsafe.Pointer // of each worker: where this call's numbers are
}

func newMachine(in *Instance, p *native.Program) *machine {
	m := &machine{code: in.module.Compile(p)}
	for range in.pool.Threads() {
		m.arrays = append(m.arrays, make([]unsafe.Pointer, p.Arrays))
	}
	return m
}

// run does n elements, in rows if the code has some.
func (m *machine) run(w *worker, n int) {
	m.code.Run(m.arrays[w.id], nil, unsafe.Pointer(unsafe.SliceData(w.work)), 0, n)
}

// steps writes a native program.
type steps struct{ native.Program }

func newSteps[T kernel.Float](arrays int) *steps {
	return &steps{native.Program{Float64: sizeOf[T]() == 8, Arrays: arrays}}
}

func (s *steps) do(c native.Code, args ...native.Arg) native.Arg {
	o := native.Op{Code: c}
	copy(o.Args[:], args)
	s.Ops = append(s.Ops, o)
	return native.Arg{Kind: native.Value, I: len(s.Ops) - 1}
}

func (s *steps) store(v, to native.Arg) {
	s.Ops = append(s.Ops, native.Op{Code: native.Store, Args: [3]native.Arg{v}, To: to})
}

// windows makes each window's channels a row, where one has so few taps that all
// have their address in a register; a tap's rows are stride channels apart. One call
// then does a line of windows.
func (s *steps) windows(taps, stride, channels int) bool {
	if s.Arrays > native.MostSkips || stride == 1 {
		return stride == 1
	}
	s.Row = channels
	s.Skips = make([]int, taps)
	for i := range taps {
		s.Skips[i] = (stride - 1) * channels
	}
	return true
}

func nativeArray(i int) native.Arg { return native.Arg{Kind: native.Array, I: i} }
func nativeConst(v int) native.Arg { return native.Arg{Kind: native.Const, V: float64(v)} }

// compile makes the task's code, if it can be had: for windows within x. Its
// arrays are the taps, the index and the numbers.
func (t *maxTask[T]) compile(in *Instance) {
	n := t.Size[0] * t.Size[1]
	if in.module == nil || n > mostTaps || t.Lo != [2]int{} || t.Hi != [2]int{} || t.lines*t.wo*t.c == 0 {
		return
	}
	s := newSteps[T](n + 2)
	if t.find {
		best, index := nativeArray(0), nativeConst(0)
		for k := 1; k < n; k++ {
			// A number stays if the tap's is not larger, or if it is NaN.
			v := nativeArray(k)
			stays := s.do(native.Max, s.do(native.Le, v, best), s.do(native.Ne, best, best))
			index = s.do(native.Where, stays, index, nativeConst(k))
			best = s.do(native.Where, stays, best, v)
		}
		s.store(index, nativeArray(n))
		if t.best != nil {
			s.store(best, nativeArray(n+1))
		}
	} else {
		best := nativeConst(0)
		for k := range n {
			best = s.do(native.Where, s.do(native.Eq, nativeArray(n), nativeConst(k)), nativeArray(k), best)
		}
		s.store(best, nativeArray(n+1))
	}
	t.inLine = s.windows(n, t.Stride[1], t.c)
	t.machine = newMachine(in, &s.Program)
}

// native makes line l of y.
func (t *maxTask[T]) native(w *worker, l int) {
	at := t.machine.arrays[w.id]
	n := t.Size[0] * t.Size[1]
	each, windows := t.c, t.wo
	if t.inLine {
		each, windows = t.wo*t.c, 1
	}
	line := (l/t.ho*t.h + l%t.ho*t.Stride[0]) * t.w * t.c
	for q := range windows {
		for i := range t.Size[0] {
			first := line + (i*t.w+q*t.Stride[1])*t.c
			for j := range t.Size[1] {
				at[i*t.Size[1]+j] = unsafe.Pointer(&t.x[first+j*t.c])
			}
		}
		y := l*t.wo*t.c + q*each
		at[n] = unsafe.Pointer(&t.index[y])
		if t.best != nil {
			at[n+1] = unsafe.Pointer(&t.best[y])
		}
		t.machine.run(w, each)
	}
}

// putTask is a pool's transpose where windows lie side by side: each element is
// of one window at most. Its units are lines of y.
type putTask[T kernel.Float] struct {
	windows[T]
	lines    int
	y, index []T
	x        []T
	machine  *machine // its arrays are the taps, the index and the numbers
	inLine   bool     // it does a line at once
}

// linkPut makes a putTask, or nil if there is none for the window.
func linkPut[T kernel.Float](in *Instance, v graph.Value, p graph.Window) task {
	y, n := v.Arg(0), p.Size[0]*p.Size[1]
	if in.module == nil || n > mostTaps || p.Stride != p.Size || p.Lo != [2]int{} || p.Hi != [2]int{} || v.Size() == 0 {
		return nil
	}
	t := &putTask[T]{windows: newWindows[T](in, p, v.Shape(), y.Shape()), lines: y.Dim(0) * y.Dim(1),
		y: tensor.Slice[T](in.array(y)), index: tensor.Slice[T](in.array(v.Arg(1))), x: tensor.View[T](in.memory(v.ID()))}
	s := newSteps[T](n + 2)
	sum := s.do(native.Add, nativeArray(n+1), nativeConst(0)) // 0 + −0 is 0
	for k := range n {
		is := s.do(native.Eq, nativeArray(n), nativeConst(k))
		s.store(s.do(native.Where, is, sum, nativeConst(0)), nativeArray(k))
	}
	t.inLine = s.windows(n, p.Stride[1], t.c)
	t.machine = newMachine(in, &s.Program)
	return t
}

func (t *putTask[T]) units() int   { return t.lines }
func (t *putTask[T]) scratch() int { return t.machine.code.Frame() }
func (t *putTask[T]) cost() int    { return max(1, t.w*t.c*t.Size[0]/10) }

func (t *putTask[T]) run(w *worker, lo, hi int) {
	at, n := t.machine.arrays[w.id], t.Size[0]*t.Size[1]
	each, windows := t.c, t.wo
	if t.inLine {
		each, windows = t.wo*t.c, 1
	}
	for l := lo; l < hi; l++ {
		b, p := l/t.ho, l%t.ho
		line := (b*t.h + p*t.Size[0]) * t.w * t.c
		for q := range windows {
			for i := range t.Size[0] {
				for j := range t.Size[1] {
					at[i*t.Size[1]+j] = unsafe.Pointer(&t.x[line+(i*t.w+q*t.Size[1]+j)*t.c])
				}
			}
			y := (l*t.wo + q) * t.c
			at[n], at[n+1] = unsafe.Pointer(&t.index[y]), unsafe.Pointer(&t.y[y])
			t.machine.run(w, each)
		}
		// What no window covers: the lines' ends, and the image's.
		for i := range t.Size[0] {
			clear(t.x[line+(i*t.w+t.wo*t.Size[1])*t.c : line+(i+1)*t.w*t.c])
		}
		if p == t.ho-1 {
			clear(t.x[line+t.Size[0]*t.w*t.c : (b+1)*t.h*t.w*t.c])
		}
	}
}
