// Package program turns a graph into a straight list of kernel calls over
// planned memory, and runs it.
//
// Compile looks at every node once and decides how its value exists: as a view
// of other memory, as a register of a fused loop, or in a buffer that one
// instruction fills. Elementwise nodes of one size that no product or
// reduction separates become one loop, which runs a block of kernel.Block
// elements at a time through all its operations. Buffers are laid out by the
// time they live; state is updated in place. Where a condition is one number, a branch of
// graph.Where that costs more than a pass is computed only if it is taken. A Program is immutable; an
// Instance owns its memory and allocates nothing per step.
//
// A program computes, bit for bit, what graph.Evaluate does, with any number
// of threads: every operation's order is defined by shapes alone.
package program
