// Package graph holds expressions: immutable, typed, interned nodes, each made
// by a primitive from earlier ones.
//
// A [Value] is a handle to a node. Building never panics on a user's mistake:
// the first one sticks to the graph, with the place that made it, and
// [Graph.Err] returns it; operations on a failed Value fail silently. Equal
// nodes are one node, so common subexpressions cost nothing.
//
// A [Primitive] is a comparable value that carries its own attributes and
// knows four things: its result's type, its value (a slow, exact definition
// that judges every faster one), its derivative along a tangent (JVP) and, if
// it is linear in an operand, its transpose. All other derivatives follow, see
// package autodiff.
//
// Operands meet as NumPy's do: shapes are aligned at their ends, and an axis of
// length 1 repeats. A number ([Graph.Const]) takes the type of what it meets, a
// rank-0 value that of a float tensor; tensors of two types are a mistake, as is
// a fraction that meets whole numbers. Nothing is ever rounded to a whole number
// but by [Value.Cast].
//
// What can be told from the graph alone is simplified as it is built: x·1, x+0,
// −(−x), a reshape of a reshape, the sum of two numbers. The bits are those of
// what was written, with one exception: where adding 0 would make −0 a +0, it
// stays −0.
package graph
