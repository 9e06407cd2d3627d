package optim_test

import (
	"math"
	"strings"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/optim"
)

// Momentum whose μ moves, in plain Go, and a decay's λ beside it.
func TestMoving(t *testing.T) {
	run := onNet(t, "momentum:weight_decay=0.3,moving=momentum:min(0.9; 0.5+t/20)|weight_decay:0.1*(t<10)")
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
func TestMovingConstant(t *testing.T) {
	rates := matrixRates(0.01, 20)
	for moving, plain := range map[string]string{
		"adam:moving=beta1:0.8|eps:1e-6":                         "adam:beta1=0.8,eps=1e-6",
		"sgd:clip_norm=1,moving=clip_norm:0.3":                   "sgd:clip_norm=0.3",
		"momentum:moving=momentum:-7":                            "momentum:momentum=0",
		"adam:graft=sgd,moving=beta1:0.7":                        "adam:graft=sgd,beta1=0.7",
		"shampoo:graft=adam,moving=graft/beta1:0.8+0*t":          "shampoo:graft=adam,graft/beta1=0.8",
		"momentum:moving=mu:0.8|lookahead_share:0.4,lookahead=3": "momentum:mu=0.8,lookahead=3,lookahead_share=0.4",
	} {
		a, b := points(t, onNet(t, moving), rates...), points(t, onNet(t, plain), rates...)
		if d := distance(a[20], b[20]); d > 1e-14 {
			t.Errorf("%s and %s are %v apart", moving, plain, d)
		}
	}
}

func TestMovingMistakes(t *testing.T) {
	for spec, want := range map[string]string{
		"adam:moving=beta1":           `moving: "beta1" is not a name with a formula; write beta1:0.9+t/1000`,
		"adam:moving=beta3:0.9":       `moving: "beta3" is not one of its hyper-parameters`,
		"adam:moving=form:1":          "moving: form is lecture or keras, and only a number moves",
		"adam:moving=beta1:1|beta1:0": "moving: beta1 has two formulas",
		"adam:moving=beta1:0.9+K":     `moving: beta1: 0.9+K: at character 6: "K" is unknown`,
		"adam:moving=beta1:0.9+":      "a number, pi, t or a function is wanted",
	} {
		r, _, err := optim.Parse(spec)
		if err == nil {
			_, _, err = optim.State(r)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", spec, err, want)
		}
	}
}

// A number that a rule reads when the graph is built cannot follow t, and is not left as it is in silence.
type fixed struct {
	X float64 `hyper:"x"`
}

func (r *fixed) Update(s *optim.Step) graph.Value { return s.Gradient().Scale(-r.X) }

func TestMovingUnasked(t *testing.T) {
	r := optim.NewMoving(&fixed{1})
	r.Formulas = "x:1/(1+t)"
	if _, _, err := optim.State(r); err == nil || err.Error() != "optim: moving: x shapes the rule and cannot move" {
		t.Errorf("%v", err)
	}
}
