//go:build linux || darwin || freebsd

package native_test

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"pgregory.net/rapid"

	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/internal/kernel/dispatch"
	"github.com/godescent/descent/internal/kernel/native"
)

// names are the kernel tables that this machine has native code for.
func names(t testing.TB) []string {
	var out []string
	for _, name := range dispatch.Names() {
		if _, ok := native.New(name); ok {
			out = append(out, name)
		}
	}
	if len(out) == 0 {
		t.Skip("no native code for this machine")
	}
	return out
}

// build compiles one program.
func build(t failer, table string, p *native.Program) *native.Func {
	m, _ := native.New(table)
	f := m.Compile(p)
	if err := m.Seal(); err != nil {
		t.Fatalf("%v", err)
	}
	return f
}

type failer interface{ Fatalf(string, ...any) }

// memory is elements that end at a page which faults on any access, or start behind one.
type memory[T kernel.Float] struct {
	pages []byte
	edge  []T
}

const pageSize = 4096

func newMemory[T kernel.Float](t failer, atEnd bool, n int) *memory[T] {
	size := n * int(unsafe.Sizeof(T(0)))
	inner := (size + pageSize - 1) / pageSize * pageSize
	all, err := syscall.Mmap(-1, 0, inner+2*pageSize, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatalf("%v", err)
	}
	for _, guard := range [][]byte{all[:pageSize], all[pageSize+inner:]} {
		if err := syscall.Mprotect(guard, syscall.PROT_NONE); err != nil {
			t.Fatalf("%v", err)
		}
	}
	at := pageSize
	if atEnd {
		at += inner - size
	}
	return &memory[T]{all, unsafe.Slice((*T)(unsafe.Pointer(&all[at:][:1][0])), n)}
}

func (m *memory[T]) free() { syscall.Munmap(m.pages) }

// specials are the numbers at which routines differ.
var specials = []float64{0, math.Copysign(0, -1), 1, -1, 0.5, -0.5, 2, -2.5, 3.75, 1e-40, -1e-40, 1e-310, -5e-324, 1e38, -3e38, 1e300, math.MaxFloat32,
	math.SmallestNonzeroFloat32, math.Inf(1), math.Inf(-1), math.NaN(), 0x1p-126, -0x1p-1022, 255, 1.0 / 3, 8388607.5, -8388608.5}

// random is a program of every kind of operation and operand, with what it is to compute.
type random struct {
	native.Program
	outputs []int // arrays that are written
	perRow  int   // arrays of the last ones that have a number for each row
	t       *rapid.T
}

// lastCode is the last of those that make a value of values.
func (r *random) lastCode() native.Code {
	if r.Float64 {
		return native.Where
	}
	return native.Sigmoid
}

func draw(t *rapid.T, what string, lo, hi int) int { return rapid.IntRange(lo, hi).Draw(t, what) }

