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
package graph
