package native

import (
	"math"

	"github.com/godescent/descent/internal/kernel"
)

// Code is what an Op does. The codes of operands a, b, c are, in this order:
type Code uint8

// Each is the routine of package kernel of that name, and rounds where that rounds.
const (
	Neg     Code = iota // −a
	Abs                 // |a|
	Sign                //
	Sqrt                //
	Floor               //
	Rsqrt               // 1/√a, two roundings
	Cbrt                //
	Add                 // a + b
	Sub                 // a − b
	Mul                 // a · b
	Div                 // a / b
	Max                 //
	Min                 //
	Eq                  // 1 if a = b, else 0
	Ne                  //
	Lt                  // 1 if a < b, else 0
	Le                  //
	Fma                 // a · b + c, rounded once
	Where               // b if a ≠ 0, else c
	Exp                 // of float32 alone, as the next three
	Erf                 //
	Tanh                //
	Sigmoid             //
	Store               // a is written to To, and is the value

	// Reductions of a over the elements of a row, as those of package kernel over a
	// block; what is reduced to is written to To, of kind Row, and is no value.
	ReduceSum
	ReduceMax
	ReduceMin
)

// arity is the number of operands.
func (c Code) arity() int {
	switch {
	case c <= Cbrt || c >= Exp:
		return 1
	case c == Where, c == Fma:
		return 3
	}
	return 2
}

// Unary is the code of a routine of that type, if it has one.
func Unary(u kernel.Unary, float64 bool) (Code, bool) {
	switch u {
	case kernel.Exp:
		return Exp, !float64
	case kernel.Erf:
		return Erf, !float64
	case kernel.Tanh:
		return Tanh, !float64
	case kernel.Sigmoid:
		return Sigmoid, !float64
	case kernel.Neg:
		return Neg, true
	case kernel.Abs:
		return Abs, true
	case kernel.Sign:
		return Sign, true
	case kernel.Sqrt:
		return Sqrt, true
	case kernel.Floor:
		return Floor, true
	case kernel.Rsqrt:
		return Rsqrt, true
	case kernel.Cbrt:
		return Cbrt, true
	}
	return 0, false
}

// Binary is the code of a routine, if it has one.
func Binary(b kernel.Binary) (Code, bool) {
	switch b {
	case kernel.Add:
		return Add, true
	case kernel.Sub:
		return Sub, true
	case kernel.Mul:
		return Mul, true
	case kernel.Div:
		return Div, true
	case kernel.Max:
		return Max, true
	case kernel.Min:
		return Min, true
	case kernel.Eq:
		return Eq, true
	case kernel.Ne:
		return Ne, true
	case kernel.Lt:
		return Lt, true
	case kernel.Le:
		return Le, true
	}
	return 0, false
}

// Reduction is the code of a routine.
func Reduction(r kernel.Reduce) Code { return ReduceSum + Code(r) }

// ArgKind says where an operand is.
type ArgKind uint8

// The kinds of operands.
const (
	Value  ArgKind = iota // the result of Op I of the list
	Array                 // element lo+k of array I
	Tile                  // element k of tile I of the caller's tiles, kernel.Block elements each
	Number                // number I of the frame, the same for all elements
	Const                 // V
	Row                   // element r of array I, the same for all elements of row r
)

// Arg is an operand. Array and Tile are also what a Store writes to, and Row what a reduction does.
type Arg struct {
	Kind ArgKind
	I    int
	V    float64
}

// Op is one operation on element k, for k from 0 to n−1. An array or tile that
// is both read and written is read, for each element, before it is written.
type Op struct {
	Code Code
	Args [3]Arg
	To   Arg // of a Store or a reduction
}

// Program is a list of operations. Ops may use results of earlier Ops only.
type Program struct {
	Float64 bool // the element type; else float32
	Arrays  int
	Numbers int // at the frame's start, of the element type
	// Moves are arrays that a call reads or writes elsewhere than at its
	// addresses: as many bytes further as the frame says, see MovesAt.
	Moves []int
	// Row is the length of a row, or 0 for none: a call's first element begins one, and
	// its last row may be shorter. With tiles or reductions it is at most kernel.Block. The frame says which row the first
	// one is, see RowAt. There are operands of kind Row and reductions only if there are rows.
	Row int
	// TilesRepeat says that each row has the same tiles: element k of a tile is
	// that of the row's element k. If not, the tiles lie along all of a call.
	TilesRepeat bool
	// Skips are how many elements more than Row lie between the beginnings of an array's
	// rows, for the first arrays, MostSkips of them at most.
	Skips []int
	Ops   []Op
}

// MostSkips is how many arrays can have rows that do not follow each other.
const MostSkips = 6

// MovesAt is where in the frame the distances of the Moves are, an int64 each.
func (p *Program) MovesAt() int { return (p.Numbers*p.size() + 7) &^ 7 }

// RowAt is where in the frame the index of the first row is, an int64.
func (p *Program) RowAt() int { return p.MovesAt() + 8*len(p.Moves) }

func (p *Program) size() int {
	if p.Float64 {
		return 8
	}
	return 4
}

// bits are a constant's, as an element.
func (p *Program) bits(v float64) uint64 {
	if p.Float64 {
		return math.Float64bits(v)
	}
	return uint64(math.Float32bits(float32(v)))
}