// newRandom grows a program: arrays are read until they are written, and some are only written.
func newRandom(t *rapid.T) *random {
	r := &random{t: t}
	r.Float64 = rapid.Bool().Draw(t, "float64")
	r.Arrays = draw(t, "arrays", 1, 11)
	r.Numbers = draw(t, "numbers", 0, 12)
	for i := range r.Arrays {
		if draw(t, "moved", 0, 5) == 0 {
			r.Moves = append(r.Moves, i)
		}
	}
	written := make([]bool, r.Arrays)
	if rapid.Bool().Draw(t, "rows") {
		r.Row = draw(t, "row", 1, rapid.SampledFrom([]int{8, 40, kernel.Block}).Draw(t, "longest row"))
		r.TilesRepeat = rapid.Bool().Draw(t, "tiles repeat")
		r.perRow = draw(t, "numbers of rows", 1, 3)
		r.Arrays += r.perRow
		if rapid.Bool().Draw(t, "skip") {
			for range min(len(written), native.MostSkips) {
				r.Skips = append(r.Skips, draw(t, "skipped", 0, 9))
			}
		}
	}
	value := func() native.Arg {
		for {
			switch k := draw(t, "operand", 0, 9); {
			case k < 5 && len(r.Ops) > 0:
				back := draw(t, "back", 1, min(len(r.Ops), 12))
				if k == 0 {
					back = draw(t, "far back", 1, len(r.Ops))
				}
				return native.Arg{Kind: native.Value, I: len(r.Ops) - back}
			case k < 7:
				if i := draw(t, "array", 0, len(written)-1); !written[i] {
					return native.Arg{Kind: native.Array, I: i}
				}
				if r.perRow > 0 {
					return native.Arg{Kind: native.Row, I: len(written) + draw(t, "row number", 0, r.perRow-1)}
				}
			case k == 7:
				return native.Arg{Kind: native.Tile, I: draw(t, "tile", 0, 1)}
			case k == 8 && r.Numbers > 0:
				return native.Arg{Kind: native.Number, I: draw(t, "number", 0, r.Numbers-1)}
			case k == 9:
				return native.Arg{Kind: native.Const, V: rapid.SampledFrom(specials).Draw(t, "const")}
			}
		}
	}
	store := func(i int) {
		written[i] = true
		r.outputs = append(r.outputs, i)
		r.Ops = append(r.Ops, native.Op{Code: native.Store, Args: [3]native.Arg{value()}, To: native.Arg{Kind: native.Array, I: i}})
	}
	for range draw(t, "ops", 1, 60) {
		op := native.Op{Code: native.Code(draw(t, "code", 0, int(r.lastCode())))}
		for i := range op.Args {
			op.Args[i] = value()
		}
		r.Ops = append(r.Ops, op)
		if draw(t, "store", 0, 9) == 0 {
			if i := draw(t, "to", 0, len(written)-1); !written[i] {
				store(i)
			}
		}
	}
	if rapid.Bool().Draw(t, "crowd") { // more values at once than there are registers
		first, n := len(r.Ops), draw(t, "crowd of", 10, 45)
		for range n {
			op := native.Op{Code: native.Code(draw(t, "code", 0, int(r.lastCode())))}
			for i := range op.Args {
				op.Args[i] = value()
			}
			r.Ops = append(r.Ops, op)
		}
		for i := range n {
			op := native.Op{Code: native.Code(draw(t, "code of two", int(native.Add), int(native.Where)))}
			op.Args = [3]native.Arg{{I: first + i}, {I: len(r.Ops) - 1}, value()}
			r.Ops = append(r.Ops, op)
		}
	}
	for i := range written {
		if !written[i] && (i == 0 || rapid.Bool().Draw(t, "last")) {
			store(i)
		}
	}
	r.Ops = append(r.Ops, native.Op{Code: native.Store, Args: [3]native.Arg{value()}, To: native.Arg{Kind: native.Tile, I: 2}})
	if r.Row > 0 {
		m, _ := native.New("avx2") // which has the fewest
		var ops []native.Op        // not among r.Ops yet: they have no value
		for range draw(t, "reductions", 0, m.Reductions(r.Float64)) {
			f := kernel.Reduce(draw(t, "reduction", 0, int(kernel.ReduceCount)-1))
			ops = append(ops, native.Op{Code: native.Reduction(f), Args: [3]native.Arg{value()}, To: native.Arg{Kind: native.Row, I: r.Arrays + len(ops)}})
		}
		r.Ops = append(r.Ops, ops...)
		r.Arrays += len(ops)
		r.perRow += len(ops)
	}
	return r
}

