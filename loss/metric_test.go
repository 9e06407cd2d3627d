package loss_test

import (
	"math"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/tensor"
)

func TestCorrectCountsRows(t *testing.T) {
	g := graph.New()
	z := g.Input("z", tensor.Float32, 4, 3)
	classes, soft := g.Input("classes", tensor.Uint8, 4), g.Input("soft", tensor.Float32, 4, 3)
	bits := g.Input("bits", tensor.Float32, 4, 3)
	feeds := map[graph.Value]*tensor.Array{
		// the largest of each row: 1, 0 (the first of three), 2, 0
		z:       tensor.From([]float32{0, 2, 1, 1, 1, 1, -3, -2, -1, 5, 0, 0}, 4, 3),
		classes: tensor.From([]uint8{1, 0, 2, 1}, 4),
		soft:    tensor.From([]float32{0, 1, 0, 0, 0, 1, 0.1, 0.2, 0.7, 0.5, 0.3, 0.2}, 4, 3),
		// above 0 against above ½: rows agree in 2, 3, 2 and 3 places
		bits: tensor.From([]float32{0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 0}, 4, 3),
	}
	out, err := graph.Evaluate([]graph.Value{loss.Correct(z, classes), loss.Correct(z, soft), loss.BinaryCorrect(z, bits)}, feeds, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{3, 3, 10} {
		if out[i].DType() != tensor.Float64 || out[i].At(0) != want {
			t.Errorf("count %d is %v, want %v", i, out[i].At(0), want)
		}
	}
	loss.Correct(z, g.Input("short", tensor.Int32, 3))
	if g.Err() == nil {
		t.Error("classes of another batch are accepted")
	}
}

// The fit y = 2.2 + 0.6·x of (1, 2), (2, 4), (3, 5), (4, 4), (5, 5): least
// squares by hand gives Σ(y−t)² = 2.4, t̄ = 4, Σ(t−t̄)² = 6, so R² = 0.6.
func TestRegression(t *testing.T) {
	g := graph.New()
	y, target := g.Input("y", tensor.Float64, 5, 1), g.Input("t", tensor.Float64, 5)
	r := loss.Regress(y, target)
	out, err := graph.Evaluate([]graph.Value{r.Squares, r.Absolutes, r.Targets, r.Target2}, map[graph.Value]*tensor.Array{
		y: tensor.From([]float64{2.8, 3.4, 4, 4.6, 5.2}, 5, 1), target: tensor.From([]float64{2, 4, 5, 4, 5}, 5),
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{2.4, 0.8 + 0.6 + 1 + 0.6 + 0.2, 20, 86} {
		if math.Abs(out[i].At(0)-want) > 1e-14*want {
			t.Errorf("sum %d is %v, want %v", i, out[i].At(0), want)
		}
	}
	if r2 := loss.R2(5, out[0].At(0), out[2].At(0), out[3].At(0)); math.Abs(r2-0.6) > 1e-14 {
		t.Errorf("R² = %v, want 0.6", r2)
	}
	// 0.1 is no float64, so the sums of equal targets do not cancel to 0.
	if r2 := loss.R2(3, 1, 0.1+0.1+0.1, 0.01+0.01+0.01); !math.IsNaN(r2) {
		t.Errorf("R² of equal targets is %v, want NaN", r2)
	}
	if r2 := loss.R2(0, 0, 0, 0); !math.IsNaN(r2) {
		t.Errorf("R² of no targets is %v, want NaN", r2)
	}
}

// Counts 0, 1, 2 and 4, 5, 6 in two groups, each expected with its mean, 1 and 5. By hand, half of the
// deviance is 2·ln 2 + (4·ln 0.8 + 6·ln 1.2), Σt ln t = 2·ln 2 + 4·ln 4 + 5·ln 5 + 6·ln 6, and the mean is 3.
func TestFitCounts(t *testing.T) {
	g := graph.New()
	z, target := g.Input("z", tensor.Float64, 6, 1), g.Input("t", tensor.Float64, 6)
	f := loss.FitCounts(z, target)
	fit := func(scale float64) []float64 {
		t.Helper()
		counts, logs := []float64{0, 1, 2, 4, 5, 6}, make([]float64, 6)
		for i := range counts {
			logs[i] = math.Log([]float64{1, 5}[i/3] * scale)
			counts[i] *= scale
		}
		out, err := graph.Evaluate([]graph.Value{f.Deviance, f.Targets, f.TLogT}, map[graph.Value]*tensor.Array{
			z: tensor.From(logs, 6, 1), target: tensor.From(counts, 6),
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return []float64{out[0].At(0), out[1].At(0), out[2].At(0)}
	}
	deviance := 2*math.Log(2) + 4*math.Log(0.8) + 6*math.Log(1.2)
	tlogt := 2*math.Log(2) + 4*math.Log(4) + 5*math.Log(5) + 6*math.Log(6)
	got := fit(1)
	for i, want := range []float64{deviance, 18, tlogt} {
		if math.Abs(got[i]-want) > 1e-13*want {
			t.Errorf("sum %d is %v, want %v", i, got[i], want)
		}
	}
	want := 1 - deviance/(tlogt-18*math.Log(3))
	for _, scale := range []float64{1, 1.0 / 3, 100} {
		got := fit(scale)
		if d2 := loss.D2(6, got[0], got[1], got[2]); math.Abs(d2-want) > 1e-12 {
			t.Errorf("D² of counts times %v = %v, want %v", scale, d2, want)
		}
	}
	for _, equal := range []float64{0, 3} {
		if d2 := loss.D2(3, 1, 3*equal, 3*equal*math.Log(max(1, equal))); !math.IsNaN(d2) {
			t.Errorf("D² of counts of %v alone is %v, want NaN", equal, d2)
		}
	}
}

// What the outputs of a loss expect of the targets.
func TestPredict(t *testing.T) {
	g := graph.New()
	y := g.Input("y", tensor.Float64, 1, 2)
	rate, none := loss.Predict(loss.NewPoisson(), y)
	mean, deviation := loss.Predict(loss.NewGaussian(), y)
	same, neither := loss.Predict(loss.NewHuber(), y)
	if none.Valid() || neither.Valid() || same != y {
		t.Error("poisson and huber tell a deviation, or huber another mean than the output")
	}
	out, err := graph.Evaluate([]graph.Value{rate, mean, deviation}, map[graph.Value]*tensor.Array{y: tensor.From([]float64{math.Log(3), math.Log(16)}, 1, 2)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]float64{{3, 16}, {math.Log(3)}, {4}} { // √16
		for j, w := range want {
			if got := out[i].Float64s(); len(got) != len(want) || math.Abs(got[j]-w) > 1e-14*w {
				t.Errorf("%d: %v, want %v", i, got, want)
			}
		}
	}
	if a, b, c := loss.Outputs(loss.NewPoisson(), 3), loss.Outputs(loss.NewGaussian(), 3), loss.Outputs(loss.NewSquaredError(), 3); a != 3 || b != 6 || c != 3 {
		t.Errorf("outputs for 3 targets: %d, %d, %d", a, b, c)
	}
}
