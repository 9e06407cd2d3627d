package nn_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel/dispatch"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/program"
	"github.com/godescent/descent/tensor"
)

// step is a whole training step of a network on random batches, gathered from
// memory within it, with everything it runs on.
type step struct {
	*program.Instance
	program *program.Program
	w       graph.Value
	values  []graph.Value // the loss, and the next w
	index   graph.Value
	rows    int
	at      uint32
}

// benchmarked are the networks that every benchmark names cnn, charlm, lstm and gru.
func benchmarked(tb testing.TB, name string) kit {
	tb.Helper()
	if name == "cnn" {
		model, err := nn.CNN(28, 28, 1, []int{32, 64}, []int{128}, 10)
		return kit{model, err, optim.NewAdam(), 64, 784, false}
	}
	var cell nn.Layer = nn.NewLSTM(128)
	switch name {
	case "gru":
		cell = nn.NewGRU(128)
	case "resnet":
		model, err := nn.ResNet(28, 28, 1, 8, 16, "projection", 10)
		return kit{model, err, optim.NewAdamW(), 64, 784, false}
	case "charlm":
		model, err := nn.CharLM(65, 128, 4, 4, 64, 0)
		return kit{model, err, optim.NewAdamW(), 32, 64, true}
	}
	return kit{nn.NewSequential(nn.NewEmbedding(65, 64), cell, nn.NewLinear(65)), nil, optim.NewAdam(), 32, 64, true}
}

// kit is what a step is made of.
type kit struct {
	model   nn.Layer
	err     error // of making it
	rule    optim.Rule
	batch   int
	length  int // of an example
	symbols bool
}

// newStep is a training step, with an instance.
func newStep(tb testing.TB, k kit, pool *program.Pool, kernel string) *step {
	tb.Helper()
	check := func(err error) {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
	}
	check(k.err)
	g := graph.New()
	s := &step{rows: 4096}
	s.index = g.Input("batch", tensor.Int32, k.batch)
	var x, y graph.Value
	if k.symbols {
		x = g.Input("x", tensor.Int32, s.rows, k.length).Gather(s.index)
		y = g.Input("y", tensor.Int32, s.rows, k.length).Gather(s.index)
	} else {
		pixels := g.Input("x", tensor.Uint8, s.rows, k.length).Gather(s.index).Cast(tensor.Float32)
		x = pixels.Plus(-4.5).Scale(1 / 2.9)
		y = g.Input("y", tensor.Int32, s.rows).Gather(s.index)
	}
	net, err := objective.NewNetwork(k.model, x.Type(), loss.NewCrossEntropy(), tensor.Float32)
	check(err)
	s.w = g.Input("w", tensor.Float32, net.Plan.Weights.Size())
	b := objective.Batch{X: x, Y: y, Train: true}
	if n := net.Plan.State.Size(); n > 0 {
		b.State = g.Input("running", tensor.Float32, n)
	}
	tau, rate := g.Input("step", tensor.Float64), g.Input("lr", tensor.Float64)
	var built objective.Built
	st := optim.NewStep(optim.Config{Graph: g, W: s.w, Rate: rate, Tau: tau.Plus(1), Layout: net.Plan.Weights,
		Loss: func(w graph.Value) graph.Value { built = net.Build(b, w); return built.Loss }})
	Δw := st.Update(k.rule)
	check(st.Err())
	s.values = []graph.Value{built.Loss, s.w.Add(Δw)}
	spec := program.Spec{
		Outputs: []graph.Value{built.Loss, loss.Correct(built.Output, y)},
		Updates: []program.Update{{Slot: s.w, Next: s.values[1]}, {Slot: tau, Next: tau.Plus(1)}},
		Guard:   []graph.Value{built.Loss},
	}
	if b.State.Valid() {
		spec.Updates = append(spec.Updates, program.Update{Slot: b.State, Next: built.NextState})
	}
	for _, slot := range st.Slots() {
		spec.Updates = append(spec.Updates, program.Update{Slot: slot.Last, Next: slot.Next})
	}
	s.program, err = program.Compile(g, spec)
	check(err)
	table, err := dispatch.Pick(kernel)
	check(err)
	s.Instance = s.program.NewInstance(pool, table)
	w, err := net.Plan.Weights.Initial(tensor.Float32, 1)
	check(err)
	check(s.Bind(s.w, w))
	s.Input(rate).SetAt(0, 1e-3)
	for _, h := range st.Hypers() {
		s.Input(h.Value).SetAt(0, h.Default)
	}
	for id := range g.Len() {
		in, ok := g.At(id).Op().(graph.Input)
		if !ok || in.Key != "x" && in.Key != "y" {
			continue
		}
		a := s.Input(g.At(id))
		for i := range a.Size() {
			a.SetAt(i, float64(uint32(i)*2654435761>>8%10))
		}
	}
	s.draw()
	return s
}

// draw makes the next batch.
func (s *step) draw() {
	for i := range program.Slice[int32](s.Instance, s.index) {
		s.at = s.at*1664525 + 1013904223
		program.Slice[int32](s.Instance, s.index)[i] = int32(s.at>>8) % int32(s.rows)
	}
}

// BenchmarkStep is a training step of convolutional, character and recurrent
// models. With PROFILE set it lists what takes longest.
func BenchmarkStep(b *testing.B) {
	for _, name := range []string{"cnn", "charlm", "lstm", "gru", "resnet"} {
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/threads=%d", name, threads), func(b *testing.B) {
				pool := program.NewPool(threads)
				defer pool.Close()
				built := time.Now()
				s := newStep(b, benchmarked(b, name), pool, "")
				compile := time.Since(built)
				best := time.Hour
				b.ReportAllocs()
				for b.Loop() {
					start := time.Now()
					s.draw()
					if err := s.Step(); err != nil {
						b.Fatal(err)
					}
					best = min(best, time.Since(start))
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "steps/s")
				b.ReportMetric(compile.Seconds(), "s-to-build")
				b.ReportMetric(1/best.Seconds(), "best-steps/s")
				if os.Getenv("PROFILE") != "" {
					profile(b, s)
				}
			})
		}
	}
}

// profile prints where a step's time goes, equal instructions together.
func profile(tb testing.TB, s *step) {
	tb.Helper()
	least := map[int]time.Duration{}
	var costs []program.Cost
	var err error
	for range 20 { // the least of several, since others may use the machine
		if costs, err = s.Profile(1); err != nil {
			tb.Fatal(err)
		}
		for i, c := range costs {
			if d, ok := least[i]; !ok || c.Median < d {
				least[i] = c.Median
			}
		}
	}
	type line struct {
		what string
		n    int
		sum  time.Duration
	}
	lines := map[string]*line{}
	var all time.Duration
	for i, c := range costs {
		l := lines[c.What]
		if l == nil {
			l = &line{what: c.What}
			lines[c.What] = l
		}
		l.n++
		l.sum += least[i]
		all += least[i]
	}
	list := slices.SortedFunc(maps.Values(lines), func(a, b *line) int { return int(b.sum - a.sum) })
	fmt.Printf("%d instructions, %v, arena %d MB\n", len(costs), all, s.program.ArenaBytes()>>20)
	for _, l := range list[:min(45, len(list))] {
		fmt.Printf("%10v %3d %.140s\n", l.sum, l.n, l.what)
	}
	if os.Getenv("PROFILE") == "program" {
		fmt.Println(s.program)
	}
}
