// Package curvature measures an error function E(w) at a point, whatever it is of: its
// gradient, products with its Hessian, and what follows from these.
//
// A [Probe] is E compiled once, moved from point to point. What is built on it takes
// an [Operator], a symmetric matrix that is known by its products alone, so the same
// code does for the Hessian, the Gauss-Newton matrix and the Fisher matrix.
package curvature
