package data

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"math/big"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/godescent/descent/tensor"
	"pgregory.net/rapid"
)

func near(got, want, relative float64) bool {
	return math.Abs(got-want) <= relative*math.Max(1e-300, math.Abs(want))
}

// irisTable is iris's four columns as floats, read here without the csv room.
func irisTable(t *testing.T) *tensor.Array {
	t.Helper()
	f, err := os.Open("testdata/iris.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	x := tensor.New(tensor.Float32, len(rows)-1, 4)
	for i, row := range rows[1:] {
		for j := range 4 {
			v, err := strconv.ParseFloat(row[j], 32)
			if err != nil {
				t.Fatal(err)
			}
			x.SetAt(4*i+j, v)
		}
	}
	return x
}

// The means and deviations are exact fractions, recorded by record.py.
func TestFitIris(t *testing.T) {
	x := irisTable(t)
	standard, err := Fit(x, nil, Standardise, PerFeature)
	if err != nil {
		t.Fatal(err)
	}
	ranges, err := Fit(x, nil, MinMax, PerFeature)
	if err != nil {
		t.Fatal(err)
	}
	for j, want := range recorded(t).Iris {
		if !near(standard.Shift[j], want.Mean, 1e-14) || !near(standard.Scale[j], 1/want.Std, 1e-13) {
			t.Errorf("feature %d: shift %v scale %v, want %v and %v", j, standard.Shift[j], standard.Scale[j], want.Mean, 1/want.Std)
		}
		if ranges.Shift[j] != want.Min || ranges.Scale[j] != 1/(want.Max-want.Min) {
			t.Errorf("feature %d: shift %v scale %v, want %v and %v", j, ranges.Shift[j], ranges.Scale[j], want.Min, 1/(want.Max-want.Min))
		}
	}
	dst := tensor.New(tensor.Float64, 150, 4)
	if err := standard.Apply(dst, x, nil); err != nil {
		t.Fatal(err)
	}
	again, err := Fit(dst, nil, Standardise, PerFeature)
	if err != nil {
		t.Fatal(err)
	}
	for j := range 4 {
		if math.Abs(again.Shift[j]) > 1e-14 || math.Abs(again.Scale[j]-1) > 1e-13 {
			t.Errorf("feature %d standardised has mean %v and scale %v", j, again.Shift[j], again.Scale[j])
		}
	}
}

// exactMoments are mean and variance by big rationals.
func exactMoments(values []float64) (mean, variance float64) {
	n := new(big.Rat).SetInt64(int64(len(values)))
	m := new(big.Rat)
	for _, v := range values {
		m.Add(m, new(big.Rat).SetFloat64(v))
	}
	m.Quo(m, n)
	s := new(big.Rat)
	for _, v := range values {
		d := new(big.Rat).SetFloat64(v)
		d.Sub(d, m)
		s.Add(s, d.Mul(d, d))
	}
	s.Quo(s, n)
	mean, _ = m.Float64()
	variance, _ = s.Float64()
	return mean, variance
}

func TestMomentsAgainstExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(t, "n")
		w := rapid.IntRange(1, 4).Draw(t, "w")
		d := rapid.SampledFrom([]tensor.DType{tensor.Uint8, tensor.Float32, tensor.Float64}).Draw(t, "dtype")
		x := tensor.New(d, n, w)
		for i := range x.Size() {
			if d == tensor.Uint8 {
				x.SetAt(i, float64(rapid.IntRange(0, 255).Draw(t, "byte")))
			} else {
				x.SetAt(i, rapid.Float64Range(-1000, 1000).Draw(t, "float"))
			}
		}
		m, err := NewMoments(d, w)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Add(x, nil); err != nil {
			t.Fatal(err)
		}
		all := make([]float64, 0, x.Size())
		for j := range w {
			column := make([]float64, n)
			for i := range column {
				column[i] = x.At(i*w + j)
			}
			all = append(all, column...)
			mean, variance := exactMoments(column)
			low, high := math.Inf(1), math.Inf(-1)
			for _, v := range column {
				low, high = math.Min(low, v), math.Max(high, v)
			}
			// Values are below 1000: absolute errors of a few n ulp of 1000².
			if math.Abs(m.Mean(j)-mean) > 1e-11 || math.Abs(m.Variance(j)-variance) > 1e-8 || m.Min(j) != low || m.Max(j) != high {
				t.Fatalf("%v feature %d: mean %v variance %v min %v max %v, want %v %v %v %v",
					d, j, m.Mean(j), m.Variance(j), m.Min(j), m.Max(j), mean, variance, low, high)
			}
			if d == tensor.Uint8 && !near(m.Variance(j), variance, 4e-16) {
				t.Fatalf("variance of bytes %v, want %v", m.Variance(j), variance)
			}
		}
		mean, variance := exactMoments(all)
		gotMean, gotVariance, _, _ := m.pooled(0, 1)
		if math.Abs(gotMean-mean) > 1e-11 || math.Abs(gotVariance-variance) > 1e-8 {
			t.Fatalf("overall mean %v variance %v, want %v %v", gotMean, gotVariance, mean, variance)
		}
	})
}

