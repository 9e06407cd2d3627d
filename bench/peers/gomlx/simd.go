//go:build goexperiment.simd

package main

const simd = "GOEXPERIMENT=simd"