// evaluate is what the program computes, by the portable routines: arrays and tiles are changed.
func evaluate[T kernel.Float](p *native.Program, o *kernel.Ops[T], arrays, tiles [][]T, numbers []T, n, first int) {
	old := make([][]T, len(arrays))
	for i := range arrays {
		old[i] = append([]T(nil), arrays[i]...)
	}
	values := make([][]T, len(p.Ops))
	of := func(a native.Arg) []T {
		switch a.Kind {
		case native.Value:
			return values[a.I]
		case native.Array:
			x := make([]T, n)
			for k := range x {
				x[k] = old[a.I][along(p, a.I, k)]
			}
			return x
		case native.Tile:
			if !p.TilesRepeat {
				return tiles[a.I][:n]
			}
			x := make([]T, n)
			for k := range x {
				x[k] = tiles[a.I][k%p.Row]
			}
			return x
		}
		x := make([]T, n)
		if a.Kind == native.Row {
			for k := range x {
				x[k] = old[a.I][first+k/p.Row]
			}
			return x
		}
		if a.Kind == native.Number {
			o.Fill(x, numbers[a.I])
		} else {
			o.Fill(x, T(a.V))
		}
		return x
	}
	unary := map[native.Code]kernel.Unary{native.Neg: kernel.Neg, native.Abs: kernel.Abs, native.Sign: kernel.Sign, native.Sqrt: kernel.Sqrt, native.Floor: kernel.Floor, native.Rsqrt: kernel.Rsqrt, native.Cbrt: kernel.Cbrt,
		native.Exp: kernel.Exp, native.Erf: kernel.Erf, native.Tanh: kernel.Tanh, native.Sigmoid: kernel.Sigmoid}
	binary := map[native.Code]kernel.Binary{native.Add: kernel.Add, native.Sub: kernel.Sub, native.Mul: kernel.Mul, native.Div: kernel.Div,
		native.Max: kernel.Max, native.Min: kernel.Min, native.Eq: kernel.Eq, native.Ne: kernel.Ne, native.Lt: kernel.Lt, native.Le: kernel.Le}
	for i, op := range p.Ops {
		y := make([]T, n)
		values[i] = y
		if f, ok := unary[op.Code]; ok {
			o.Unary[f](y, of(op.Args[0]))
		} else if f, ok := binary[op.Code]; ok {
			o.Binary[f](y, of(op.Args[0]), of(op.Args[1]))
		} else if op.Code == native.Fma {
			a, b, c := of(op.Args[0]), of(op.Args[1]), of(op.Args[2])
			for k := range y {
				if p.Float64 {
					y[k] = T(math.FMA(float64(a[k]), float64(b[k]), float64(c[k])))
				} else {
					y[k] = T(kernel.FMA32(float32(a[k]), float32(b[k]), float32(c[k])))
				}
			}
		} else if op.Code == native.Where {
			o.Where(y, of(op.Args[0]), of(op.Args[1]), of(op.Args[2]))
		} else if op.Code >= native.ReduceSum {
			x := of(op.Args[0])
			for k := 0; k < n; k += p.Row {
				arrays[op.To.I][first+k/p.Row] = o.Reduce[op.Code-native.ReduceSum](x[k:min(n, k+p.Row)])
			}
		} else {
			copy(y, of(op.Args[0]))
			if op.To.Kind == native.Tile && p.TilesRepeat {
				for k := range y {
					tiles[op.To.I][k%p.Row] = y[k]
				}
			} else if op.To.Kind == native.Tile {
				copy(tiles[op.To.I], y)
			} else {
				for k := range y {
					arrays[op.To.I][along(p, op.To.I, k)] = y[k]
				}
			}
		}
	}
}

// along is where element k of array i lies.
func along(p *native.Program, i, k int) int {
	if i < len(p.Skips) {
		return k + k/p.Row*p.Skips[i]
	}
	return k
}

// same reports whether two numbers' bits are equal; any NaN equals any NaN.
func same[T kernel.Float](x, y T) bool {
	return math.Float64bits(float64(x)) == math.Float64bits(float64(y)) || x != x && y != y
}

func fillRandom[T kernel.Float](x []T, rng *rand.Rand) {
	for i := range x {
		switch rng.IntN(3) {
		case 0:
			x[i] = T(specials[rng.IntN(len(specials))])
		default:
			x[i] = T(rng.NormFloat64() * 4)
		}
	}
}

