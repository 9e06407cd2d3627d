// Package surface looks at an error function E over many weights along a plane or a
// line: which directions to take, E on a grid of points, where iterates lie beside the
// plane, the way between two networks with the units of one in the other's order, and
// the paths of optimizers over functions of two variables.
package surface
