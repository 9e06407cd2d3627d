package graphtest

import (
	"math"

	"pgregory.net/rapid"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// Primitives of a whole matrix: the judge is Jacobi's method, which shares nothing with what they do. Matrices
// have well separated eigenvalues, since eigenvectors of near ones are not determined. Derivatives
// take the results as constants.

// separated is a symmetric matrix with eigenvalues near 1, 3, 5, ...
func separated(t *rapid.T, n int) Dense {
	x := Numbers(t, tensor.Of(n, n), -0.2, 0.2)
	return Make(tensor.Of(n, n), func(i []int) float64 {
		s := x.At(i[0], i[1]) + x.At(i[1], i[0])
		if i[0] == i[1] {
			s += 1 + 2*float64(i[0])
		}
		return s
	})
}

// jacobi gives eigenvalues, the largest first, and eigenvectors as columns with their largest component positive.
func jacobi(a Dense, n int) (values []float64, v [][]float64) {
	m, q := make([][]float64, n), make([][]float64, n)
	for i := range n {
		m[i], q[i] = make([]float64, n), make([]float64, n)
		q[i][i] = 1
		for j := range n {
			m[i][j] = a.At(i, j)
		}
	}
	for range 30 {
		for i := range n {
			for j := range i {
				if m[i][j] == 0 {
					continue
				}
				θ := 0.5 * math.Atan2(2*m[i][j], m[i][i]-m[j][j])
				c, s := math.Cos(θ), math.Sin(θ)
				for k := range n {
					m[k][i], m[k][j] = c*m[k][i]+s*m[k][j], c*m[k][j]-s*m[k][i]
					q[k][i], q[k][j] = c*q[k][i]+s*q[k][j], c*q[k][j]-s*q[k][i]
				}
				for k := range n {
					m[i][k], m[j][k] = c*m[i][k]+s*m[j][k], c*m[j][k]-s*m[i][k]
				}
			}
		}
	}
	v = make([][]float64, n)
	used := make([]bool, n)
	for range n {
		best := -1
		for i := range n {
			if !used[i] && (best < 0 || m[i][i] > m[best][best]) {
				best = i
			}
		}
		used[best] = true
		values = append(values, m[best][best])
		top := 0.0
		for i := range n {
			if math.Abs(q[i][best]) > math.Abs(top) {
				top = q[i][best]
			}
		}
		for i := range n {
			v[i] = append(v[i], math.Copysign(1, top)*q[i][best])
		}
	}
	return values, v
}

func drawEigenvectors(t *rapid.T) Trial {
	n := Int(t, "n", 1, 5)
	rank := Int(t, "rank", 1, n)
	return Trial{
		Flat: true, In: []Operand{{Dense: separated(t, n)}},
		Apply: func(_ *graph.Graph, x []graph.Value) graph.Value { return x[0].Eigenvectors(rank) },
		Value: func(x []Dense) Dense {
			_, v := jacobi(x[0], n)
			return Make(tensor.Of(n, rank), func(i []int) float64 { return v[i[0]][i[1]] })
		},
	}
}

func drawInverseRoot(t *rapid.T) Trial {
	n, k := Int(t, "n", 1, 5), Int(t, "k", 0, 3)
	floor := rapid.SampledFrom([]float64{0.1, 2}).Draw(t, "floor")
	return Trial{
		Flat: true, In: []Operand{{Dense: separated(t, n)}, {DType: tensor.Float64, Dense: Make(tensor.Shape{}, func([]int) float64 { return floor })}},
		Apply: func(_ *graph.Graph, x []graph.Value) graph.Value { return x[0].InverseRoot(k, x[1]) },
		Value: func(x []Dense) Dense {
			λ, v := jacobi(x[0], n)
			return Make(tensor.Of(n, n), func(i []int) float64 {
				s := 0.0
				for m, l := range λ {
					s += v[i[0]][m] * v[i[1]][m] * math.Pow(max(l, x[1].At()), -1/float64(int(1)<<k))
				}
				return s
			})
		},
	}
}

// drawOrthonormal's judge: R of A = QR is the Cholesky factor of AᵀA, and Q = AR⁻¹, column by column.
func drawOrthonormal(t *rapid.T) Trial {
	n := Int(t, "n", 1, 5)
	return Trial{
		Flat: true, In: []Operand{{Dense: separated(t, n)}},
		Apply: func(_ *graph.Graph, x []graph.Value) graph.Value { return x[0].Orthonormal() },
		Value: func(x []Dense) Dense {
			r := make([][]float64, n) // AᵀA = RᵀR
			q := make([][]float64, n)
			for i := range n {
				r[i], q[i] = make([]float64, n), make([]float64, n)
				for j := i; j < n; j++ {
					s := 0.0
					for k := range n {
						s += x[0].At(k, i) * x[0].At(k, j)
					}
					for k := range i {
						s -= r[k][i] * r[k][j]
					}
					if r[i][j] = s / r[i][i]; i == j {
						r[i][i] = math.Sqrt(s)
					}
				}
			}
			for i := range n {
				for j := range n {
					s := x[0].At(i, j)
					for k := range j {
						s -= q[i][k] * r[k][j]
					}
					q[i][j] = s / r[j][j]
				}
			}
			return Make(tensor.Of(n, n), func(i []int) float64 { return q[i[0]][i[1]] })
		},
	}
}

// drawCholesky's judge is the factor row by row, and its product is the matrix.
func drawCholesky(t *rapid.T) Trial {
	n := Int(t, "n", 1, 5)
	if rapid.IntRange(0, 4).Draw(t, "panels") == 0 {
		n = Int(t, "large n", 30, 70)
	}
	return Trial{
		Flat: true, In: []Operand{{Dense: separated(t, n)}},
		Apply: func(_ *graph.Graph, x []graph.Value) graph.Value { return x[0].Cholesky() },
		Value: func(x []Dense) Dense {
			u := make([][]float64, n)
			for i := range n {
				u[i] = make([]float64, n)
				for j := i; j < n; j++ {
					s := x[0].At(i, j)
					for k := range i {
						s -= u[k][i] * u[k][j]
					}
					if u[i][j] = math.Sqrt(s); i != j {
						u[i][j] = s / u[i][i]
					}
				}
			}
			return Make(tensor.Of(n, n), func(i []int) float64 { return u[i[0]][i[1]] })
		},
	}
}

// drawSolveUpper's judge solves each row from its first element on.
func drawSolveUpper(t *rapid.T) Trial {
	m, n := Int(t, "m", 1, 4), Int(t, "n", 1, 5)
	if rapid.IntRange(0, 4).Draw(t, "panels") == 0 {
		n = Int(t, "large n", 30, 70)
	}
	u := separated(t, n)
	return Trial{
		Flat: true, In: []Operand{{Dense: Numbers(t, tensor.Of(m, n), -1, 1)}, {Dense: u}},
		Apply: func(_ *graph.Graph, x []graph.Value) graph.Value { return x[0].SolveUpper(x[1]) },
		Value: func(x []Dense) Dense {
			y := make([][]float64, m)
			for i := range m {
				y[i] = make([]float64, n)
				for j := range n {
					s := x[0].At(i, j)
					for k := range j {
						s -= y[i][k] * x[1].At(k, j)
					}
					y[i][j] = s / x[1].At(j, j)
				}
			}
			return Make(tensor.Of(m, n), func(i []int) float64 { return y[i[0]][i[1]] })
		},
	}
}
