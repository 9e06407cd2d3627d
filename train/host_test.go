package train

import (
	"strings"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/minimize"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/tensor"
)

// onAll is the digits' run by a method, without what only rules can do.
func onAll(t *testing.T, spec string) Config {
	t.Helper()
	c := digits(t)
	model, err := nn.MLP([]int{784, 12, 10}, "tanh", "none", 0)
	if err != nil {
		t.Fatal(err)
	}
	if c.Network, err = objective.NewNetwork(model, graph.Type{DType: tensor.Float32, Shape: tensor.Of(64, 784)}, loss.NewCrossEntropy(), tensor.Float32); err != nil {
		t.Fatal(err)
	}
	c.Rule, c.Schedule, c.Rate, c.Steps = nil, nil, 0, 7
	if c.Method, err = minimize.Parse(spec); err != nil {
		t.Fatal(err)
	}
	return c
}

// A method on the host learns, has an epoch a step, and resumes to the same bits.
func TestMethod(t *testing.T) {
	for _, spec := range []string{"lbfgs:memory=3", "cg:formula=hs", "newton_cg:cg_steps=5", "levenberg_marquardt:cg_steps=5", "gd_armijo"} {
		c := onAll(t, spec)
		c.Out = t.TempDir()
		whole := run(t, c)
		if whole.Epochs != 7 || whole.Steps != 7 || whole.TrainLoss > 2 || whole.TrainAcc < 0.5 {
			t.Errorf("%s: %+v", spec, whole)
		}
		d := onAll(t, spec)
		d.Out, d.Steps = t.TempDir(), 4
		run(t, d)
		e := onAll(t, spec)
		e.Out, e.Resume, e.Threads = d.Out, true, 2
		if got := run(t, e); got.WeightsSHA256 != whole.WeightsSHA256 || got.TrainLoss != whole.TrainLoss {
			t.Errorf("%s resumed: %+v, want %+v", spec, got, whole)
		}
	}
}

// What a method cannot do is said in one line.
func TestMethodRefuses(t *testing.T) {
	c := onAll(t, "lbfgs")
	c.Network = digits(t).Network
	if _, err := New(c); err == nil || !strings.Contains(err.Error(), "running means of batch normalisation; take another normalisation, such as layer, or none") {
		t.Errorf("batch normalisation: %v", err)
	}
	c = onAll(t, "lbfgs")
	c.Rule = digits(t).Rule
	if _, err := New(c); err == nil || !strings.Contains(err.Error(), "want one of them") {
		t.Errorf("a rule too: %v", err)
	}
}