// Numbers with a large common part, where Σx² − n·mean² would lose every digit.
func TestVarianceDoesNotCancel(t *testing.T) {
	x := tensor.From([]float64{1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16}, 4, 1)
	n, err := Fit(x, nil, Standardise, PerFeature)
	if err != nil {
		t.Fatal(err)
	}
	// Variance of 4, 7, 13, 16: mean 10, (36+9+9+36)/4 = 22.5.
	if n.Shift[0] != 1e9+10 || !near(n.Scale[0], 1/math.Sqrt(22.5), 1e-14) {
		t.Errorf("shift %v scale %v", n.Shift[0], n.Scale[0])
	}
	if v := byteDeviation(1<<31, 255<<31, 255*255<<31); v != 0 {
		t.Errorf("2³¹ bytes of 255 deviate by %v", v)
	}
	// Half 0, half 255: Σ(x−127.5)² = 2³¹·127.5².
	if v := byteDeviation(1<<31, 255<<30, 255*255<<30); v != 127.5*127.5*(1<<31) {
		t.Errorf("2³¹ bytes deviate by %v", v)
	}
}

func TestFitUsesTheGivenRowsAlone(t *testing.T) {
	x := tensor.From([]float32{1, 3, 1000, float32(math.Inf(1))}, 4, 1)
	n, err := Fit(x, []int32{0, 1}, Standardise, PerFeature)
	if err != nil {
		t.Fatal(err)
	}
	if n.Shift[0] != 2 || n.Scale[0] != 1 { // 1 and 3: mean 2, variance 1
		t.Errorf("shift %v scale %v", n.Shift[0], n.Scale[0])
	}
}

func TestConstantFeature(t *testing.T) {
	for _, method := range []Method{Standardise, MinMax} {
		n, err := Fit(tensor.From([]float64{0.1, 1, 0.1, 3, 0.1, 5}, 3, 2), nil, method, PerFeature)
		if err != nil {
			t.Fatal(err)
		}
		if n.Shift[0] != 0.1 || n.Scale[0] != 1 {
			t.Errorf("%s: a constant 0.1 has shift %v scale %v", method, n.Shift[0], n.Scale[0])
		}
	}
	n, err := Fit(tensor.From([]uint8{7, 7, 7, 7}, 2, 2), nil, Standardise, Overall)
	if err != nil || n.Shift[0] != 7 || n.Scale[0] != 1 {
		t.Errorf("constant bytes: %+v, %v", n, err)
	}
}

func TestApply(t *testing.T) {
	n := &Normalizer{Method: MinMax, Scope: PerFeature, Shift: []float64{1, 10}, Scale: []float64{0.5, 0.1}}
	want := []float64{1, 2, 0, 0} // (3−1)/2, (30−10)/10; (1−1)/2, (10−10)/10
	for _, x := range []*tensor.Array{
		tensor.From([]uint8{1, 10, 3, 30}, 2, 2),
		tensor.From([]float32{1, 10, 3, 30}, 2, 2),
		tensor.From([]float64{1, 10, 3, 30}, 2, 2),
	} {
		for _, d := range []tensor.DType{tensor.Float32, tensor.Float64} {
			dst := tensor.New(d, 2, 2)
			if err := n.Apply(dst, x, []int32{1, 0}); err != nil {
				t.Fatal(err)
			}
			for i, w := range want {
				if math.Abs(dst.At(i)-w) > 1e-6 {
					t.Errorf("%v to %v: element %d is %v, want %v", x.DType(), d, i, dst.At(i), w)
				}
			}
		}
	}
	overall := &Normalizer{Method: MinMax, Scope: Overall, Shift: []float64{0}, Scale: []float64{1.0 / 255}}
	dst := tensor.New(tensor.Float32, 1, 3)
	if err := overall.Apply(dst, tensor.From([]uint8{0, 51, 255}, 1, 3), nil); err != nil {
		t.Fatal(err)
	}
	for i, w := range []float32{0, 0.2, 1} {
		if got := tensor.Slice[float32](dst)[i]; math.Abs(float64(got-w)) > 1e-7 {
			t.Errorf("pixel %d is %v, want %v", i, got, w)
		}
	}
}