// check runs a program for a number of elements that starts at lo, between guard pages.
func check[T kernel.Float](t *rapid.T, r *random, f *native.Func, o *kernel.Ops[T], lo, n int, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 1))
	first := rng.IntN(5) // row
	var arrays, want, tiles, wantTiles [][]T
	var at []unsafe.Pointer
	for i := range r.Arrays {
		size := lo + n
		if n > 0 {
			size = lo + along(&r.Program, i, n-1) + 1
		}
		if i >= r.Arrays-r.perRow {
			size = first + (n+r.Row-1)/r.Row
		}
		m := newMemory[T](t, (i+n)%2 == 0, size)
		defer m.free()
		fillRandom(m.edge, rng)
		arrays = append(arrays, m.edge)
		at = append(at, unsafe.Pointer(unsafe.SliceData(m.edge)))
	}
	scratch := make([]T, 3*kernel.Block)
	fillRandom(scratch, rng)
	for i := range 3 {
		tiles = append(tiles, scratch[i*kernel.Block:][:kernel.Block])
		wantTiles = append(wantTiles, append([]T(nil), tiles[i]...))
	}
	frame := make([]byte, max(f.Frame(), 1)+64)
	for i := f.Frame(); i < len(frame); i++ {
		frame[i] = 0xA5
	}
	for k, i := range r.Moves { // the address is wrong by what the frame puts right
		at[i] = unsafe.Add(at[i], 100*i-64)
		*(*int64)(unsafe.Pointer(&frame[r.MovesAt()+8*k])) = int64(64 - 100*i)
	}
	if r.Row > 0 {
		*(*int64)(unsafe.Pointer(&frame[r.RowAt()])) = int64(first)
	}
	numbers := make([]T, r.Numbers)
	fillRandom(numbers, rng)
	if r.Numbers > 0 {
		copy(unsafe.Slice((*T)(unsafe.Pointer(&frame[0])), r.Numbers), numbers)
	}
	for i := range arrays {
		want = append(want, append([]T(nil), arrays[i]...))
	}
	inner := make([][]T, len(want))
	for i := range want {
		inner[i] = want[i]
		if i < r.Arrays-r.perRow {
			inner[i] = want[i][lo:]
		}
	}
	evaluate(&r.Program, o, inner, wantTiles, numbers, n, first)
	guarded(t, func() { f.Run(at, unsafe.Pointer(&scratch[0]), unsafe.Pointer(&frame[0]), lo, n) })
	compare := func(what string, got, want []T) {
		for k := range want {
			if !same(got[k], want[k]) {
				t.Fatalf("n=%d lo=%d: %s element %d is %v (%x), want %v; rows of %d, program %+v", n, lo, what, k, got[k], got[k], want[k], r.Row, r.Ops)
			}
		}
	}
	for i := range arrays {
		compare(fmt.Sprint("array ", i), arrays[i], want[i])
	}
	for i := range tiles {
		compare(fmt.Sprint("tile ", i), tiles[i], wantTiles[i])
	}
	for _, b := range frame[f.Frame():] {
		if b != 0xA5 {
			t.Fatalf("n=%d: writes behind its frame", n)
		}
	}
}

// guarded makes a fault, an access to a guard page, an error.
func guarded(t failer, f func()) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			t.Fatalf("touches memory outside the arrays: %v", r)
		}
	}()
	f()
}

// TestRandomPrograms: random programs give the bits of the portable routines,
// for every length up to three vectors and more, and touch nothing else.
func TestRandomPrograms(t *testing.T) {
	tables := names(t)
	table := kernel.Portable()
	rapid.Check(t, func(t *rapid.T) {
		r := newRandom(t)
		n := draw(t, "n", 0, 50)
		if rapid.Bool().Draw(t, "long") {
			n = draw(t, "long n", 0, kernel.Block)
		}
		if r.TilesRepeat {
			n = draw(t, "n of rows", 0, 3*kernel.Block)
		}
		lo, seed := draw(t, "lo", 0, 40), rapid.Uint64().Draw(t, "seed")
		for _, name := range tables {
			f := build(t, name, &r.Program)
			if r.Float64 {
				check(t, r, f, &table.F64, lo, n, seed)
			} else {
				check(t, r, f, &table.F32, lo, n, seed)
			}
		}
	})
}

