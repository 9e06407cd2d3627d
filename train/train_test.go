package train

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel/dispatch"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/schedule"
	"github.com/godescent/descent/tensor"
)

// digits is a small run on the first digits of MNIST: 300 of them in batches
// of 64 and a last one of 44, with everything that has state.
func digits(t *testing.T) Config {
	t.Helper()
	train, test := loadMNIST(t)
	model, err := nn.MLP([]int{784, 24, 10}, "relu", "batch", 0.2)
	if err != nil {
		t.Fatal(err)
	}
	net, err := objective.NewNetwork(model, graph.Type{DType: tensor.Float32, Shape: tensor.Of(64, 784)}, loss.NewCrossEntropy(), tensor.Float32)
	if err != nil {
		t.Fatal(err)
	}
	rows := func(lo, hi int) []int32 {
		r := make([]int32, hi-lo)
		for i := range r {
			r[i] = int32(lo + i)
		}
		return r
	}
	part := Part{Set: train, Rows: rows(0, 300)}
	norm, err := data.Fit(train.X, part.Rows, data.Standardise, data.Overall)
	if err != nil {
		t.Fatal(err)
	}
	return Config{
		Network: net, Train: part, Validation: Part{Set: train, Rows: rows(300, 400)}, Test: Part{Set: test, Rows: rows(0, 200)},
		Normalizer: norm, Rule: optim.NewAdam(), Rate: 3e-3, Schedule: schedule.NewCosine(40),
		Batch: 64, Seed: 7, Steps: 20, Threads: 1, Kernel: "",
	}
}

func run(t *testing.T, c Config) *Result {
	t.Helper()
	tr, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	r, err := tr.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestLearns: the digits that a small network has seen are learnt, and those
// it has not seen are mostly recognised.
func TestLearns(t *testing.T) {
	c := digits(t)
	c.Steps, c.Epochs, c.Rate, c.Schedule = 0, 12, 1e-2, nil
	r := run(t, c)
	if r.TrainAcc < 0.9 || r.Test.Accuracy < 0.75 || r.Epochs != 12 || r.Steps != 12*5 || r.Reason != LimitReached {
		t.Errorf("got %+v, test %+v", r, r.Test)
	}
	if r.Test.N != 200 || r.Validation.N != 100 {
		t.Errorf("scored %d and %d examples, want 200 and 100", r.Test.N, r.Validation.N)
	}
}

// TestSameBits: the weights do not depend on threads, instruction set or the run.
func TestSameBits(t *testing.T) {
	c := digits(t)
	want := run(t, c).WeightsSHA256
	for _, kernel := range dispatch.Names() {
		for _, threads := range []int{1, 2, 3} {
			c.Kernel, c.Threads = kernel, threads
			if got := run(t, c).WeightsSHA256; got != want {
				t.Errorf("%s with %d threads gives weights %.12s, want %.12s", kernel, threads, got, want)
			}
		}
	}
	c.Seed++
	if got := run(t, c).WeightsSHA256; got == want {
		t.Error("another seed gives the same weights")
	}
}

// TestResume: a run that is stopped anywhere and resumed ends with the bits,
// the metrics and the scores of one that never was.
func TestResume(t *testing.T) {
	for _, rule := range []func() optim.Rule{
		func() optim.Rule { return optim.NewAdam() },
		func() optim.Rule { return optim.NewNesterov() },
		func() optim.Rule { return optim.After(optim.NewRMSProp(), optim.NewDecay()) },
		func() optim.Rule { return seldom(t, "kfac:every=4,factors_every=2,max_side=200") },
		func() optim.Rule { return seldom(t, "psgd:every=3") },
		func() optim.Rule { return seldom(t, "sophia:every=4,gauss_newton=true") },
		func() optim.Rule { return seldom(t, "adahessian:every=3") },
	} {
		c := digits(t)
		c.Steps, c.Rule, c.Out = 17, rule(), t.TempDir()
		whole := run(t, c)
		for _, stop := range []int64{1, 5, 8} {
			d := c
			d.Out, d.Steps, d.Rule = t.TempDir(), stop, rule()
			run(t, d)
			d.Resume, d.Steps, d.Rule = true, c.Steps, rule()
			got := run(t, d)
			if got.WeightsSHA256 != whole.WeightsSHA256 || got.TrainLoss != whole.TrainLoss || *got.Test != *withNaN(*whole.Test) && got.Test.Loss != whole.Test.Loss {
				t.Errorf("%T stopped at %d: %+v, want %+v", d.Rule, stop, got, whole)
			}
			a, b := metrics(t, c.Out), metrics(t, d.Out)
			if a != b {
				t.Errorf("%T stopped at %d: the metrics differ:\n%s\nwant\n%s", d.Rule, stop, b, a)
			}
		}
	}
}

// seldom is a rule by its spec, which leaves out part of its work in most steps.
func seldom(t *testing.T, spec string) optim.Rule {
	t.Helper()
	r, _, err := optim.Parse(spec)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestSameBitsOfMatrixRules: factors, inverses and triangles have the same bits on every instruction set with any number of threads.
func TestSameBitsOfMatrixRules(t *testing.T) {
	for _, spec := range []string{"kfac:every=4,max_side=200", "psgd"} {
		c := digits(t)
		c.Steps, c.Rule = 4, seldom(t, spec)
		want := run(t, c).WeightsSHA256
		for _, kernel := range dispatch.Names() {
			for _, threads := range []int{1, 2} {
				c.Kernel, c.Threads, c.Rule = kernel, threads, seldom(t, spec)
				if got := run(t, c).WeightsSHA256; got != want {
					t.Errorf("%s: %s with %d threads gives weights %.12s, want %.12s", spec, kernel, threads, got, want)
				}
			}
		}
	}
}

func withNaN(s Score) *Score { return &s }

// metrics is a run's metrics file without the times.
func metrics(t *testing.T, dir string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, MetricsName))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for line := range strings.Lines(string(b)) {
		out.WriteString(line[:strings.Index(line, `"seconds"`)] + "\n")
	}
	return out.String()
}

