// Package tensor holds what a number array is made of: an element type, a
// shape, and host memory laid out row-major.
package tensor
