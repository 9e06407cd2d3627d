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
	"pgregory.net/rapid"
)

// rates are η(0), ..., η(n−1).
func rates(t testing.TB, s schedule.Schedule, η0 float64, n int) []float64 {
	t.Helper()
	g := graph.New()
	in, τ := g.Input("rate", tensor.Float64), g.Input("tau", tensor.Float64)
	rate := s.Rate(g, in, τ)
	if err := g.Err(); err != nil {
		t.Fatal(err)
	}
	if rate.Rank() != 0 || rate.DType() != tensor.Float64 {
		t.Fatalf("the rate is %v, want a rank-0 float64", rate.Type())
	}
	var out []float64
	for i := range n {
		v, err := graph.Evaluate([]graph.Value{rate}, map[graph.Value]*tensor.Array{
			in: tensor.From([]float64{η0}), τ: tensor.From([]float64{float64(i)}),
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v[0].At(0))
	}
	return out
}

// The factors that optim/testdata/record/record.py computed in plain Python.
func TestRecorded(t *testing.T) {
	text, err := os.ReadFile("../optim/testdata/schedules.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		Schedule   string
		Parameters map[string]float64
		Factors    []float64
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	specs := map[string]string{
		"linear":        "linear:steps=200,final=0.1",
		"power":         "power:scale=20,exponent=-0.5",
		"exponential":   "exponential:scale=50,factor=0.5",
		"step":          "step:every=60,factor=0.3",
		"warmup-cosine": "cosine:warmup=20,steps=200",
	}
	if len(all) != len(specs) {
		t.Errorf("%d schedules are recorded, want %d", len(all), len(specs))
	}
	for _, r := range all {
		s, err := schedule.Parse(specs[r.Schedule], 0)
		if err != nil {
			t.Fatal(err)
		}
		const η0 = 0.3
		for τ, η := range rates(t, s, η0, len(r.Factors)) {
			if want := η0 * r.Factors[τ]; !(math.Abs(η-want) <= 1e-14) {
				t.Errorf("%s: η(%d) = %v, want %v", r.Schedule, τ, η, want)
				break
			}
		}
	}
}

// Where a schedule starts and ends, by its equation.
func TestEnds(t *testing.T) {
	const n = 30
	for _, c := range []struct {
		spec string
		want map[int]float64 // of η0 = 2
	}{
		{"constant", map[int]float64{0: 2, n: 2, 10 * n: 2}},
		{"linear", map[int]float64{0: 2, n / 2: 1, n: 0, 10 * n: 0}},
		{"linear:final=0.25", map[int]float64{0: 2, n / 2: 1.25, n: 0.5, 10 * n: 0.5}},
		{"power", map[int]float64{0: 2, n: 2 / math.Sqrt(101)}},
		{"power:scale=10,exponent=-1", map[int]float64{0: 2, 10: 1, 30: 0.5}},
		{"exponential", map[int]float64{0: 2, n / 2: 0.2, n: 0.02}},
		{"step", map[int]float64{0: 2, 9: 2, 10: 0.2, 19: 0.2, 20: 0.02}},
		{"step:every=7,factor=0.5", map[int]float64{6: 2, 7: 1, 13: 1, 14: 0.5, 21: 0.25}},
		{"cosine", map[int]float64{0: 2, n / 2: 1, n: 0, 10 * n: 0}},
		{"cosine:final=0.5", map[int]float64{0: 2, n / 2: 1.5, n: 1, 10 * n: 1}},
		{"constant:warmup=4", map[int]float64{0: 0, 1: 0.5, 3: 1.5, 4: 2, n: 2}},
		{"constant:warmup=4,warmup_from=0.25", map[int]float64{0: 0.5, 2: 1.25, 4: 2}},
		{"linear:warmup=10", map[int]float64{5: 1, 10: 2, 20: 1, n: 0}},
		{"step:every=5,factor=0.5,warmup=10", map[int]float64{5: 1, 10: 2, 14: 2, 15: 1}},
		{"power:scale=10,exponent=-1,warmup=20", map[int]float64{0: 0, 19: 1.9, 20: 2, n: 1}},
		{"cosine:steps=20,warmup=10", map[int]float64{10: 2, 15: 1, 20: 0, n: 0}},
	} {
		s, err := schedule.Parse(c.spec, n)
		if err != nil {
			t.Errorf("%s: %v", c.spec, err)
			continue
		}
		η := rates(t, s, 2, 10*n+1)
		for τ, want := range c.want {
			if !(math.Abs(η[τ]-want) < 1e-14) {
				t.Errorf("%s: η(%d) = %v, want %v", c.spec, τ, η[τ], want)
			}
		}
	}
}

// Every schedule in the table is proportional to η0, stays finite, not negative
// and not above η0 beyond its end; one that does not rise starts at η0 and falls; warming it up changes
// nothing after the warm-up but the clock.
func TestEverySchedule(t *testing.T) {
	for _, e := range schedule.All() {
		t.Run(e.Name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				n := rapid.IntRange(1, 40).Draw(rt, "steps")
				warm := rapid.IntRange(1, 20).Draw(rt, "warmup")
				s := e.New(n)
				η := rates(t, s, 0.5, 2*n+3)
				if !e.Rises && η[0] != 0.5 {
					rt.Fatalf("η(0) = %v, want η0 = 0.5", η[0])
				}
				double := rates(t, s, 1, 2*n+3)
				warmed := rates(t, schedule.NewWarmup(warm, s), 0.5, warm+2*n+3)
				for τ := range η {
					if !(η[τ] >= 0 && η[τ] <= 0.5) || !e.Rises && τ > 0 && η[τ] > η[τ-1]+1e-15 {
						rt.Fatalf("η = %v does not fall from 0.5 towards 0", η[:τ+1])
					}
					if math.Abs(double[τ]-2*η[τ]) > 1e-15 {
						rt.Fatalf("η(%d) is %v for η0 = 0.5 and %v for η0 = 1", τ, η[τ], double[τ])
					}
					if warmed[warm+τ] != η[τ] {
						rt.Fatalf("warmed up over %d updates, η(%d) = %v, want %v", warm, warm+τ, warmed[warm+τ], η[τ])
					}
				}
				for τ := range warm {
					if want := η[0] * float64(τ) / float64(warm); math.Abs(warmed[τ]-want) > 1e-15 {
						rt.Fatalf("while warming up, η(%d) = %v, want %v", τ, warmed[τ], want)
					}
				}
			})
			if e.Equation == "" || e.Latex == "" || e.Reference == "" {
				t.Errorf("%+v is incomplete", e)
			}
		})
	}
}

