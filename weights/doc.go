// Package weights is the map of w: which part of the one flat weight vector
// belongs to which layer, what it is for, and what it holds before training.
//
// A [Layout] lists the [View]s in the order in which the layers asked for
// them. A weight inside a graph is a slice and a reshape of w, so its gradient
// is written straight into the same place of the flat gradient.
package weights
