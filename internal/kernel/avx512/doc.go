// Package avx512 overrides the kernel table with AVX-512 assembly (F, BW, DQ
// and VL, as every server since 2017 has). The assembly is written by
// ../_gen; go generate reproduces it.
package avx512

//go:generate go -C ../_gen run . -isa avx512 -dir ../avx512
