// Package native turns a straight line of elementwise arithmetic into machine
// code at run time, with the reductions of rows that it ends in: one pass over
// memory, values in vector registers. Its
// results are those of the portable routines, bit for bit; where it cannot run
// (another processor, no executable memory) the caller runs those instead.
package native