// TestChoiceAfterStore: a Where on a comparison of numbers that have been
// overwritten in memory since then goes by what they were.
func TestChoiceAfterStore(t *testing.T) {
	array := func(i int) native.Arg { return native.Arg{Kind: native.Array, I: i} }
	number := func(v float64) native.Arg { return native.Arg{Kind: native.Const, V: v} }
	p := &native.Program{Arrays: 2, Ops: []native.Op{
		{Code: native.Lt, Args: [3]native.Arg{array(0), number(1)}},
		{Code: native.Store, Args: [3]native.Arg{number(7)}, To: array(0)},
		{Code: native.Where, Args: [3]native.Arg{{I: 0}, number(2), number(3)}},
		{Code: native.Store, Args: [3]native.Arg{{I: 2}}, To: array(1)},
	}}
	for _, name := range names(t) {
		x, y := []float32{0, 1, 2}, []float32{0, 0, 0}
		build(t, name, p).Run([]unsafe.Pointer{unsafe.Pointer(&x[0]), unsafe.Pointer(&y[0])}, nil, nil, 0, 3)
		if y[0] != 2 || y[1] != 3 || y[2] != 3 || x[0] != 7 {
			t.Errorf("%s: where(0, 1, 2 < 1, 2, 3) is %v, want [2 3 3]; the array is %v, want sevens", name, y, x)
		}
	}
}

// TestOverwritten: what an array held is still there after the array was written, however
// many values compete for registers.
func TestOverwritten(t *testing.T) {
	array := func(i int) native.Arg { return native.Arg{Kind: native.Array, I: i} }
	const crowd = 40
	p := &native.Program{Arrays: 2, Ops: []native.Op{{Code: native.Neg, Args: [3]native.Arg{array(0)}}}}
	for i := range crowd {
		p.Ops = append(p.Ops, native.Op{Code: native.Neg, Args: [3]native.Arg{{I: i}}})
	}
	for i := range crowd {
		p.Ops = append(p.Ops, native.Op{Code: native.Add, Args: [3]native.Arg{{I: i}, {I: len(p.Ops) - 1}}})
	}
	p.Ops = append(p.Ops,
		native.Op{Code: native.Store, Args: [3]native.Arg{{I: len(p.Ops) - 1}}, To: array(0)},
		native.Op{Code: native.Store, Args: [3]native.Arg{array(0)}, To: array(1)})
	for _, name := range names(t) {
		x, y := []float32{1, 2, 3}, []float32{0, 0, 0}
		f := build(t, name, p)
		f.Run([]unsafe.Pointer{unsafe.Pointer(&x[0]), unsafe.Pointer(&y[0])}, nil, unsafe.Pointer(&make([]byte, f.Frame()+64)[0]), 0, 3)
		if y[0] != 1 || y[1] != 2 || y[2] != 3 {
			t.Errorf("%s: the array was [1 2 3] and is read as %v", name, y)
		}
	}
}

var long = flag.Bool("long", false, "compare the functions on all 2^32 arguments (a minute for each)")

