// Package objective holds error functions E(w) over a flat weight vector: a
// network with its loss on data, and functions with known minima. What uses an
// [Objective] never asks which one it has.
package objective
