package kernel

import (
	"bufio"
	"flag"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

var table64 = flag.String("table64", "testdata/functions64.txt", "table of exact values, as _minimax/table.py writes them")

// functions64 has each float64 function and the largest error that the doc comments state.
var functions64 = map[string]struct {
	f    func(float64) float64
	ulps float64
}{
	"exp":     {exp64, 1.05},
	"expm1":   {expm1of64, 1.9},
	"log":     {log64, 0.85},
	"log1p":   {log1p64, 1.6},
	"tanh":    {tanh64, 2.1},
	"sigmoid": {sigmoid64, 2.5},
	"erf":     {erf64, 1.2},
	"sin":     {sinOf64, 1.5},
	"cos":     {cosOf64, 1.5},
	"cbrt":    {cbrt64, 0.52},
}

const powUlps64 = 1

// ordered numbers the float64 in order, so that differences count units of the last place.
func ordered(x float64) int64 {
	b := int64(math.Float64bits(x))
	if b < 0 {
		b = math.MinInt64 - b
	}
	return b
}

// TestFunctions64 compares with the table of mpmath's values.
func TestFunctions64(t *testing.T) {
	file, err := os.Open(*table64)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	type extreme struct {
		ulps float64
		line string
	}
	worst := map[string]extreme{}
	scan := bufio.NewScanner(file)
	for scan.Scan() {
		var x [4]float64
		name, rest, _ := strings.Cut(scan.Text(), " ")
		fields := strings.Fields(rest)
		for i, s := range fields {
			if s == "inf" {
				x[i] = math.Inf(1)
			} else if _, err := fmt.Sscan(s, &x[i]); err != nil {
				t.Fatalf("%s: %v", scan.Text(), err)
			}
		}
		var got float64
		if name == "pow" {
			got = pow64(x[0], x[1])
		} else {
			got = functions64[name].f(x[0])
		}
		want, left := x[len(fields)-2], x[len(fields)-1]
		e := math.Abs(float64(ordered(got)-ordered(want)) - left)
		if want == 0 && left == 0 && got != 0 || got != got {
			e = math.Inf(1)
		}
		if e >= worst[name].ulps {
			worst[name] = extreme{e, fmt.Sprintf("%s: got %x", scan.Text(), got)}
		}
	}
	if len(worst) != len(functions64)+1 {
		t.Errorf("the table has %d functions, want %d", len(worst), len(functions64)+1)
	}
	for name, w := range worst {
		bound := functions64[name].ulps
		if name == "pow" {
			bound = powUlps64
		}
		if w.ulps > bound {
			t.Errorf("%s: %.4f ulp, at most %g stated: %s", name, w.ulps, bound, w.line)
		} else if testing.Verbose() {
			t.Logf("%s: largest error %.4f ulp, %s", name, w.ulps, w.line)
		}
	}
}

// TestSpecials has the values that no table of finite ones holds, from the
// functions' limits and IEEE 754.
func TestSpecials(t *testing.T) {
	for _, c := range []struct {
		name    string
		f       func(float64) float64
		g       func(float32) float32
		in, out []float64
	}{
		{"exp", exp64, exp32, []float64{0, minus0, inf, -inf, nan, 1e300, -1e300, 1e-300}, []float64{1, 1, inf, 0, nan, inf, 0, 1}},
		{"expm1", expm1of64, expm1of32, []float64{0, minus0, inf, -inf, nan, 1e300, -1e300}, []float64{0, minus0, inf, -1, nan, inf, -1}},
		{"log", log64, log32, []float64{0, minus0, inf, -inf, nan, 1, -1e-45, -1}, []float64{-inf, -inf, inf, nan, nan, 0, nan, nan}},
		{"log1p", log1p64, log1p32, []float64{0, minus0, inf, -inf, nan, -1, -2}, []float64{0, minus0, inf, nan, nan, -inf, nan}},
		{"tanh", tanh64, tanh32, []float64{0, minus0, inf, -inf, nan, 1e300, -50}, []float64{0, minus0, 1, -1, nan, 1, -1}},
		{"sigmoid", sigmoid64, sigmoid32, []float64{0, minus0, inf, -inf, nan, 1e300, -1e300}, []float64{0.5, 0.5, 1, 0, nan, 1, 0}},
		{"erf", erf64, erf32, []float64{0, minus0, inf, -inf, nan, 1e300, -50}, []float64{0, minus0, 1, -1, nan, 1, -1}},
		{"sin", sinOf64, sinOf32, []float64{0, minus0, inf, -inf, nan}, []float64{0, minus0, nan, nan, nan}},
		{"cos", cosOf64, cosOf32, []float64{0, minus0, inf, -inf, nan}, []float64{1, 1, nan, nan, nan}},
		{"cbrt", cbrt64, cbrt32, []float64{0, minus0, inf, -inf, nan, 27, -0.125, 0x1p-126, -0x1p-147, 0x1p126}, []float64{0, minus0, inf, -inf, nan, 3, -0.5, 0x1p-42, -0x1p-49, 0x1p42}},
	} {
		for i, x := range c.in {
			if got := c.f(x); !sameFloat(got, c.out[i]) {
				t.Errorf("%s(%g) = %g, want %g", c.name, x, got, c.out[i])
			}
			if got := c.g(float32(x)); !sameFloat(got, float32(c.out[i])) {
				t.Errorf("%s(%g) in float32 = %g, want %g", c.name, x, got, c.out[i])
			}
		}
	}
}

// TestPowEnds takes all pairs of special operands; math.Pow's documentation is
// the definition of what they give.
func TestPowEnds(t *testing.T) {
	values := append([]float64{2, 5, -3, -5, 1.5, -0.5, 1e10, 0x1p53, -0x1p53 - 2, 0x1p60, 1e30, -1e30}, specials...)
	for _, x := range values {
		for _, y := range values {
			x, y := float64(float32(x)), float64(float32(y))
			want := math.Pow(x, y)
			// math.Pow's own error reaches 30 ulp for such exponents; accuracy is the table's matter.
			if got := pow64(x, y); !sameFloat(got, want) && !(math.Abs(got-want) <= 1e-14*math.Abs(want)) {
				t.Errorf("pow(%g, %g) = %g, math.Pow gives %g", x, y, got, want)
			}
			if got := pow32(float32(x), float32(y)); !(ulps32(got, want) <= 0.6) {
				t.Errorf("pow(%g, %g) in float32 = %g, math.Pow gives %g", x, y, got, want)
			}
		}
	}
}

// TestPowIntegers: a power that float64 holds exactly is exact.
func TestPowIntegers(t *testing.T) {
	for x := int64(2); x < 1000; x++ {
		exact := big.NewInt(1)
		for y := 0; ; y++ {
			want, accuracy := new(big.Float).SetInt(exact).Float64()
			if accuracy != big.Exact || math.IsInf(want, 0) {
				break
			}
			if got := pow64(float64(x), float64(y)); got != want {
				t.Errorf("pow(%d, %d) = %v, exactly %v", x, y, got, want)
			}
			if got := pow64(-float64(x), float64(y)); math.Abs(got) != want || (got < 0) != (y%2 == 1) {
				t.Errorf("pow(-%d, %d) = %v, exactly ±%v", x, y, got, want)
			}
			if f := float32(want); float64(f) == want && pow32(float32(x), float32(y)) != f {
				t.Errorf("pow(%d, %d) in float32 = %v, exactly %v", x, y, pow32(float32(x), float32(y)), f)
			}
			exact.Mul(exact, big.NewInt(x))
		}
	}
}

// TestPow32 compares with the float64 power, whose error is nothing beside float32's.
func TestPow32(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	worst := 0.0
	for range 300_000 {
		x := math.Float32frombits(r.Uint32() & (1<<31 - 1))
		limit := 150 / math.Abs(math.Log2(float64(x)))
		y := float32((r.Float64()*2 - 1) * min(limit, 1e30))
		e := ulps32(pow32(x, y), pow64(float64(x), float64(y)))
		if e > worst {
			worst = e
		}
		if e > 0.51 {
			t.Fatalf("pow(%g, %g) = %g, in float64 %g: %.4f ulp", x, y, pow32(x, y), pow64(float64(x), float64(y)), e)
		}
	}
	if testing.Verbose() {
		t.Logf("largest error %.4f ulp", worst)
	}
}
