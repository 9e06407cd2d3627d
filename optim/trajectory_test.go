package optim_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/godescent/descent/objective/functions"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/optim/optimtest"
	"github.com/godescent/descent/tensor"
)

// recorded is a case of testdata/trajectories, see testdata/README.md.
type recorded struct {
	Function, Group, Optimizer, Form, Schedule string
	Hyper                                      map[string]float64
	Start                                      []float64
	Steps, Every                               int
	Points                                     [][]float64
	Losses                                     []float64
}

func (c recorded) String() string {
	return fmt.Sprintf("%s %s %s %s %v from %v", c.Group, c.Optimizer, c.Form, c.Schedule, c.Hyper, c.Start)
}

func readJSON(t testing.TB, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", path))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// recordedRates are the rates of the 200 updates of a case.
func recordedRates(t *testing.T, c recorded) []float64 {
	t.Helper()
	rates := make([]float64, c.Steps)
	for i := range rates {
		rates[i] = c.Hyper["lr"]
	}
	if c.Schedule == "" {
		return rates
	}
	var all []struct {
		Schedule string
		Factors  []float64
	}
	readJSON(t, "schedules.json", &all)
	for _, s := range all {
		if s.Schedule == c.Schedule {
			for i := range rates {
				rates[i] *= s.Factors[i]
			}
			return rates
		}
	}
	t.Fatalf("schedule %q is not recorded", c.Schedule)
	return nil
}

// rule is the rule of a case with its hyper-parameters set.
func (c recorded) rule(t *testing.T) optim.Rule {
	t.Helper()
	e, err := optim.Lookup(c.Optimizer)
	if err != nil {
		t.Fatal(err)
	}
	r := e.New()
	if c.Form != "" {
		if err := optim.Set(r, "form", c.Form); err != nil {
			t.Fatal(err)
		}
	}
	for name, x := range c.Hyper {
		if name == "lr" {
			continue
		}
		if err := optim.Set(r, name, x); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// The rules agree step for step with trajectories recorded by plain Python,
// testdata/record, to 1e-10 of max(1, |w|).
func TestTrajectories(t *testing.T) {
	const tolerance = 1e-10
	for _, f := range functions.All() {
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			var cases []recorded
			readJSON(t, "trajectories/"+f.Name+".json", &cases)
			seen := map[string]bool{}
			for _, c := range cases {
				seen[c.Optimizer] = true
				run, err := optimtest.NewRunner(c.rule(t), f.E, tensor.Float64, c.Start...)
				if err != nil {
					t.Fatal(err)
				}
				points, err := run.Run(recordedRates(t, c)...)
				if err != nil {
					t.Fatal(err)
				}
				if len(c.Points) != c.Steps/c.Every+1 {
					t.Fatalf("%v: %d points recorded of %d steps", c, len(c.Points), c.Steps)
				}
				for i, want := range c.Points {
					got := points[i*c.Every]
					size := max(1, math.Abs(want[0]), math.Abs(want[1]))
					d := max(math.Abs(got[0]-want[0]), math.Abs(got[1]-want[1]))
					if !(d <= tolerance*size) {
						t.Errorf("%v: after %d updates w = %v, want %v", c, i*c.Every, got, want)
						break
					}
				}
			}
			if len(seen) != 7 {
				t.Errorf("recorded optimizers: %v, want all seven", seen)
			}
		})
	}
}