// Every parameter of every schedule changes it, and is documented.
func TestParametersMatter(t *testing.T) {
	for _, e := range schedule.All() {
		const n = 20
		base := rates(t, schedule.NewWarmup(4, e.New(n)), 1, n+4)
		infos, err := schedule.Describe(schedule.NewWarmup(4, e.New(n)))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range infos {
			if p.Doc == "" || p.Symbol == "" || p.Range == "" {
				t.Errorf("%s: parameter %s is not documented: %+v", e.Name, p.Name, p)
			}
			spec := e.Name + ":warmup=4," + p.Name + "=0.75"
			switch p.Name {
			case "warmup":
				spec = e.Name + ":warmup=5"
			case "steps":
				spec = e.Name + ":warmup=4,steps=12"
			case "every":
				spec = e.Name + ":warmup=4,every=3"
			case "half":
				spec = e.Name + ":warmup=4,half=5"
			case "first", "second":
				spec = e.Name + ":warmup=4," + p.Name + "=6"
			case "start_div", "end_div", "growth", "period":
				spec = e.Name + ":warmup=4," + p.Name + "=3.5"
			}
			s, err := schedule.Parse(spec, n+4)
			if err != nil {
				t.Errorf("%s: %v", spec, err)
				continue
			}
			changed := false
			for τ, η := range rates(t, s, 1, n+4) {
				changed = changed || math.Abs(η-base[τ]) > 1e-3
			}
			if !changed {
				t.Errorf("%s changes nothing", spec)
			}
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct {
		spec  string
		steps int
		want  string
	}{
		{"cosin", 10, `schedule "cosin" is unknown; did you mean "cosine"?`},
		{"", 10, `schedule "" is unknown; known: constant, linear,`},
		{"cosine:warmupp=2", 10, `schedule cosine: "warmupp" is not one of its hyper-parameters; did you mean "warmup"?`},
		{"cosine:stps=2", 10, `did you mean "steps"?`},
		{"constant:final=2", 10, `"final" is not one of its hyper-parameters`},
		{"constant:steps=2", 10, `"steps" is not one of its hyper-parameters`},
		{"cosine:final=2", 10, `schedule cosine: final=2 is not in [0,1]`},
		{"cosine:final=NaN", 10, `final=NaN is not in [0,1]`},
		{"cosine:final=x", 10, `final=x is not a number in [0,1]`},
		{"cosine:steps=0", 10, `steps=0 is not a whole number in [1,inf)`},
		{"cosine:steps=2.5", 10, `steps=2.5 is not a whole number in [1,inf)`},
		{"cosine:steps=NaN", 10, `steps=NaN is not a whole number in [1,inf)`},
		{"cosine:warmup=-1", 10, `warmup=-1 is not a whole number in [0,inf)`},
		{"cosine:warmup=10", 10, `warmup=10 leaves nothing of the 10 updates`},
		{"cosine:warmup=10,steps=5", 0, `warmup=10 leaves nothing of the 5 updates`},
		{"cosine:warmup_from=0.5", 10, `warmup_from=0.5 starts a warm-up of no updates; give warmup too`},
		{"cosine", 0, `steps depends on the number of updates of the run, which is not known; give steps`},
		{"step", 0, `every depends on the number of updates`},
		{"power", 0, `scale depends on the number of updates`},
		{"exponential", 0, `scale depends on the number of updates`},
		{"step:every=0", 10, `every=0 is not a whole number in [1,inf)`},
		{"step:factor=0", 10, `factor=0 is not in (0,inf)`},
		{"cosine:", 10, `has an empty entry`},
		{"cosine:final", 10, `"final" is not of the form key=value`},
		{"cosine:final=1,final=0", 10, `"final" is given twice`},
	} {
		s, err := schedule.Parse(c.spec, c.steps)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("Parse(%q, %d) = %v, %v; want an error with %q", c.spec, c.steps, s, err, c.want)
		}
	}
}

// Parse never panics, and what it accepts has a rate for any τ.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"cosine:warmup=20,steps=200", "step:every=3", "power:exponent=-1e300", ":", "linear:,="} {
		f.Add(s, 100)
	}
	f.Fuzz(func(t *testing.T, spec string, steps int) {
		s, err := schedule.Parse(spec, max(0, steps))
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("Parse(%q): an error of more than one line: %v", spec, err)
			}
			return
		}
		rates(t, s, 1, 3)
	})
}