// TestInterrupt: a cancelled context ends the run with a checkpoint.
func TestInterrupt(t *testing.T) {
	c := digits(t)
	c.Steps = 17
	want := run(t, c).WeightsSHA256
	c.Out, c.Rule = t.TempDir(), optim.NewAdam()
	ctx, cancel := context.WithCancel(context.Background())
	c.Validation = Part{}
	n := 0
	c.Report = func(e Event) {
		if n++; e.Kind == Saved && e.Step >= 6 {
			cancel()
		}
	}
	c.SaveSteps = 3
	tr, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	r, err := tr.Run(ctx)
	tr.Close()
	if err != nil || r.Reason != Interrupted || r.Steps != 6 || r.Test != nil {
		t.Fatalf("got %+v, %v; want an interruption after step 6", r, err)
	}
	c.Resume, c.Rule = true, optim.NewAdam()
	if got := run(t, c).WeightsSHA256; got != want {
		t.Errorf("resumed to %.12s, want %.12s", got, want)
	}
}

// TestDivergence: the run stops before the weights are spoilt, and says where
// the first infinity or NaN was made.
func TestDivergence(t *testing.T) {
	c := digits(t)
	model := nn.NewSequential(nn.NewLinear(16), nn.Name("square", squareLayer{}), nn.Name("root", rootLayer{}), nn.NewLinear(10))
	var err error
	c.Network, err = objective.NewNetwork(model, graph.Type{DType: tensor.Float32, Shape: tensor.Of(64, 784)}, loss.NewCrossEntropy(), tensor.Float32)
	if err != nil {
		t.Fatal(err)
	}
	c.Rule, c.Rate, c.Out = optim.NewSGD(), 1e9, t.TempDir()
	tr, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	_, err = tr.Run(context.Background())
	var d *Diverged
	if !errors.As(err, &d) {
		t.Fatalf("got %v, want a Diverged", err)
	}
	for _, want := range []string{"made by sqrt", `"root"`, "train_test.go", "smaller learning rate"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not mention %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("%q is more than a line", err)
	}
	for i := range tr.w.Size() {
		if x := tr.w.At(i); math.IsNaN(x) || math.IsInf(x, 0) {
			t.Fatalf("weight %d is %v", i, x)
		}
	}
	if _, err := ReadMeta(c.Out); err != nil {
		t.Errorf("the last good weights were not saved: %v", err)
	}
}

