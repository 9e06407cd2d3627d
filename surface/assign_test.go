package surface

import (
	"testing"

	"pgregory.net/rapid"
)

// The assignment is a permutation, and none of all n! has a larger sum.
func TestAssign(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(t, "n")
		gain := make([][]float64, n)
		for i := range gain {
			gain[i] = rapid.SliceOfN(rapid.Float64Range(-10, 10), n, n).Draw(t, "row")
		}
		to := assign(gain)
		sum, taken := 0.0, make([]bool, n)
		for i, j := range to {
			if taken[j] {
				t.Fatalf("column %d is taken twice: %v", j, to)
			}
			taken[j] = true
			sum += gain[i][j]
		}
		best := -1e300
		var try func(i int, used int, s float64)
		try = func(i, used int, s float64) {
			if i == n {
				best = max(best, s)
				return
			}
			for j := range n {
				if used>>j&1 == 0 {
					try(i+1, used|1<<j, s+gain[i][j])
				}
			}
		}
		try(0, 0, 0)
		if sum < best-1e-9 {
			t.Fatalf("sum %v, the best is %v", sum, best)
		}
	})
}
