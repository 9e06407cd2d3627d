package optim_test

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/godescent/descent/objective/functions"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/optim/optimtest"
	"github.com/godescent/descent/tensor"
)

// shelfCase is a case of testdata/shelf; its hyper-parameters may be true or false.
type shelfCase struct {
	recorded
	Hyper map[string]any
}

func readShelf(t *testing.T) map[string][]shelfCase {
	t.Helper()
	entries, err := os.ReadDir("testdata/shelf")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]shelfCase{}
	for _, e := range entries {
		var cases []shelfCase
		readJSON(t, "shelf/"+e.Name(), &cases)
		out[strings.TrimSuffix(e.Name(), ".json")] = cases
	}
	return out
}

func (c shelfCase) rates(t *testing.T) []float64 {
	t.Helper()
	lr, ok := c.Hyper["lr"].(float64)
	if !ok {
		t.Fatalf("%v has no lr", c)
	}
	c.recorded.Hyper = map[string]float64{"lr": lr}
	return recordedRates(t, c.recorded)
}

// rule is the case's rule as a spec names it: wrappers are known to specs alone.
func (c shelfCase) rule(t *testing.T) optim.Rule {
	t.Helper()
	var pairs []string
	if c.Form != "" {
		pairs = append(pairs, "form="+c.Form)
	}
	for name, x := range c.Hyper {
		pairs = append(pairs, fmt.Sprintf("%s=%v", name, x))
	}
	r, _, err := optim.Parse(c.Optimizer + ":" + strings.Join(pairs, ","))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// recordedElsewhere are the rules of testdata/trajectories.
var recordedElsewhere = strings.Fields("sgd momentum nesterov adagrad rmsprop adam adamw")

// Every rule and form agrees step for step with its paper's equations in plain
// Python, testdata/record/shelf.py, to 1e-10 of max(1, |w|).
func TestShelf(t *testing.T) {
	all := readShelf(t)
	for _, name := range []string{"sam", "lookahead", "mechanic", "graft"} { // around another rule
		for _, c := range all[name] {
			checkShelf(t, c)
		}
	}
	for _, e := range optim.Rules() {
		if inMatrixNet(e.Name) {
			continue // see TestMatrixTrajectories
		}
		cases, ok := all[e.Name]
		elsewhere := slices.Contains(recordedElsewhere, e.Name)
		if !ok && !elsewhere {
			t.Errorf("%s: no trajectory is recorded", e.Name)
		}
		t.Run(e.Name, func(t *testing.T) {
			forms := map[string]bool{}
			for _, c := range cases {
				forms[c.Form] = true
				checkShelf(t, c)
			}
			for _, f := range e.Forms {
				if !forms[f.Name] && !(elsewhere && f.Name == "torch") {
					t.Errorf("form %s is not recorded", f.Name)
				}
			}
		})
	}
}

func checkShelf(t *testing.T, c shelfCase) {
	t.Helper()
	f, err := functions.Lookup(c.Function)
	if err != nil {
		t.Fatal(err)
	}
	run, err := optimtest.NewRunner(c.rule(t), f.E, tensor.Float64, c.Start...)
	if err != nil {
		t.Fatal(err)
	}
	points, err := run.Run(c.rates(t)...)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Points) != c.Steps/c.Every+1 {
		t.Fatalf("%v: %d points are recorded of %d steps", c, len(c.Points), c.Steps)
	}
	for i, want := range c.Points {
		got := points[i*c.Every]
		size := max(1, math.Abs(want[0]), math.Abs(want[1]))
		if d := max(math.Abs(got[0]-want[0]), math.Abs(got[1]-want[1])); !(d <= 1e-10*size) {
			t.Errorf("%v: after %d updates w = %v, want %v", c, i*c.Every, got, want)
			return
		}
	}
}