func TestNormalizerJSON(t *testing.T) {
	n, err := Fit(irisTable(t), nil, Standardise, PerFeature)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	var back Normalizer
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if back.Method != n.Method || back.Scope != n.Scope {
		t.Errorf("came back as %+v", back)
	}
	for j := range n.Shift {
		if back.Shift[j] != n.Shift[j] || back.Scale[j] != n.Scale[j] {
			t.Errorf("feature %d lost bits", j)
		}
	}
	for _, c := range []struct{ text, want string }{
		{`{"method":"standardise","scope":"feature","shift":[1],"scale":[1,2]}`, "1 shifts and 2 scales"},
		{`{"method":"standardise","scope":"feature","shift":[1],"scale":[0]}`, "a scale of 0"},
		{`{"method":"standarise","scope":"feature","shift":[1],"scale":[1]}`, `did you mean "standardise"?`},
		{`{"method":"minmax","scope":"al","shift":[1],"scale":[1]}`, "unknown scope"},
		{`{"method":"minmax","scope":"all","shift":[1,2],"scale":[1,2]}`, "instead of 1"},
		{`{"method":"minmax","scope":"all"}`, "0 shifts"},
		{`{"method":3}`, "normalisation:"},
	} {
		if err := json.Unmarshal([]byte(c.text), &back); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.text, err, c.want)
		}
	}
}

func TestNormalizerMistakes(t *testing.T) {
	nan := float32(math.NaN())
	fit := func(x *tensor.Array, indices []int32, m Method) error {
		_, err := Fit(x, indices, m, PerFeature)
		return err
	}
	apply := func(n *Normalizer, dst, x *tensor.Array) error { return n.Apply(dst, x, nil) }
	one := &Normalizer{Method: Standardise, Scope: PerFeature, Shift: []float64{1e300}, Scale: []float64{1}}
	two := &Normalizer{Method: Standardise, Scope: PerFeature, Shift: []float64{0, 0}, Scale: []float64{1, 1}}
	for _, c := range []struct {
		err  error
		want string
	}{
		{fit(tensor.From([]float32{1, 2, 3, nan}, 2, 2), nil, Standardise), "row 1, feature 1 is NaN"},
		{fit(tensor.From([]float32{1, 2}, 2, 1), []int32{2}, Standardise), "index 2 at position 0 is outside the 2 rows"},
		{fit(tensor.From([]float32{1, 2}, 2, 1), []int32{}, Standardise), "no rows"},
		{fit(tensor.New(tensor.Int32, 2, 2), nil, Standardise), "features of type int32 have no mean"},
		{fit(tensor.New(tensor.Float32, 2), nil, Standardise), "[N, features...] is needed"},
		{fit(tensor.From([]float64{-1.5e308, 1.5e308}, 2, 1), nil, MinMax), "feature 0: a scale of 0"},
		{fit(tensor.From([]float64{0, 1e-200}, 2, 1), nil, Standardise), "feature 0: a scale of +Inf"},
		{fit(tensor.New(tensor.Float32, 2, 2), nil, "zscore"), `unknown normalisation "zscore"`},
		{apply(one, tensor.New(tensor.Float32, 1, 1), tensor.New(tensor.Float32, 1, 1)), "the shift 1e+300 is outside the range of float32"},
		{apply(two, tensor.New(tensor.Float32, 1, 3), tensor.New(tensor.Float32, 1, 3)), "fitted to 2 features, an example of [3] has 3"},
		{apply(two, tensor.New(tensor.Float32, 1, 2), tensor.New(tensor.Float32, 2, 2)), "cannot normalise 2 rows into 1"},
		{apply(two, tensor.New(tensor.Int32, 1, 2), tensor.New(tensor.Float32, 1, 2)), "float32 or float64, not int32"},
		{apply(two, tensor.New(tensor.Float32, 1, 2), tensor.New(tensor.Int64, 1, 2)), "cannot normalise int64"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("error %v, want %q", c.err, c.want)
		}
	}
	if m, err := MethodByName("standardize"); m != Standardise || err != nil {
		t.Errorf("standardize: %v, %v", m, err)
	}
}

func TestFitSourceIsFit(t *testing.T) {
	s := &Set{Name: "iris", X: irisTable(t)}
	for _, method := range []Method{Standardise, MinMax, None} {
		for _, scope := range []Scope{PerFeature, Overall} {
			a, err := Fit(s.X, nil, method, scope)
			if err != nil {
				t.Fatal(err)
			}
			b, err := FitSource(only{s, 7}, method, scope)
			if err != nil {
				t.Fatal(err)
			}
			for j := range a.Shift {
				if a.Shift[j] != b.Shift[j] || a.Scale[j] != b.Scale[j] {
					t.Errorf("%s %s feature %d: %v %v in memory, %v %v in blocks", method, scope, j, a.Shift[j], a.Scale[j], b.Shift[j], b.Scale[j])
				}
			}
		}
	}
}

func BenchmarkFitBytes(b *testing.B) {
	x := tensor.New(tensor.Uint8, 6000, 784)
	for i := range x.Raw() {
		x.Raw()[i] = byte(i * 7)
	}
	b.SetBytes(int64(x.Size()))
	for range b.N {
		if _, err := Fit(x, nil, Standardise, Overall); err != nil {
			b.Fatal(err)
		}
	}
}
