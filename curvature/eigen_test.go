package curvature_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"github.com/godescent/descent/curvature"
)

// gonum is the eigenvalues that gonum's solver, LAPACK's dsyev, finds.
func gonum(t testing.TB, a [][]float64) []float64 {
	t.Helper()
	n := len(a)
	s := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			s.SetSym(i, j, (a[i][j]+a[j][i])/2)
		}
	}
	var e mat.EigenSym
	if !e.Factorize(s, false) {
		t.Fatal("gonum finds no eigenvalues")
	}
	out := e.Values(nil)
	slices.Sort(out)
	return out
}

func clone(a [][]float64) [][]float64 {
	out := make([][]float64, len(a))
	for i := range a {
		out[i] = slices.Clone(a[i])
	}
	return out
}

// symmetric draws a matrix with eigenvalues over so many decades, some of them equal.
func symmetric(rng *rand.Rand, n int, decades float64) [][]float64 {
	a := make([][]float64, n)
	for i := range a {
		a[i] = make([]float64, n)
		a[i][i] = math.Pow(10, -decades*float64(rng.IntN(n))/float64(n))
		if rng.IntN(2) == 0 {
			a[i][i] *= -1
		}
	}
	for range 3 { // reflections keep the eigenvalues
		h, s := make([]float64, n), 0.0
		for i := range h {
			h[i] = rng.NormFloat64()
			s += h[i] * h[i]
		}
		q := make([]float64, n)
		c := 0.0
		for i := range a {
			for j := range h {
				q[i] += 2 / s * a[i][j] * h[j]
			}
			c += q[i] * h[i] / s
		}
		for i := range a {
			for j := range h {
				a[i][j] += 2*c*h[i]*h[j] - q[i]*h[j] - h[i]*q[j]
			}
		}
	}
	return a
}

func TestDenseAgainstGonum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(t, "n")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		a := symmetric(rng, n, rapid.Float64Range(0, 12).Draw(t, "decades"))
		if rapid.Bool().Draw(t, "sparse") {
			for i := range a {
				for j := range i {
					if (i+j)%3 > 0 {
						a[i][j], a[j][i] = 0, 0
					}
				}
			}
		}
		m := mat.NewSymDense(n, nil)
		for i := range n {
			for j := i; j < n; j++ {
				a[j][i] = a[i][j]
				m.SetSym(i, j, a[i][j])
			}
		}
		var want mat.EigenSym
		want.Factorize(m, false)
		values := want.Values(nil)
		slices.Sort(values)
		got, err := curvature.Dense(clone(a), true)
		if err != nil {
			t.Fatal(err)
		}
		for k, λ := range got.Values {
			if math.Abs(λ-values[k]) > 1e-13*float64(n) {
				t.Errorf("eigenvalue %d of %d: %v, gonum finds %v", k, n, λ, values[k])
			}
			for i := range n {
				av, dot := 0.0, 0.0
				for j := range n {
					av += a[i][j] * got.Vectors[k][j]
					dot += got.Vectors[k][j] * got.Vectors[i][j]
				}
				if math.Abs(av-λ*got.Vectors[k][i]) > 1e-13*float64(n) {
					t.Fatalf("vector %d: Av is off by %v in row %d", k, av-λ*got.Vectors[k][i], i)
				}
				if want := map[bool]float64{true: 1}[i == k]; math.Abs(dot-want) > 1e-13*float64(n) {
					t.Fatalf("vectors %d and %d have the product %v", i, k, dot)
				}
			}
		}
	})
}

func TestDenseRefuses(t *testing.T) {
	if _, err := curvature.Dense([][]float64{{1, 2}, {2}}, false); err == nil {
		t.Error("a short row is taken")
	}
	if _, err := curvature.Dense([][]float64{{1, math.NaN()}, {math.NaN(), 2}}, false); err == nil {
		t.Error("NaN is taken")
	}
	if e, err := curvature.Dense(nil, true); err != nil || len(e.Values) != 0 {
		t.Errorf("no rows: %v, %v", e, err)
	}
}

// A matrix of low rank has a null space in which there is nothing but rounding.
func TestDenseOfLowRank(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	const n, rank = 300, 20
	a := make([][]float64, n)
	for i := range a {
		a[i] = make([]float64, n)
	}
	for range rank {
		v := make([]float64, n)
		for i := range v {
			v[i] = rng.NormFloat64()
		}
		for i := range v {
			for j := range v {
				a[i][j] += v[i] * v[j]
			}
		}
	}
	for i := n / 2; i < n; i++ { // and rows of zeros
		for j := range n {
			a[i][j], a[j][i] = 0, 0
		}
	}
	want := gonum(t, a)
	got, err := curvature.Dense(clone(a), true)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if math.Abs(got.Values[i]-want[i]) > 1e-13*n*want[n-1] {
			t.Errorf("eigenvalue %d: %v, gonum finds %v", i, got.Values[i], want[i])
		}
	}
}
