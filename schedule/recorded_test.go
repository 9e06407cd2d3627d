package schedule_test

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/schedule"
	"github.com/godescent/descent/tensor"
)

// The rates that testdata/record.py computed in plain Python, and compared with
// PyTorch's and Optax's.
func TestRecordedRates(t *testing.T) {
	text, err := os.ReadFile("testdata/rates.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		Schedule string
		Factors  []float64
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, r := range all {
		name, _, _ := strings.Cut(r.Schedule, ":")
		seen[name] = true
		s, err := schedule.Parse(r.Schedule, 0)
		if err != nil {
			t.Fatal(err)
		}
		const η0 = 0.7
		for τ, η := range rates(t, s, η0, len(r.Factors)) {
			if want := η0 * r.Factors[τ]; !(math.Abs(η-want) <= 1e-14) {
				t.Errorf("%s: η(%d) = %v, want %v", r.Schedule, τ, η, want)
				break
			}
		}
	}
	for _, name := range strings.Fields("constant linear power exponential step cosine") {
		seen[name] = true // TestRecorded
	}
	seen["expression"] = true // TestExpression
	for _, e := range schedule.All() {
		if !seen[e.Name] {
			t.Errorf("%s is not recorded", e.Name)
		}
	}
}

// A chain follows each part from its own beginning; pieces multiply.
func TestChainAndPiecewise(t *testing.T) {
	chain := &schedule.Chain{
		Parts: []schedule.Schedule{&schedule.Linear{Steps: 4}, schedule.NewConstant(), &schedule.Exponential{Factor: 0.5, Scale: 1}},
		At:    []int{2, 5},
	}
	if got, want := rates(t, chain, 8, 8), []float64{8, 6, 8, 8, 8, 8, 4, 2}; !equal(got, want) {
		t.Errorf("chain: %v, want %v", got, want)
	}
	pieces := &schedule.Piecewise{At: []int{1, 3, 4}, Factors: []float64{0.5, 4, 0.25}}
	if got, want := rates(t, pieces, 8, 6), []float64{8, 4, 4, 16, 4, 4}; !equal(got, want) {
		t.Errorf("pieces: %v, want %v", got, want)
	}
	for _, s := range []schedule.Schedule{
		&schedule.Chain{},
		&schedule.Chain{Parts: chain.Parts, At: []int{5, 2}},
		&schedule.Piecewise{At: []int{1}},
	} {
		g := graph.New()
		if s.Rate(g, g.Input("rate", tensor.Float64), g.Input("tau", tensor.Float64)); g.Err() == nil {
			t.Errorf("%+v is accepted", s)
		}
	}
}

func equal(a, b []float64) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return len(a) == len(b)
}

// Inverse time is the power law with exponent −1, and beyond its scale the
// inverse root falls as the power law with −1/2 whose origin is there.
func TestInverses(t *testing.T) {
	const n = 50
	time := rates(t, &schedule.InverseTime{Scale: 20, Decay: 1.5}, 0.3, n)
	power := rates(t, &schedule.Power{Scale: 20 / 1.5, Exponent: -1}, 0.3, n)
	root := rates(t, &schedule.InverseSqrt{Scale: 12}, 0.3, n)
	late := rates(t, &schedule.Power{Scale: 12, Exponent: -0.5}, 0.3, n)
	for τ := range n {
		if math.Abs(time[τ]-power[τ]) > 1e-15 || τ >= 12 && math.Abs(root[τ]-late[τ-12]) > 1e-15 {
			t.Errorf("τ = %d: %v and %v, %v", τ, time[τ], power[τ], root[τ])
		}
	}
}
