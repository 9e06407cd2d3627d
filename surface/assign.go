package surface

import "math"

// assign gives each row of an n by n matrix a column of its own such that the sum of
// the gains is largest: to[i] is row i's column. It is the method of shortest augmenting
// paths, O(n³). Jonker, Volgenant: A shortest augmenting path algorithm for dense
// and sparse linear assignment problems, 1987.
func assign(gain [][]float64) (to []int) {
	n := len(gain)
	u, v := make([]float64, n+1), make([]float64, n+1) // prices: gain[i][j] ≤ −u[i] − v[j]
	row := make([]int, n+1)                            // of a column, from 1; 0 is none
	way := make([]int, n+1)
	for i := 1; i <= n; i++ {
		row[0] = i
		j0 := 0
		least, done := make([]float64, n+1), make([]bool, n+1)
		for j := range least {
			least[j] = math.Inf(1)
		}
		for row[j0] != 0 {
			done[j0] = true
			i0, δ, j1 := row[j0], math.Inf(1), 0
			for j := 1; j <= n; j++ {
				if done[j] {
					continue
				}
				if cost := -gain[i0-1][j-1] - u[i0] - v[j]; cost < least[j] {
					least[j], way[j] = cost, j0
				}
				if least[j] < δ {
					δ, j1 = least[j], j
				}
			}
			for j := range n + 1 {
				if done[j] {
					u[row[j]] += δ
					v[j] -= δ
				} else {
					least[j] -= δ
				}
			}
			j0 = j1
		}
		for j0 != 0 {
			row[j0] = row[way[j0]]
			j0 = way[j0]
		}
	}
	to = make([]int, n)
	for j := 1; j <= n; j++ {
		to[row[j]-1] = j - 1
	}
	return to
}