type squareLayer struct{}

func (squareLayer) Apply(_ *nn.Context, x graph.Value) graph.Value { return x }

// rootLayer takes the root of numbers that can be negative.
type rootLayer struct{}

func (rootLayer) Apply(_ *nn.Context, x graph.Value) graph.Value { return x.Plus(30).Sqrt() }

// TestStops: each convergence test ends the run and says so.
func TestStops(t *testing.T) {
	for _, test := range []struct {
		name string
		stop Stop
		want string
	}{
		{"gradient", Stop{GradientNorm: 1e3}, "the gradient's norm"},
		{"loss", Stop{LossChange: 0.9}, "a change within"},
		{"patience", Stop{Patience: 1}, "the validation loss has not fallen"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := digits(t)
			c.Steps, c.Stop = 400, test.stop
			r := run(t, c)
			if r.Reason != Converged || !strings.Contains(r.Detail, test.want) || r.Steps >= 400 {
				t.Errorf("got %s after %d steps: %s", r.Reason, r.Steps, r.Detail)
			}
		})
	}
}

// TestDamagedCheckpoint: one line says what is wrong, whatever byte is hit.
func TestDamagedCheckpoint(t *testing.T) {
	c := digits(t)
	c.Steps, c.Out = 2, t.TempDir()
	run(t, c)
	path := filepath.Join(c.Out, CheckpointName)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c.Resume = true
	resume := func(b []byte) error {
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
		tr, err := New(c)
		if err == nil {
			tr.Close()
		}
		return err
	}
	if err := resume(good); err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(good); at += len(good)/97 + 1 {
		bad := append([]byte(nil), good...)
		bad[at] ^= 0x10
		if err := resume(bad); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("byte %d: got %v", at, err)
		}
	}
	for _, n := range []int{0, 1, 8, len(good) / 2, len(good) - 1} {
		if err := resume(good[:n]); err == nil || !strings.Contains(err.Error(), CheckpointName) {
			t.Errorf("cut to %d bytes: got %v", n, err)
		}
	}
	c.Rule = optim.NewMomentum()
	if err := resume(good); err == nil || !strings.Contains(err.Error(), "differs from the one that wrote it") {
		t.Errorf("another optimizer: got %v", err)
	}
}

// TestStepDoesNotAllocate: neither the step nor choosing its batch does.
func TestStepDoesNotAllocate(t *testing.T) {
	c := digits(t)
	c.Steps, c.Epochs = 0, 1000
	tr, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	step := func() {
		if _, err := tr.once(); err != nil {
			t.Fatal(err)
		}
	}
	for range 10 {
		step()
	}
	if n := testing.AllocsPerRun(5, step); n != 0 {
		t.Errorf("a step allocates %v times", n)
	}
}

// TestRegression: a linear model finds the line that made the targets.
func TestRegression(t *testing.T) {
	n := 200
	x, y := tensor.New(tensor.Float64, n, 2), tensor.New(tensor.Float64, n, 1)
	for i := range n {
		a, b := math.Sin(float64(i)), math.Cos(float64(3*i))
		x.SetAt(2*i, a)
		x.SetAt(2*i+1, b)
		y.SetAt(i, 3*a-2*b+0.5)
	}
	set := &data.Set{Name: "line", X: x, Y: y}
	net, err := objective.NewNetwork(nn.NewLinear(1), graph.Type{DType: tensor.Float64, Shape: tensor.Of(n, 2)}, loss.NewSquaredError(), tensor.Float64)
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, Config{
		Network: net, Train: Part{Set: set}, Test: Part{Set: set}, Rule: optim.NewSGD(), Rate: 0.5,
		Sampler: "full", Batch: n, Seed: 1, Steps: 500, Threads: 1, Stop: Stop{GradientNorm: 1e-10},
	})
	if r.Reason != Converged || !(r.Test.R2 > 1-1e-12) || !math.IsNaN(r.Test.Accuracy) {
		t.Errorf("got %+v, test %+v", r, r.Test)
	}
}
