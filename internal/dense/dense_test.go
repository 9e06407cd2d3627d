package dense_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/godescent/descent/internal/dense"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/internal/kernel/dispatch"
	"pgregory.net/rapid"
)

func symmetric(t *rapid.T, n int) []float64 {
	a := make([]float64, n*n)
	for i := range n {
		for j := 0; j <= i; j++ {
			x := rapid.Float64Range(-3, 3).Draw(t, "a")
			if rapid.IntRange(0, 3).Draw(t, "zero") == 0 {
				x = 0
			}
			a[i*n+j], a[j*n+i] = x, x
		}
	}
	return a
}

// Av = λv, VᵀV = 1 and falling values: the definition.
func TestEigen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "n")
		a := symmetric(t, n)
		values, v := dense.Eigen(a, n, nil, 1)
		size := 1 + dense.Norm(a)
		for k := range n {
			if k > 0 && values[k] > values[k-1] {
				t.Fatalf("values %v do not fall", values)
			}
			for i := range n {
				av, vv := 0.0, 0.0
				for j := range n {
					av += a[i*n+j] * v[j*n+k]
					vv += v[j*n+i] * v[j*n+k]
				}
				if d := math.Abs(av - values[k]*v[i*n+k]); !(d < 1e-13*size) {
					t.Fatalf("n=%d: Av − λv is %v", n, d)
				}
				want := 0.0
				if i == k {
					want = 1
				}
				if !(math.Abs(vv-want) < 1e-13) {
					t.Fatalf("vectors %d and %d have the product %v", i, k, vv)
				}
			}
		}
	})
}

// QᵀQ = 1 and A = QR with R upper triangular and positive on its diagonal; a dependent column too.
func TestBasis(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 9).Draw(t, "n")
		m := rapid.IntRange(1, n).Draw(t, "m")
		a := make([]float64, n*m)
		for i := range a {
			a[i] = rapid.Float64Range(-2, 2).Draw(t, "a")
		}
		dependent := m > 1 && rapid.Bool().Draw(t, "dependent")
		if dependent {
			for i := range n {
				a[i*m+1] = 3 * a[i*m]
			}
		}
		q := dense.Basis(a, n, m, kernel.Portable())
		for k := range m {
			for l := range m {
				s, r := 0.0, 0.0
				for i := range n {
					s += q[i*m+k] * q[i*m+l]
					r += q[i*m+k] * a[i*m+l]
				}
				want := 0.0
				if k == l {
					want = 1
				}
				if !(math.Abs(s-want) < 1e-13) {
					t.Fatalf("columns %d and %d have the product %v", k, l, s)
				}
				if k > l && math.Abs(r) > 1e-12 || k == l && r < -1e-12 {
					t.Fatalf("R[%d,%d] is %v", k, l, r)
				}
			}
		}
	})
}

// LLᵀx = b for A = BBᵀ + 1, by multiplying out; an indefinite matrix is refused.
func TestCholesky(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "n")
		b := symmetric(t, n)
		a := make([]float64, n*n)
		for i := range n {
			for j := range n {
				for k := range n {
					a[i*n+j] += b[i*n+k] * b[j*n+k]
				}
			}
			a[i*n+i]++
		}
		l, ok := dense.Cholesky(a, n)
		if !ok {
			t.Fatal("refused")
		}
		x := dense.Solve(l, b[:n], n)
		for i := range n {
			if d := math.Abs(dense.Dot(a[i*n:(i+1)*n], x) - b[i]); !(d < 1e-10) {
				t.Fatalf("Ax − b is %v", d)
			}
		}
		a[0] = -a[0]
		if _, ok := dense.Cholesky(a, n); ok {
			t.Fatal("an indefinite matrix is accepted")
		}
	})
}

// A NaN spreads and nothing hangs; 300 rows are decomposed to the precision of 10.
func TestEigenLarge(t *testing.T) {
	if values, v := dense.Eigen([]float64{1, math.NaN(), 2, 3}, 2, nil, 1); !math.IsNaN(values[0]) || !math.IsNaN(v[3]) {
		t.Errorf("NaN gives %v %v", values, v)
	}
	const n = 120
	a := make([]float64, n*n)
	for i := range n {
		for j := range n {
			a[i*n+j] = 1 / float64(i+j+1) // Hilbert's matrix: eigenvalues down to 1e-180
		}
	}
	values, v := dense.Eigen(a, n, nil, 1)
	for i := range n {
		for j := range n {
			s := 0.0
			for k := range n {
				s += v[i*n+k] * values[k] * v[j*n+k]
			}
			if !(math.Abs(s-a[i*n+j]) < 1e-13) {
				t.Fatalf("VλVᵀ[%d,%d] is %v, want %v", i, j, s, a[i*n+j])
			}
		}
	}
}

