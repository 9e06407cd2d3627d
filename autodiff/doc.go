// Package autodiff turns graphs into graphs of their derivatives.
//
// Everything follows from two rules of a primitive: its tangent (JVP), and for
// the few linear ones their transpose. Forward mode applies the tangent rules.
// Reverse mode writes each node's tangent for placeholder tangents of its
// operands and transposes that small linear expression. Since a derivative is
// a graph again, any order follows: an HVP is the tangent of a gradient.
//
// Every derivative is a graph of ordinary nodes beside the graph it is of. A
// node of it carries the place and the layer of the operation whose derivative
// it is. A primitive without a derivative on the way is an error, one whose
// derivative is declared zero ([graph.Flat]) contributes nothing.
//
// The xs of a derivative are independent of each other: each y is taken as a
// function of them, and if one x is computed from another, that way is not
// followed.
package autodiff
