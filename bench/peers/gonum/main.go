// Command gonum measures gonum's matrix products. gonum has no derivatives and
// no networks, so the rest of descent's benchmarks has no counterpart in it.
package main

import (
	"fmt"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"github.com/godescent/descent/bench/peers/measure"
)

func main() {
	measure.Main("gonum", "gonum.org/v1/gonum", "blas32, its own Go and assembly", prepare)
}

func prepare(name string, _ int) (*measure.Work, error) {
	size, ok := strings.CutPrefix(name, "sgemm")
	if !ok {
		return nil, fmt.Errorf("gonum has no derivatives")
	}
	n, err := strconv.Atoi(size)
	if err != nil {
		return nil, fmt.Errorf("not in this comparison")
	}
	matrix := func() blas32.General {
		return blas32.General{Rows: n, Cols: n, Stride: n, Data: measure.Ramp(n * n)}
	}
	a, b, c := matrix(), matrix(), matrix()
	return &measure.Work{
		Once: func() error { blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, a, b, 0, c); return nil },
		Unit: "GFLOP/s", Value: measure.Rate(2 * float64(n) * float64(n) * float64(n) / 1e9),
	}, nil
}
