//go:build !goexperiment.simd

package main

const simd = "plain build"
