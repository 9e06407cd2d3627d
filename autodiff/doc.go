// Package autodiff turns graphs into graphs of their derivatives.
//
// Everything follows from two rules of a primitive: its tangent (JVP), and for
// the few linear ones their transpose. Forward mode applies the tangent rules.
// Reverse mode writes each node's tangent for placeholder tangents of its
// operands and transposes that small linear expression. Since a derivative is
// a graph again, any order follows: an HVP is the tangent of a gradient.
package autodiff
