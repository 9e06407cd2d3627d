// Package functions holds error functions given by a formula, with what is
// known of them: minima and other stationary points, where to start, and the
// region worth looking at. They show on paper's scale what an optimizer does.
package functions
