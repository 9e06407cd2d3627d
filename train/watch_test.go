package train

import (
	"bufio"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/godescent/descent/optim"
)

// A watched run has the bits of one that is not, with batch normalisation, dropout and batches of two
// sizes; its lines stand among the other metrics.
func TestWatchLeavesTheBits(t *testing.T) {
	c := digits(t)
	c.Steps, c.Schedule = 60, nil
	want := run(t, c).WeightsSHA256
	c.Out = t.TempDir()
	tr, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	tr.cfg.Watch = 1e6 // of a run of milliseconds
	r, err := tr.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if r.WeightsSHA256 != want {
		t.Errorf("watched weights %s, unwatched %s", r.WeightsSHA256, want)
	}
	if r.Watch.Measurements < 1 || r.Watch.Off != "" {
		t.Fatalf("%+v", r.Watch)
	}
	f, err := os.Open(filepath.Join(c.Out, MetricsName))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	lines := 0
	for s := bufio.NewScanner(f); s.Scan(); {
		var m Watched
		if err := json.Unmarshal(s.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		if m.Kind != "watch" {
			continue
		}
		lines++
		if m.Largest == nil || m.Trace == nil || len(m.Layers) != 5 || !(m.Update > 0) || !(m.Distance > 0) || m.Effective == nil || m.Momentum == nil || m.NormTest == nil {
			t.Errorf("%+v", m)
		}
		for _, l := range m.Layers {
			if !(l.Gradient >= 0) || math.IsInf(l.Ratio, 0) {
				t.Errorf("%+v", l)
			}
		}
	}
	if lines != r.Watch.Measurements {
		t.Errorf("%d lines of %d measurements", lines, r.Watch.Measurements)
	}
}

// A measurement is begun only while all of them so far and one like the dearest fit into the share.
func TestWatchKeepsItsShare(t *testing.T) {
	w := &watch{share: 0.05}
	if w.due(1, 1000) { // 35 steps of a millisecond and compiling, against 50 ms
		t.Error("due at 1 s")
	}
	if !w.due(10, 10000) {
		t.Error("not due at 10 s")
	}
	w.count, w.spent, w.dearest = 1, 0.4, 0.2
	if w.due(11.9, 11900) || !w.due(12.1, 12100) {
		t.Error("0.4 s are spent and 0.2 s come: due before 12 s, or not after")
	}
	w.off = "broken"
	if w.due(1000, 1000) {
		t.Error("due although it is off")
	}
}

// Alpha of exact parabolas (t − t₀)²: (1 − t₀)/t₀; none where the bottom is behind or there is none.
func TestAlpha(t *testing.T) {
	for _, bottom := range []float64{0.25, 0.5, 1, 4} {
		got := alpha(bottom*bottom, -2*bottom, (1-bottom)*(1-bottom), 2*(1-bottom))
		if got == nil || math.Abs(*got-(1-bottom)/bottom) > 1e-12 {
			t.Errorf("bottom %v: %v, want %v", bottom, got, (1-bottom)/bottom)
		}
	}
	if a := alpha(0, -1, -2, -3); a != nil {
		t.Errorf("a parabola that opens downwards: %v", *a)
	}
	if a := alpha(1, 2, 4, 4); a != nil {
		t.Errorf("a bottom behind the start: %v", *a)
	}
}

// The verdict names a rate beyond the edge, dead units and a batch lost in noise.
func TestWatchVerdicts(t *testing.T) {
	c := digits(t)
	c.Rule, c.Rate, c.Schedule, c.Steps, c.LossBound = optim.NewMomentum(), 3, nil, 40, 1e30
	tr, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	tr.cfg.Watch = 1e6
	var all []string
	tr.cfg.Report = func(e Event) {
		if e.Kind == WatchDone {
			all = append(all, e.Watched.Verdict...)
		}
	}
	_, _ = tr.Run(context.Background()) // may diverge, which is its right
	if text := strings.Join(all, "\n"); !strings.Contains(text, "rate too high") {
		t.Errorf("verdicts:\n%s", text)
	}
	w := &watch{scattered: noiseTrusted}
	noise := 1e6
	v := w.verdict(&Watched{Batch: 64, Noise: &noise, Layers: []WatchedLayer{{Name: "hidden", Units: 10, Dead: 5}}})
	if text := strings.Join(v, "\n"); !strings.Contains(text, "batch too small") || !strings.Contains(text, "5 of 10 units of hidden") {
		t.Errorf("verdicts:\n%s", text)
	}
}

func TestWatchRefusals(t *testing.T) {
	for _, f := range []func(*Config){
		func(c *Config) { c.Watch = -1 },
		func(c *Config) { c.Watch = 1e9 },
		func(c *Config) { c.Watch, c.Batch = 5, 2 },
	} {
		c := digits(t)
		f(&c)
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), "watch") {
			t.Errorf("%v", err)
		}
	}
}
