package train

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/godescent/descent/schedule"
)

// The reductions are those of PyTorch's ReduceLROnPlateau, bit for bit, as testdata/plateau/record.py recorded them.
func TestPlateauRecorded(t *testing.T) {
	text, err := os.ReadFile("testdata/plateau/decisions.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded struct {
		Cases []struct {
			Setting struct {
				Factor, Threshold, Eps float64
				Patience, Cooldown     int
				Mode                   string  `json:"threshold_mode"`
				MinLR                  float64 `json:"min_lr"`
			}
			LR     float64
			Losses []*float64 // null is NaN
			Rates  []float64
		}
	}
	if err := json.Unmarshal(text, &recorded); err != nil {
		t.Fatal(err)
	}
	lowered := 0
	for i, c := range recorded.Cases {
		s := c.Setting
		p := &Plateau{Factor: s.Factor, Patience: s.Patience, Threshold: s.Threshold, Absolute: s.Mode == "abs", Cooldown: s.Cooldown, Floor: s.MinLR, Least: s.Eps}
		if err := p.check(); err != nil {
			t.Fatal(err)
		}
		d := newDescent(c.LR)
		for epoch, loss := range c.Losses {
			before := d.Rate
			told := p.after(&d, orElse(loss, math.NaN()))
			if d.Rate != c.Rates[epoch] || told != (d.Rate != before) {
				t.Fatalf("case %d %+v: after epoch %d the rate goes from %v to %v (told %v), want %v", i, s, epoch+1, before, d.Rate, told, c.Rates[epoch])
			}
			if told {
				lowered++
			}
		}
	}
	if len(recorded.Cases) < 50 || lowered < 100 {
		t.Errorf("%d cases with %d reductions show little", len(recorded.Cases), lowered)
	}
}

// always is a Plateau that every epoch after the first is on: nothing gains 1e9.
func always(patience int) *Plateau {
	p := NewPlateau()
	p.Factor, p.Patience, p.Threshold, p.Absolute = 0.5, patience, 1e9, true
	return p
}

// ratesOf are the rates of the last steps of the epochs.
func ratesOf(t *testing.T, c Config) (out []float64) {
	t.Helper()
	c.Report = func(e Event) {
		if e.Kind == EpochDone {
			out = append(out, e.Rate)
		}
	}
	run(t, c)
	return out
}

// The rate of a step is the lowered one, times the schedule's factor.
func TestPlateauLowersRate(t *testing.T) {
	c := digits(t)
	c.Steps, c.Epochs, c.Rate, c.Schedule, c.Plateau = 0, 6, 0.01, nil, always(1)
	// Epoch 1 is the first best, 2 is let pass and 3 lowers the rate of 4; 4 is let pass and 5 lowers that of 6.
	want := []float64{0.01, 0.01, 0.01, 0.005, 0.005, 0.0025}
	for _, sched := range []schedule.Schedule{nil, &schedule.Step{Every: 10, Factor: 0.1}} { // of two epochs
		c.Schedule = sched
		for i, η := range ratesOf(t, c) {
			factor := 1.0
			if sched != nil {
				factor = math.Pow(0.1, float64(i/2))
			}
			if !(math.Abs(η-want[i]*factor) < 1e-15) {
				t.Errorf("%T: epoch %d ends with rate %v, want %v", sched, i+1, η, want[i]*factor)
			}
		}
	}
	// Without validation examples the mean of the batches is judged.
	c.Schedule, c.Validation = nil, Part{}
	if got := ratesOf(t, c); got[5] != want[5] {
		t.Errorf("without validation the rates are %v, want %v", got, want)
	}
	// What never acts changes no bit.
	c = digits(t)
	plain := run(t, c).WeightsSHA256
	c.Plateau = always(1000)
	if got := run(t, c).WeightsSHA256; got != plain {
		t.Error("a plateau that is never reached changes the weights")
	}
	c.Plateau = always(0)
	if got := run(t, c).WeightsSHA256; got == plain {
		t.Error("a lowered rate leaves the weights as they were")
	}
}

