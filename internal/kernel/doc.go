// Package kernel defines the table of numeric routines that a compiled program
// calls, and its portable Go version, which is the definition every
// instruction set must reproduce bit for bit.
package kernel
