// Package neon overrides the kernel table with assembly for arm64, whose every
// processor has these vector instructions. The assembly is written by _gen; go
// generate reproduces it.
package neon

//go:generate go -C _gen run . -dir ..