// Scaled, a matrix of low rank has eigenvalues scaled by as much: nothing over- or underflows on the
// way, and a null space in which there is only rounding keeps nothing from ending.
func TestEigenScales(t *testing.T) {
	const n, rank = 40, 7
	a := make([]float64, n*n)
	for k := range rank {
		for i := range n {
			for j := range n {
				a[i*n+j] += math.Sin(float64(i*(k+2)+k)) * math.Sin(float64(j*(k+2)+k))
			}
		}
	}
	want, _ := dense.Eigen(a, n, nil, 1)
	for _, x := range want[rank:] {
		if math.Abs(x) > 1e-14*want[0] {
			t.Errorf("%v in the null space", x)
		}
	}
	for _, scale := range []float64{1e-300, 1e-150, 1e150, 1e300} {
		b := make([]float64, len(a))
		for i, x := range a {
			b[i] = scale * x
		}
		got, v := dense.Eigen(b, n, nil, 1)
		for k := range n {
			if d := math.Abs(got[k]/scale - want[k]); !(d < 1e-13*want[0]) {
				t.Errorf("eigenvalue %d by %v is %v, want %v", k, scale, got[k]/scale, want[k])
			}
			s := 0.0
			for i := range n {
				s += v[i*n+k] * v[i*n+k]
			}
			if !(math.Abs(s-1) < 1e-13) {
				t.Errorf("vector %d by %v has length² %v", k, scale, s)
			}
		}
	}
}

// TestTables: no bit depends on the kernel table or on the number of threads; and a basis of more
// than one panel, with columns that depend on others, is orthonormal and spans what they do.
func TestTables(t *testing.T) {
	const n = 150
	r := rand.New(rand.NewPCG(31, 32))
	a, b := make([]float64, n*n), make([]float64, n*n)
	for i := range n {
		for j := range i + 1 {
			a[i*n+j] = r.NormFloat64()
			a[j*n+i] = a[i*n+j]
		}
		for j := range n {
			b[i*n+j] = r.NormFloat64()
		}
	}
	for i := range n { // nearly the same, the same, and nothing
		b[i*n+70] = b[i*n+3] + 1e-9*b[i*n+70]
		b[i*n+71], b[i*n+72] = b[i*n+4], 0
		b[i*n+40] = b[i*n+39] + 1e-9*b[i*n+40]
	}
	values, v := dense.Eigen(a, n, nil, 1)
	q := dense.Basis(b, n, n, kernel.Portable())
	for _, name := range dispatch.Names() {
		table, err := dispatch.Pick(name)
		if err != nil {
			t.Fatal(err)
		}
		for threads := range 3 {
			λ, w := dense.Eigen(a, n, table, threads+1)
			if !slices.Equal(λ, values) || !slices.Equal(w, v) {
				t.Errorf("%s, %d threads: another decomposition", name, threads+1)
			}
		}
		if !slices.Equal(dense.Basis(b, n, n, table), q) {
			t.Errorf("%s: another basis", name)
		}
	}
	for i := range n {
		for j := range n {
			dot, want := 0.0, 0.0
			for k := range n {
				dot += q[k*n+i] * q[k*n+j]
			}
			if i == j {
				want = 1
			}
			if math.Abs(dot-want) > 1e-14 {
				t.Fatalf("columns %d and %d have the product %g", i, j, dot)
			}
		}
	}
	for j := range n { // column j of b is in the span of the first j + 1
		rest := 0.0
		for i := range n {
			x := b[i*n+j]
			for k := range j + 1 {
				dot := 0.0
				for l := range n {
					dot += q[l*n+k] * b[l*n+j]
				}
				x -= dot * q[i*n+k]
			}
			rest = max(rest, math.Abs(x))
		}
		if rest > 1e-13 {
			t.Errorf("column %d is %g beside the span", j, rest)
		}
	}
}
