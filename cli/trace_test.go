package cli_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
)

// recorded is a case of optim/testdata/trajectories, see the README.md there.
type recorded struct {
	Function, Group, Optimizer, Form, Schedule string
	Hyper                                      map[string]float64
	Start                                      []float64
	Steps, Every                               int
	Points                                     [][]float64
	Losses                                     []float64
}

// optimizer is the case's rule as the command line spells it.
func (c recorded) optimizer() string {
	var pairs []string
	for k, v := range c.Hyper {
		pairs = append(pairs, k+"="+shortest(v))
	}
	sort.Strings(pairs)
	if c.Form != "" {
		pairs = append(pairs, "form="+c.Form)
	}
	return c.Optimizer + ":" + strings.Join(pairs, ",")
}

func shortest(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// schedules are those of schedules.json as the command line spells them; the
// parameters there are the ones that record.py was given.
func schedules(t *testing.T) map[string]string {
	t.Helper()
	var all []struct {
		Schedule   string
		Parameters map[string]float64
	}
	readJSON(t, "schedules.json", &all)
	names := map[string]map[string]string{ // of the record, in the command line's words
		"linear":        {"K": "steps", "r": "final"},
		"power":         {"s": "scale", "c": "exponent"},
		"exponential":   {"s": "scale", "c": "factor"},
		"step":          {"s": "every", "c": "factor"},
		"warmup-cosine": {"W": "warmup", "K": "steps"},
	}
	out := map[string]string{"": "constant"}
	for _, s := range all {
		var pairs []string
		for k, v := range s.Parameters {
			name := names[s.Schedule][k]
			if name == "" {
				t.Fatalf("schedule %s has a parameter %q that this test does not know", s.Schedule, k)
			}
			pairs = append(pairs, name+"="+shortest(v))
		}
		out[s.Schedule] = strings.TrimPrefix(s.Schedule, "warmup-") + ":" + strings.Join(pairs, ",")
	}
	return out
}

func readJSON(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../optim/testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// trace gives the trajectories of plain Python (optim/testdata/record) to 1e-10
// of max(1, |w|), through the command line and the compiled program.
func TestTraceTrajectories(t *testing.T) {
	const tolerance = 1e-10
	spelled := schedules(t)
	files, err := filepath.Glob("../optim/testdata/trajectories/*.json")
	if err != nil || len(files) != 9 {
		t.Fatalf("%d files of trajectories, want those of 9 functions (%v)", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			t.Parallel()
			var cases []recorded
			readJSON(t, filepath.Join("trajectories", filepath.Base(file)), &cases)
			seen := map[string]bool{}
			for _, c := range cases {
				seen[c.Optimizer] = true
				args := []string{"trace", c.Function, "--optimizer", c.optimizer(), "--schedule", spelled[c.Schedule],
					"--start", shortest(c.Start[0]) + "," + shortest(c.Start[1]), "--steps", strconv.Itoa(c.Steps), "--json"}
				code, stdout, stderr := run(t, args...)
				if code != 0 {
					t.Fatalf("%v: exit code %d: %s", args, code, stderr)
				}
				var got struct {
					Function, Optimizer string
					Points              [][]float64
					Losses              []float64
				}
				if err := json.Unmarshal([]byte(stdout), &got); err != nil {
					t.Fatalf("%v: %v", args, err)
				}
				if got.Function != c.Function || len(got.Points) != c.Steps+1 || len(got.Losses) != c.Steps+1 {
					t.Fatalf("%v: %s with %d points and %d losses, want %d of each", args, got.Function, len(got.Points), len(got.Losses), c.Steps+1)
				}
				if problem := compare(c, got.Points, got.Losses, tolerance); problem != "" {
					t.Errorf("%v: %s", args, problem)
				}
			}
			if len(seen) != 7 {
				t.Errorf("recorded optimizers: %v, want all seven", seen)
			}
		})
	}
}

func compare(c recorded, points [][]float64, losses []float64, tolerance float64) string {
	for i, want := range c.Points {
		at := i * c.Every
		size := max(1, math.Abs(want[0]), math.Abs(want[1]))
		if d := max(math.Abs(points[at][0]-want[0]), math.Abs(points[at][1]-want[1])); !(d <= tolerance*size) {
			return fmt.Sprintf("after %d updates w = %v, want %v", at, points[at], want)
		}
		if d := math.Abs(losses[at] - c.Losses[i]); !(d <= 1e-8*max(1, math.Abs(c.Losses[i]))) {
			return fmt.Sprintf("after %d updates E = %v, want %v", at, losses[at], c.Losses[i])
		}
	}
	return ""
}