// A run with a plateau that is stopped anywhere, also within an epoch or a cooldown, and resumed
// ends with the bits of one that never was.
func TestPlateauResume(t *testing.T) {
	c := digits(t)
	c.Steps, c.Out, c.Plateau = 33, t.TempDir(), always(0)
	c.Plateau.Cooldown = 1
	whole := run(t, c)
	_, end, _, err := readCheckpoint(filepath.Join(c.Out, CheckpointName))
	if err != nil {
		t.Fatal(err)
	}
	if end.Plateau.Rate >= c.Rate/2 {
		t.Fatalf("η0 ends at %v: too little happens", end.Plateau.Rate)
	}
	for _, stop := range []int64{2, 5, 10, 12, 15, 23} {
		d := c
		d.Out, d.Steps = t.TempDir(), stop
		run(t, d)
		d.Resume, d.Steps = true, c.Steps
		if got := run(t, d); got.WeightsSHA256 != whole.WeightsSHA256 {
			t.Errorf("stopped at %d: weights %.12s, want %.12s", stop, got.WeightsSHA256, whole.WeightsSHA256)
		}
		_, pos, _, err := readCheckpoint(filepath.Join(d.Out, CheckpointName))
		if err != nil || *pos.Plateau.Best != *end.Plateau.Best || pos.Plateau.Rate != end.Plateau.Rate || pos.Plateau.Bad != end.Plateau.Bad || pos.Plateau.Cool != end.Plateau.Cool {
			t.Errorf("stopped at %d: the plateau stands at %+v, want %+v (%v)", stop, pos.Plateau, end.Plateau, err)
		}
	}
}

func TestPlateauChecked(t *testing.T) {
	for want, change := range map[string]func(p *Plateau){
		"train: a plateau's factor of 1; want a number in (0,1)":                                                       func(p *Plateau) { p.Factor = 1 },
		"train: a plateau's patience of -1 epochs and cooldown of 0; want no negative number":                          func(p *Plateau) { p.Patience = -1 },
		"train: a plateau's threshold of NaN, floor of 0 and least change of 1e-08; want finite numbers of at least 0": func(p *Plateau) { p.Threshold = math.NaN() },
	} {
		c := digits(t)
		c.Plateau = NewPlateau()
		change(c.Plateau)
		if _, err := New(c); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// A reduction is told once, as an event and as a line of the metrics, which a resumed run has too.
func TestPlateauTold(t *testing.T) {
	c := digits(t)
	c.Steps, c.Epochs, c.Rate, c.Schedule, c.Plateau, c.Out = 0, 6, 0.01, nil, always(1), t.TempDir()
	var told []*Fall
	c.Report = func(e Event) {
		if e.Kind == Lowered {
			told = append(told, e.Lowered)
		}
	}
	run(t, c)
	if len(told) != 2 || told[0].Epoch != 3 || told[0].From != 0.01 || told[0].To != 0.005 || told[0].Epochs != 2 || told[1].Epoch != 5 || told[1].To != 0.0025 {
		t.Fatalf("told %v, want falls after the epochs 3 and 5", told)
	}
	lines := func(dir string) (out []Fall) {
		text, err := os.ReadFile(filepath.Join(dir, MetricsName))
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(text) {
			var f Fall
			if err := json.Unmarshal(line, &f); err != nil {
				t.Fatal(err)
			}
			if f.Kind == "plateau" {
				out = append(out, f)
			}
		}
		return out
	}
	whole := lines(c.Out)
	if len(whole) != 2 || whole[0].String() != told[0].String() || whole[1].Step != told[1].Step {
		t.Errorf("the metrics tell %v, want %v and %v", whole, told[0], told[1])
	}
	d := c
	d.Out, d.Steps, d.Report = t.TempDir(), told[0].Step+2, nil
	run(t, d)
	d.Resume, d.Steps = true, 0
	run(t, d)
	if got := lines(d.Out); !reflect.DeepEqual(got, whole) {
		t.Errorf("a resumed run tells %v, want %v", got, whole)
	}
}