// TestFunctions: exp, erf, tanh and sigmoid of arguments spread over all of float32, or of
// all of them, are those of the kernel table, which package kernel holds to its definitions.
func TestFunctions(t *testing.T) {
	codes := map[native.Code]kernel.Unary{native.Exp: kernel.Exp, native.Erf: kernel.Erf, native.Tanh: kernel.Tanh, native.Sigmoid: kernel.Sigmoid}
	step, table := uint64(32749), kernel.Portable() // a prime, so that low bits vary too
	if *long {
		step = 1
		table, _ = dispatch.Pick("avx2")
	}
	for _, name := range names(t) {
		for code, u := range codes {
			f := build(t, name, &native.Program{Arrays: 2, Ops: []native.Op{
				{Code: code, Args: [3]native.Arg{{Kind: native.Array}}},
				{Code: native.Store, Args: [3]native.Arg{{I: 0}}, To: native.Arg{Kind: native.Array, I: 1}},
			}})
			x, y, want := make([]float32, 4096), make([]float32, 4096), make([]float32, 4096)
			at := []unsafe.Pointer{unsafe.Pointer(&x[0]), unsafe.Pointer(&y[0])}
			frame := make([]byte, f.Frame()+64)
			for bits := uint64(0); bits < 1<<32; {
				for i := range x {
					x[i] = math.Float32frombits(uint32(bits))
					bits += step
				}
				f.Run(at, nil, unsafe.Pointer(&frame[0]), 0, len(x))
				table.F32.Unary[u](want, x)
				for i := range x {
					if !same(y[i], want[i]) {
						t.Fatalf("%s: function %d of %v (%x) is %v, want %v", name, u, x[i], math.Float32bits(x[i]), y[i], want[i])
					}
				}
			}
		}
	}
}

// TestFaultIsAnOrdinaryPanic: a fault in the code looks like one in the
// function that called it, so it can be recovered from where that is asked for.
func TestFaultIsAnOrdinaryPanic(t *testing.T) {
	for _, name := range names(t) {
		f := build(t, name, copyProgram())
		m := newMemory[float32](t, true, 100)
		to := make([]float32, 200)
		var fault any
		func() {
			defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
			defer func() { fault = recover() }()
			f.Run([]unsafe.Pointer{unsafe.Pointer(&m.edge[0]), unsafe.Pointer(&to[0])}, nil, nil, 0, 101)
		}()
		if _, ok := fault.(runtime.Error); !ok {
			t.Errorf("%s: reading past the end of memory gives %v, want a run-time error", name, fault)
		}
		m.free()
	}
}

func copyProgram() *native.Program {
	return &native.Program{Arrays: 2, Ops: []native.Op{{Code: native.Store, Args: [3]native.Arg{{Kind: native.Array}}, To: native.Arg{Kind: native.Array, I: 1}}}}
}

// TestUnderCollection: calls are right, and modules go away, while the garbage
// collector runs, stacks move and goroutines are preempted.
func TestUnderCollection(t *testing.T) {
	name := names(t)[0]
	stop := make(chan bool)
	go func() {
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	}()
	defer close(stop)
	start := time.Now()
	for round := 0; round < 200 && time.Since(start) < 2*time.Second; round++ {
		f := build(t, name, copyProgram())
		x, y := make([]float32, 5000), make([]float32, 5000)
		for i := range x {
			x[i] = float32(i + round)
		}
		deep(20, func() {
			for range 20 {
				f.Run([]unsafe.Pointer{unsafe.Pointer(&x[0]), unsafe.Pointer(&y[0])}, nil, nil, 0, len(x))
			}
		})
		for i := range y {
			if y[i] != x[i] {
				t.Fatalf("round %d: element %d is %v, want %v", round, i, y[i], x[i])
			}
		}
	}
}

func deep(n int, f func()) {
	var big [256]byte
	if n > 0 {
		deep(n-1, f)
	} else {
		f()
	}
	runtime.KeepAlive(big)
}

// TestRunAllocatesNothing: nor does it need the arrays to escape.
func TestRunAllocatesNothing(t *testing.T) {
	f := build(t, names(t)[0], copyProgram())
	x, y := make([]float32, 100), make([]float32, 100)
	at := []unsafe.Pointer{unsafe.Pointer(&x[0]), unsafe.Pointer(&y[0])}
	if n := testing.AllocsPerRun(100, func() { f.Run(at, nil, nil, 0, len(x)) }); n != 0 {
		t.Errorf("%v allocations a call, want 0", n)
	}
}
