// Package avx2 overrides the kernel table with assembly for AVX2 and FMA
// (every x86 since 2013). The assembly is written by ../_gen; go generate
// reproduces it.
package avx2

//go:generate go -C ../_gen run . -isa avx2 -dir ../avx2
