package train

import (
	"context"
	"math"
	"testing"

	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/tensor"
)

// A run with averaged weights is measured with the average, live and from its checkpoint, also
// after a resume, and its w is that of the rule alone.
func TestPresented(t *testing.T) {
	alone := digits(t)
	alone.Rate = 1e-2
	plain := run(t, alone)
	for name, wrap := range map[string]func(optim.Rule) optim.Rule{
		"ema": func(r optim.Rule) optim.Rule { e := optim.NewEMA(r); e.Beta = 0.8; return e },
		"swa": func(r optim.Rule) optim.Rule { return optim.NewSWA(r) },
	} {
		c := alone
		c.Rule, c.Out = wrap(optim.NewAdam()), t.TempDir()
		got := run(t, c)
		if got.WeightsSHA256 != plain.WeightsSHA256 {
			t.Errorf("%s: w is not that of the rule alone", name)
		}
		if got.Test.Loss == plain.Test.Loss {
			t.Errorf("%s: the test loss %v is that of w", name, got.Test.Loss)
		}
		saved, err := Open(c.Out)
		if err != nil {
			t.Fatal(err)
		}
		m, err := saved.Model(c.Network, Machine{Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		score, err := m.Score(context.Background(), c.Test)
		m.Close()
		if err != nil || score.Loss != got.Test.Loss {
			t.Errorf("%s: from the checkpoint the test loss is %v (%v), in the run %v", name, score.Loss, err, got.Test.Loss)
		}
		d := c
		d.Out, d.Steps, d.Rule = t.TempDir(), 7, wrap(optim.NewAdam())
		run(t, d)
		d.Resume, d.Steps, d.Rule = true, c.Steps, wrap(optim.NewAdam())
		if again := run(t, d); again.Test.Loss != got.Test.Loss || again.Validation.Loss != got.Validation.Loss {
			t.Errorf("%s: resumed %v and %v, want %v and %v", name, again.Test.Loss, again.Validation.Loss, got.Test.Loss, got.Validation.Loss)
		}
	}
}

// The running mean that belongs to presented weights is the mean over the first epoch's whole batches of
// xW, here by float64 loops over the images.
func TestRestate(t *testing.T) {
	c := digits(t)
	ema := optim.NewEMA(optim.NewAdam())
	ema.Beta = 0 // presents w itself
	c.Rule, c.Steps = ema, 6
	tr, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	if _, err := tr.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	find := func(prefix string, last string) (out *tensor.Array) {
		for _, n := range tr.tensors() {
			if len(n.Name) > len(prefix) && n.Name[:len(prefix)] == prefix && n.Name[len(n.Name)-len(last):] == last {
				return n.Array
			}
		}
		t.Fatalf("there is no %s...%s", prefix, last)
		return nil
	}
	w, mean := find("linear1.", "weight"), find(presentedPrefix, "mean")
	shift, scale, err := c.Normalizer.Arrays(tensor.Float64, c.Train.Set.X.Shape()[1:])
	if err != nil {
		t.Fatal(err)
	}
	width, inputs := mean.Size(), w.Size()/mean.Size()
	want, n := make([]float64, width), 0
	for τ := int64(0); τ < 4; τ++ { // 300 examples are four batches of 64 and a rest
		for _, row := range tr.sampler.Batch(τ, nil) {
			for j := range want {
				z := 0.0
				for i := range inputs {
					x := (c.Train.Set.X.At(int(row)*inputs+i) - shift.At(i%shift.Size())) * scale.At(i%scale.Size())
					z += x * w.At(i*width+j)
				}
				want[j] += z
			}
			n++
		}
	}
	for j := range want {
		if got := mean.At(j); math.Abs(got-want[j]/float64(n)) > 1e-4*max(1, math.Abs(got)) {
			t.Errorf("unit %d: running mean %v, want %v", j, got, want[j]/float64(n))
		}
	}
}

// A batch whose gradient is not finite is left out by a rule that copes, and counted; w is that of a run without it.
func TestSkipped(t *testing.T) {
	c := digits(t)
	c.Steps, c.Rule = 5, optim.NewSkip(optim.NewAdam())
	c.Rate = 1e38 // the first update overflows float32's squares
	r := run(t, c)
	if r.Skipped != 5 {
		t.Errorf("%d updates are left out, want all 5", r.Skipped)
	}
	c = digits(t)
	c.Steps, c.Rule = 5, optim.NewSkip(optim.NewAdam())
	d := digits(t)
	d.Steps = 5
	if a, b := run(t, c), run(t, d); a.Skipped != 0 || a.WeightsSHA256 != b.WeightsSHA256 {
		t.Errorf("%d good updates are left out, or w differs", a.Skipped)
	}
}
