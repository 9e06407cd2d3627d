package optim_test

import (
	"math"
	"strings"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/tensor"
)

// Momentum whose μ moves, in plain Go, and a decay's λ beside it.
func TestScheduled(t *testing.T) {
	run := onNet(t, "momentum:weight_decay=0.1*(t<10),momentum=min(0.9; 0.5+t/20)")
	rates := matrixRates(0.02, 20)
	velocity := make([]float64, len(run.W()))
	for k, η := range rates {
		before, g := run.W(), gradientAt(t, run.W())
		if err := run.Update(η); err != nil {
			t.Fatal(err)
		}
		μ, λ := math.Min(0.9, 0.5+float64(k)/20), 0.1
		if k >= 10 {
			λ = 0
		}
		for i := range g {
			velocity[i] = μ*velocity[i] - η*g[i]
			if want := before[i] + velocity[i] - η*λ*before[i]; !near(run.W()[i], want, 1e-12) {
				t.Fatalf("after %d updates w[%d] is %v, want %v", k+1, i, run.W()[i], want)
			}
		}
	}
}

// A formula that is constant is the number; one beyond the range is at its end.
func TestScheduledConstant(t *testing.T) {
	rates := matrixRates(0.01, 20)
	for moving, plain := range map[string]string{
		"adam:beta1=0.8+0*t,eps=constant*1e-6":                     "adam:beta1=0.8,eps=1e-6",
		"sgd:clip_norm=0.3*constant":                               "sgd:clip_norm=0.3",
		"momentum:momentum=-(7)":                                   "momentum:momentum=0",
		"momentum:momentum=t,mu=0.8":                               "momentum:momentum=0.8", // the last word counts
		"adam:graft=sgd,beta1=0.7*1":                               "adam:graft=sgd,beta1=0.7",
		"shampoo:graft=adam,graft/beta1=0.8+0*t":                   "shampoo:graft=adam,graft/beta1=0.8",
		"momentum:mu=0.8*1,lookahead=3,lookahead_share=min(1;0.4)": "momentum:mu=0.8,lookahead=3,lookahead_share=0.4",
		"adam:beta1=0.8*1,accumulate=2":                            "adam:beta1=0.8,accumulate=2",
	} {
		a, b := points(t, onNet(t, moving), rates...), points(t, onNet(t, plain), rates...)
		if d := distance(a[20], b[20]); d > 1e-14 {
			t.Errorf("%s and %s are %v apart", moving, plain, d)
		}
	}
}

func TestScheduledMistakes(t *testing.T) {
	for spec, want := range map[string]string{
		"adam:beta1=half":           `beta1=half is not a number in [0,1), nor a formula of t and K: at character 5: "half" is unknown`,
		"adam:beta1=0.9+":           "beta1=0.9+ is not a number in [0,1), nor a formula of t and K: at character 5: a number, K, pi, t or a function is wanted",
		"adam:beta1=cosine(last=1)": `at character 1: schedule cosine: "last" is not one of its hyper-parameters`,
		"adam:beta3=0.9*t":          `"beta3" is not one of its hyper-parameters`,
		"adam:form=t/2":             "form=t/2 is not lecture or keras; it shapes the step and cannot follow a formula",
		"adam:lookahead=5+t":        "lookahead=5+t is not a whole number in [1,inf); it shapes the step and cannot follow a formula",
		"adam:lr=0.1*cosine":        "lr=0.1*cosine is not a number in (0,inf); a formula of the rate is a schedule: expression:formula=f for lr·f",
	} {
		if _, _, err := optim.Parse(spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", spec, err, want)
		}
	}
}

// K is the number of updates of the run; a run that has none is told so.
func TestScheduledLength(t *testing.T) {
	for _, spec := range []string{"momentum:momentum=0.9*t/K", "momentum:momentum=0.9*(1-linear)", "momentum:momentum=0.9-linear(steps=20; final=0.5)"} {
		update := func(steps int) error {
			g := graph.New()
			s := optim.NewStep(optim.Config{
				Graph: g, W: g.Input("w", tensor.Float64, 2), Rate: g.Const(0.1), Tau: g.Input("t", tensor.Float64), Steps: steps,
				Loss: func(w graph.Value) graph.Value { return w.Square().SumAll() },
			})
			s.Update(parsed(t, spec))
			return s.Err()
		}
		if err := update(10); err != nil {
			t.Error(err)
		}
		err := update(0)
		if given := strings.Contains(spec, "steps="); (err == nil) != given || !given && !strings.Contains(err.Error(), "not known; ") {
			t.Errorf("%s in a run of unknown length: %v", spec, err)
		}
	}
	hypers, err := optim.Describe(parsed(t, "momentum:momentum=0.9*t/K"))
	if err != nil || hypers[0].Value != "0.9*t/K" || hypers[0].Default != 0.9 {
		t.Errorf("%+v, %v", hypers, err)
	}
}

// A number that a rule reads when the graph is built cannot follow t, and is not left as it is in silence.
type fixed struct {
	X float64 `hyper:"x"`
}

func (r *fixed) Update(s *optim.Step) graph.Value { return s.Gradient().Scale(-r.X) }

func TestScheduledUnasked(t *testing.T) {
	r := optim.NewScheduled(&fixed{1})
	r.Formulas["x"] = "1/(1+t)"
	if _, _, err := optim.State(r); err == nil || err.Error() != "optim: scheduled: x shapes the step and must be one number: it cannot follow a formula" {
		t.Errorf("%v", err)
	}
}
