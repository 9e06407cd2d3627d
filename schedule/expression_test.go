package schedule_test

import (
	"math"
	"strings"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/schedule"
	"github.com/godescent/descent/tensor"
)

// Formulas against the same in Go.
func TestExpression(t *testing.T) {
	for text, want := range map[string]func(t float64) float64{
		"1/sqrt(1+t/100)":                            func(t float64) float64 { return 1 / math.Sqrt(1+t/100) },
		"(t<10)*t/10 + (t>=10)*max(0.1; 1-t/K)":      func(t float64) float64 { return map[bool]float64{true: t / 10, false: max(0.1, 1-t/200)}[t < 10] },
		"(1+cos(pi*t/K))/2":                          func(t float64) float64 { return (1 + math.Cos(math.Pi*t/200)) / 2 },
		"2^-(t/50)*1e-1":                             func(t float64) float64 { return math.Pow(2, -t/50) * 0.1 },
		"-2^2+8-3-2 + min(t;5)/8/2":                  func(t float64) float64 { return -4 + 8 - 3 - 2 + min(t, 5)/8/2 },
		"0.5+cosine(warmup=10; final=0.1)*2":         func(t float64) float64 { return 0.5 + 2*cosineAfter10(t) },
		"constant()-(linear)*0.1^(t>=9)":             func(t float64) float64 { return 1 - (1-min(t/200, 1))*map[bool]float64{true: 0.1, false: 1}[t >= 9] },
		"exp(-t/90)*abs(sin(t))+floor(t/7)*tanh(.5)": func(t float64) float64 { return math.Exp(-t/90)*math.Abs(math.Sin(t)) + math.Floor(t/7)*math.Tanh(.5) },
	} {
		s, err := schedule.Parse("expression:formula="+text, 200)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		g := graph.New()
		lr, τ := g.Input("lr", tensor.Float64), g.Input("step", tensor.Float64)
		η := s.Rate(g, lr, τ)
		for _, x := range []float64{0, 1, 9, 10, 57, 199, 400} {
			out, err := graph.Evaluate([]graph.Value{η}, map[graph.Value]*tensor.Array{lr: scalar(3), τ: scalar(x)}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := out[0].At(0); math.Abs(got-3*want(x)) > 1e-13*max(1, math.Abs(got)) {
				t.Errorf("%s at %v is %v, want %v", text, x, got, 3*want(x))
			}
		}
	}
}

// cosineAfter10 is the cosine from 1 to 0.1 at update 200 after a warm-up of 10, by its equation.
func cosineAfter10(t float64) float64 {
	if t < 10 {
		return t / 10
	}
	return 0.1 + 0.9*(1+math.Cos(math.Pi*min((t-10)/190, 1)))/2
}

func scalar(x float64) *tensor.Array {
	a := tensor.New(tensor.Float64)
	a.SetAt(0, x)
	return a
}

// A mistake names the place and the cure.
func TestExpressionMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"1+":                     "at character 3: a number, K, pi, t or a function is wanted",
		"1+cosine(t)":            `at character 3: schedule cosine: "t" is not of the form key=value`,
		"cosine(final=2)":        "at character 1: schedule cosine: final=2 is not in [0,1]",
		"cosine(warmup=10":       "a ) is wanted",
		"expression(formula=t)":  `"expression" is unknown`,
		"squrt(t)":               `at character 6: "squrt" is unknown; did you mean "sqrt"?`,
		"(1+t":                   "at character 5: a ) is wanted",
		"t t":                    `at character 3: "t" is not expected`,
		"max(1)":                 "at character 6: max is of two numbers, divided by a semicolon",
		"1.2.3":                  `"1.2.3" is no number`,
		"sqrt":                   "a ( is wanted after sqrt",
		strings.Repeat("(", 300): "nested too deeply",
	} {
		if _, err := schedule.Parse("expression:formula="+text, 200); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20s: %v, want %s", text, err, want)
		}
	}
}
